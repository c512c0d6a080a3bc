//! Stories of what is waited for in a cluster: each says what that is, takes nobody's place, and goes on by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Front, Say, Webhook, instead};

use crate::charts::Charts;
use crate::cluster::{Stage, add, gone};
use crate::deployment::{DEPLOYMENTS, SHOP, World};
use crate::program::Database;

crate::stories! {
    what_is_paused_in_git_says_so_and_gives_way,
    a_deletion_that_hangs_says_what_holds_it,
    an_application_goes_without_a_hook_that_fails,
    a_webhook_that_is_away_is_waited_for,
    a_token_that_ended_is_waited_for,
    a_chart_that_asks_waits_for_the_first_deployment,
    a_first_deployment_that_failed_leaves_an_installation,
}

/// A chart with a Deployment that is paused, or not.
fn rests(version: &str, paused: bool) -> BTreeMap<String, String> {
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "paused": paused, "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": format!("acme/web:{version}") }] },
            },
        },
    });
    let chart = format!("apiVersion: v2\nname: rests\nversion: {version}\n");
    [("Chart.yaml", chart), ("templates/web.yaml", web.to_string())]
        .map(|(path, text)| (path.to_owned(), text))
        .into()
}

async fn what_is_paused_in_git_says_so_and_gives_way(database: Database) {
    let name = "what_is_paused_in_git_says_so_and_gives_way";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    let charts = Charts::start(admin).await;
    charts.publish(&rests("1.0.0", true)).await;
    charts.publish(&rests("1.1.0", false)).await;
    let install = json!({ "name": "rests", "project": "web", "repository": "acme", "chart": "rests",
        "version": "1.0.0", "environment": "live" });
    admin.post("/api/v1/charts/install", &install).await.expect(202);
    let deployment = async |number: i64| {
        admin.get(&format!("/api/v1/applications/rests/deployments/{number}")).await.expect(200)
    };
    let says = testkit::poll("it says that it is paused", || async {
        let now = deployment(1).await;
        assert!(now["end"].is_null(), "{now:#}");
        now["release"]["message"].as_str().is_some_and(|m| m.starts_with("Paused: ")).then_some(now)
    });
    let says = says.await;
    let message = says["release"]["message"].as_str().unwrap_or_default();
    let object = format!("Deployment {}/web", stage.namespace);
    assert!(message.contains(&format!("{object} (it is paused by `spec.paused`). ")), "{message}");
    assert!(message.ends_with("ends once that goes on, or a newer one takes its place."), "{message}");
    let unhealthy = &says["release"]["unhealthy"];
    assert_eq!(
        (&says["stage"], &unhealthy[0]["status"], &unhealthy[1]),
        (&json!("released"), &json!("suspended"), &Value::Null),
        "{says:#}"
    );
    let upgrade = json!({ "environment": "live", "version": "1.1.0" });
    admin.post("/api/v1/applications/rests/deployments", &upgrade).await.expect(202);
    for (number, end) in [(2, "healthy"), (1, "superseded")] {
        let ended = testkit::poll("it ends", || async {
            let now = deployment(number).await;
            (!now["end"].is_null()).then_some(now)
        });
        let ended = ended.await;
        assert_eq!(ended["end"], end, "{ended:#}");
    }
    let live = stage.live("apis/apps/v1 deployments/web").await.expect("it runs");
    assert_ne!(live["spec"]["paused"], true, "{live:#}");
}

async fn a_deletion_that_hangs_says_what_holds_it(database: Database) {
    let name = "a_deletion_that_hangs_says_what_holds_it";
    let Some(stage) = Stage::set(database, name).await else { return };
    stage.healthy("shop:1").await;
    let path = format!("/api/v1/namespaces/{}/services/shop", stage.namespace);
    let held = |by: Value| json!({ "metadata": { "finalizers": by } });
    stage.admin.must("PATCH", &path, Some(&held(json!(["acme.dev/hold"])))).await;
    stage.world.admin.delete(SHOP).await.expect(204);
    let said = format!("Waits: Service {}/shop is being deleted and held by acme.dev/hold.", stage.namespace);
    testkit::poll("it says what holds it", || async {
        let now = stage.world.admin.get(SHOP).await.expect(200);
        let waits = now["deletion_failure_code"] == "cluster_first";
        now["deletion_failure"].as_str().is_some_and(|why| waits && why.contains(&said)).then_some(())
    })
    .await;
    stage.admin.must("PATCH", &path, Some(&held(Value::Null))).await;
    gone(&stage.world).await;
    assert!(stage.image().await.is_none());
}

async fn an_application_goes_without_a_hook_that_fails(database: Database) {
    let name = "an_application_goes_without_a_hook_that_fails";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    let charts = Charts::start(admin).await;
    let mut chart = rests("1.0.0", false);
    let farewell = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": "farewell", "annotations": {
            "helm.sh/hook": "pre-delete", "trueline.dev/timeout": "1s",
        } },
        "spec": { "backoffLimit": 0, "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": { "gpu": "yes" },
            "containers": [{ "name": "work", "image": "acme/web:1" }],
        } } },
    });
    chart.insert("templates/farewell.yaml".into(), farewell.to_string());
    charts.publish(&chart).await;
    let install = json!({ "name": "rests", "project": "web", "repository": "acme", "chart": "rests",
        "version": "1.0.0", "environment": "live" });
    admin.post("/api/v1/charts/install", &install).await.expect(202);
    let rests = "/api/v1/applications/rests";
    testkit::poll("it runs", || async {
        let now = admin.get(&format!("{rests}/deployments/1")).await.expect(200);
        (now["end"] == "healthy").then_some(())
    })
    .await;
    admin.delete(rests).await.expect(204);
    testkit::poll("it names the hook and the way out", || async {
        let now = admin.get(rests).await.expect(200);
        let why = now["deletion_failure"].as_str()?;
        let told = why.contains("the pre-delete hook failed") && why.contains("--skip-hooks");
        (told && now["deletion_failure_code"] == "hook_failed").then_some(())
    })
    .await;
    assert!(stage.live("apis/apps/v1 deployments/web").await.is_some(), "nothing went");
    crate::cluster::sign_in(&stage.world).await;
    let shown = stage.world.program.cli(&["app", "show", "rests"], "").await.good();
    assert!(shown.contains("(hook_failed)"), "{shown}");
    stage.world.program.cli(&["app", "delete", "rests", "--skip-hooks"], "").await.good();
    testkit::poll("it is gone", || async { (admin.get(rests).await.status == 404).then_some(()) }).await;
    assert!(stage.live("apis/apps/v1 deployments/web").await.is_none());
    let audit = admin.get("/api/v1/audit?limit=20").await.expect(200).to_string();
    assert!(audit.contains("hooks_not_run") && audit.contains("skip_hooks"), "{audit}");
}

/// A webhook for Services of a namespace, and where it stands.
pub(crate) async fn gate(stage: &Stage, webhook: &Webhook) -> String {
    let name = format!("gate-{}", stage.namespace);
    let config = json!({
        "metadata": { "name": name },
        "webhooks": [{
            "name": "gate.acme.dev", "clientConfig": webhook.config(), "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 1, "failurePolicy": "Fail",
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": stage.namespace } },
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["services"],
            }],
        }],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    stage.admin.must("POST", path, Some(&config)).await;
    let services = format!("/api/v1/namespaces/{}/services?dryRun=All", stage.namespace);
    let probe = json!({ "metadata": { "name": "probe" }, "spec": { "ports": [{ "port": 80 }] } });
    testkit::poll("the webhook is asked", || async {
        (stage.admin.call("POST", &services, Some(&probe)).await.0 == 400).then_some(())
    })
    .await;
    format!("{path}/{name}")
}

async fn a_webhook_that_is_away_is_waited_for(database: Database) {
    let Some(stage) = Stage::set(database, "a_webhook_that_is_away_is_waited_for").await else { return };
    let webhook = Webhook::start(Say::No("Not yet.")).await;
    let configuration = gate(&stage, &webhook).await;
    webhook.says(Say::Nothing);
    let asked = stage.world.request("live", "shop:1").await.expect(202);
    let number = asked["number"].as_i64().expect("a number");
    let says = |now: &Value| {
        let message = now["release"]["message"].as_str().unwrap_or_default();
        message.contains("gate.acme.dev") && message.ends_with("It is tried again.")
    };
    let now = stage.until(number, "it says what it waits for", says).await;
    assert_eq!(now["release"]["refusals"][0]["object"]["kind"], "Service", "{now:#}");
    webhook.says(Say::Yes);
    let ended = stage.world.ended(&asked["number"]).await;
    assert_eq!((&ended["end"], &ended["release"]["refusals"]), (&json!("healthy"), &json!([])), "{ended:#}");
    stage.admin.must("DELETE", &configuration, None).await;
}

async fn a_token_that_ended_is_waited_for(database: Database) {
    let Some(server) = control_plane::shared("a_token_that_ended_is_waited_for").await else { return };
    let ended = Arc::new(AtomicBool::new(false));
    let said = Arc::clone(&ended);
    let body = r#"{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
    let front = Front::start(server, ADMINISTRATOR, move |_| {
        said.load(Ordering::Relaxed).then(|| instead(401, &[], body))
    })
    .await;
    let world = World::built_in(database).await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    let namespace = server.namespace("story").await;
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    ended.store(true, Ordering::Relaxed);
    let asked = world.request("live", "shop:2").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    testkit::poll("it says what it waits for", || async {
        let now = world.admin.get(&path).await.expect(200);
        assert!(now["end"].is_null(), "{now:#}");
        let message = now["release"]["message"].as_str().unwrap_or_default();
        (message.contains("does not let Trueline in") && message.contains("a new one")).then_some(())
    })
    .await;
    testkit::poll("the cluster says it as well", || async {
        (world.admin.get("/api/v1/clusters/eu").await.expect(200)["state"] == "refused").then_some(())
    })
    .await;
    let shop = format!("/apis/apps/v1/namespaces/{namespace}/deployments/shop");
    assert!(server.admin().get(&shop).await.is_some(), "what runs goes on running");
    ended.store(false, Ordering::Relaxed);
    world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    assert_eq!(world.ended(&asked["number"]).await["end"], "healthy");
}

/// A chart that writes down whether it is installed or upgraded.
fn asks(version: &str) -> BTreeMap<String, String> {
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata:\n  version: {{ .Chart.Version | quote }}\n  \
               is: {{ if .Release.IsInstall }}installed{{ else }}upgraded{{ end }}\n";
    let chart = format!("apiVersion: v2\nname: asks\nversion: {version}\n");
    [("Chart.yaml", chart), ("templates/own.yaml", own.to_owned())]
        .map(|(path, text)| (path.to_owned(), text))
        .into()
}

const ASKS: &str = "/api/v1/applications/asks/deployments";

/// A cluster that goes away and comes back, and an application whose first deployment is in Git and waits for it.
struct Installing {
    world: World,
    admin: control_plane::Admin,
    namespace: String,
    away: Arc<AtomicBool>,
    _front: Front,
    _charts: Charts,
}

impl Installing {
    async fn start(database: Database, name: &str) -> Option<Self> {
        let server = control_plane::shared(name).await?;
        let away = Arc::new(AtomicBool::new(false));
        let said = Arc::clone(&away);
        let front = Front::start(server, ADMINISTRATOR, move |_| {
            said.load(Ordering::Relaxed).then(|| instead(503, &[], "{}"))
        })
        .await;
        let world = World::built_in(database).await;
        add(&world, "eu", &front.kubeconfig()).await.expect(201);
        let namespace = server.namespace("story").await;
        let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
        world.admin.post("/api/v1/environments", &live).await.expect(201);
        let charts = Charts::start(&world.admin).await;
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            charts.publish(&asks(version)).await;
        }
        away.store(true, Ordering::Relaxed);
        let install = json!({ "name": "asks", "project": "web", "repository": "acme", "chart": "asks",
            "version": "1.0.0", "environment": "live" });
        world.admin.post("/api/v1/charts/install", &install).await.expect(202);
        let admin = server.admin();
        let this = Self { world, admin, namespace, away, _front: front, _charts: charts };
        this.shows(1, "it is in Git", |now| now["stage"] == "committed").await;
        Some(this)
    }

    async fn shows(&self, number: i64, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        testkit::poll(what, || async {
            let now = self.world.admin.get(&format!("{ASKS}/{number}")).await.expect(200);
            is(&now).then_some(now)
        })
        .await
    }

    /// Asks for a version, and sees it wait for the first one.
    async fn waits(&self, number: i64, asked: Value) {
        let taken = self.world.admin.post(ASKS, &asked).await.expect(202);
        assert_eq!(taken["number"], number, "{taken:#}");
        let waits = |now: &Value| note(now).starts_with("Waits for deployment 1, the first one here");
        let now = self.shows(number, "it waits for the first one", waits).await;
        assert_eq!((&now["stage"], &now["end"]), (&json!("requested"), &Value::Null), "{now:#}");
    }

    async fn back(&self) {
        self.away.store(false, Ordering::Relaxed);
        self.world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    }

    /// What the cluster has.
    async fn own(&self) -> Value {
        let path = format!("/api/v1/namespaces/{}/configmaps/own", self.namespace);
        self.admin.get(&path).await.expect("it is there")["data"].clone()
    }
}

/// What stands at the line of the request.
fn note(deployment: &Value) -> &str {
    deployment["timeline"][0]["note"].as_str().unwrap_or_default()
}

/// While the first one is on its way into the cluster, a chart that asks is not rendered: it would be told that it is
/// installed, and be applied as an upgrade. A preview counts on the first one.
async fn a_chart_that_asks_waits_for_the_first_deployment(database: Database) {
    let name = "a_chart_that_asks_waits_for_the_first_deployment";
    let Some(installing) = Installing::start(database, name).await else { return };
    installing.waits(2, json!({ "environment": "live", "version": "1.1.0" })).await;
    let mut wanted = json!({ "environment": "live", "version": "1.2.0" });
    let seen = installing.world.admin.post("/api/v1/applications/asks/preview", &wanted).await.expect(200);
    assert!(seen["manifests"].to_string().contains("upgraded"), "{seen:#}");
    wanted["digest"] = seen["digest"].clone();
    // The newest request wins also while it is waited.
    installing.waits(3, wanted).await;
    let second = installing.shows(2, "it ends", |now| !now["end"].is_null()).await;
    assert_eq!(second["end"], "superseded", "{second:#}");
    installing.back().await;
    let third = installing.world.ended_of("asks", &json!({ "number": 3 })).await;
    assert_eq!((&third["end"], &third["digest"]), (&json!("healthy"), &seen["digest"]), "{third:#}");
    assert!(note(&third).starts_with("Waited for deployment 1, the first one here"), "{third:#}");
    assert_eq!(installing.own().await, json!({ "version": "1.2.0", "is": "upgraded" }));
    let first = installing.shows(1, "it ends", |now| !now["end"].is_null()).await;
    assert!(first["timeline"].to_string().contains("\"released\""), "{first:#}");
}

/// Nothing was applied: what comes next is what sets up.
async fn a_first_deployment_that_failed_leaves_an_installation(database: Database) {
    let name = "a_first_deployment_that_failed_leaves_an_installation";
    let Some(installing) = Installing::start(database, name).await else { return };
    let maps = format!("/api/v1/namespaces/{}/configmaps", installing.namespace);
    let others = json!({ "metadata": { "name": "own" } });
    installing.admin.must("POST", &maps, Some(&others)).await;
    installing.waits(2, json!({ "environment": "live", "version": "1.1.0", "adopt": true })).await;
    installing.back().await;
    let first = installing.shows(1, "it ends", |now| !now["end"].is_null()).await;
    assert_eq!(first["failure"]["code"], "objects_owned_by_others", "{first:#}");
    let second = installing.world.ended_of("asks", &json!({ "number": 2 })).await;
    assert_eq!(second["end"], "healthy", "{second:#}");
    assert_eq!(installing.own().await, json!({ "version": "1.1.0", "is": "installed" }));
}
