//! What keeps pods running.

use serde_json::Value;

use super::generic::said;
use super::{Health, Status, condition, number, text, unseen};

/// The replicas that are wanted: one if nothing is said.
fn wanted(live: &Value) -> i64 {
    live["spec"]["replicas"].as_i64().unwrap_or(1)
}

/// Whether the controller has not yet seen what was applied; built-in controllers say what they have seen.
fn new(live: &Value) -> bool {
    live["status"]["observedGeneration"].is_null() || unseen(live)
}

pub(super) fn deployment(live: &Value) -> Health {
    if live["spec"]["paused"] == true {
        return Health::new(Status::Suspended, "it is paused by `spec.paused`");
    }
    if new(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    let progressing = condition(live, "Progressing");
    if let Some(late) = progressing.filter(|c| c["reason"] == "ProgressDeadlineExceeded") {
        return Health::degraded(said(late));
    }
    let failure = condition(live, "ReplicaFailure").filter(|c| c["status"] == "True");
    if let Some(failure) = failure {
        return Health::degraded(said(failure));
    }
    let (want, updated) = (wanted(live), number(live, "/status/updatedReplicas"));
    let (all, available) = (number(live, "/status/replicas"), number(live, "/status/availableReplicas"));
    if updated < want {
        return Health::progressing(format!("{updated} of {want} replicas are of the new state"));
    }
    if all > updated {
        return Health::progressing(match all - updated {
            1 => "1 replica of an older state is still there".to_owned(),
            older => format!("{older} replicas of an older state are still there"),
        });
    }
    if available < updated {
        return Health::progressing(format!("{available} of {updated} replicas are available"));
    }
    Health::healthy()
}

pub(super) fn stateful_set(live: &Value) -> Health {
    if new(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    let want = wanted(live);
    let ready = number(live, "/status/readyReplicas");
    if ready < want {
        return Health::progressing(format!("{ready} of {want} replicas are ready"));
    }
    if text(live, "/spec/updateStrategy/type") == "OnDelete" {
        return Health::healthy();
    }
    let updated = number(live, "/status/updatedReplicas");
    let partition = number(live, "/spec/updateStrategy/rollingUpdate/partition");
    if partition > 0 {
        return match updated >= want - partition {
            true => Health::healthy(),
            false => Health::progressing(format!(
                "{updated} of {} replicas are of the new state",
                want - partition
            )),
        };
    }
    if text(live, "/status/updateRevision") != text(live, "/status/currentRevision") {
        return Health::progressing(format!("{updated} of {want} replicas are of the new state"));
    }
    Health::healthy()
}

pub(super) fn daemon_set(live: &Value) -> Health {
    if new(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    let want = number(live, "/status/desiredNumberScheduled");
    let updated = number(live, "/status/updatedNumberScheduled");
    let available = number(live, "/status/numberAvailable");
    if text(live, "/spec/updateStrategy/type") != "OnDelete" && updated < want {
        return Health::progressing(format!("{updated} of {want} pods are of the new state"));
    }
    if available < want {
        return Health::progressing(format!("{available} of {want} pods are available"));
    }
    Health::healthy()
}

pub(super) fn replica_set(live: &Value) -> Health {
    if new(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    if let Some(failure) = condition(live, "ReplicaFailure").filter(|c| c["status"] == "True") {
        return Health::degraded(said(failure));
    }
    let (want, available) = (wanted(live), number(live, "/status/availableReplicas"));
    match available < want {
        true => Health::progressing(format!("{available} of {want} replicas are available")),
        false => Health::healthy(),
    }
}
