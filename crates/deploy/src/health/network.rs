//! Addresses, volumes, and what adjusts others.

use serde_json::Value;

use super::generic::said;
use super::{Health, condition, text, unseen};

/// Whether somebody has given it an address.
fn addressed(live: &Value) -> bool {
    live["status"]["loadBalancer"]["ingress"].as_array().is_some_and(|list| !list.is_empty())
}

pub(super) fn service(live: &Value) -> Health {
    match text(live, "/spec/type") == "LoadBalancer" && !addressed(live) {
        true => Health::progressing("its load balancer has no address yet"),
        false => Health::healthy(),
    }
}

/// As Argo CD: an address says that a controller serves it. Without one it may be served all the same, by a
/// controller that does not say so; so it is not waited for where no class is named.
pub(super) fn ingress(live: &Value) -> Health {
    let classed = live["spec"]["ingressClassName"].is_string();
    match classed && !addressed(live) {
        true => Health::progressing("its controller has given it no address yet"),
        false => Health::healthy(),
    }
}

pub(super) fn claim(live: &Value) -> Health {
    match text(live, "/status/phase") {
        "Bound" => Health::healthy(),
        "Lost" => Health::degraded("its volume is lost"),
        _ => Health::progressing("it has no volume yet"),
    }
}

pub(super) fn autoscaler(live: &Value) -> Health {
    for kind in ["AbleToScale", "ScalingActive"] {
        let Some(found) = condition(live, kind).filter(|c| c["status"] == "False") else { continue };
        match found["reason"].as_str().unwrap_or_default() {
            // With no replicas wanted there is nothing to scale.
            "ScalingDisabled" => {}
            // New pods are measured only after a while (`FailedGetResourceMetric`, `FailedGetPodsMetric`, …).
            why if kind == "ScalingActive" && why.starts_with("FailedGet") => {
                return Health::progressing(said(found));
            }
            _ => return Health::degraded(said(found)),
        }
    }
    match condition(live, "AbleToScale") {
        Some(_) => Health::healthy(),
        None => Health::progressing("it has not looked at its target yet"),
    }
}

pub(super) fn disruption_budget(live: &Value) -> Health {
    match live["status"]["observedGeneration"].is_null() || unseen(live) {
        true => Health::progressing("its controller has not seen it yet"),
        false => Health::healthy(),
    }
}
