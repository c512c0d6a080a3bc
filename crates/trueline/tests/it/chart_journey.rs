//! The whole way of a chart with a dependency and a secret: installed, upgraded, rolled back, deployed again and
//! uninstalled; through each kind of Git host, from each kind of chart repository. Halfway the chart repository
//! goes for good, and the program forgets the files that it kept: Git is enough.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use testkit::planted::Planted;

use super::charts::{self, Charts};
use crate::deployment::{World, read, stages};
use crate::program::Database;

const VAULT: &str = "/api/v1/applications/vault";
const FOLDER: &str = "environments/production";
const SEALED: &str = "environments/production/rendered/secrets/production/Secret.database.yaml";
const PLANTED: &str = "planted-4711-password-of-the-vault";

/// Makes a story of each line: where it commits to, and where its chart comes from.
macro_rules! journeys {
    ($($name:ident: $host:ident from $source:ident;)+) => {
        $(async fn $name(database: Database) {
            journey(database, concat!("chart_journey::", stringify!($name)), Host::$host, Source::$source).await;
        })+
        crate::stories! {
            $($name,)+
            a_state_that_is_gone_from_the_tip_comes_back,
            what_is_gone_everywhere_is_said,
            an_upgrade_and_a_rollback_at_once_lose_nothing,
            every_version_of_a_registry_is_known_by_its_digest,
        }
    };
}

journeys! {
    on_the_built_in_host_from_a_web_server: BuiltIn from Http;
    on_the_built_in_host_from_a_registry: BuiltIn from Registry;
    at_gitea_from_a_web_server: Gitea from Http;
    at_gitea_from_a_registry: Gitea from Registry;
    at_github_from_a_web_server: GitHub from Http;
    at_github_from_a_registry: GitHub from Registry;
}

/// Where the application's repository is.
#[derive(Clone, Copy)]
enum Host {
    BuiltIn,
    Gitea,
    GitHub,
}

/// Where the chart is published.
#[derive(Clone, Copy)]
enum Source {
    /// A web server, below a path and behind a password.
    Http,
    /// The real registry.
    Registry,
}

impl Host {
    async fn world(self, database: Database, test: &str) -> Option<World> {
        match self {
            Self::BuiltIn => Some(World::built_in(database).await),
            Self::Gitea => World::gitea(database, test).await,
            Self::GitHub => Some(World::new(database).await),
        }
    }
}

impl Source {
    async fn charts(self, world: &World, test: &str) -> Option<Charts> {
        match self {
            Self::Http => Some(Charts::guarded(&world.admin).await),
            Self::Registry => Charts::registry(&world.admin, test).await,
        }
    }
}

/// A chart with a dependency, a Secret from a secret value, and a workload that shows the version.
fn vault(version: &str) -> BTreeMap<String, String> {
    let head = format!(
        "apiVersion: v2\nname: vault\nversion: {version}\ndependencies:\n- {{name: base, version: 1.0.0}}\n"
    );
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  \
                    replicas: {{ .Values.replicas }}\n  template: {metadata: {labels: {of: {{ .Chart.Version | quote \
                    }}}}}\n";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: database}\nstringData:\n  password: {{ \
                  .Values.database.password | quote }}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {of: {{ .Release.Name }}}\n";
    let files = [
        ("Chart.yaml", head.as_str()),
        ("values.yaml", "replicas: 1\ndatabase: {password: \"\"}\n"),
        ("templates/deployment.yaml", workload),
        ("templates/secret.yaml", secret),
        ("charts/base/Chart.yaml", "apiVersion: v2\nname: base\nversion: 1.0.0\n"),
        ("charts/base/templates/map.yaml", map),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

async fn journey(database: Database, test: &str, host: Host, source: Source) {
    let Some(mut world) = host.world(database, test).await else { return };
    let Some(charts) = source.charts(&world, test).await else { return };
    for version in ["1.0.0", "2.0.0"] {
        charts.publish(&vault(version)).await;
    }
    let first = world.installs().await;
    let second = world.upgrades().await;
    charts.gone().await;
    world.forget_files().await;
    world.goes_back(&first).await;
    world.goes_on(&second).await;
    world.keeps_its_secrets();
    world.uninstalls().await;
}

impl World {
    fn vault(&self) -> std::path::PathBuf {
        self.bare_of("gitops-vault").expect("the repository")
    }

    /// The id of what lies at a path in a deployment's commit.
    fn lies_at(&self, bare: &Path, deployment: &Value, path: &str) -> String {
        let commit = deployment["commit"].as_str().expect("it is in Git");
        self.cli.run(bare, &["rev-parse", &format!("{commit}:{path}")])
    }

    async fn vault_deployed(&self, body: &Value) -> Value {
        let taken = self.admin.post(&format!("{VAULT}/deployments"), body).await.expect(202);
        self.vault_ended(&taken).await
    }

    async fn vault_ended(&self, taken: &Value) -> Value {
        let path = format!("{VAULT}/deployments/{}", taken["number"]);
        let ended = testkit::poll("the deployment ends", || async {
            let deployment = self.admin.get(&path).await.expect(200);
            (!deployment["end"].is_null()).then_some(deployment)
        });
        ended.await
    }

    async fn vault_stored(&self, body: &Value) -> Value {
        let ended = self.vault_deployed(body).await;
        assert_eq!(ended["end"], "stored", "{ended:#}\n{}", self.program.log());
        ended
    }

    /// Installs what a preview has shown.
    async fn installs(&self) -> Value {
        let mut body = json!({
            "name": "vault", "project": "web", "repository": "acme", "chart": "vault", "version": "1.0.0",
            "environment": "production", "values": "replicas: 3\n",
            "secret_values": format!("database:\n  password: {PLANTED}\n"),
        });
        let seen = self.admin.post("/api/v1/charts/preview", &body).await.expect(200);
        assert_eq!(
            seen["secrets"],
            json!([{ "object": "Secret production/database", "entries": [{ "name": "password", "change": "added" }] }])
        );
        body["digest"] = seen["digest"].clone();
        let made = self.admin.post("/api/v1/charts/install", &body).await.expect(202);
        let first = self.vault_ended(&made["deployment"]).await;
        assert_eq!(first["end"], "stored", "{first:#}\n{}", self.program.log());
        assert_eq!(stages(&first), ["requested", "rendered", "committed", "released", "finished"]);
        assert_eq!(first["chart"]["digest"].as_str().map(str::len), Some(64), "{first:#}");
        let clone = self.cli.clone(&self.vault().to_string_lossy(), "installed");
        for (path, text) in vault("1.0.0") {
            assert_eq!(read(&clone, &format!("{FOLDER}/chart/{path}")), text, "byte for byte");
        }
        assert!(
            read(&clone, &format!("{FOLDER}/rendered/manifests/production/ConfigMap.base.yaml"))
                .contains("vault")
        );
        for path in [SEALED, "environments/production/secrets.sops.yaml"] {
            let sealed = read(&clone, path);
            assert!(sealed.contains("ENC[AES256_GCM") && !sealed.contains(PLANTED), "{sealed}");
        }
        first
    }

    /// Upgrades to what a preview has shown. A Secret that stays the same keeps its bytes.
    async fn upgrades(&self) -> Value {
        let mut body = json!({"environment": "production", "version": "2.0.0"});
        let seen = self.admin.post(&format!("{VAULT}/preview"), &body).await.expect(200);
        assert_eq!((&seen["changed"], &seen["objects"]), (&json!(1), &json!(3)), "{seen:#}");
        body["digest"] = seen["digest"].clone();
        let second = self.vault_stored(&body).await;
        let bare = self.vault();
        let first = json!({"commit": self.cli.run(&bare, &["rev-parse", "main~1"])});
        assert_eq!(self.lies_at(&bare, &second, SEALED), self.lies_at(&bare, &first, SEALED));
        second
    }

    /// Rolls back to the first deployment: folder and Secret are the old ones, byte for byte, and a hold stays.
    async fn goes_back(&self, first: &Value) {
        let ask = json!({"environment": "production", "restore": 1});
        let seen = self.admin.post(&format!("{VAULT}/preview"), &ask).await.expect(200);
        assert_eq!(seen["compared_with"], 2, "{seen:#}");
        let back = json!({"environment": "production", "restore": 1, "digest": seen["digest"]});
        let third = self.vault_stored(&back).await;
        assert_eq!((&third["restores"], &third["rendered_tree"]), (&json!(1), &first["rendered_tree"]));
        let bare = self.vault();
        for path in ["chart", "rendered", "secrets.sops.yaml"] {
            let path = format!("{FOLDER}/{path}");
            assert_eq!(self.lies_at(&bare, &third, &path), self.lies_at(&bare, first, &path), "{path}");
        }
        let again = json!({"environment": "production", "version": "2.0.0"});
        self.admin.post(&format!("{VAULT}/deployments"), &again).await.problem(409, "held");
        self.admin.delete(&format!("{VAULT}/environments/production/hold")).await.expect(204);
    }

    /// Upgrades again: the chart comes from the commit of the second deployment.
    async fn goes_on(&self, second: &Value) {
        let fourth = self.vault_stored(&json!({"environment": "production", "version": "2.0.0"})).await;
        assert_eq!(fourth["rendered_tree"], second["rendered_tree"], "{fourth:#}");
        assert_eq!(fourth["chart"]["digest"], second["chart"]["digest"], "{fourth:#}");
        let listed = self.admin.get("/api/v1/applications?source=chart").await.expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed:#}");
    }

    /// What was entered as secret is in no Git object, answer or line of the log.
    fn keeps_its_secrets(&self) {
        let mut planted = Planted::default();
        planted.plant("the secret value", PLANTED);
        planted.plant("the chart repository's password", charts::PASSWORD);
        planted.plant("the registry's password", testkit::registry::PASSWORD);
        let found = planted.in_repository(&self.vault()).expect("its objects can be read");
        assert!(found.is_empty(), "{found:?}");
        for answer in self.program.transcript().all() {
            let found = planted.in_bytes(&answer.answer);
            assert!(found.is_empty(), "{}: {found:?}", answer.request);
        }
        assert!(planted.in_bytes(self.program.log().as_bytes()).is_empty());
    }

    async fn uninstalls(&self) {
        self.admin.delete(&format!("{VAULT}?repository=delete")).await.expect(204);
        testkit::poll("the application is gone", || async {
            (self.admin.get(VAULT).await.status == 404).then_some(())
        })
        .await;
        assert!(self.bare_of("gitops-vault").is_none(), "its repository went with it");
    }
}

/// Chart and manifests, sealed ones too, taken out of the branch by hand, the chart repository gone, nothing kept here: the
/// state comes from the commit that it was in.
async fn a_state_that_is_gone_from_the_tip_comes_back(database: Database) {
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    for version in ["1.0.0", "2.0.0"] {
        charts.publish(&vault(version)).await;
    }
    let first = world.installs().await;
    world.upgrades().await;
    charts.gone().await;
    let work = world.cli.clone(&world.vault().to_string_lossy(), "gone");
    let taken = ["chart", "rendered"].map(|folder| format!("{FOLDER}/{folder}"));
    world.cli.run(&work, &["rm", "-r", "--quiet", &taken[0], &taken[1]]);
    world.cli.commit(&work, &[], "By hand");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD"]);
    world.forget_files().await;
    world.goes_back(&first).await;
    world.keeps_its_secrets();
}

/// Neither kept here nor in the history any more: that is said, and nothing is deployed or held.
async fn what_is_gone_everywhere_is_said(database: Database) {
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    for version in ["1.0.0", "2.0.0"] {
        charts.publish(&vault(version)).await;
    }
    world.installs().await;
    world.upgrades().await;
    world.forget_files().await;
    let bare = world.vault();
    let tree = world.cli.run(&bare, &["rev-parse", "main^{tree}"]);
    let alone = world
        .cli
        .run(&bare, &["-c", "user.email=a@b.c", "-c", "user.name=A", "commit-tree", &tree, "-m", "All"]);
    world.cli.run(&bare, &["update-ref", "refs/heads/main", &alone]);
    world.cli.run(&bare, &["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"]);
    let back = json!({"environment": "production", "restore": 1});
    for path in ["preview", "deployments"] {
        let refused = world.admin.post(&format!("{VAULT}/{path}"), &back).await.problem(409, "files_gone");
        assert!(refused["detail"].as_str().is_some_and(|d| d.contains("deployment 1")), "{refused:#}");
    }
    let shown = world.admin.get(VAULT).await.expect(200);
    assert!(shown["environments"][0]["hold"].is_null(), "{shown:#}");
    assert_eq!(world.cli.run(&bare, &["rev-parse", "main"]), alone, "nothing was committed");
}

/// Whichever comes first: the rollback is what stays, and the upgrade is refused or ends as told.
async fn an_upgrade_and_a_rollback_at_once_lose_nothing(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        charts.publish(&vault(version)).await;
    }
    let first = world.installs().await;
    world.upgrades().await;
    let path = format!("{VAULT}/deployments");
    let (up, back) = (
        json!({"environment": "production", "version": "3.0.0"}),
        json!({"environment": "production", "restore": 1}),
    );
    let (up, back) = tokio::join!(world.admin.post(&path, &up), world.admin.post(&path, &back));
    let back = world.vault_ended(&back.expect(202)).await;
    assert_eq!(
        (&back["end"], &back["rendered_tree"]),
        (&json!("stored"), &first["rendered_tree"]),
        "{back:#}"
    );
    let upgrades = if up.status == 202 {
        let ended = world.vault_ended(&up.expect(202)).await;
        assert!(["stored", "superseded"].map(Value::from).contains(&ended["end"]), "{ended:#}");
        usize::from(ended["end"] == "stored")
    } else {
        up.problem(409, "held");
        0
    };
    let shown = world.admin.get(VAULT).await.expect(200)["environments"][0].clone();
    assert_eq!(
        (&shown["hold"]["deployment"], &shown["current"]["number"]),
        (&back["number"], &back["number"])
    );
    let count = world.cli.run(&world.vault(), &["rev-list", "--count", "main"]);
    assert_eq!(count, (3 + upgrades).to_string(), "one commit for each that was stored");
}

/// What was pushed under a version stays what it was, whichever version it is: pushed again, it is not installed.
async fn every_version_of_a_registry_is_known_by_its_digest(database: Database) {
    let world = World::built_in(database).await;
    let Some(charts) = Charts::registry(&world.admin, "every_version_of_a_registry_is_known").await else {
        return;
    };
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        charts.publish(&vault(version)).await;
    }
    let listed = |known: usize| {
        let admin = world.admin.clone();
        async move {
            let chart = admin.get("/api/v1/charts/acme/vault").await.expect(200);
            let versions = chart["list"].as_array().expect("versions").clone();
            let told = versions.iter().filter(|v| !v["digest"].is_null() && v["created"] != "").count();
            (told == known).then_some(versions)
        }
    };
    let before = testkit::poll("all versions are known", || listed(3)).await;
    let mut other = vault("1.0.0");
    other.insert("values.yaml".into(), "replicas: 9\ndatabase: {password: \"\"}\n".into());
    charts.publish(&other).await;
    let install = json!({
        "name": "vault", "project": "web", "repository": "acme", "chart": "vault", "version": "1.0.0",
        "environment": "production",
    });
    for path in ["preview", "install"] {
        let refused = world.admin.post(&format!("/api/v1/charts/{path}"), &install).await;
        refused.problem(409, "chart_digest_changed");
    }
    testkit::poll("the change is seen", || async {
        let chart = world.admin.get("/api/v1/charts/acme/vault").await.expect(200);
        (chart["list"][2]["changed"] == true).then_some(())
    })
    .await;
    let now = world.admin.get("/api/v1/charts/acme/vault").await.expect(200);
    assert_eq!(now["list"][2]["trusted_digest"], before[2]["digest"]);
    assert_eq!(now["list"][0]["changed"], false);
}
