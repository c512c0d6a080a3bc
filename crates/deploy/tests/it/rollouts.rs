//! Argo Rollouts leads a Service by a key in its selector, which nobody fights.

use deploy::Object;
use deploy::drift::look;
use serde_json::{Value, json};

use crate::set_up::{Place, names, object, place};

const HASH: &str = "rollouts-pod-template-hash";

fn service(app: &str, port: u16) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
        "spec": { "selector": { "app": app }, "ports": [{ "port": port }] },
    }))
}

/// Leads it, as the controller does.
async fn lead(place: &Place, hash: &str) {
    let path = format!("/api/v1/namespaces/{}/services/web", place.namespace());
    let mut live = place.admin.get(&path).await.expect("it is there");
    live["spec"]["selector"][HASH] = hash.into();
    place.admin.must("PUT", &format!("{path}?fieldManager=rollouts-controller"), Some(&live)).await;
}

async fn selector(place: &Place) -> Value {
    let path = format!("/api/v1/namespaces/{}/services/web", place.namespace());
    place.admin.get(&path).await.expect("it is there")["spec"]["selector"].clone()
}

#[tokio::test]
async fn a_service_that_argo_rollouts_leads_is_left_to_it() {
    let Some(place) = place("rollouts: a service").await else { return };
    place.apply(&[service("web", 80)]).await.expect("applied");
    lead(&place, "5d8").await;
    let drift =
        async |object: Object| look(&place.cluster, &place.release, vec![object]).await.expect("looked");
    assert_eq!(drift(service("web", 80)).await, [], "it is meant to be so");
    place.apply(&[service("web", 80)]).await.expect("applied");
    assert_eq!(selector(&place).await, json!({ "app": "web", HASH: "5d8" }));
    lead(&place, "7f9").await;
    let before = place.cluster.counts();
    let outcome = place.apply(&[service("web", 80)]).await.expect("applied");
    assert_eq!((names(&outcome.unchanged), place.since(before).writes), (vec!["web"], 0));
    assert_eq!(drift(service("web", 80)).await, []);
    // Something else of it changes in Git.
    place.apply(&[service("web", 8080)]).await.expect("applied");
    assert_eq!(selector(&place).await, json!({ "app": "web", HASH: "7f9" }));
    assert_eq!(drift(service("web", 8080)).await, []);
    // Its own part of the selector changes in Git, and the controller leads it anew.
    place.apply(&[service("shop", 8080)]).await.expect("applied");
    assert_eq!(selector(&place).await, json!({ "app": "shop" }));
    lead(&place, "7f9").await;
    place.apply(&[service("shop", 8080)]).await.expect("applied");
    assert_eq!(selector(&place).await, json!({ "app": "shop", HASH: "7f9" }));
}

#[tokio::test]
async fn whoever_else_changes_a_selector_is_put_right() {
    let Some(place) = place("rollouts: somebody else").await else { return };
    place.apply(&[service("web", 80)]).await.expect("applied");
    place.patch("services", "web", &json!({ "spec": { "selector": { HASH: "5d8" } } })).await;
    let drift = look(&place.cluster, &place.release, vec![service("web", 80)]).await.expect("looked");
    assert_eq!(drift.len(), 1, "{drift:?}");
    place.apply(&[service("web", 80)]).await.expect("applied");
    assert_eq!(selector(&place).await, json!({ "app": "web" }));
}
