//! Stories of who Trueline is in a cluster: a right that is missing is named with what to do, and a token that ended is told
//! and waited for. Nothing is deleted meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, DEPLOYER, Front, Server, instead};

use crate::cluster::add;
use crate::deployment::{DEPLOYMENTS, SHOP, World};
use crate::program::Database;

crate::stories! {
    a_right_that_is_missing_is_named,
    a_namespace_that_is_missing_is_named,
    a_token_that_ended_is_told_and_waited_for,
    who_looks_at_a_cluster_that_is_away_is_answered_at_once,
}

/// What the application of the stories consists of, but for its services.
const KINDS: [&str; 10] = [
    "configmaps",
    "secrets",
    "serviceaccounts",
    "pods",
    "events",
    "deployments",
    "deployments/scale",
    "replicasets",
    "poddisruptionbudgets",
    "ingresses",
];

/// Lets the deployer do everything with some kinds in a namespace.
async fn allow(server: &Server, namespace: &str, name: &str, kinds: &[&str]) {
    let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": name },
        "rules": [{ "apiGroups": ["*"], "resources": kinds, "verbs": ["*"] }] });
    let binding = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": DEPLOYER }] });
    let folder = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}");
    server.admin().must("POST", &format!("{folder}/roles"), Some(&role)).await;
    server.admin().must("POST", &format!("{folder}/rolebindings"), Some(&binding)).await;
}

/// An environment `live` in the cluster `eu`.
async fn live(world: &World, namespace: &str) {
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
}

fn sentence(failed: &Value) -> &str {
    failed["failure"]["sentence"].as_str().unwrap_or_default()
}

async fn a_right_that_is_missing_is_named(database: Database) {
    let Some(server) = control_plane::shared("a_right_that_is_missing_is_named").await else { return };
    let (world, namespace) = (World::built_in(database).await, server.namespace("story").await);
    allow(server, &namespace, "some", &KINDS).await;
    add(&world, "eu", &server.kubeconfig(DEPLOYER)).await.expect(201);
    live(&world, &namespace).await;
    let failed = world.failed("live", "shop:1", "rights_missing").await;
    for words in ["services", "cannot", DEPLOYER, "trueline cluster check eu --roles"] {
        assert!(sentence(&failed).contains(words), "{words}: {failed:#}");
    }
    allow(server, &namespace, "others", &["services"]).await;
    let ended = world.deploy("live", "shop:1").await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
}

async fn a_namespace_that_is_missing_is_named(database: Database) {
    let Some(server) = control_plane::shared("a_namespace_that_is_missing_is_named").await else { return };
    let world = World::built_in(database).await;
    let namespace = format!("{}-not-made", server.namespace("story").await);
    add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
    live(&world, &namespace).await;
    let failed = world.deploy("live", "shop:1").await;
    assert_eq!(failed["end"], "failed", "{failed:#}");
    for words in [namespace.as_str(), "not there", "trueline cluster add eu --create-namespaces"] {
        assert!(sentence(&failed).contains(words), "{words}: {failed:#}");
    }
    world.admin.put("/api/v1/clusters/eu", &json!({ "create_namespaces": true })).await.expect(200);
    let ended = world.deploy("live", "shop:1").await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
}

async fn a_token_that_ended_is_told_and_waited_for(database: Database) {
    let Some(server) = control_plane::shared("a_token_that_ended_is_told_and_waited_for").await else {
        return;
    };
    let (world, namespace) = (World::built_in(database).await, server.namespace("story").await);
    let ended = Arc::new(AtomicBool::new(false));
    let said = Arc::clone(&ended);
    let answer = move || said.load(Ordering::Relaxed).then(|| instead(401, &[], "{}"));
    let front = Front::start(server, ADMINISTRATOR, move |_| answer()).await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    live(&world, &namespace).await;
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    ended.store(true, Ordering::Relaxed);
    let asked = world.request("live", "shop:2").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    let told = testkit::poll("it says what it waits for", || async {
        let now = world.admin.get(&path).await.expect(200);
        assert!(now["end"].is_null(), "{now:#}");
        let told = now["release"]["message"].as_str().unwrap_or_default().to_owned();
        told.contains("does not let Trueline in").then_some(told)
    });
    let told = told.await;
    assert!(told.contains("Give a kubeconfig with a new one") && told.contains("goes on"), "{told}");
    testkit::poll("the cluster says so as well", || async {
        let cluster = world.admin.get("/api/v1/clusters/eu").await.expect(200);
        (cluster["state"] == "refused").then_some(())
    })
    .await;
    let service = format!("/api/v1/namespaces/{namespace}/services/shop");
    assert!(server.admin().get(&service).await.is_some(), "nothing was deleted");
    // As a new token would do.
    ended.store(false, Ordering::Relaxed);
    add(&world, "eu", &front.kubeconfig()).await.expect(200);
    let done = world.ended(&asked["number"]).await;
    assert_eq!(done["end"], "healthy", "{done:#}");
}

async fn who_looks_at_a_cluster_that_is_away_is_answered_at_once(database: Database) {
    let name = "who_looks_at_a_cluster_that_is_away_is_answered_at_once";
    let Some(server) = control_plane::shared(name).await else { return };
    let (mut world, namespace) = (World::built_in(database).await, server.namespace("story").await);
    let (is_away, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (said, counted, below) = (Arc::clone(&is_away), Arc::clone(&calls), format!("/{namespace}/"));
    let front = Front::start(server, ADMINISTRATOR, move |call| {
        let asked = usize::from(call.uri.path().contains(&below));
        counted.fetch_add(asked, Ordering::Relaxed);
        said.load(Ordering::Relaxed).then(|| instead(503, &[], "{}"))
    });
    let front = front.await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    live(&world, &namespace).await;
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    is_away.store(true, Ordering::Relaxed);
    // Nothing is followed by this process.
    world.program.restart().await;
    world.admin = world.program.admin().await;
    let checked = world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    assert_eq!(checked["state"], "away", "{checked:#}");
    let before = calls.load(Ordering::Relaxed);
    let path = format!("{SHOP}/environments/live/resources");
    let runs = world.admin.get(&path).await.expect(200);
    assert!(runs["away"].as_str().is_some_and(|why| why.contains("503")), "{runs:#}");
    assert_eq!(calls.load(Ordering::Relaxed), before, "the last look has said so");
    is_away.store(false, Ordering::Relaxed);
    world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    let runs = world.admin.get(&path).await.expect(200);
    assert_eq!(
        (&runs["away"], runs.to_string().contains("\"Deployment\"")),
        (&Value::Null, true),
        "{runs:#}"
    );
}
