//! What is applied, in which order, and what is not sent at all.

use deploy::apply::{Event, Guard, apply};
use deploy::health::{Status, health, reason};
use serde_json::json;

use crate::set_up::{annotated, deployment, map, meanwhile, names, object, place};

#[tokio::test]
async fn what_is_as_git_has_it_is_not_written() {
    let Some(place) = place("engine: no change").await else { return };
    let before = place.cluster.counts();
    let first =
        place.apply(&[map("a", "1"), map("b", "1"), deployment("web", "web")]).await.expect("applied");
    assert_eq!(names(&first.applied), ["a", "b", "web"]);
    // The inventory is written before and after.
    assert_eq!(place.since(before).writes, 5);
    eprintln!("calls of a first deployment of 3 objects: {:?}", place.since(before));

    let before = place.cluster.counts();
    let again =
        place.apply(&[map("a", "1"), map("b", "1"), deployment("web", "web")]).await.expect("applied");
    assert_eq!((names(&again.unchanged), again.applied.len()), (vec!["a", "b", "web"], 0));
    assert_eq!(place.since(before).writes, 0);
    eprintln!("calls where nothing has changed: {:?}", place.since(before));
    assert_eq!(again.inventory, first.inventory);

    let before = place.cluster.counts();
    let changed =
        place.apply(&[map("a", "2"), map("b", "1"), deployment("web", "web")]).await.expect("applied");
    assert_eq!((names(&changed.applied), names(&changed.unchanged)), (vec!["a"], vec!["b", "web"]));
    assert_eq!(place.since(before).writes, 2);
    assert_eq!(place.map("a").await.expect("it is there")["data"]["text"], "2");
}

#[tokio::test]
async fn the_hashes_of_an_inventory_are_of_no_use_without_their_key() {
    let Some(place) = place("engine: a key").await else { return };
    let secret = object(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "stringData": { "a": "hunter22" },
    }));
    let first = place.apply(std::slice::from_ref(&secret)).await.expect("applied");
    let mut release = place.release.clone();
    release.key = model::Secret::new("another");
    let other = place.apply_as(&release, &[secret], &Guard::default()).await.expect("applied");
    let hash = |outcome: &deploy::apply::Outcome| {
        outcome.inventory.entries.values().map(|entry| entry.hash.clone()).collect::<Vec<_>>()
    };
    assert_ne!(hash(&first), hash(&other));
}

#[tokio::test]
async fn a_change_by_hand_of_what_git_says_is_put_back_and_other_fields_stay() {
    let Some(place) = place("engine: a change by hand").await else { return };
    place.apply(&[map("a", "1")]).await.expect("applied");
    place.patch("configmaps", "a", &json!({ "data": { "text": "by hand", "more": "by hand" } })).await;
    let again = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!(names(&again.applied), ["a"]);
    assert_eq!(place.map("a").await.expect("it is there")["data"], json!({ "text": "1", "more": "by hand" }));
    // Another's field alone is nobody's business.
    place.patch("configmaps", "a", &json!({ "data": { "more": "2" } })).await;
    let before = place.cluster.counts();
    place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);
}

#[tokio::test]
async fn what_somebody_deleted_is_made_again() {
    let Some(place) = place("engine: deleted by hand").await else { return };
    place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    let path = format!("/api/v1/namespaces/{}/configmaps/a", place.namespace());
    place.admin.must("DELETE", &path, None).await;
    let again = place.apply(&[map("a", "1"), map("b", "1")]).await.expect("applied");
    assert_eq!(names(&again.applied), ["a"]);
    assert!(place.map("a").await.is_some());
}

#[tokio::test]
async fn a_definition_and_its_resource_come_in_one_deployment() {
    let Some(place) = place("engine: a definition and its resource").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let definition = object(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": {
                "type": "object", "properties": { "spec": { "type": "object", "properties": {
                    "size": { "type": "integer" },
                } } },
            } } }],
        },
    }));
    let widget = |size: serde_json::Value| {
        object(json!({
            "apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": { "name": "w" },
            "spec": { "size": size },
        }))
    };
    let outcome = place.apply(&[widget(json!(3)), definition.clone()]).await.expect("applied");
    assert_eq!(outcome.applied[0].kind, "CustomResourceDefinition");
    let path = format!("/apis/{group}/v1/namespaces/{}/widgets/w", place.namespace());
    assert_eq!(place.admin.get(&path).await.expect("it is there")["spec"]["size"], 3);
    let before = place.cluster.counts();
    place.apply(&[widget(json!(3)), definition.clone()]).await.expect("applied");
    assert_eq!(place.since(before).writes, 0);
    // What its schema refuses is said in the server's words.
    let error = place.apply(&[widget(json!("big")), definition]).await.expect_err("a wrong type").to_string();
    assert!(error.contains("Widget") && error.contains("spec.size"), "{error}");
}

#[tokio::test]
async fn a_namespace_is_made_only_when_that_is_allowed() {
    let Some(place) = place("engine: namespaces").await else { return };
    let mut release = place.release.clone();
    release.namespace = format!("{}-new", place.namespace());
    let objects = [map("a", "1")];
    let error = place.apply_as(&release, &objects, &Guard::default()).await.expect_err("no namespace");
    assert!(
        error.to_string().contains(&format!("the namespace {} is not there", release.namespace)),
        "{error}"
    );
    let guard = Guard { create_namespace: true, ..Guard::default() };
    place.apply_as(&release, &objects, &guard).await.expect("applied");
    let made = Event::NamespaceMade(release.namespace.clone());
    assert!(place.events.lock().expect("not poisoned").contains(&made));
    // It is no object of the release, so it is not deleted with the rest.
    let outcome = place.apply_as(&release, &[map("b", "1")], &guard).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["a"]);
    assert!(place.admin.get(&format!("/api/v1/namespaces/{}", release.namespace)).await.is_some());
}

#[tokio::test]
async fn a_namespace_and_what_is_in_it_come_in_one_deployment() {
    let Some(place) = place("engine: a namespace along").await else { return };
    let name = format!("{}-along", place.namespace());
    let namespace = object(
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "namespace": "x" } }),
    );
    let inside = object(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": name },
    }));
    let outcome = place.apply(&[inside, namespace]).await.expect("applied");
    assert_eq!(outcome.applied[0].kind, "Namespace");
    let inventory = format!("/api/v1/namespaces/{}/configmaps/trueline-shop", place.namespace());
    let parent = place.admin.get(&inventory).await.expect("the inventory");
    let annotations = &parent["metadata"]["annotations"];
    assert_eq!(annotations["applyset.kubernetes.io/contains-group-kinds"], "ConfigMap,Namespace");
    assert_eq!(annotations["applyset.kubernetes.io/additional-namespaces"], name);
    let live =
        place.admin.get(&format!("/api/v1/namespaces/{name}/configmaps/a")).await.expect("it is there");
    assert_eq!(
        live["metadata"]["labels"]["applyset.kubernetes.io/part-of"],
        parent["metadata"]["labels"]["applyset.kubernetes.io/id"]
    );
}

#[tokio::test]
async fn a_wave_waits_until_the_one_before_is_healthy() {
    let Some(place) = place("engine: waves").await else { return };
    let later = annotated("later", "argocd.argoproj.io/sync-wave", "1");
    let never = annotated("never", "trueline.dev/wave", "2");
    place.apply(&[later, deployment("web", "web")]).await.expect("applied");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    let live = place.admin.get(&path).await.expect("it is there");
    assert_eq!(health(&live).status, Status::Healthy, "{live}");
    let events: Vec<String> =
        place.events.lock().expect("not poisoned").iter().map(|event| format!("{event:?}")).collect();
    let at = |part: &str| events.iter().position(|event| event.contains(part)).expect(part);
    assert!(at("AwaitsReady") < at("\"later\""), "{events:?}");

    // What does not become healthy holds the next wave back, and says why.
    let mut stuck = deployment("stuck", "stuck").value().clone();
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({ "gpu": "yes" });
    stuck["metadata"]["annotations"] = json!({ "trueline.dev/timeout": "2s" });
    let guard = Guard::default();
    let objects = [deployment("web", "web"), object(stuck), never];
    // The second time nothing of its wave has changed, which makes it no healthier.
    for _ in 0..2 {
        let error = place.apply_with(&objects, &guard).await.expect_err("it is stuck").to_string();
        assert!(
            error.contains("stuck: it is not healthy after 2 s (0 of 1 replicas are available)"),
            "{error}"
        );
        assert!(place.map("never").await.is_none());
    }
    // Who has something newer does not wait for that.
    let guard = Guard::default();
    let stop = guard.stop.clone();
    let tell = move |event| {
        if matches!(event, Event::AwaitsReady(key) if key.name == "stuck") {
            stop.cancel();
        }
    };
    let work = apply(&place.cluster, &place.release, objects.to_vec(), &guard, &tell);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), work).await.expect("it stops");
    assert!(matches!(ended, Err(deploy::Error::Stopped)), "{ended:?}");
    assert!(place.map("never").await.is_none());
    let pods = place.admin.must("GET", &format!("/api/v1/namespaces/{}/pods", place.namespace()), None).await;
    let pods = pods["items"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<String> = pods.iter().filter_map(reason).collect();
    assert!(matches!(&reasons[..], [why] if why.starts_with("it fits on no node: 0/3")), "{reasons:?}");
}

#[tokio::test]
async fn a_definition_that_is_not_established_holds_what_follows_each_time() {
    let Some(place) = place("engine: a definition that is not established").await else { return };
    let group = format!("{}.acme.dev", place.namespace());
    let definition = |plural: &str| {
        object(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": { "name": format!("{plural}.{group}") },
            "spec": {
                "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": plural },
                "versions": [{ "name": "v1", "served": true, "storage": true, "schema": {
                    "openAPIV3Schema": { "type": "object" },
                } }],
            },
        }))
    };
    place.apply(&[definition("widgets")]).await.expect("applied");
    // Its kind is taken.
    let objects = [definition("widgets"), definition("wudgets"), map("after", "1")];
    let guard = Guard { grace: std::time::Duration::ZERO, ..Guard::default() };
    for _ in 0..2 {
        let error = place.apply_with(&objects, &guard).await.expect_err("it is taken").to_string();
        assert!(error.contains(&format!("wudgets.{group}: it is not healthy")), "{error}");
        assert!(place.map("after").await.is_none());
    }
}

#[tokio::test]
async fn what_ends_by_itself_or_waits_for_the_next_holds_no_wave() {
    let Some(place) = place("engine: what holds no wave").await else { return };
    // A claim that gets its volume with the first pod that uses it.
    let claim = object(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
            "resources": { "requests": { "storage": "1Gi" } },
        },
    }));
    let later = annotated("later", "trueline.dev/wave", "1");
    let guard = Guard { patience: std::time::Duration::from_secs(3), ..Guard::default() };
    place.apply_with(&[claim.clone(), later.clone()], &guard).await.expect("applied");

    // A job that is taken away after its end.
    let job = object(json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "once" },
        "spec": { "template": { "spec": {
            "restartPolicy": "Never", "nodeSelector": { "gpu": "yes" },
            "containers": [{ "name": "once", "image": "acme/shop:1" }],
        } } },
    }));
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/once", place.namespace());
    let away = vec![("DELETE", format!("{path}?propagationPolicy=Background"), None)];
    let awaits = |event: &Event| matches!(event, Event::AwaitsReady(key) if key.kind == "Job");
    let tell = meanwhile(place.server, awaits, away);
    let last = annotated("last", "trueline.dev/wave", "1");
    let objects = vec![claim, job, later, last];
    apply(&place.cluster, &place.release, objects, &guard, &tell).await.expect("applied");
    assert!(place.map("last").await.is_some());
}
