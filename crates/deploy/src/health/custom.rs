//! Kinds of other projects that many clusters have.

use serde_json::Value;

use super::generic::{by, said};
use super::{Health, Status, condition, is_old, number, text, unseen};

/// One that is being issued is not ready until it is (cert-manager.io, `Issuing`, seen 2026-11-23).
pub(super) fn certificate(live: &Value) -> Health {
    match condition(live, "Issuing").filter(|c| c["status"] == "True") {
        Some(found) => Health::progressing(said(found)),
        None => by(live, "Ready"),
    }
}

/// A request that is denied or failed does not become ready.
pub(super) fn certificate_request(live: &Value) -> Health {
    let failed = ["Denied", "InvalidRequest"].iter().find_map(|kind| condition(live, kind));
    match failed.filter(|c| c["status"] == "True") {
        Some(found) => Health::degraded(said(found)),
        None => by(live, "Ready"),
    }
}

/// Argo Rollouts says it in one word (argoproj/argo-rollouts, `status.phase`, seen 2026-11-23).
pub(super) fn rollout(live: &Value) -> Health {
    let seen = text(live, "/status/observedGeneration").parse().unwrap_or(0);
    if seen < number(live, "/metadata/generation") {
        return Health::progressing("its controller has not seen it yet");
    }
    let message = text(live, "/status/message");
    match text(live, "/status/phase") {
        "Healthy" => Health::healthy(),
        "Degraded" => Health::degraded(message),
        "Paused" => Health::new(Status::Suspended, message),
        _ => Health::progressing(message),
    }
}

pub(super) fn gateway(live: &Value) -> Health {
    match condition(live, "Accepted").filter(|c| c["status"] == "False") {
        Some(found) => Health::degraded(said(found)),
        None => by(live, "Programmed"),
    }
}

/// A route is as well as its worst parent.
pub(super) fn route(live: &Value) -> Health {
    let parents = live["status"]["parents"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parents.is_empty() || unseen(live) {
        return Health::progressing("no gateway has taken it yet");
    }
    for kind in ["Accepted", "ResolvedRefs"] {
        for parent in parents {
            let conditions = parent["conditions"].as_array().into_iter().flatten();
            if conditions.clone().any(|c| c["type"] == kind && is_old(live, c)) {
                return Health::progressing("its gateway has not seen it yet");
            }
            if let Some(found) = conditions.filter(|c| c["type"] == kind).find(|c| c["status"] != "True") {
                return Health::degraded(said(found));
            }
        }
    }
    Health::healthy()
}
