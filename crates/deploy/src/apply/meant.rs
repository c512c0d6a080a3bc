//! Fields that Git says and that others are meant to set: they are left as they are once somebody else has them, so
//! that an apply does not fight whoever set them, and drift does not tell of them.

use bytes::Bytes;
use serde_json::Value;

use crate::cluster::{Cluster, JSON, Request};
use crate::fields::{Step, is_ours, others, path};
use crate::{Error, Key, Resource};

/// Who scales for an autoscaler, KEDA's as well: its changes go through `scale`
/// (Kubernetes 1.36, seen 2026-11-23).
const AUTOSCALERS: [&str; 2] = ["kube-controller-manager", "horizontal-pod-autoscaler"];
/// Istio opens its own webhook once it works (istio.io, `pilot-discovery`, seen 2026-11-23).
const ISTIO: &str = "pilot-discovery";

/// Argo Rollouts sends a Service to the pods of one version by this key in its selector, which as a whole is its own
/// from then on (argoproj/argo-rollouts, `SwitchServiceSelector`, seen 2026-11-23).
const ROLLOUTS: (&str, &str) = ("rollouts-controller", "rollouts-pod-template-hash");

/// A field that others may set, with who.
struct Meant {
    path: Vec<Step>,
    who: fn(&Value) -> bool,
}

fn anybody(_: &Value) -> bool {
    true
}

fn autoscaler(entry: &Value) -> bool {
    entry["subresource"] == "scale"
        && entry["manager"].as_str().is_some_and(|manager| AUTOSCALERS.contains(&manager))
}

fn istio(entry: &Value) -> bool {
    entry["manager"] == ISTIO
}

/// What there is of an object, as far as [`without`] needs it; `live` has its metadata alone.
pub(super) async fn seen(
    cluster: &Cluster,
    (resource, key): (&Resource, &Key),
    live: Value,
) -> Result<Value, Error> {
    let selector = path(&["spec", "selector"]);
    if !is_service(key) || !others(&live, &selector).into_iter().any(rollouts) {
        return Ok(live);
    }
    // Another one since, or none: the apply says so.
    let whole = cluster.find(&Request::get(resource.path(key), JSON)).await?;
    Ok(whole.filter(|whole| whole["metadata"]["uid"] == live["metadata"]["uid"]).unwrap_or(live))
}

/// The body of an apply without what others have set as they are meant to.
pub(super) fn without(key: &Key, body: &Bytes, live: &Value) -> Bytes {
    if !concerns(key) {
        return body.clone();
    }
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut changed = false;
    for meant in fields(key, &value) {
        let theirs = others(live, &meant.path).into_iter().any(meant.who)
            && (!is_service(key) || is_only_more(&value["spec"]["selector"], &live["spec"]["selector"]));
        if theirs && !is_ours(live, &meant.path) {
            changed |= take(&mut value, &meant.path);
        }
    }
    if changed { value.to_string().into() } else { body.clone() }
}

fn rollouts(entry: &Value) -> bool {
    entry["manager"] == ROLLOUTS.0
}

fn is_service(key: &Key) -> bool {
    key.group.is_empty() && key.kind == "Service"
}

/// Whether a selector in the cluster is that of Git but for the key of Argo Rollouts.
fn is_only_more(git: &Value, cluster: &Value) -> bool {
    let mut cluster = cluster.as_object().cloned().unwrap_or_default();
    cluster.remove(ROLLOUTS.1).is_some() && git.as_object().is_some_and(|git| *git == cluster)
}

/// Kinds that have such fields.
fn concerns(key: &Key) -> bool {
    match (key.group.as_str(), key.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("argoproj.io", "Rollout") => true,
        ("", "Service") => true,
        ("admissionregistration.k8s.io", kind) => kind.ends_with("WebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") | ("apiregistration.k8s.io", _) => true,
        _ => false,
    }
}

fn fields(key: &Key, body: &Value) -> Vec<Meant> {
    match key.group.as_str() {
        "" => vec![Meant { path: path(&["spec", "selector"]), who: rollouts }],
        "admissionregistration.k8s.io" => {
            let webhooks = body["webhooks"].as_array().into_iter().flatten().enumerate();
            let of = |(at, webhook): (usize, &Value)| {
                let below = |fields: &[&str]| {
                    [path(&["webhooks"]), vec![Step::Item(at, webhook.clone())], path(fields)].concat()
                };
                // cert-manager and others write the authority there that they have made.
                [
                    Meant { path: below(&["clientConfig", "caBundle"]), who: anybody },
                    Meant { path: below(&["failurePolicy"]), who: istio },
                ]
            };
            webhooks.flat_map(of).collect()
        }
        "apiextensions.k8s.io" => vec![Meant {
            path: path(&["spec", "conversion", "webhook", "clientConfig", "caBundle"]),
            who: anybody,
        }],
        "apiregistration.k8s.io" => vec![Meant { path: path(&["spec", "caBundle"]), who: anybody }],
        _ => vec![Meant { path: path(&["spec", "replicas"]), who: autoscaler }],
    }
}

fn take(value: &mut Value, path: &[Step]) -> bool {
    let Some((last, way)) = path.split_last() else { return false };
    let mut at = value;
    for step in way {
        let next = match step {
            Step::Field(name) => at.get_mut(name),
            Step::Item(index, _) => at.get_mut(index),
        };
        match next {
            Some(below) => at = below,
            None => return false,
        }
    }
    match (last, at.as_object_mut()) {
        (Step::Field(name), Some(map)) => map.remove(name).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_that_argo_rollouts_leads_keeps_its_selector_unless_git_changes_it() {
        let service = key("", "Service");
        let live = |manager: &str, selector: Value| {
            let mut live = live(manager, json!(null), json!({ "f:spec": { "f:selector": {} } }));
            live["spec"] = json!({ "selector": selector });
            live
        };
        let led = json!({ "app": "web", "rollouts-pod-template-hash": "5d8" });
        for (git, live, kept) in [
            (json!({ "app": "web" }), live("rollouts-controller", led.clone()), false),
            (json!({ "app": "shop" }), live("rollouts-controller", led.clone()), true),
            (json!({ "app": "web" }), live("kubectl", led.clone()), true),
            (json!({ "app": "web" }), live("rollouts-controller", json!({ "app": "web" })), true),
            (led.clone(), live("rollouts-controller", led), true),
        ] {
            let body = json!({ "spec": { "selector": git, "ports": [{ "port": 80 }] } });
            let sent = without(&service, &body.to_string().into(), &live);
            let sent: Value = serde_json::from_slice(&sent).expect("JSON");
            assert_eq!(sent["spec"]["selector"].is_object(), kept, "{live}");
            assert_eq!(sent["spec"]["ports"], body["spec"]["ports"]);
        }
    }

    fn key(group: &str, kind: &str) -> Key {
        Key { group: group.into(), kind: kind.into(), namespace: "eu".into(), name: "a".into() }
    }

    fn live(manager: &str, subresource: Value, fields: Value) -> Value {
        json!({ "metadata": { "managedFields": [{
            "manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": fields,
        }] } })
    }

    #[test]
    fn what_others_are_meant_to_set_is_left_to_them() {
        let replicas = || json!({ "f:spec": { "f:replicas": {} } });
        let hook = |field: &str| json!({ "f:webhooks": { "k:{\"name\":\"w\"}": { field: {} } } });
        let bundle =
            || json!({ "f:webhooks": { "k:{\"name\":\"w\"}": { "f:clientConfig": { "f:caBundle": {} } } } });
        let webhook = json!({ "webhooks": [
            { "name": "w", "failurePolicy": "Ignore", "clientConfig": { "caBundle": "Cg==" } },
        ] });
        let deployment = json!({ "spec": { "replicas": 2, "paused": true } });
        let config = key("admissionregistration.k8s.io", "ValidatingWebhookConfiguration");
        for (key, body, live, gone) in [
            (
                key("apps", "Deployment"),
                &deployment,
                live("kube-controller-manager", json!("scale"), replicas()),
                Some("/spec/replicas"),
            ),
            // Somebody scaled by hand.
            (key("apps", "Deployment"), &deployment, live("kubectl", json!("scale"), replicas()), None),
            (key("apps", "Deployment"), &deployment, live("acme", json!(null), replicas()), None),
            (
                config.clone(),
                &webhook,
                live("cert-manager-cainjector", json!(null), bundle()),
                Some("/webhooks/0/clientConfig/caBundle"),
            ),
            (
                config.clone(),
                &webhook,
                live("pilot-discovery", json!(null), hook("f:failurePolicy")),
                Some("/webhooks/0/failurePolicy"),
            ),
            (config, &webhook, live("kubectl", json!(null), hook("f:failurePolicy")), None),
        ] {
            let before = Bytes::from(body.to_string());
            let after: Value = serde_json::from_slice(&without(&key, &before, &live)).expect("JSON");
            match gone {
                None => assert_eq!(after, *body, "{live}"),
                Some(pointer) => {
                    assert!(body.pointer(pointer).is_some() && after.pointer(pointer).is_none(), "{live}");
                }
            }
        }
    }
}
