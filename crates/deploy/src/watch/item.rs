//! What is kept of an object that is watched: who it is, whose, and how it is. Half a kilobyte; its spec, its data and
//! its managed fields are let go.

use std::time::Duration;

use serde_json::Value;

use crate::health::{Health, Rule, Status, health, judged, number, reason};
use crate::ownership::PART_OF;
use crate::{Key, Kind, timeout};

/// An object that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) version: String,
    pub(super) uid: String,
    /// The object that controls it.
    pub(super) owner: Option<String>,
    /// The set of applied objects that it is part of.
    pub(super) set: Option<String>,
    pub(super) health: Health,
    pub(super) timeout: Option<Duration>,
    pub(super) ready: Option<(u32, u32)>,
    /// The names of a pod's containers.
    pub(super) containers: Vec<String>,
    /// Why it does not run, of a pod.
    pub(super) reason: Option<String>,
    /// Counts changes of what people say about it: its generation, or its version where it has none.
    pub(super) said: String,
    /// Which state of it.
    pub(super) state: Version,
}

/// The state of an object as a number, which grows (Kubernetes Enhancement 5504, seen 2026-11-23). Another one alone
/// makes no difference to whoever looks at the object.
#[derive(Clone, Copy, Debug, Eq)]
pub(super) struct Version(pub(super) u64);

impl PartialEq for Version {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Item {
    /// What is kept of an object of this kind; lists leave the kind out.
    pub(super) fn of(kind: &Kind, live: &mut Value, rule: Option<&Rule>) -> Option<Self> {
        live["apiVersion"] = kind.api_version().into();
        live["kind"] = kind.kind.as_str().into();
        let metadata = &live["metadata"];
        let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
        let uid = text("uid");
        if uid.is_empty() {
            return None;
        }
        let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
        let owner = owners.filter(|owner| owner["controller"] == true).find_map(|o| o["uid"].as_str());
        let pod = kind.is("", "Pod");
        Some(Self {
            key: Key {
                group: kind.group.clone(),
                kind: kind.kind.clone(),
                namespace: text("namespace"),
                name: text("name"),
            },
            version: kind.version.clone(),
            owner: owner.map(Into::into),
            set: metadata["labels"][PART_OF].as_str().map(Into::into),
            health: if by_metadata(kind) { plain(live) } else { judged(rule, live) },
            timeout: timeout::of(live),
            ready: ready(kind, live),
            containers: if pod { containers(live) } else { Vec::new() },
            reason: if pod { reason(live) } else { None },
            said: match metadata["generation"].as_i64() {
                Some(generation) => generation.to_string(),
                None => text("resourceVersion"),
            },
            state: Version(text("resourceVersion").parse().unwrap_or(0)),
            uid,
        })
    }

    /// A child that has ended or was scaled to nothing: of no interest once something newer is there.
    pub(super) fn rests(&self) -> bool {
        self.key.kind == "ReplicaSet" && self.ready == Some((0, 0))
    }
}

/// Kinds that have no state of their own: of these only the metadata is asked for, never what is in them.
pub(super) fn by_metadata(kind: &Kind) -> bool {
    matches!(
        (kind.group.as_str(), kind.kind.as_str()),
        ("", "ConfigMap" | "Secret" | "ServiceAccount" | "LimitRange" | "ResourceQuota" | "Endpoints")
            | ("rbac.authorization.k8s.io" | "scheduling.k8s.io" | "admissionregistration.k8s.io", _)
            | ("networking.k8s.io", "NetworkPolicy" | "IngressClass")
    )
}

fn plain(live: &Value) -> Health {
    match live["metadata"]["deletionTimestamp"].is_string() {
        true => health(live),
        false => Health::new(Status::Healthy, ""),
    }
}

/// Those that start the pod come first, as they do.
fn containers(live: &Value) -> Vec<String> {
    let lists = ["/spec/initContainers", "/spec/containers"];
    let all = lists.iter().filter_map(|list| live.pointer(list)?.as_array()).flatten();
    all.filter_map(|container| container["name"].as_str().map(Into::into)).collect()
}

/// How many are ready of how many.
fn ready(kind: &Kind, live: &Value) -> Option<(u32, u32)> {
    let count = |pointer: &str| u32::try_from(number(live, pointer)).unwrap_or(0);
    let wanted = live.pointer("/spec/replicas").and_then(Value::as_u64).map_or(1, |n| n as u32);
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "DaemonSet") => {
            Some((count("/status/numberReady"), count("/status/desiredNumberScheduled")))
        }
        ("apps", _) | ("argoproj.io", "Rollout") | ("", "ReplicationController") => {
            Some((count("/status/readyReplicas"), wanted))
        }
        ("", "Pod") => {
            let containers = live.pointer("/spec/containers").and_then(Value::as_array).map_or(0, Vec::len);
            let statuses = live.pointer("/status/containerStatuses").and_then(Value::as_array);
            let ready = statuses.into_iter().flatten().filter(|status| status["ready"] == true).count();
            Some((ready as u32, containers as u32))
        }
        ("batch", "Job") => {
            let all = live.pointer("/spec/completions").and_then(Value::as_u64).map_or(1, |n| n as u32);
            Some((count("/status/succeeded"), all))
        }
        _ => None,
    }
}
