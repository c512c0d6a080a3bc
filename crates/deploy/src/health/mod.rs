//! How an object in the cluster is: as kstatus and Argo CD say it, read from its own status; or as a health rule says it.

mod batch;
mod custom;
mod evaluation;
mod expression;
mod generic;
mod network;
mod pod;
mod rule;
mod workload;

use serde_json::Value;

pub use evaluation::Answer;
pub use pod::reason;
pub(crate) use rule::judged;
pub use rule::{Explained, Rule, Rules};

use crate::Key;

/// How an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is what it is to be.
    Healthy,
    /// It is becoming so.
    Progressing,
    /// It will not become so by itself.
    Degraded,
    /// Somebody has stopped it.
    Suspended,
    /// It does not say.
    Unknown,
}

/// How an object is, and a sentence about it where it is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// In one word.
    pub status: Status,
    /// What it says about that; empty where all is well.
    pub message: String,
}

impl Health {
    pub(crate) fn healthy() -> Self {
        Self { status: Status::Healthy, message: String::new() }
    }

    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn progressing(message: impl Into<String>) -> Self {
        Self::new(Status::Progressing, message)
    }

    pub(crate) fn degraded(message: impl Into<String>) -> Self {
        Self::new(Status::Degraded, message)
    }
}

/// Whether a deployment has nothing to wait for with this object. A CronJob is suspended because somebody means it; all
/// else that is suspended goes on once somebody says so.
pub fn is_settled(key: &Key, status: Status) -> bool {
    match status {
        Status::Healthy | Status::Unknown => true,
        Status::Suspended => key.group == "batch" && key.kind == "CronJob",
        Status::Progressing | Status::Degraded => false,
    }
}

/// How a live object is by what is known of its kind, without any rule.
pub fn health(live: &Value) -> Health {
    judged(None, live)
}

/// How an object is that is being deleted.
fn leaving(live: &Value) -> Option<Health> {
    live["metadata"]["deletionTimestamp"].as_str()?;
    let finalizers = live["metadata"]["finalizers"].as_array().into_iter().flatten();
    let held: Vec<&str> = finalizers.filter_map(Value::as_str).collect();
    Some(Health::progressing(match held.is_empty() {
        true => "it is being deleted".into(),
        false => format!("it is being deleted and held by {}", held.join(", ")),
    }))
}

/// The group of an object's kind; empty for the oldest kinds.
fn group(live: &Value) -> &str {
    let api_version = live["apiVersion"].as_str().unwrap_or_default();
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// How an object is that stays, by its kind.
fn table(live: &Value) -> Health {
    match (group(live), live["kind"].as_str().unwrap_or_default()) {
        ("apps", "Deployment") => workload::deployment(live),
        ("apps", "StatefulSet") => workload::stateful_set(live),
        ("apps", "DaemonSet") => workload::daemon_set(live),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => workload::replica_set(live),
        ("", "Pod") => pod::pod(live),
        ("batch", "Job") => batch::job(live),
        ("batch", "CronJob") => batch::cron_job(live),
        ("", "Service") => network::service(live),
        ("networking.k8s.io", "Ingress") => network::ingress(live),
        ("", "PersistentVolumeClaim") => network::claim(live),
        ("", "Namespace") => Health::healthy(),
        ("autoscaling", "HorizontalPodAutoscaler") => network::autoscaler(live),
        ("policy", "PodDisruptionBudget") => network::disruption_budget(live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => generic::by(live, "Established"),
        ("apiregistration.k8s.io", "APIService") => generic::by(live, "Available"),
        ("cert-manager.io", "Certificate") => custom::certificate(live),
        ("cert-manager.io", "Issuer" | "ClusterIssuer") => generic::by(live, "Ready"),
        ("cert-manager.io", "CertificateRequest") => custom::certificate_request(live),
        ("external-secrets.io", _) => generic::by(live, "Ready"),
        ("argoproj.io", "Rollout") => custom::rollout(live),
        ("gateway.networking.k8s.io", "Gateway") => custom::gateway(live),
        ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => custom::route(live),
        _ => generic::generic(live),
    }
}

/// A whole number of an object; 0 where it is missing.
pub(crate) fn number(live: &Value, pointer: &str) -> i64 {
    live.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// A text of an object; empty where it is missing.
pub(crate) fn text<'a>(live: &'a Value, pointer: &str) -> &'a str {
    live.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the controller has not yet seen what was applied last.
pub(crate) fn unseen(live: &Value) -> bool {
    live["status"]["observedGeneration"]
        .as_i64()
        .is_some_and(|seen| seen < number(live, "/metadata/generation"))
}

/// A condition of an object's status.
pub(crate) fn condition<'a>(live: &'a Value, kind: &str) -> Option<&'a Value> {
    live["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == kind && !is_old(live, c))
}

/// Whether a condition is of what was applied before.
pub(crate) fn is_old(live: &Value, condition: &Value) -> bool {
    condition["observedGeneration"].as_i64().is_some_and(|seen| seen < number(live, "/metadata/generation"))
}

/// Whether some condition of this kind is only of what was applied before.
pub(crate) fn was(live: &Value, kind: &str) -> bool {
    let conditions = live["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|c| c["type"] == kind && is_old(live, c))
}

#[cfg(test)]
mod tests;
