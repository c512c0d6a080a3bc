//! What runs, as it changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deploy::Cluster;
use deploy::apply::Outcome;
use deploy::health::Status;
use deploy::watch::{Following, Tree, Watches};
use serde_json::json;
use testkit::control_plane::{ADMINISTRATOR, DEPLOYER, Front, instead};

use crate::set_up::{Place, cluster, deployment, map, object, place, stop_pod};

/// Waits until the tree is as it is to be.
async fn until(following: &mut Following, what: &str, good: impl Fn(&Tree) -> bool) -> Tree {
    let mut last = None;
    let wait = async {
        loop {
            let tree = following.changed().await;
            if good(&tree) {
                return tree;
            }
            last = Some(tree);
        }
    };
    match tokio::time::timeout(std::time::Duration::from_secs(60), wait).await {
        Ok(tree) => tree,
        Err(_) => panic!("{what}: {last:?}"),
    }
}

/// The tree as lines: how deep, what, how.
fn shape(tree: &Tree) -> Vec<String> {
    let line = |at: usize| {
        let node = &tree.nodes[at];
        let (mut depth, mut up) = (0, node.parent);
        while let Some(parent) = up {
            assert!(parent < at, "parents come first");
            (depth, up) = (depth + 1, tree.nodes[parent].parent);
        }
        let ready = node.ready.map_or_else(String::new, |(ready, all)| format!(" {ready}/{all}"));
        format!("{depth} {} {:?}{ready}", node.key.kind, node.health.status)
    };
    (0..tree.nodes.len()).map(line).collect()
}

fn job(name: &str) -> deploy::Object {
    object(json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name },
        "spec": { "backoffLimit": 6, "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": { "gpu": "yes" },
            "containers": [{ "name": "work", "image": "acme/shop:1" }],
        } } },
    }))
}

async fn follow(place: &Place, cluster: Cluster, objects: &[deploy::Object]) -> Following {
    let outcome = place.apply(objects).await.expect("applied");
    Watches::new(cluster).follow(&place.release, &outcome.inventory)
}

#[tokio::test]
async fn a_release_is_seen_with_what_it_made() {
    let Some(place) = place("watch: a tree").await else { return };
    let mut following =
        follow(&place, place.cluster.clone(), &[map("a", "1"), deployment("web", "web")]).await;
    let tree = until(&mut following, "all is well", |tree| {
        let well = tree.nodes.iter().filter(|node| node.health.status == Status::Healthy);
        tree.complete && tree.health.status == Status::Healthy && well.count() == 4
    })
    .await;
    assert_eq!(
        shape(&tree),
        ["0 ConfigMap Healthy", "0 Deployment Healthy 1/1", "1 ReplicaSet Healthy 1/1", "2 Pod Healthy 1/1"]
    );
    // A change by hand is noticed, one by a controller is none.
    let touched = following.touched();
    place.patch("configmaps", "a", &json!({ "data": { "text": "by hand" } })).await;
    testkit::poll("the change", async || (following.touched() > touched).then_some(())).await;
    let maps = format!("/api/v1/namespaces/{}/configmaps/a", place.namespace());
    place.admin.must("DELETE", &maps, None).await;
    let tree = until(&mut following, "it is missing", |tree| tree.health.status == Status::Degraded).await;
    assert!(tree.health.message.ends_with("/a: it is not there"), "{:?}", tree.health);

    place.apply(&[map("a", "1"), deployment("web", "web")]).await.expect("applied");
    until(&mut following, "it is back", |tree| tree.health.status == Status::Healthy).await;
}

#[tokio::test]
async fn the_reason_of_a_failing_pod_stands_at_the_top() {
    let Some(place) = place("watch: a failing pod").await else { return };
    let mut following = follow(&place, place.cluster.clone(), &[job("work")]).await;
    let says = |text: &'static str| move |tree: &Tree| tree.health.message.contains(text);
    until(&mut following, "it fits nowhere", says("it fits on no node")).await;
    let waiting = |state: serde_json::Value, last: serde_json::Value| {
        json!({ "phase": "Pending", "containerStatuses": [{
            "name": "work", "image": "acme/shop:1", "imageID": "", "ready": false, "restartCount": 1,
            "state": state, "lastState": last,
        }] })
    };
    let crash = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    let ended = |code: i64, reason: &str| json!({ "terminated": { "exitCode": code, "reason": reason } });
    for (state, last, text) in [
        (
            json!({ "waiting": { "reason": "ImagePullBackOff", "message": "no such image" } }),
            json!({}),
            "container work: ImagePullBackOff: no such image",
        ),
        (crash.clone(), ended(2, "Error"), "container work ended with code 2; it is started again and again"),
        (crash, ended(137, "OOMKilled"), "needed more memory than it may have (OOMKilled)"),
    ] {
        stop_pod(&place, "work", &waiting(state, last)).await;
        let tree = until(&mut following, text, says(text)).await;
        assert!(tree.health.message.starts_with("Job "), "{:?}", tree.health);
    }
}

#[tokio::test]
async fn one_watch_serves_all_releases_of_a_cluster_and_ends_with_them() {
    let Some(place) = place("watch: one for all").await else { return };
    let watches = Watches::new(place.cluster.clone());
    let mut all = Vec::new();
    for name in ["one", "two", "three"] {
        let release = crate::set_up::release(name, place.namespace());
        let objects = [map(name, "1"), deployment(name, name)];
        let guard = deploy::apply::Guard::default();
        let outcome = place.apply_as(&release, &objects, &guard).await.expect("applied");
        all.push(watches.follow(&release, &outcome.inventory));
    }
    for following in &mut all {
        let tree = until(following, "it is seen", |tree| tree.complete && tree.nodes.len() == 4).await;
        let kinds: Vec<_> = tree.nodes.iter().map(|node| node.key.kind.as_str()).collect();
        assert_eq!(kinds, ["ConfigMap", "Deployment", "ReplicaSet", "Pod"]);
    }
    assert_eq!(watches.count(), 4, "ConfigMaps, Deployments, ReplicaSets, Pods");
    all.truncate(1);
    assert_eq!(watches.count(), 4);
    all.clear();
    assert_eq!(watches.count(), 0);
}

#[tokio::test]
async fn who_may_see_one_namespace_only_sees_that() {
    let Some(place) = place("watch: one namespace").await else { return };
    let role = json!({
        "metadata": { "name": "viewer" },
        "rules": [{ "apiGroups": ["", "apps"], "verbs": ["get", "list", "watch"],
            "resources": ["configmaps", "pods", "deployments", "replicasets"] }],
    });
    let binding = json!({
        "metadata": { "name": "viewer" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer" },
        "subjects": [{ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": DEPLOYER }],
    });
    let root = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", place.namespace());
    place.admin.must("POST", &format!("{root}/roles"), Some(&role)).await;
    place.admin.must("POST", &format!("{root}/rolebindings"), Some(&binding)).await;
    let viewer = cluster(&place.server.kubeconfig(DEPLOYER));
    let mut following = follow(&place, viewer, &[map("a", "1"), deployment("web", "web")]).await;
    let tree = until(&mut following, "it is seen", |tree| tree.complete && tree.nodes.len() == 4).await;
    assert_eq!(tree.away, None);
}

#[tokio::test]
async fn a_cluster_that_goes_away_is_said_and_seen_again() {
    let Some(mut server) = testkit::control_plane::server("watch: a cluster that goes away").await else {
        return;
    };
    let namespace = server.namespace("eu").await;
    let release = crate::set_up::release("shop", &namespace);
    let client = cluster(&server.kubeconfig(ADMINISTRATOR));
    let guard = deploy::apply::Guard::default();
    let objects = vec![map("a", "1"), map("b", "1")];
    let outcome = deploy::apply::apply(&client, &release, objects, &guard, &|_| ()).await.expect("applied");
    let mut following = Watches::new(client).follow(&release, &outcome.inventory);
    until(&mut following, "it is seen", |tree| tree.complete && tree.health.status == Status::Healthy).await;
    server.kill();
    let tree = until(&mut following, "it is away", |tree| tree.away.is_some()).await;
    assert_eq!(tree.nodes.len(), 2, "what was seen last is kept");
    server.restart().await;
    until(&mut following, "it is back", |tree| tree.away.is_none()).await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/b");
    server.admin().must("DELETE", &path, None).await;
    until(&mut following, "it is missing", |tree| tree.health.status == Status::Degraded).await;
}

#[tokio::test]
async fn an_answer_that_is_none_says_nothing_about_objects() {
    let Some(place) = place("watch: a stranger on the way").await else { return };
    let page = Arc::new(AtomicU32::new(0));
    let mode = Arc::clone(&page);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let query = head.uri.query().unwrap_or_default();
        match (mode.load(Ordering::Relaxed), query.contains("watch=1"), query.contains("limit=")) {
            (1, false, true) => Some(instead(200, &[], "<html>Welcome to Acme</html>")),
            (2, false, true) => Some(instead(200, &[], r#"{"kind":"Status"}"#)),
            (1 | 2, true, _) => Some(instead(200, &[], "{\"type\":\"ERROR\"}\n")),
            (3, true, _) => Some(instead(200, &[], "<html>Welcome to Acme</html>\n")),
            _ => None,
        }
    })
    .await;
    let client = cluster(&front.kubeconfig());
    // The relay ends what it hands on only with the API server, so what is told first is not the end.
    for wrong in [1, 2, 3] {
        page.store(wrong, Ordering::Relaxed);
        let mut following = follow(&place, client.clone(), &[map("a", "1")]).await;
        let tree = until(&mut following, "it is away", |tree| tree.away.is_some()).await;
        assert!(tree.nodes.iter().all(|node| node.health.status == Status::Healthy), "{wrong}: {tree:?}");
        page.store(0, Ordering::Relaxed);
        let good = |tree: &Tree| tree.away.is_none() && tree.complete && tree.nodes.len() == 1;
        until(&mut following, "it is back", good).await;
    }
}

#[tokio::test]
async fn a_watch_that_is_ended_at_once_is_not_begun_without_a_pause() {
    let Some(place) = place("watch: ended at once").await else { return };
    let counted = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&counted);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let watch = head.uri.query().unwrap_or_default().contains("watch=1");
        watch.then(|| {
            count.fetch_add(1, Ordering::Relaxed);
            instead(200, &[], "")
        })
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let mut following = follow(&place, client, &[map("a", "1")]).await;
    until(&mut following, "it is seen", |tree| tree.complete && tree.nodes.len() == 1).await;
    testkit::poll("a second watch", async || (counted.load(Ordering::Relaxed) > 1).then_some(())).await;
    let begun = (counted.load(Ordering::Relaxed), std::time::Instant::now());
    // Pauses double: two more take well over half a second.
    testkit::poll("two more", async || (counted.load(Ordering::Relaxed) >= begun.0 + 2).then_some(())).await;
    assert!(begun.1.elapsed() > std::time::Duration::from_millis(500), "{:?}", begun.1.elapsed());
}

#[tokio::test]
async fn a_tree_is_complete_only_once_what_was_applied_was_seen() {
    let Some(place) = place("watch: behind an apply").await else { return };
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    let watches = Watches::new(place.cluster.clone());
    let mut following = watches.follow(&place.release, &outcome.inventory);
    until(&mut following, "it is seen", |tree| tree.complete && tree.nodes.len() == 1).await;
    let outcome = place.apply(&[map("a", "2")]).await.expect("applied");
    let [(uid, version)] = &outcome.versions[..] else { panic!("{:?}", outcome.versions) };
    watches.expect(&place.release, "2", &outcome);
    testkit::poll("the change is seen", || std::future::ready(following.tree().complete.then_some(()))).await;
    // A state that the watch has not come to.
    let ahead = Outcome { versions: vec![(uid.clone(), version + 1_000_000)], ..Outcome::default() };
    watches.expect(&place.release, "3", &ahead);
    assert!(!following.tree().complete);
    assert!(watches.expects(&place.release, "3") && !watches.expects(&place.release, "2"));
    watches.expect(&place.release, "4", &outcome);
    assert!(following.tree().complete);
}
