//! Fields that Git says and that others are meant to set: they are left as they are once somebody else has them, so
//! that an apply does not fight whoever set them, and drift does not tell of them.

use bytes::Bytes;
use serde_json::Value;

use crate::Key;
use crate::fields::{Step, is_ours, others, path};

/// Who scales for an autoscaler, KEDA's as well: its changes go through `scale`
/// (Kubernetes 1.36, seen 2026-11-23).
const AUTOSCALERS: [&str; 2] = ["kube-controller-manager", "horizontal-pod-autoscaler"];
/// Istio opens its own webhook once it works (istio.io, `pilot-discovery`, seen 2026-11-23).
const ISTIO: &str = "pilot-discovery";

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

/// The body of an apply without what others have set as they are meant to; `live` needs its metadata alone.
pub(super) fn without(key: &Key, body: &Bytes, live: &Value) -> Bytes {
    if !concerns(key) {
        return body.clone();
    }
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut changed = false;
    for meant in fields(key, &value) {
        let theirs = others(live, &meant.path).into_iter().any(meant.who);
        if theirs && !is_ours(live, &meant.path) {
            changed |= take(&mut value, &meant.path);
        }
    }
    if changed { value.to_string().into() } else { body.clone() }
}

/// Kinds that have such fields.
fn concerns(key: &Key) -> bool {
    match (key.group.as_str(), key.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("argoproj.io", "Rollout") => true,
        ("admissionregistration.k8s.io", kind) => kind.ends_with("WebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") | ("apiregistration.k8s.io", _) => true,
        _ => false,
    }
}

fn fields(key: &Key, body: &Value) -> Vec<Meant> {
    match key.group.as_str() {
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
