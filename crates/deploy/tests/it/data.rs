//! What holds data: it is not made anew, it stays when that is said, and a namespace goes last.

use std::time::Duration;

use deploy::apply::{Consent, Event, Guard, Reason, Stays};
use deploy::remove::{Removed, preview, remove};
use deploy::{Error, Object, Why};
use serde_json::{Value, json};

use crate::set_up::{Place, annotated, map, names, object, place};

/// A StatefulSet with a claim of each pod, which go with it where `when_deleted` says so.
fn stateful_set(service: &str, when_deleted: &str) -> Object {
    object(json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db" },
        "spec": {
            "serviceName": service, "selector": { "matchLabels": { "app": "db" } },
            "persistentVolumeClaimRetentionPolicy": { "whenDeleted": when_deleted, "whenScaled": "Retain" },
            "volumeClaimTemplates": [{
                "metadata": { "name": "data" },
                "spec": {
                    "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
                    "resources": { "requests": { "storage": "1Gi" } },
                },
            }],
            "template": {
                "metadata": { "labels": { "app": "db" } },
                "spec": { "containers": [{ "name": "db", "image": "acme/db:1" }] },
            },
        },
    }))
}

fn claim(name: &str) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
            "resources": { "requests": { "storage": "1Gi" } },
        },
    }))
}

async fn live(place: &Place, kind: &str, name: &str) -> Option<Value> {
    let group = if kind == "statefulsets" { "apis/apps/v1" } else { "api/v1" };
    place.admin.get(&format!("/{group}/namespaces/{}/{kind}/{name}", place.namespace())).await
}

async fn take(place: &Place, objects: &[Object], guard: &Guard) -> Result<Removed, Error> {
    let tell = |event| place.events.lock().expect("not poisoned").push(event);
    remove((&place.cluster, &place.release), objects.to_vec(), guard, &tell).await
}

fn patient() -> Guard {
    Guard { hold: Duration::from_secs(60), ..Guard::default() }
}

#[tokio::test]
async fn what_takes_its_claims_along_is_not_made_anew() {
    let Some(place) = place("data: a StatefulSet anew").await else { return };
    place.apply(&[stateful_set("one", "Delete")]).await.expect("applied");
    let uid = live(&place, "statefulsets", "db").await.expect("it is there")["metadata"]["uid"].clone();
    let recreate = Guard { recreate: true, ..patient() };
    let refused = place.refusal(&[stateful_set("two", "Delete")], &recreate).await;
    assert!(matches!(refused.why, Why::Irreplaceable(_)), "{refused:?}");
    let now = live(&place, "statefulsets", "db").await.expect("it is there");
    assert_eq!((&now["metadata"]["uid"], &now["metadata"]["deletionTimestamp"]), (&uid, &Value::Null));
    // One that leaves them is.
    place.apply(&[stateful_set("one", "Retain")]).await.expect("applied");
    place.apply_with(&[stateful_set("two", "Retain")], &recreate).await.expect("made anew");
    let now = live(&place, "statefulsets", "db").await.expect("it is there");
    assert_ne!(now["metadata"]["uid"], uid);
}

#[tokio::test]
async fn a_custom_resource_is_not_made_anew() {
    let Some(place) = place("data: a custom resource anew").await else { return };
    // Whoever owns a group that looks like a built-in one.
    for suffix in ["acme.dev", "acme.k8s.io"] {
        custom_resource(&place, &format!("{}.{suffix}", place.namespace())).await;
    }
}

async fn custom_resource(place: &Place, group: &str) {
    let size = json!({ "type": "string", "x-kubernetes-validations": [
        { "rule": "self == oldSelf", "message": "field is immutable" },
    ] });
    let definition = object(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("databases.{group}"), "annotations": {
            "api-approved.kubernetes.io": "unapproved, for a test",
        } },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Database", "plural": "databases" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": {
                "type": "object",
                "properties": { "spec": { "type": "object", "properties": { "size": size } } },
            } } }],
        },
    }));
    let database = |size: &str| {
        object(json!({
            "apiVersion": format!("{group}/v1"), "kind": "Database", "metadata": { "name": "orders" },
            "spec": { "size": size },
        }))
    };
    place.apply(&[definition.clone(), database("small")]).await.expect("applied");
    let path = format!("/apis/{group}/v1/namespaces/{}/databases/orders", place.namespace());
    let uid = place.admin.get(&path).await.expect("it is there")["metadata"]["uid"].clone();
    let recreate = Guard { recreate: true, ..patient() };
    let refused = place.refusal(&[definition, database("large")], &recreate).await;
    assert!(matches!(refused.why, Why::Irreplaceable(_)), "{refused:?}");
    assert_eq!(place.admin.get(&path).await.expect("it is there")["metadata"]["uid"], uid);
}

#[tokio::test]
async fn a_set_that_takes_its_claims_along_is_asked_about() {
    let Some(place) = place("data: a StatefulSet that goes").await else { return };
    place.apply(&[map("a", "1"), stateful_set("one", "Delete")]).await.expect("applied");
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert!(matches!(&waiting.reasons[..], [Reason::HoldsData(key)] if key.name == "db"), "{waiting:?}");
    assert!(live(&place, "statefulsets", "db").await.is_some());
}

#[tokio::test]
async fn all_but_the_volumes_goes_when_that_is_said() {
    let Some(place) = place("data: all but the volumes").await else { return };
    let objects = [map("a", "1"), claim("files"), stateful_set("one", "Delete")];
    place.apply(&objects).await.expect("applied");
    testkit::poll("the claim of the set", async || {
        let claim = live(&place, "persistentvolumeclaims", "data-db-0").await?;
        claim["metadata"]["ownerReferences"][0]["uid"].as_str().map(drop)
    })
    .await;
    let asked = take(&place, &objects, &patient()).await.expect("asked").waiting.expect("asked");
    assert_eq!(asked.reasons.len(), 2, "{asked:?}");
    let keep = Guard { data: Consent::Stays, ..patient() };
    let seen = preview(&place.cluster, &place.release, &keep).await.expect("looked");
    assert_eq!((names(&seen.goes), names(&seen.claims)), (vec!["a", "db"], vec!["data-db-0"]));
    assert!(matches!(&seen.stays[..], [(key, Stays::HoldsData)] if key.name == "files"), "{seen:?}");
    assert_eq!(seen.waiting, None);

    let removed = take(&place, &objects, &keep).await.expect("removed");
    assert_eq!((names(&removed.deleted), names(&removed.kept)), (vec!["a", "db"], vec!["files"]));
    assert_eq!(names(&removed.claims), ["data-db-0"]);
    assert!(live(&place, "statefulsets", "db").await.is_none());
    for name in ["files", "data-db-0"] {
        let claim = live(&place, "persistentvolumeclaims", name).await.expect("it stays");
        assert!(claim["metadata"]["deletionTimestamp"].is_null(), "{claim}");
    }
    assert!(place.map("trueline-shop").await.is_none());
}

#[tokio::test]
async fn claims_that_stay_are_named_in_the_end_whichever_attempt_deleted_their_set() {
    let Some(place) = place("data: claims of an earlier attempt").await else { return };
    let mut set = stateful_set("one", "Retain").value().clone();
    set["spec"]["replicas"] = 2.into();
    set["spec"]["podManagementPolicy"] = "Parallel".into();
    let objects = [annotated("first", "trueline.dev/wave", "-1"), object(set)];
    place.apply(&objects).await.expect("applied");
    let claims = ["data-db-0", "data-db-1"];
    for name in claims {
        testkit::poll("a claim of the set", async || live(&place, "persistentvolumeclaims", name).await)
            .await;
    }
    place.patch("configmaps", "first", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    // The set has gone by the end of the first attempt.
    let first = testkit::poll("only the last one is waited for", async || {
        let error = take(&place, &objects, &Guard { hold: Duration::from_secs(1), ..Guard::default() }).await;
        let error = error.expect_err("it is held").to_string();
        error.contains("/first is being deleted and held").then_some(error)
    });
    first.await;
    assert!(live(&place, "statefulsets", "db").await.is_none());
    let seen = preview(&place.cluster, &place.release, &Guard::default()).await.expect("looked");
    assert_eq!(names(&seen.claims), claims);
    // Somebody takes one of them away.
    let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims/data-db-1", place.namespace());
    place.admin.must("DELETE", &path, None).await;
    place.patch("configmaps", "first", &json!({ "metadata": { "finalizers": null } })).await;
    testkit::poll("it is gone", async || place.map("first").await.is_none().then_some(())).await;
    let removed = take(&place, &objects, &patient()).await.expect("removed");
    assert_eq!((names(&removed.claims), removed.deleted.len()), (vec!["data-db-0"], 0));
    assert!(live(&place, "persistentvolumeclaims", "data-db-0").await.is_some());
}

#[tokio::test]
async fn who_gives_data_up_gives_up_nothing_that_others_mark() {
    let Some(place) = place("data: marks").await else { return };
    let objects = [map("a", "1"), map("b", "1"), claim("files")];
    place.apply(&objects).await.expect("applied");
    let helm = json!({ "metadata": { "annotations": {
        "meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": "eu",
    } } });
    place.patch("configmaps", "b", &helm).await;
    let data = Guard { data: Consent::Goes, ..patient() };
    let waiting = take(&place, &objects, &data).await.expect("asked").waiting.expect("asked");
    assert!(matches!(&waiting.reasons[..], [Reason::Marked(key, _)] if key.name == "b"), "{waiting:?}");
    assert!(place.map("a").await.is_some() && place.map("b").await.is_some());
    let exactly = Guard { confirmed: Some(waiting.digest), ..data };
    let removed = take(&place, &objects, &exactly).await.expect("removed");
    assert_eq!(names(&removed.deleted), ["a", "b", "files"]);
}

#[tokio::test]
async fn the_own_namespace_goes_last_and_only_when_nothing_is_left() {
    let Some(mut place) = place("data: the own namespace").await else { return };
    place.release.namespace = format!("{}-own", place.namespace());
    let own = object(json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": place.namespace() },
    }));
    let first = annotated("first", "trueline.dev/wave", "-1");
    let kept = annotated("kept", "helm.sh/resource-policy", "keep");
    let along = annotated("after", "helm.sh/hook", "post-delete");
    let objects = [own.clone(), first.clone(), map("a", "1"), along];
    place.apply(&objects).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}", place.namespace());
    // Git no longer has it: what the release still has lies there.
    let adopt = Guard { data: Consent::Goes, ..patient() };
    let outcome = place.apply_with(&objects[1..], &adopt).await.expect("applied");
    assert_eq!((outcome.waiting, names(&outcome.kept)), (None, vec![place.namespace()]));
    assert!(place.admin.get(&path).await.expect("it stays")["metadata"]["deletionTimestamp"].is_null());

    // What is of an earlier wave is held: the namespace is not touched.
    place.apply(&objects).await.expect("applied");
    place.patch("configmaps", "first", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    let hurried = Guard { hold: Duration::from_secs(2), ..adopt.clone() };
    let error = take(&place, &objects, &hurried).await.expect_err("it is held").to_string();
    assert!(error.ends_with("/first is being deleted and held by acme.dev/hold"), "{error}");
    assert!(place.admin.get(&path).await.expect("it stays")["metadata"]["deletionTimestamp"].is_null());
    place.patch("configmaps", "first", &json!({ "metadata": { "finalizers": null } })).await;

    // With something that is to be kept the namespace stays as well.
    let more = [&objects[..], &[kept]].concat();
    place.apply(&more).await.expect("applied");
    let seen = preview(&place.cluster, &place.release, &adopt).await.expect("looked");
    assert!(
        seen.stays.iter().any(|(key, why)| key.kind == "Namespace" && *why == Stays::Inhabited),
        "{seen:?}"
    );
    place.events.lock().expect("not poisoned").clear();
    place.apply(&objects).await.expect("applied");
    let seen = preview(&place.cluster, &place.release, &adopt).await.expect("looked");
    assert_eq!(seen.goes.last().map(|key| key.kind.as_str()), Some("Namespace"), "{seen:?}");
    take(&place, &objects, &adopt).await.expect("removed");
    let events = place.events.lock().expect("not poisoned").clone();
    assert!(matches!(events.last(), Some(Event::Pruned(key)) if key.kind == "Namespace"), "{events:?}");
    let hook = |event: &Event| matches!(event, Event::HookSucceeded { object, .. } if object.name == "after");
    assert!(events.iter().any(hook), "{events:?}");
    assert!(place.admin.get(&path).await.is_none());
    assert_eq!(take(&place, &objects, &adopt).await.expect("nothing"), Removed::default());
}

#[tokio::test]
async fn a_confirmation_is_of_exactly_what_it_names() {
    let Some(place) = place("data: a confirmation").await else { return };
    let objects = [map("a", "1"), claim("files")];
    place.apply(&objects).await.expect("applied");
    let digest = preview(&place.cluster, &place.release, &patient()).await.expect("looked").digest;
    place.apply(&[&objects[..], &[map("b", "1")]].concat()).await.expect("applied");
    // More would go by now, whatever was said of data; and no word but a digest confirms anything.
    for confirmed in [&*digest, "begun", ""] {
        let guard = Guard { data: Consent::Goes, confirmed: Some(confirmed.into()), ..patient() };
        let waiting = take(&place, &objects, &guard).await.expect("asked").waiting.expect("asked");
        assert!(waiting.reasons.contains(&Reason::Changed), "{waiting:?}");
    }
    // One that was begun without any word, and is held, is not confirmed by a word that looks like it.
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    let leave = Guard { hold: Duration::from_secs(1), data: Consent::Stays, ..Guard::default() };
    take(&place, &objects, &leave).await.expect_err("it is held");
    let begun = Guard { confirmed: Some("begun".into()), ..patient() };
    assert!(take(&place, &objects, &begun).await.expect("asked").waiting.is_some());
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": null } })).await;
}

#[tokio::test]
async fn a_hook_whose_definition_went_along_holds_nothing_up() {
    let Some(place) = place("data: a hook without its definition").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let definition = object(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": { "type": "object" },
            } }],
        },
    }));
    let hook = object(json!({
        "apiVersion": format!("{group}/v1"), "kind": "Widget",
        "metadata": { "name": "w", "annotations": { "helm.sh/hook": "pre-install" } },
    }));
    let objects = [definition, hook, map("a", "1")];
    place.apply(&objects).await.expect("applied");
    let all = Guard { data: Consent::Goes, ..patient() };
    take(&place, &objects, &all).await.expect("removed");
    assert!(place.map("trueline-shop").await.is_none());
    take(&place, &objects, &all).await.expect("nothing is left");
}

#[tokio::test]
async fn what_lies_outside_of_the_reach_is_not_deleted() {
    let Some(place) = place("data: the reach").await else { return };
    let role = object(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": { "name": format!("reader-{}", place.namespace()) }, "rules": [],
    }));
    place.apply(&[map("a", "1"), role.clone()]).await.expect("applied");
    let reach = model::project::Reach { cluster_kinds: Some(Vec::new()), ..Default::default() };
    let outcome = place.apply_with(&[map("a", "1")], &Guard { reach, ..patient() }).await.expect("applied");
    assert_eq!((outcome.pruned.len(), outcome.kept.len()), (0, 1));
    let path = format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/reader-{}", place.namespace());
    assert!(place.admin.get(&path).await.is_some());
    place.admin.must("DELETE", &path, None).await;
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_is_waited_for() {
    let Some(mut place) = place("data: a namespace that goes").await else { return };
    place.release.namespace = format!("{}-gone", place.namespace());
    let guard = Guard { create_namespace: true, ..patient() };
    // The second time it is seen to be there.
    for _ in 0..2 {
        place.apply_with(&[map("a", "1")], &guard).await.expect("applied");
    }
    place.patch("configmaps", "a", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    let path = format!("/api/v1/namespaces/{}", place.namespace());
    place.admin.must("DELETE", &path, None).await;
    // It was there a moment ago; then it is looked at again.
    for _ in 0..2 {
        let error = place.apply_with(&[map("a", "1"), map("b", "1")], &guard).await.expect_err("it goes");
        assert!(matches!(error.outcome(), model::Outcome::RetryLater { .. }), "{error}");
    }
    place.patch("configmaps", "a", &json!({ "metadata": { "finalizers": null } })).await;
    testkit::poll("it is gone", async || place.admin.get(&path).await.is_none().then_some(())).await;
    place.apply_with(&[map("a", "1"), map("b", "1")], &guard).await.expect("made again");
    assert!(place.map("b").await.is_some());
}
