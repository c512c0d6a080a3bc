//! What Git no longer has goes; what is not certainly ours stays.

use deploy::apply::{Adopt, Event, Guard, Outcome, Reason, apply};
use deploy::remove::remove;
use serde_json::json;

use crate::set_up::{annotated, deployment, map, meanwhile, names, object, place};

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
    let maps =
        |letter: &str, count| (0..count).map(|n| map(&format!("{letter}{n}"), "1")).collect::<Vec<_>>();
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
async fn to_be_left_with_nothing_is_asked_however_little_it_is() {
    let Some(place) = place("engine: nothing is left").await else { return };
    place.apply(&[map("a", "1"), map("b", "1"), map("c", "1")]).await.expect("applied");
    let outcome = place.apply(&[]).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert_eq!((waiting.reasons, waiting.objects.len()), (vec![Reason::All { of: 3 }], 3));
    assert!(outcome.pruned.is_empty() && place.map("a").await.is_some());
    // Others take their place: nothing is emptied.
    let outcome = place.apply(&[map("d", "1")]).await.expect("applied");
    assert_eq!((outcome.waiting, names(&outcome.pruned)), (None, vec!["a", "b", "c"]));
    let waiting = place.apply(&[]).await.expect("applied").waiting.expect("a person is asked");
    let guard = Guard { confirmed: Some(waiting.digest), ..Guard::default() };
    let outcome = place.apply_with(&[], &guard).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["d"]);
}

#[tokio::test]
async fn the_last_wave_goes_first() {
    let Some(place) = place("engine: waves that go").await else { return };
    let wave = |name: &str, number: &str| annotated(name, "trueline.dev/wave", number);
    place
        .apply(&[
            map("stays", "1"),
            wave("a", "-1"),
            wave("c", "2"),
            wave("b", "1"),
            deployment("web", "web"),
        ])
        .await
        .expect("applied");
    let outcome = place.apply(&[map("stays", "1"), map("more", "1")]).await.expect("applied");
    let guard = Guard { confirmed: outcome.waiting.map(|waiting| waiting.digest), ..Guard::default() };
    let outcome = place.apply_with(&[map("stays", "1"), map("more", "1")], &guard).await.expect("applied");
    let order: Vec<&str> = outcome.pruned.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(order, ["c", "b", "web", "a"]);
}

#[tokio::test]
async fn what_is_deleted_and_held_is_known_until_it_is_gone() {
    let Some(place) = place("engine: a finalizer").await else { return };
    let (one, both) = ([map("a", "1")], [map("a", "1"), map("b", "1")]);
    place.apply(&both).await.expect("applied");
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": ["acme.dev/hold"] } })).await;
    // Deleting does not wait for it, and says what holds it, each time.
    let entries = |outcome: Outcome| outcome.inventory.entries.into_keys().collect::<Vec<_>>();
    for writes in [None, Some(0)] {
        let before = place.cluster.counts();
        let outcome = place.apply(&one).await.expect("applied");
        let [(key, held)] = &outcome.leaving[..] else { panic!("{outcome:?}") };
        assert_eq!((key.name.as_str(), &held[..]), ("b", &["acme.dev/hold".to_owned()][..]));
        assert!(outcome.pruned.is_empty() && outcome.waiting.is_none());
        assert!(writes.is_none_or(|count| place.since(before).writes == count));
        assert_eq!(names(&entries(outcome)), ["a", "b"], "whoever deletes everything knows it");
    }
    let seen = deploy::observe(&place.cluster, &place.release).await.expect("looked");
    assert_eq!(seen.len(), 1, "nobody waits for it: {seen:?}");
    let guard = Guard { hold: std::time::Duration::from_secs(1), ..Guard::default() };
    let error =
        remove((&place.cluster, &place.release), Vec::new(), &guard, &|_| ()).await.expect_err("held");
    assert!(error.to_string().contains("held by acme.dev/hold"), "{error}");
    let waits = place.apply_with(&[map("a", "1"), map("b", "2")], &guard).await.expect_err("held");
    assert!(waits.to_string().ends_with("/b is being deleted and held by acme.dev/hold"), "{waits}");
    place.patch("configmaps", "b", &json!({ "metadata": { "finalizers": null } })).await;
    let outcome = place.apply(&one).await.expect("applied");
    assert!(outcome.leaving.is_empty());
    assert_eq!(names(&entries(outcome)), ["a"]);
    place.apply(&[map("a", "1"), map("b", "2")]).await.expect("applied");
    assert_eq!(place.map("b").await.expect("it is there")["data"]["text"], "2");
}

#[tokio::test]
async fn what_lost_the_label_or_is_a_copy_of_it_is_not_deleted() {
    let Some(place) = place("engine: a label").await else { return };
    place.apply(&[map("a", "1"), map("b", "1"), map("c", "1")]).await.expect("applied");
    let labels = place.map("c").await.expect("it is there")["metadata"]["labels"].clone();
    let part_of = labels.as_object().and_then(|labels| labels.keys().next()).expect("a label").clone();
    place.patch("configmaps", "b", &json!({ "metadata": { "labels": { part_of: null } } })).await;
    // Made by somebody from what was there, with its labels.
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    place.admin.must("DELETE", &format!("{maps}/c"), None).await;
    place.admin.must("POST", &maps, Some(&json!({ "metadata": { "name": "c", "labels": labels } }))).await;
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!((outcome.pruned.len(), names(&outcome.kept)), (0, vec!["b", "c"]));
    assert!(place.map("b").await.is_some() && place.map("c").await.is_some());
}

#[tokio::test]
async fn what_another_tool_has_marked_is_asked_about() {
    let Some(place) = place("engine: a mark").await else { return };
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    let helm = json!({ "metadata": { "name": "h", "annotations": {
        "meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": "eu",
    } } });
    place.admin.must("POST", &maps, Some(&helm)).await;
    let adopt = Guard { adopt: Adopt::Tools, ..Guard::default() };
    place.apply_with(&[map("a", "1"), map("h", "1")], &adopt).await.expect("adopted");
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    let waiting = outcome.waiting.expect("a person is asked");
    assert!(format!("{:?}", waiting.reasons).contains("Marked"), "{waiting:?}");
    assert!(place.map("h").await.is_some());
    let guard = Guard { confirmed: Some(waiting.digest), ..Guard::default() };
    let outcome = place.apply_with(&[map("a", "1")], &guard).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["h"]);
}

#[tokio::test]
async fn what_is_marked_to_be_kept_while_the_others_are_applied_is_kept() {
    let Some(place) = place("engine: marked meanwhile").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}/configmaps/b", place.namespace());
    let keep = json!({ "metadata": { "annotations": { "trueline.dev/prune": "never" } } });
    let tell = meanwhile(place.server, |e| matches!(e, Event::Applied(_)), vec![("PATCH", path, Some(keep))]);
    let objects = vec![map("a", "2")];
    let outcome =
        apply(&place.cluster, &place.release, objects, &Guard::default(), &tell).await.expect("applied");
    assert_eq!((outcome.pruned.len(), names(&outcome.kept)), (0, vec!["b"]));
    assert!(place.map("b").await.is_some());
}

#[tokio::test]
async fn of_a_kind_that_is_gone_nothing_is_left() {
    let Some(place) = place("engine: a kind that is gone").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
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
    place.admin.must("POST", definitions, Some(&definition)).await;
    let widget = object(json!({
        "apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": { "name": "w" },
    }));
    let objects = [map("a", "1"), widget];
    testkit::poll("the kind is served", async || place.apply(&objects).await.ok()).await;
    place.admin.must("DELETE", &format!("{definitions}/widgets.{group}"), None).await;
    let list = format!("/apis/{group}/v1/namespaces/{}/widgets", place.namespace());
    testkit::poll("the kind is gone", async || place.admin.get(&list).await.is_none().then_some(())).await;
    // By what is known of the cluster from before nobody can say; by what it has stored it is clear.
    let mut left = Vec::new();
    for _ in 0..2 {
        let outcome = place.apply(&objects[..1]).await.expect("applied");
        assert!(outcome.pruned.is_empty());
        left = outcome.inventory.entries.into_keys().collect();
    }
    assert_eq!(names(&left), ["a"]);
}

#[tokio::test]
async fn what_another_server_serves_that_is_away_is_not_gone() {
    let Some(place) = place("engine: a kind that is away").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let services = "/apis/apiregistration.k8s.io/v1/apiservices";
    place.apply(&[map("a", "1")]).await.expect("applied");
    // An entry, as of an object that was applied through it.
    let path = format!("/api/v1/namespaces/{}/configmaps/trueline-shop", place.namespace());
    let text = place.map("trueline-shop").await.expect("it is there")["data"]["inventory"].clone();
    let line = json!([group, "v1", "Widget", place.namespace(), "w", "u", "h", "f"]);
    let text = format!("{}\n{line}", text.as_str().expect("a text"));
    place.admin.must("PATCH", &path, Some(&json!({ "data": { "inventory": text } }))).await;
    let service = json!({
        "metadata": { "name": format!("v1.{group}") },
        "spec": {
            "group": group, "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": { "namespace": place.namespace(), "name": "nobody" },
        },
    });
    place.admin.must("POST", services, Some(&service)).await;
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!(names(&outcome.unseen), ["w"]);
    place.admin.must("DELETE", &format!("{services}/v1.{group}"), None).await;
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert!(outcome.unseen.is_empty() && outcome.inventory.entries.len() == 1, "{outcome:?}");
}

#[tokio::test]
async fn what_was_done_before_a_deletion_failed_is_written_down() {
    let Some(place) = place("engine: a deletion that is refused").await else { return };
    place.apply(&[map("a", "1"), map("b", "1"), map("held", "1")]).await.expect("applied");
    let held = format!("/api/v1/namespaces/{}/configmaps/held", place.namespace());
    let validation =
        json!({ "expression": "oldObject.metadata.name != 'held'", "message": "Acme holds it." });
    place.rule((&["DELETE"], "configmaps"), validation, ("DELETE", &held, None)).await;
    let refused = place.refusal(&[map("a", "2"), map("new", "1")], &Guard::default()).await;
    assert_eq!(refused.object.name, "held");
    assert!(refused.why.to_string().contains("Acme holds it."), "{refused:?}");
    assert!(place.map("b").await.is_none());
    let parent = place.map("trueline-shop").await.expect("the inventory");
    let kept = deploy::Inventory::parse(parent["data"]["inventory"].as_str().expect("a text"));
    let there: Vec<_> = kept.entries.keys().cloned().collect();
    assert_eq!(names(&there), ["a", "held", "new"]);
    assert!(kept.entries.values().all(|entry| !entry.uid.is_empty()), "{kept:?}");
}
