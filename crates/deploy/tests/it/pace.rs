//! How much is asked of an API server, and what it asks of us.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deploy::apply::{Guard, apply};
use deploy::watch::Watches;
use deploy::{Bounds, Cluster, Counts, Kubeconfig};
use serde_json::json;
use testkit::control_plane::{self, ADMINISTRATOR, Front, instead};

use crate::set_up::{cluster, deployment, map, names, place, release};

#[tokio::test]
async fn what_one_call_is_told_to_wait_all_wait() {
    let Some(place) = place("pace: 429").await else { return };
    let state = Arc::new(Mutex::new((None::<Instant>, Vec::new())));
    let notes = Arc::clone(&state);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let mut notes = notes.lock().expect("not poisoned");
        match notes.0 {
            Some(_) => notes.1.push(Instant::now()),
            None if head.method == http::Method::PATCH => {
                notes.0 = Some(Instant::now());
                return Some(instead(
                    429,
                    &[("retry-after", "3")],
                    r#"{"kind":"Status","message":"too many"}"#,
                ));
            }
            None => {}
        }
        None
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let objects: Vec<_> = (0..60).map(|number| map(&format!("m{number:02}"), "1")).collect();
    let outcome = apply(&client, &place.release, objects, &Guard::default(), &|_| ()).await.expect("applied");
    assert_eq!(outcome.applied.len(), 60);
    let (told, calls) = state.lock().expect("not poisoned").clone();
    let told = told.expect("one was throttled");
    // Those that were under way come in the first moment.
    let within = |from: u64, to: u64| {
        let after = |at: &&Instant| {
            let passed = at.duration_since(told).as_millis() as u64;
            (from..to).contains(&passed)
        };
        calls.iter().filter(after).count()
    };
    assert_eq!(within(1_000, 2_900), 0, "all obey");
    assert!(within(2_900, 60_000) > 50);
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_once_and_not_by_each_call() {
    let Some(mut server) = control_plane::server("pace: away").await else { return };
    let namespace = server.namespace("eu").await;
    let config = Kubeconfig::read(&server.kubeconfig(ADMINISTRATOR)).unwrap_or_else(|e| panic!("{e}"));
    let bounds = Bounds { patience: Duration::from_secs(2), ..Bounds::default() };
    let client = Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"));
    let (release, guard) = (release("shop", &namespace), Guard::default());
    apply(&client, &release, vec![map("a", "1")], &guard, &|_| ()).await.expect("applied");
    server.kill();
    let begun = Instant::now();
    for _ in 0..6 {
        apply(&client, &release, vec![map("a", "2")], &guard, &|_| ()).await.expect_err("it is away");
    }
    assert!(begun.elapsed() > Duration::from_secs(1), "it is waited for: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    server.restart().await;
    apply(&client, &release, vec![map("a", "2")], &guard, &|_| ()).await.expect("applied");
}

#[tokio::test]
async fn a_deployment_asks_no_more_than_it_needs() {
    let Some(place) = place("pace: calls").await else { return };
    let objects = |text: &str| {
        let mut web = deployment("web", "web").value().clone();
        web["spec"]["template"]["metadata"]["annotations"] = json!({ "acme.dev/text": text });
        [map("a", text), map("b", text), crate::set_up::object(web)]
    };
    let calls = |reads, writes| Counts { reads, writes };
    place.apply(&[]).await.expect("the namespace and all kinds are known");
    let before = place.cluster.counts();
    place.apply(&objects("1")).await.expect("applied");
    // The inventory, each object; all objects and twice the inventory.
    assert_eq!(place.since(before), calls(4, 5));
    let before = place.cluster.counts();
    let outcome = place.apply(&objects("2")).await.expect("applied");
    assert_eq!((outcome.applied.len(), place.since(before)), (3, calls(1, 4)));
    let before = place.cluster.counts();
    place.apply(&objects("2")).await.expect("applied");
    assert_eq!(place.since(before), calls(4, 0));
    // Somebody has changed one that changes in Git as well: that one alone is looked at.
    place.patch("configmaps", "a", &json!({ "data": { "text": "by hand" } })).await;
    let before = place.cluster.counts();
    let outcome = place.apply(&objects("3")).await.expect("applied");
    assert_eq!((outcome.applied.len(), place.since(before)), (3, calls(2, 5)));
    assert_eq!(place.map("a").await.expect("it is there")["data"]["text"], "3");
    // One that is gone is made again, and one that is going is waited for.
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    place.admin.must("DELETE", &format!("{maps}/a"), None).await;
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    place.admin.must("DELETE", &format!("{maps}/b"), None).await;
    let guard = Guard { hold: Duration::from_secs(1), ..Guard::default() };
    let waits = place.apply_with(&objects("4"), &guard).await.expect_err("it is there still").to_string();
    assert!(waits.ends_with("/b is being deleted and held by acme.dev/hold"), "{waits}");
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": null } })).await;
    let outcome = place.apply(&objects("4")).await.expect("applied");
    assert_eq!(names(&outcome.applied), ["b", "web"]);
    for name in ["a", "b"] {
        assert_eq!(place.map(name).await.expect("it is there")["data"]["text"], "4");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_for_a_moment_is_used_once_it_is_there() {
    let Some(place) = place("pace: a right that comes back").await else { return };
    let (denied, wide) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let (no, count) = (Arc::clone(&denied), Arc::clone(&wide));
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let query = head.uri.query().unwrap_or_default();
        if head.uri.path() != "/api/v1/configmaps" {
            return None;
        }
        if no.load(Ordering::Relaxed) {
            let body = r#"{"kind":"Status","reason":"Forbidden","message":"configmaps is forbidden: User"}"#;
            return Some(instead(403, &[], body));
        }
        count.fetch_add(u32::from(query.contains("watch=1")), Ordering::Relaxed);
        None
    })
    .await;
    let outcome = place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let watches = Watches::new(cluster(&front.kubeconfig()));
    let mut following = watches.follow(&place.release, &outcome.inventory);
    testkit::poll("it is seen in its namespace", || {
        let tree = following.tree();
        let all = tree.complete && tree.nodes.iter().all(|node| !node.uid.is_empty());
        std::future::ready(all.then_some(()))
    })
    .await;
    assert_eq!((watches.count(), wide.load(Ordering::Relaxed)), (1, 0));
    denied.store(false, Ordering::Relaxed);
    testkit::poll("it is watched everywhere", async || (wide.load(Ordering::Relaxed) > 0).then_some(()))
        .await;
    assert_eq!(watches.count(), 1);
    let path = format!("/api/v1/namespaces/{}/configmaps/b", place.namespace());
    place.admin.must("DELETE", &path, None).await;
    testkit::poll("the change", || {
        let gone =
            following.tree().nodes.into_iter().find(|node| node.key.name == "b" && node.uid.is_empty());
        std::future::ready(gone.map(drop))
    })
    .await;
    assert!(following.tree().nodes.iter().any(|node| node.key.name == "a" && !node.uid.is_empty()));
    drop(following);
    assert_eq!(watches.count(), 0);
}
