//! Taking a release away.

use std::time::Duration;

use deploy::apply::{Event, Guard, Reason, Stays};
use deploy::remove::{Removed, preview, remove};
use deploy::{Error, Object};
use serde_json::json;

use crate::set_up::{Place, annotated, deployment, map, names, object, place, release};

async fn take(place: &Place, objects: &[Object], guard: &Guard) -> Result<Removed, Error> {
    let tell = |event| place.events.lock().expect("not poisoned").push(event);
    remove((&place.cluster, &place.release), objects.to_vec(), guard, &tell).await
}

fn patient(seconds: u64) -> Guard {
    Guard { hold: Duration::from_secs(seconds), ..Guard::default() }
}

#[tokio::test]
async fn a_release_goes_as_it_was_seen_before() {
    let Some(place) = place("remove: a release").await else { return };
    let hook = |name: &str, event: &str| annotated(name, "helm.sh/hook", event);
    let objects = [
        map("a", "1"),
        deployment("web", "web"),
        annotated("kept", "helm.sh/resource-policy", "keep"),
        annotated("first", "trueline.dev/wave", "-1"),
        hook("before", "pre-delete"),
        hook("set-up", "pre-install"),
    ];
    place.apply_with(&objects, &patient(60)).await.expect("applied");
    place.patch("configmaps", "a", &json!({ "metadata": { "labels": { "x": "y" } } })).await;
    let neighbour = release("other", place.namespace());
    place.apply_as(&neighbour, &[map("theirs", "1")], &Guard::default()).await.expect("applied");

    let before = place.cluster.counts();
    let seen = preview(&place.cluster, &place.release, &Guard::default()).await.expect("looked");
    assert_eq!(place.since(before).writes, 0);
    let order: Vec<_> = seen.goes.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(order, ["web", "a", "first"]);
    assert!(matches!(&seen.stays[..], [(key, Stays::Marked)] if key.name == "kept"), "{seen:?}");
    assert_eq!((seen.waiting, seen.unseen.len()), (None, 0));

    place.events.lock().expect("not poisoned").clear();
    let removed = take(&place, &objects, &patient(60)).await.expect("removed");
    assert_eq!((names(&removed.deleted), names(&removed.kept)), (vec!["a", "first", "web"], vec!["kept"]));
    let events = place.events.lock().expect("not poisoned").clone();
    assert!(matches!(&events[0], Event::HookStarted { object, .. } if object.name == "before"), "{events:?}");
    for name in ["a", "first", "before", "set-up", "trueline-shop"] {
        assert!(place.map(name).await.is_none(), "{name} is still there");
    }
    assert!(place.map("kept").await.is_some() && place.map("theirs").await.is_some());
    // Foreground: what it made is gone as well.
    let pods = format!("/api/v1/namespaces/{}/pods", place.namespace());
    assert_eq!(place.admin.must("GET", &pods, None).await["items"], json!([]));
    // Done again there is nothing to do.
    assert_eq!(take(&place, &objects, &patient(5)).await.expect("nothing"), Removed::default());
    assert_eq!(
        preview(&place.cluster, &place.release, &Guard::default()).await.expect("looked").goes.len(),
        0
    );
}

#[tokio::test]
async fn what_holds_data_goes_after_a_confirmation_and_a_stop_is_taken_up() {
    let Some(place) = place("remove: data").await else { return };
    let claim = object(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": "data", "annotations": { "trueline.dev/wave": "-1" } },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
            "resources": { "requests": { "storage": "1Gi" } },
        },
    }));
    let objects = [map("a", "1"), map("b", "1"), claim];
    place.apply(&objects).await.expect("applied");
    let seen = preview(&place.cluster, &place.release, &Guard::default())
        .await
        .expect("looked")
        .waiting
        .expect("asked");
    assert!(matches!(&seen.reasons[..], [Reason::HoldsData(key)] if key.name == "data"), "{seen:?}");
    let removed = take(&place, &objects, &patient(5)).await.expect("asked");
    assert_eq!((removed.waiting.as_ref(), removed.deleted.len()), (Some(&seen), 0));
    assert!(place.map("a").await.is_some());

    // One that is held: the others go, and it is named.
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    let guard = Guard { confirmed: Some(seen.digest), ..patient(3) };
    let error = take(&place, &objects, &guard).await.expect_err("it is held").to_string();
    assert!(error.starts_with("ConfigMap "), "{error}");
    assert!(error.ends_with("/b is being deleted and held by acme.dev/hold"), "{error}");
    assert!(place.map("a").await.is_none());
    // The same confirmation holds for what is left, although that is less.
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": null } })).await;
    take(&place, &objects, &guard).await.expect("removed");
    assert!(place.map("b").await.is_none() && place.map("trueline-shop").await.is_none());
}

#[tokio::test]
async fn a_pod_that_holds_its_deployment_is_named() {
    let Some(place) = place("remove: a pod that is held").await else { return };
    let mut value = deployment("web", "web").value().clone();
    value["spec"]["template"]["metadata"]["finalizers"] = json!(["acme.dev/drain"]);
    let objects = [object(value)];
    place.apply(&objects).await.expect("applied");
    let pods = format!("/api/v1/namespaces/{}/pods", place.namespace());
    let pod = testkit::poll("a pod", async || {
        let list = place.admin.must("GET", &pods, None).await;
        list["items"][0]["metadata"]["name"].as_str().map(str::to_owned)
    })
    .await;
    let error = take(&place, &objects, &patient(3)).await.expect_err("it is held").to_string();
    let said = format!("Pod {}/{pod} is being deleted and held by acme.dev/drain", place.namespace());
    assert_eq!(error, said);
    let free = json!({ "metadata": { "finalizers": null } });
    place.admin.must("PATCH", &format!("{pods}/{pod}"), Some(&free)).await;
    // It is looked at once each time by now.
    testkit::poll("removed", async || match take(&place, &objects, &patient(60)).await {
        Err(Error::Waits { .. }) => None,
        done => Some(done.expect("removed")),
    })
    .await;
}

#[tokio::test]
async fn what_hangs_is_left_after_a_while_and_looked_at_again() {
    let Some(place) = place("remove: a seat is given back").await else { return };
    let objects: Vec<_> = (0..7).map(|number| map(&format!("m{number}"), "1")).collect();
    place.apply(&objects).await.expect("applied");
    let finalizers = |held: serde_json::Value| json!({ "metadata": { "finalizers": held } });
    for number in 0..7 {
        place.patch("configmaps", &format!("m{number}"), &finalizers(json!(["acme.dev/hold"]))).await;
    }
    let waits = async |guard: Guard| match take(&place, &objects, &guard).await {
        Err(Error::Waits { what, passed }) => (what, passed),
        other => panic!("it waits: {other:?}"),
    };
    let (what, passed) = waits(patient(1)).await;
    let first = format!("ConfigMap {}/m6 is being deleted and held by acme.dev/hold; ", place.namespace());
    assert!(what.starts_with(&first) && what.ends_with("; and 2 more"), "{what}");
    assert_eq!(passed, Duration::ZERO);
    // The next one knows it and looks once, however long it may wait.
    let next = tokio::time::timeout(Duration::from_secs(120), waits(patient(100_000)));
    let (_, passed) = next.await.expect("it does not wait again");
    assert!(passed > Duration::ZERO);
    for number in 0..7 {
        place.patch("configmaps", &format!("m{number}"), &finalizers(json!(null))).await;
    }
    testkit::poll("they are gone", async || place.map("m6").await.is_none().then_some(())).await;
    take(&place, &objects, &patient(60)).await.expect("removed");
    assert!(place.map("trueline-shop").await.is_none());
}

#[tokio::test]
async fn a_hook_that_fails_keeps_nothing_when_that_is_said() {
    let Some(place) = place("remove: a hook that fails").await else { return };
    let hook = object(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": "farewell", "annotations": {
            "helm.sh/hook": "pre-delete", "trueline.dev/timeout": "1s",
        } },
        "spec": { "backoffLimit": 0, "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": { "gpu": "yes" },
            "containers": [{ "name": "work", "image": "acme/shop:1" }],
        } } },
    }));
    let objects = [map("a", "1"), hook];
    place.apply(&objects).await.expect("applied");
    let error = take(&place, &objects, &patient(60)).await.expect_err("its hook fails").to_string();
    assert!(error.contains("the pre-delete hook failed"), "{error}");
    assert!(place.map("a").await.is_some());
    let guard = Guard { change: deploy::apply::Change::Nothing, ..patient(60) };
    take(&place, &objects, &guard).await.expect("removed");
    assert!(place.map("a").await.is_none());
    // What is left of it goes all the same.
    let job = format!("/apis/batch/v1/namespaces/{}/jobs/farewell", place.namespace());
    testkit::poll("it is gone", async || place.admin.get(&job).await.is_none().then_some(())).await;
}

/// What workers do has to move between threads.
#[expect(dead_code, reason = "it has to compile")]
fn what_workers_do_moves_between_threads(
    cluster: deploy::Cluster,
    release: deploy::apply::Release,
) -> Vec<tokio::task::JoinHandle<()>> {
    let (one, other) = ((cluster.clone(), release.clone()), (cluster, release));
    vec![
        tokio::spawn(async move {
            let guard = Guard::default();
            drop(remove((&one.0, &one.1), Vec::new(), &guard, &|_| ()).await);
            drop(preview(&one.0, &one.1, &guard).await);
        }),
        tokio::spawn(async move { drop(deploy::observe(&other.0, &other.1).await) }),
    ]
}
