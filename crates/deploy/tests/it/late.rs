//! What comes late: calls of a process that was thought dead, an inventory that somebody else wrote, and an apply that
//! was cut off after it had made something.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use deploy::apply::{Event, Guard, apply};
use deploy::drift::look;
use deploy::{Error, Inventory};
use serde_json::json;
use testkit::control_plane::{ADMINISTRATOR, Front, instead};

use crate::set_up::{Place, cluster, deployment, map, meanwhile, names, object, place};

/// The inventory as the cluster has it.
async fn inventory(place: &Place) -> Inventory {
    let parent = place.map("trueline-shop").await.expect("the inventory");
    Inventory::parse(parent["data"]["inventory"].as_str().expect("a text"))
}

#[tokio::test]
async fn an_apply_of_our_own_that_lands_late_is_noticed() {
    let Some(place) = place("late: an apply").await else { return };
    let objects = [map("a", "2")];
    place.apply(&[map("a", "1")]).await.expect("applied");
    let live = place.map("a").await.expect("it is there");
    place.apply(&objects).await.expect("applied");
    // The very call of the deployment before, by the same manager, of the same fields.
    let mut late = map("a", "1").value().clone();
    for field in ["labels", "annotations"] {
        late["metadata"][field] = live["metadata"][field].clone();
    }
    let path =
        format!("/api/v1/namespaces/{}/configmaps/a?fieldManager=trueline&force=true", place.namespace());
    place.admin.must("PATCH", &path, Some(&late)).await;

    let found = look(&place.cluster, &place.release, objects.to_vec()).await.expect("looked");
    assert_eq!((found.len(), found[0].differences.len()), (1, 1), "{found:?}");
    assert_eq!(found[0].differences[0].path, "data.text");
    let again = place.apply(&objects).await.expect("applied");
    assert_eq!(names(&again.applied), ["a"]);
    assert_eq!(place.map("a").await.expect("it is there")["data"]["text"], "2");
    let before = place.cluster.counts();
    place.apply(&objects).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);
}

#[tokio::test]
async fn an_inventory_that_somebody_else_wrote_is_not_written_over() {
    let Some(place) = place("late: an inventory").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}/configmaps/trueline-shop", place.namespace());
    let text = json!({ "data": { "inventory": "written by another worker" } });
    let applied = |event: &Event| matches!(event, Event::Applied(_));
    let tell = meanwhile(place.server, applied, vec![("PATCH", path, Some(text))]);
    let objects = vec![map("a", "2"), map("b", "1")];
    let error = apply(&place.cluster, &place.release, objects, &Guard::default(), &tell).await;
    assert!(matches!(error, Err(Error::Overtaken(_))), "{error:?}");
    let parent = place.map("trueline-shop").await.expect("the inventory");
    assert_eq!(parent["data"]["inventory"], "written by another worker");
    // The next one looks again.
    place.apply(&[map("a", "2"), map("b", "1")]).await.expect("applied");
    assert_eq!(inventory(&place).await.entries.len(), 2);
}

#[tokio::test]
async fn what_somebody_notes_at_the_inventory_is_no_other_worker() {
    let Some(place) = place("late: a note at the inventory").await else { return };
    place.apply(&[map("a", "1")]).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}/configmaps/trueline-shop", place.namespace());
    let note = json!({ "metadata": { "annotations": { "acme.dev/note": "seen" } } });
    let applied = |event: &Event| matches!(event, Event::Applied(_));
    let tell = meanwhile(place.server, applied, vec![("PATCH", path, Some(note))]);
    apply(&place.cluster, &place.release, vec![map("a", "2")], &Guard::default(), &tell)
        .await
        .expect("applied");
    assert_eq!(inventory(&place).await.entries.len(), 1);
    let before = place.cluster.counts();
    place.apply(&[map("a", "2")]).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);
}

#[tokio::test]
async fn an_apply_that_is_to_stop_begins_nothing_more() {
    let Some(place) = place("late: a stop").await else { return };
    let guard = Guard::default();
    let (stop, sent) = (guard.stop.clone(), Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&sent);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        if head.method == http::Method::PATCH && !head.uri.path().contains("/trueline-shop") {
            stop.cancel();
            count.fetch_add(1, Ordering::Relaxed);
        }
        None
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let objects: Vec<_> = (0..60).map(|number| map(&format!("m{number:02}"), "1")).collect();
    let error = apply(&client, &place.release, objects, &guard, &|_| ()).await.expect_err("stopped");
    assert!(matches!(error, Error::Stopped), "{error}");
    assert!(sent.load(Ordering::Relaxed) <= 16, "{sent:?}");
}

#[tokio::test]
async fn the_first_inventory_is_not_written_over_another_one() {
    let Some(place) = place("late: a first inventory").await else { return };
    let (made, body) = (
        Arc::new(AtomicBool::new(false)),
        json!({
            "metadata": { "name": "trueline-shop", "annotations": { "trueline.dev/release": place.release.id } },
            "data": { "inventory": "" },
        }),
    );
    // Somebody else's first write lands between our look and ours.
    let (path, admin) = (format!("/api/v1/namespaces/{}/configmaps", place.namespace()), place.admin.clone());
    let flag = Arc::clone(&made);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        if head.method == http::Method::POST && !flag.swap(true, Ordering::Relaxed) {
            let (admin, path, body) = (admin.clone(), path.clone(), body.clone());
            let work = async move { admin.must("POST", &path, Some(&body)).await };
            let work = move || tokio::runtime::Runtime::new().expect("a runtime").block_on(work);
            std::thread::spawn(work).join().expect("it is done");
        }
        None
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let error = apply(&client, &place.release, vec![map("a", "1")], &Guard::default(), &|_| ()).await;
    assert!(made.load(Ordering::Relaxed) && matches!(error, Err(Error::Overtaken(_))), "{error:?}");
    assert!(place.map("a").await.is_none(), "nothing is made that is not written down");
}

#[tokio::test]
async fn what_was_made_again_by_an_apply_that_was_cut_off_is_found_again() {
    let Some(place) = place("late: cut off").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}/configmaps/b", place.namespace());
    place.admin.must("DELETE", &path, None).await;
    let cut = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cut);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let inventory = head.uri.path().ends_with("/trueline-shop") && head.method == http::Method::PATCH;
        (inventory && flag.load(Ordering::Relaxed)).then(|| instead(403, &[], "{}"))
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let tell = |event| cut.store(matches!(event, Event::Applied(_)), Ordering::Relaxed);
    let objects = vec![map("a", "1"), map("b", "1")];
    apply(&client, &place.release, objects, &Guard::default(), &tell).await.expect_err("cut off");
    assert!(place.map("b").await.is_some());
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((names(&outcome.pruned), outcome.kept.len()), (vec!["b"], 0));
}

#[tokio::test]
async fn what_was_made_anew_by_an_apply_that_was_cut_off_is_found_again() {
    let Some(place) = place("late: cut off while it makes anew").await else { return };
    place.apply(&[map("a", "1"), deployment("web", "one")]).await.expect("applied");
    let cut = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cut);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        let inventory = head.uri.path().ends_with("/trueline-shop") && head.method == http::Method::PATCH;
        (inventory && flag.load(Ordering::Relaxed)).then(|| instead(403, &[], "{}"))
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let tell = |event| cut.store(matches!(event, Event::Recreated(_) | Event::Applied(_)), Ordering::Relaxed);
    let (objects, guard) =
        (vec![map("a", "1"), deployment("web", "two")], Guard { recreate: true, ..Guard::default() });
    apply(&client, &place.release, objects, &guard, &tell).await.expect_err("cut off");
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((names(&outcome.pruned), outcome.kept.len()), (vec!["web"], 0));
}

#[tokio::test]
async fn a_release_goes_on_for_one_that_nobody_has_any_more() {
    let Some(mut place) = place("late: a former release").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let former = std::mem::replace(&mut place.release.id, "another".into());
    place.apply(&[map("a", "2")]).await.expect_err("it is another's");
    place.release.former = vec![former];
    let outcome = place.apply(&[map("a", "2")]).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["b"]);
    let parent = place.map("trueline-shop").await.expect("the inventory");
    assert_eq!(parent["metadata"]["annotations"]["trueline.dev/release"], "another");
}

#[tokio::test]
async fn a_change_is_given_up_by_the_server_before_anybody_goes_on() {
    let Some(place) = place("late: a limit").await else { return };
    let (seen, other) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU32::new(0)));
    let (list, reads) = (Arc::clone(&seen), Arc::clone(&other));
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        match head.method {
            http::Method::GET => drop(reads.fetch_add(1, Ordering::Relaxed)),
            _ => list.lock().expect("not poisoned").push(head.uri.query().unwrap_or_default().to_owned()),
        }
        None
    })
    .await;
    let client = cluster(&front.kubeconfig());
    for objects in [vec![map("a", "1")], vec![map("b", "1")]] {
        apply(&client, &place.release, objects, &Guard::default(), &|_| ()).await.expect("applied");
    }
    let seen = seen.lock().expect("not poisoned");
    assert!(seen.len() >= 4 && other.load(Ordering::Relaxed) > 0);
    assert!(seen.iter().all(|query| query.contains("timeout=33s")), "{seen:?}");
}

#[tokio::test]
async fn kinds_that_are_not_served_are_asked_for_once() {
    let Some(place) = place("late: kinds that are gone").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": { "type": "object" },
            } }],
        },
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    place.admin.must("POST", definitions, Some(&definition)).await;
    let widget = |name: &str| {
        object(json!({ "apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": { "name": name } }))
    };
    let objects = [map("a", "1"), widget("w1"), widget("w2"), widget("w3"), widget("w4")];
    testkit::poll("it is served", async || place.apply(&objects).await.ok()).await;
    place.admin.must("DELETE", &format!("{definitions}/widgets.{group}"), None).await;
    let served = format!("/apis/{group}/v1/namespaces/{}/widgets", place.namespace());
    testkit::poll("it is not served", async || {
        (place.admin.call("GET", &served, None).await.0 == 404).then_some(())
    })
    .await;
    let asked = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let count = Arc::clone(&asked);
    let front = Front::start(place.server, ADMINISTRATOR, move |head| {
        for (path, count) in ["/apis", definitions].iter().zip(&*count) {
            count.fetch_add(u32::from(head.uri.path() == *path), Ordering::Relaxed);
        }
        None
    })
    .await;
    let client = cluster(&front.kubeconfig());
    let outcome = apply(&client, &place.release, vec![map("a", "1")], &Guard::default(), &|_| ()).await;
    let keys: Vec<_> = outcome.expect("applied").inventory.entries.into_keys().collect();
    assert_eq!(names(&keys), ["a"], "no definition is stored, so nothing of them is");
    let [served, stored] = &*asked;
    assert!(served.load(Ordering::Relaxed) <= 2 && stored.load(Ordering::Relaxed) == 1, "{asked:?}");
}
