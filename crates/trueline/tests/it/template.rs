//! Deployment templates: each is deployed; an application changes its template, or the version of it, when a person
//! says so and not before.

use std::path::Path;

use serde_json::{Value, json};

use super::application::{deployed, furnished, made};
use super::gitops_config::creating;
use crate::client::Client;
use crate::deployment::{World, at_both_hosts, at_gitea, read};
use crate::program::{ADMIN_PASSWORD, Database};

crate::stories! {
    an_application_stays_on_its_version,
    by_command_line,
}

at_both_hosts! {
    each_template_is_deployed,
    the_template_changes_when_a_person_says_so,
    a_change_of_configuration_rolls_the_pods,
}

at_gitea! {
    each_template_is_deployed,
    the_template_changes_when_a_person_says_so,
    a_change_of_configuration_rolls_the_pods,
}

const SHOP: &str = "/api/v1/applications/shop";

/// Whether charts can be rendered here; says so if not.
fn renders(story: &str) -> bool {
    let there = testkit::tools::helm().is_some();
    if !there {
        testkit::skip(&format!("template::{story}"), "the helm program was not built");
    }
    there
}

async fn connected(admin: &Client) {
    let built_in = json!({"provider": "built-in"});
    creating(admin).put("/api/v1/gitops-configs/trial", &built_in).await.expect(201);
}

/// Saves base values over those that are there.
async fn written(admin: &Client, yaml: &str) -> Value {
    let path = format!("{SHOP}/values");
    let now = admin.get(&path).await;
    let admin = admin.clone().with("if-match", now.header("etag"));
    admin.put(&path, &json!({"yaml": yaml, "message": ""})).await.expect(200)
}

async fn previewed(admin: &Client, template: Option<&str>) -> Value {
    let body = json!({"environment": "prod", "image": "shop:1", "template": template});
    admin.post(&format!("{SHOP}/preview"), &body).await.expect(200)
}

fn version(application: &Value) -> String {
    let part = |name: &str| application["source"][name].as_str().unwrap_or_default().to_owned();
    format!("{}@{}", part("name"), part("version"))
}

/// The environment that these stories deploy to.
async fn prod(admin: &Client) {
    let prod = json!({"name": "prod", "namespace": "shop-production"});
    admin.post("/api/v1/environments", &prod).await.expect(201);
}

async fn each_template_is_deployed(world: World) {
    if !renders("each_template_is_deployed") {
        return;
    }
    let admin = &world.admin;
    prod(admin).await;
    for (template, kind) in [
        ("deployment", "Deployment"),
        ("stateful-set", "StatefulSet"),
        ("job", "Job"),
        ("cron-job", "CronJob"),
        ("rollout", "Rollout"),
    ] {
        let new = json!({"name": template, "project": "web", "template": template});
        let application = admin.post("/api/v1/applications", &new).await.expect(201);
        assert_eq!(version(&application), format!("{template}@0.2.0"));
        let asked = json!({"environment": "prod", "image": "shop:1"});
        let path = format!("/api/v1/applications/{template}");
        let preview = admin.post(&format!("{path}/preview"), &asked).await.expect(200);
        let kinds = preview["kinds"].as_array().expect("kinds").clone();
        assert!(kinds.iter().any(|k| k["kind"] == kind && k["count"] == 1), "{template}: {kinds:?}");
        let deployment = deployed(admin, template, "shop:1").await;
        assert_eq!(deployment["end"], "stored", "{deployment:#}");
        assert_eq!(deployment["chart"]["name"], template, "{deployment:#}");
        let clone = world.clone_of(&format!("gitops-{template}"), template);
        let folder = clone.join("environments/prod/rendered/manifests/shop-production");
        let files: Vec<_> = std::fs::read_dir(folder)
            .expect("manifests")
            .map(|file| file.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        assert!(files.iter().any(|file| file.starts_with(&format!("{kind}."))), "{template}: {files:?}");
    }
}

async fn what_is_not_to_be_had_changes_nothing(admin: &Client) {
    for (template, suggested, word) in [
        ("cronjob", Value::Null, "deployment, stateful-set, job, cron-job, rollout"),
        ("deployment@9.9.9", json!("deployment@0.2.0"), "here in version 0.2.0"),
        ("", Value::Null, "There is no template"),
    ] {
        let problem = admin.patch(SHOP, &json!({"template": template})).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["suggestion"]), (&json!("template"), &suggested), "{problem:#}");
        assert!(error["message"].as_str().is_some_and(|m| m.contains(word)), "{problem:#}");
    }
}

async fn the_template_changes_when_a_person_says_so(world: World) {
    if !renders("the_template_changes_when_a_person_says_so") {
        return;
    }
    let admin = world.admin.clone();
    prod(&admin).await;
    let shop = admin.get(SHOP).await.expect(200);
    assert_eq!(version(&shop), "deployment@0.2.0");
    written(&admin, "replicas: 2\nargs: [a]\n").await;
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");

    what_is_not_to_be_had_changes_nothing(&admin).await;
    let stale = admin.clone().with("if-match", "\"99\"");
    stale.patch(SHOP, &json!({"template": "job"})).await.problem(412, "stale");
    let job = json!({"environment": "prod", "image": "shop:1", "template": "job"});
    let problem = admin.post(&format!("{SHOP}/preview"), &job).await.problem(422, "invalid_values");
    assert!(problem.to_string().contains("`replicas` is not known here"), "{problem:#}");
    assert_eq!(version(&admin.get(SHOP).await.expect(200)), "deployment@0.2.0");
    let changed = admin.patch(SHOP, &json!({"template": "job"})).await.expect(200);
    assert_eq!(version(&changed["application"]), "job@0.2.0");
    let unfit = changed["unfit"].as_array().expect("a list");
    assert_eq!((unfit.len(), &unfit[0]["environment"]), (1, &Value::Null), "{changed:#}");
    assert!(unfit[0]["message"].as_str().is_some_and(|m| m.contains("line 1") && m.contains("`replicas`")));
    let entry = admin.get("/api/v1/audit?action=application.template_changed").await.expect(200);
    let entry = entry["items"][0]["changes"][0].clone();
    assert_eq!((&entry["before"], &entry["after"]), (&json!("deployment@0.2.0"), &json!("job@0.2.0")));
    // Until the values fit, nothing is deployed; what they are checked against is the new template.
    let failed = deployed(&admin, "shop", "shop:2").await;
    assert_eq!(
        (&failed["end"], &failed["failure"]["code"]),
        (&json!("failed"), &json!("invalid_values")),
        "{failed:#}"
    );
    written(&admin, "backoffLimit: 1\nargs: [a]\n").await;
    let preview = previewed(&admin, None).await;
    assert_eq!(
        (&preview["chart"]["from"]["name"], &preview["chart"]["to"]["name"]),
        (&json!("deployment"), &json!("job"))
    );
    let own = preview["own_values"].as_array().expect("own values");
    assert!(own.iter().any(|v| v["path"] == "replicas" && v["change"] == "gone"), "{own:#?}");
    assert!(own.iter().any(|v| v["path"] == "backoffLimit" && v["own"] == 1), "{own:#?}");
    let values = preview["values"]["hunks"].to_string();
    assert!(values.contains("backoffLimit: 1") && values.contains("replicas: 2"), "{values}");
    let files = preview["manifests"].as_array().expect("files").iter();
    let changes: Vec<String> = files.map(|f| format!("{} {}", f["change"], f["path"])).collect();
    let gone = changes.iter().any(|c| c.contains("removed") && c.contains("Deployment.apps.shop"));
    assert!(
        gone && changes.iter().any(|c| c.contains("added") && c.contains("Job.batch.shop-")),
        "{changes:?}"
    );
    let deployment = deployed(&admin, "shop", "shop:2").await;
    assert_eq!(
        (&deployment["end"], &deployment["chart"]["name"]),
        (&json!("stored"), &json!("job")),
        "{deployment:#}"
    );
    // The same again changes nothing, and says so.
    let version_now = admin.get(SHOP).await.expect(200)["version"].clone();
    let same = admin.patch(SHOP, &json!({"template": "job@0.2.0"})).await.expect(200);
    assert_eq!((&same["application"]["version"], &same["unfit"]), (&version_now, &json!([])));
}

/// ConfigMaps and Secrets of the base and of an environment, as variables and as files: what changes is told, and the
/// pods are rolled by it and by nothing else.
async fn a_change_of_configuration_rolls_the_pods(world: World) {
    if !renders("a_change_of_configuration_rolls_the_pods") {
        return;
    }
    let base = "configMaps:\n  limits: {data: {MAX_ITEMS: 50, CURRENCY: EUR}}\n  texts: {as: files, mountPath: /etc/texts, \
                data: {welcome.txt: Hello}}\nsecrets:\n  login: {as: environment}\n";
    world.save(None, base).await;
    world.set_password("production", "planted-configuration-4711").await;
    world.stored("production", "shop:1").await;
    let object = |clone: &Path, name: &str| {
        read(clone, &format!("environments/production/rendered/manifests/production/{name}.yaml"))
    };
    let checksums = |clone: &Path| -> Vec<String> {
        let workload = object(clone, "Deployment.apps.shop");
        workload.lines().filter(|l| l.contains("checksum/")).map(|l| l.trim().to_owned()).collect()
    };
    let first = world.clone("first");
    let workload = object(&first, "Deployment.apps.shop");
    assert!(workload.contains("shop-limits") && workload.contains("/etc/texts"), "{workload}");
    assert!(workload.contains("shop-login"), "{workload}");
    let before = checksums(&first);
    assert_eq!(before.len(), 3, "{before:?}");

    // The environment's level lies over the base, entry by entry.
    world.save(Some("production"), "configMaps: {limits: {data: {CURRENCY: USD}}}\n").await;
    let ask = json!({"environment": "production", "image": "shop:1"});
    let seen = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    let files = seen["manifests"].as_array().expect("files").iter();
    let paths: Vec<&str> = files.filter_map(|f| f["path"].as_str()).collect();
    let object_of = |name: &str| format!("manifests/production/{name}.yaml");
    assert_eq!(paths, [object_of("ConfigMap.shop-limits"), object_of("Deployment.apps.shop")], "{seen:#}");
    world.stored("production", "shop:1").await;
    let second = world.clone("second");
    let limits = object(&second, "ConfigMap.shop-limits");
    assert!(limits.contains("USD") && limits.contains("MAX_ITEMS"), "{limits}");
    let after = checksums(&second);
    let changed: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(matches!(changed.as_slice(), [one] if one.contains("configmap-limits")), "{before:?} {after:?}");

    world.set_password("production", "planted-configuration-0815").await;
    world.stored("production", "shop:1").await;
    let last = checksums(&world.clone("third"));
    let changed: Vec<_> = last.iter().filter(|line| !after.contains(line)).collect();
    assert!(matches!(changed.as_slice(), [one] if one.contains("secret-login")), "{after:?} {last:?}");
}

/// Copies the shipped charts, with other text in some of their files.
fn newer_charts(to: &Path) {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/deployment");
    let mut open = vec![charts.clone()];
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = match path.file_name().and_then(|name| name.to_str()) {
                Some("Chart.yaml") => text.replace("version: 0.2.0", "version: 0.3.0"),
                Some("values.yaml") => text.replace("revisionHistoryLimit: 5", "revisionHistoryLimit: 7"),
                _ => text,
            };
            let target = to.join("deployment").join(path.strip_prefix(&charts).unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, text).unwrap();
        }
    }
}

async fn an_application_stays_on_its_version(database: Database) {
    if !renders("an_application_stays_on_its_version") {
        return;
    }
    let (mut program, admin) = furnished(database).await;
    connected(&admin).await;
    made(&admin, "shop").await;
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");
    let before = previewed(&admin, None).await;
    drop(admin);

    // A newer program with a newer chart.
    let charts = program.folder().join("charts");
    newer_charts(&charts);
    program.set("TRUELINE_TEMPLATES", charts.to_str().unwrap());
    program.restart().await;
    let admin = program.admin().await;
    assert_eq!(version(&made(&admin, "cart").await), "deployment@0.3.0");
    assert_eq!(version(&admin.get(SHOP).await.expect(200)), "deployment@0.2.0");
    let now = previewed(&admin, None).await;
    assert_eq!(now["digest"], before["digest"], "{now:#}");
    assert_eq!((&now["manifests"], &now["own_values"]), (&json!([]), &json!([])), "{now:#}");
    // Values are checked against its own version, and it is deployed with that.
    written(&admin, "replicas: 2\n").await;
    let deployment = deployed(&admin, "shop", "shop:1").await;
    assert_eq!((&deployment["end"], &deployment["chart"]["version"]), (&json!("stored"), &json!("0.2.0")));

    // What the newer one would change is shown before.
    let newer = previewed(&admin, Some("deployment")).await;
    assert_eq!(
        (&newer["chart"]["from"]["version"], &newer["chart"]["to"]["version"]),
        (&json!("0.2.0"), &json!("0.3.0"))
    );
    let own = json!({"path": "revisionHistoryLimit", "change": "changed", "before": 5, "after": 7});
    let told = &newer["own_values"][0];
    for (field, value) in own.as_object().unwrap() {
        assert_eq!(&told[field], value, "{newer:#}");
    }
    assert!(newer["manifests"].to_string().contains("revisionHistoryLimit: 7"), "{newer:#}");
    assert_eq!(version(&admin.get(SHOP).await.expect(200)), "deployment@0.2.0", "a preview changes nothing");

    let changed = admin.patch(SHOP, &json!({"template": "deployment@0.3.0"})).await.expect(200);
    assert_eq!(
        (version(&changed["application"]).as_str(), &changed["unfit"]),
        ("deployment@0.3.0", &json!([]))
    );
    let deployment = deployed(&admin, "shop", "shop:1").await;
    assert_eq!((&deployment["end"], &deployment["chart"]["version"]), (&json!("stored"), &json!("0.3.0")));
    // Back to what it was deployed from; another application never was.
    let back = admin.patch(SHOP, &json!({"template": "deployment@0.2.0"})).await.expect(200);
    assert_eq!(version(&back["application"]), "deployment@0.2.0");
    assert_eq!(deployed(&admin, "shop", "shop:1").await["chart"]["version"], "0.2.0");
    let cart = admin.patch("/api/v1/applications/cart", &json!({"template": "deployment@0.2.0"})).await;
    assert_eq!(cart.problem(422, "invalid")["errors"][0]["suggestion"], "deployment@0.3.0");
}

async fn by_command_line(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    written(&admin, "replicas: 2\n").await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let changed = program.cli(&["app", "template", "shop", "--template", "cron-job"], "").await;
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(changed.stdout.contains("cron-job@0.2.0"), "{changed:?}");
    assert!(changed.stderr.contains("The base values do not fit: ") && changed.stderr.contains("`replicas`"));
    let wrong = program.cli(&["app", "template", "shop", "--template", "cronjob"], "").await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.stderr.contains("deployment, stateful-set, job, cron-job, rollout"), "{wrong:?}");
}
