//! What Git no longer has goes; what is not certainly ours stays.

use deploy::apply::{Guard, Reason};
use serde_json::json;

use crate::set_up::{annotated, map, names, object, place};

#[tokio::test]
async fn what_git_no_longer_has_goes_and_what_is_marked_stays() {
    let Some(place) = place("engine: pruning").await else { return };
    let kept = annotated("kept", "helm.sh/resource-policy", "keep");
    place.apply(&[map("a", "1"), map("b", "1"), kept]).await.expect("applied");
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((names(&outcome.pruned), names(&outcome.kept)), (vec!["b"], vec!["kept"]));
    assert!(place.map("a").await.is_some() && place.map("kept").await.is_some());
    assert!(place.map("b").await.is_none());
    let before = place.cluster.counts();
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((outcome.pruned.len(), outcome.kept.len(), place.since(before).writes), (0, 0, 0));
}

#[tokio::test]
async fn much_is_deleted_only_after_confirmation() {
    let Some(place) = place("engine: a guard").await else { return };
    let all: Vec<_> = (0..6).map(|number| map(&format!("m{number}"), "1")).collect();
    place.apply(&all).await.expect("applied");
    let outcome = place.apply(&all[..1]).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert_eq!(waiting.reasons, [Reason::Share { of: 6, percent: 50 }]);
    assert_eq!((waiting.objects.len(), outcome.pruned.len()), (5, 0));
    assert!(place.map("m5").await.is_some());
    // What was confirmed is these deletions and no others.
    let guard = Guard { confirmed: Some(waiting.digest.clone()), ..Guard::default() };
    let outcome = place.apply_with(&[], &guard).await.expect("applied");
    assert!(outcome.waiting.is_some() && outcome.pruned.is_empty());
    let outcome = place.apply_with(&all[..1], &guard).await.expect("applied");
    assert_eq!(outcome.pruned.len(), 5);
    assert!(place.map("m0").await.is_some() && place.map("m5").await.is_none());
}

#[tokio::test]
async fn new_objects_do_not_make_the_share_of_the_old_ones_smaller() {
    let Some(place) = place("engine: a guard and new objects").await else { return };
    let maps = |letter: &str, count| (0..count).map(|n| map(&format!("{letter}{n}"), "1")).collect::<Vec<_>>();
    place.apply(&maps("m", 5)).await.expect("applied");
    let outcome = place.apply(&maps("n", 20)).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert_eq!(waiting.reasons, [Reason::Share { of: 5, percent: 50 }]);
    assert!(outcome.pruned.is_empty() && place.map("m0").await.is_some());
}

#[tokio::test]
async fn volumes_and_namespaces_are_always_asked_about() {
    let Some(place) = place("engine: a volume").await else { return };
    let claim = object(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
    }));
    place.apply(&[map("a", "1"), claim]).await.expect("applied");
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert!(matches!(&waiting.reasons[..], [Reason::HoldsData(key)] if key.name == "data"), "{waiting:?}");
}

#[tokio::test]
async fn without_an_inventory_nothing_is_deleted() {
    let Some(place) = place("engine: no inventory").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let inventory = format!("/api/v1/namespaces/{}/configmaps/trueline-shop", place.namespace());
    place.admin.must("DELETE", &inventory, None).await;
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert!(outcome.pruned.is_empty() && place.map("b").await.is_some());
    // What is still wanted is taken back, as it has the label.
    assert_eq!(names(&outcome.applied), ["a"]);
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_deleted() {
    let Some(place) = place("engine: another of that name").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    place.admin.must("DELETE", &format!("{maps}/b"), None).await;
    place.admin.must("POST", &maps, Some(&json!({ "metadata": { "name": "b" } }))).await;
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((outcome.pruned.len(), names(&outcome.kept)), (0, vec!["b"]));
    assert!(place.map("b").await.is_some());
}

#[tokio::test]
async fn finalizers_that_hold_an_object_are_named() {
    let Some(place) = place("engine: a finalizer").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    // Deleting does not wait for it.
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["b"]);
    let guard = Guard { patience: std::time::Duration::from_secs(1), ..Guard::default() };
    let refused = place.refusal(&[map("a", "1"), map("b", "2")], &guard).await;
    assert!(refused.why.to_string().ends_with("held by acme.dev/hold"), "{refused:?}");
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": null } })).await;
    place.apply(&[map("a", "1"), map("b", "2")]).await.expect("applied");
    assert_eq!(place.map("b").await.expect("it is there")["data"]["text"], "2");
}
