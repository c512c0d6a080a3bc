//! Stories of drift: what somebody changed in the cluster is shown with who did it, and set right object by object.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Front, Held, Say, Webhook, instead};

use crate::cluster::{Stage, add};
use crate::cluster_waits::gate;
use crate::deployment::{SHOP, World};
use crate::program::Database;

crate::stories! {
    one_object_is_set_right_and_the_others_are_not,
    an_environment_says_what_becomes_of_it,
    what_differs_is_told_without_anybody_looking,
    a_correction_that_is_refused_is_told_once,
    a_webhook_that_holds_a_correction_up_is_told,
    few_places_are_looked_at_at_once_after_a_start,
    a_look_that_is_not_let_in_has_its_cluster_looked_at,
}

/// The objects that differ, as `Kind name`.
fn differing(drift: &Value) -> Vec<String> {
    let objects = drift["objects"].as_array().into_iter().flatten();
    let word = |object: &Value, field: &str| object["object"][field].as_str().unwrap_or_default().to_owned();
    objects.map(|object| format!("{} {}", word(object, "kind"), word(object, "name"))).collect()
}

async fn one_object_is_set_right_and_the_others_are_not(database: Database) {
    let name = "drift::one_object_is_set_right_and_the_others_are_not";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    let drift = format!("{SHOP}/environments/live/drift");
    admin.post(&format!("{drift}/correct"), &json!({})).await.problem(404, "not_found");
    stage.world.save(None, "configMaps:\n  rules: { data: { colour: red } }\n").await;
    stage.healthy("shop:1").await;
    assert_eq!(differing(&admin.get(&drift).await.expect(200)), Vec::<String>::new());

    let apps = format!("/apis/apps/v1/namespaces/{}/deployments/shop", stage.namespace);
    let maps = format!("/api/v1/namespaces/{}/configmaps/shop-rules", stage.namespace);
    let edit = async |path: &str, object: Value| {
        let by = format!("{path}?fieldManager=kubectl-edit&force=true");
        stage.admin.must("PATCH", &by, Some(&object)).await;
    };
    let web = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" },
        "spec": { "replicas": 3 } });
    edit(&apps, web).await;
    let rules = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shop-rules" },
        "data": { "colour": "blue" } });
    edit(&maps, rules).await;
    let found = admin.get(&drift).await.expect(200);
    let mut both = differing(&found);
    both.sort();
    assert_eq!(both, ["ConfigMap shop-rules", "Deployment shop"], "{found:#}");
    let changed =
        found["objects"].as_array().unwrap().iter().flat_map(|o| o["differences"].as_array().unwrap());
    assert!(changed.into_iter().all(|d| d["who"]["manager"] == "kubectl-edit"), "{found:#}");

    let map =
        found["objects"].as_array().unwrap().iter().find(|o| o["object"]["kind"] == "ConfigMap").unwrap();
    let left =
        admin.post(&format!("{drift}/correct"), &json!({ "objects": [map["object"]] })).await.expect(200);
    assert_eq!(differing(&left), ["Deployment shop"], "{left:#}");
    let live = stage.live("api/v1 configmaps/shop-rules").await.expect("it is there");
    assert_eq!(live["data"]["colour"], "red");
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it is there");
    assert_eq!(live["spec"]["replicas"], 3, "nobody asked for that one");
    let audit = admin.get("/api/v1/audit?action=drift.corrected").await.expect(200);
    let items = audit["items"].as_array().unwrap();
    let said = items[0]["changes"].to_string();
    assert!(items.len() == 1 && said.contains("shop-rules") && !said.contains("Deployment"), "{audit:#}");
    // All that is left, then nothing: nothing is written down that did not happen.
    let left = admin.post(&format!("{drift}/correct"), &json!({})).await.expect(200);
    assert_eq!(differing(&left), Vec::<String>::new(), "{left:#}");
    admin.post(&format!("{drift}/correct"), &json!({})).await.expect(200);
    let audit = admin.get("/api/v1/audit?action=drift.corrected").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit:#}");
}

/// Changes the number of pods of the deployment as a person with `kubectl` does.
async fn edit(stage: &Stage, replicas: u32) {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/shop", stage.namespace);
    let object = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" },
        "spec": { "replicas": replicas } });
    let by = format!("{path}?fieldManager=kubectl-edit&force=true");
    stage.admin.must("PATCH", &by, Some(&object)).await;
}

/// What the application tells of drift in its environment, once it is so.
async fn told(stage: &Stage, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    testkit::poll(what, || async {
        let shop = stage.world.admin.get(SHOP).await.expect(200);
        let environments = shop["environments"].as_array().cloned().unwrap_or_default();
        let live = environments.into_iter().find(|each| each["environment"] == "live")?;
        is(&live["drift"]).then(|| live["drift"].clone())
    })
    .await
}

async fn what_differs_is_told_without_anybody_looking(database: Database) {
    let name = "drift::what_differs_is_told_without_anybody_looking";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    stage.healthy("shop:1").await;
    let drifted = async || admin.get("/api/v1/applications?state=drifted").await.expect(200)["items"].clone();
    assert_eq!(drifted().await, json!([]));
    let mut news = admin.stream("/api/v1/events?topic=application:shop").await;
    news.until("event: open").await;
    edit(&stage, 3).await;
    let found = told(&stage, "drift is told", |drift| !drift.is_null()).await;
    assert_eq!((&found["objects"], &found["refused"]), (&json!(1), &Value::Null), "{found:#}");
    assert!(found["since"].is_string(), "{found:#}");
    news.until("event: application").await;
    assert_eq!(drifted().await[0]["name"], "shop");
    let metrics = async || admin.get("/metrics").await.text;
    assert!(metrics().await.contains("trueline_drifted_places 1\n"), "{}", metrics().await);
    let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
    assert_eq!(live["spec"]["replicas"], 3, "it is only shown");
    // The next deployment brings what Git says.
    stage.healthy("shop:2").await;
    told(&stage, "nothing differs any more", Value::is_null).await;
    assert!(metrics().await.contains("trueline_drifted_places 0\n"), "{}", metrics().await);
    assert_eq!(drifted().await, json!([]));
}

async fn a_correction_that_is_refused_is_told_once(database: Database) {
    let name = "drift::a_correction_that_is_refused_is_told_once";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    stage.healthy("shop:1").await;
    let elsewhere = json!({ "destinations": [{ "cluster": "eu", "namespaces": ["other-*"] }] });
    admin.patch("/api/v1/projects/web", &elsewhere).await.expect(200);
    admin.patch("/api/v1/environments/live", &json!({ "drift": "correct" })).await.expect(200);
    edit(&stage, 3).await;
    let found = told(&stage, "the refusal is told", |drift| drift["refused"].is_string()).await;
    let why = found["refused"].as_str().unwrap_or_default();
    assert!(why.contains("Deployment") && why.contains(&stage.namespace), "{found:#}");
    // It is tried again, and refused for the same reason.
    edit(&stage, 4).await;
    let refusals = || stage.world.program.log().matches("objects_outside_project").count();
    testkit::poll("it was refused again", || async { (refusals() > 1).then_some(()) }).await;
    let audit = admin.get("/api/v1/audit?action=drift.refused").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit:#}");
    assert!(audit["items"][0]["changes"].to_string().contains("\"live\""), "{audit:#}");
    let metrics = admin.get("/metrics").await.text;
    assert!(metrics.contains("trueline_drift_corrections_refused_total 1\n"), "{metrics}");
}

/// Sets the type of the Service as a person with `kubectl` does.
async fn serve(stage: &Stage, kind: &str) {
    let path = format!("/api/v1/namespaces/{}/services/shop", stage.namespace);
    let object = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "shop" },
        "spec": { "type": kind } });
    let by = format!("{path}?fieldManager=kubectl-edit&force=true");
    stage.admin.must("PATCH", &by, Some(&object)).await;
}

/// Nothing else would say why what differs is not put right while the webhook is away.
async fn a_webhook_that_holds_a_correction_up_is_told(database: Database) {
    let name = "drift::a_webhook_that_holds_a_correction_up_is_told";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    stage.healthy("shop:1").await;
    let webhook = Webhook::start(Say::No("Not yet.")).await;
    let configuration = gate(&stage, &webhook).await;
    webhook.says(Say::Yes);
    serve(&stage, "NodePort").await;
    told(&stage, "drift is told", |drift| !drift.is_null()).await;
    webhook.says(Say::Nothing);
    admin.patch("/api/v1/environments/live", &json!({ "drift": "correct" })).await.expect(200);
    let found = told(&stage, "what holds it up is told", |drift| drift["refused"].is_string()).await;
    assert!(found["refused"].as_str().unwrap().contains("gate.acme.dev"), "{found:#}");
    assert_eq!(found["objects"], 1, "{found:#}");
    stage.admin.must("DELETE", &configuration, None).await;
}

async fn an_environment_says_what_becomes_of_it(database: Database) {
    let world = crate::deployment::World::built_in(database).await;
    let made = world.admin.post("/api/v1/environments", &json!({ "name": "east" })).await.expect(201);
    assert_eq!(made["drift"], "show", "{made:#}");
    let path = "/api/v1/environments/east";
    let refused = world.admin.patch(path, &json!({ "drift": "forget" })).await;
    assert!(refused.status == 400 || refused.status == 422, "{}", refused.status);
    world.admin.patch(path, &json!({ "drift": "correct" })).await.expect(200);
    assert_eq!(world.admin.get(path).await.expect(200)["drift"], "correct");
    let audit = world.admin.get("/api/v1/audit?action=environment.changed").await.expect(200);
    let changes = audit["items"][0]["changes"].as_array().unwrap().clone();
    let drift = changes.iter().find(|change| change["field"] == "drift").expect("it is written down");
    assert_eq!((&drift["before"], &drift["after"]), (&json!("show"), &json!("correct")));
}

/// Places at which nobody asks for anything, and how many of them are looked at at once in one cluster.
const QUIET: usize = 12;
const LOOKS: usize = 2;

/// What stands in front of the cluster of those.
#[derive(Default)]
struct Quiet {
    hangs: AtomicBool,
    held: Arc<Held>,
    /// The inventories that were asked for.
    asked: Mutex<BTreeSet<String>>,
}

impl Quiet {
    async fn front(self: Arc<Self>, stage: &Stage, namespace: &str) -> Front {
        let inventories = format!("/namespaces/{namespace}/configmaps/trueline-");
        Front::start(stage.server, ADMINISTRATOR, move |call| {
            let name = call.uri.path().split_once(&inventories)?.1;
            self.asked.lock().unwrap().insert(name.to_owned());
            self.hangs.load(Ordering::Relaxed).then(|| self.held.hold())
        })
        .await
    }
}

async fn few_places_are_looked_at_at_once_after_a_start(database: Database) {
    let name = "drift::few_places_are_looked_at_at_once_after_a_start";
    let Some(mut stage) = Stage::set(database, name).await else { return };
    let quiet = Arc::new(Quiet::default());
    let namespace = stage.server.namespace("quiet").await;
    let front = Arc::clone(&quiet).front(&stage, &namespace).await;
    add(&stage.world, "quiet", &front.kubeconfig()).await.expect(201);
    let environment = json!({ "name": "quiet", "cluster": "quiet", "namespace": namespace });
    stage.world.admin.post("/api/v1/environments", &environment).await.expect(201);
    stage.healthy("shop:1").await;
    fill(&stage).await;

    // The next look at each of them is due at once.
    let store = stage.world.store().await;
    let environment = store.environment_by_name("quiet").await.unwrap().expect("it is there");
    let tx = store.begin().await.unwrap();
    tx.hasten_places_in(environment.id).await.unwrap();
    tx.commit().await.unwrap();
    quiet.asked.lock().unwrap().clear();
    quiet.hangs.store(true, Ordering::Relaxed);
    stage.world.start_again(store).await;
    testkit::poll("they are looked at", || async { (quiet.held.now() >= LOOKS).then_some(()) }).await;
    // Neither what somebody changes in another cluster waits for them, nor what is deployed there.
    edit(&stage, 3).await;
    let correct = json!({ "drift": "correct" });
    stage.world.admin.patch("/api/v1/environments/live", &correct).await.expect(200);
    testkit::poll("it is put right", || async {
        let live = stage.live("apis/apps/v1 deployments/shop").await.expect("it runs");
        (live["spec"]["replicas"] != 3).then_some(())
    })
    .await;
    stage.healthy("shop:2").await;
    assert_eq!(quiet.held.most(), LOOKS, "all others are looked at later");
    quiet.hangs.store(false, Ordering::Relaxed);
    let all = || quiet.asked.lock().unwrap().len() == QUIET;
    testkit::poll("all of them were looked at", || async { all().then_some(()) }).await;
}

async fn a_look_that_is_not_let_in_has_its_cluster_looked_at(database: Database) {
    let name = "drift::a_look_that_is_not_let_in_has_its_cluster_looked_at";
    let Some(server) = control_plane::shared(name).await else { return };
    let (world, refuses) = (World::built_in(database).await, Arc::new(AtomicBool::new(false)));
    let said = Arc::clone(&refuses);
    let answer = move || said.load(Ordering::Relaxed).then(|| instead(401, &[], "{}"));
    let front = Front::start(server, ADMINISTRATOR, move |_| answer()).await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    let live = json!({ "name": "live", "cluster": "eu", "namespace": server.namespace("story").await });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    refuses.store(true, Ordering::Relaxed);
    // It is looked at, as somebody changed the rule; else nobody would notice for minutes.
    let change = json!({ "drift": "correct" });
    world.admin.patch("/api/v1/environments/live", &change).await.expect(200);
    testkit::poll("it is known", || async {
        let cluster = world.admin.get("/api/v1/clusters/eu").await.expect(200);
        (cluster["state"] == "refused").then_some(())
    })
    .await;
}

/// Deploys as many applications, until all are healthy.
async fn fill(stage: &Stage) {
    let admin = &stage.world.admin;
    let paths: Vec<String> =
        (0..QUIET).map(|at| format!("/api/v1/applications/quiet-{at}/deployments")).collect();
    for (at, path) in paths.iter().enumerate() {
        let application = json!({ "name": format!("quiet-{at}"), "project": "web" });
        admin.post("/api/v1/applications", &application).await.expect(201);
        admin.post(path, &json!({ "environment": "quiet", "image": "shop:1" })).await.expect(202);
    }
    for path in &paths {
        testkit::poll("it is healthy", || async {
            let now = admin.get(&format!("{path}/1")).await.expect(200);
            assert!(now["end"].is_null() || now["end"] == "healthy", "{now:#}");
            (now["end"] == "healthy").then_some(())
        })
        .await;
    }
}
