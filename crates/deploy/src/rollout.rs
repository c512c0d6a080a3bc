//! Leads a Rollout of Argo Rollouts: to its next step, to its end, or back. What its own command line writes, without it
//! (argoproj/argo-rollouts, commands `promote`, `abort` and `retry`, seen 2026-11-23); but a step that runs is not left out.

use http::Method;
use serde_json::{Value, json};

use crate::actions::{cannot, resource};
use crate::cluster::{Cluster, JSON, MERGE, Request};
use crate::{Error, Key};

/// What a Rollout is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To go on where it waits.
    Promote,
    /// To leave out all steps and analyses that are left.
    PromoteFully,
    /// To give all requests to the version before again.
    Abort,
    /// To try the version once more from which it went back.
    Retry,
}

/// Why there was nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// It does not wait anywhere.
    NotPaused,
    /// All of its pods are of one version.
    OneVersion,
    /// There was no version before this one.
    FirstVersion,
    /// It went back already, or is about to.
    Aborted,
    /// It did not go back.
    NotAborted,
}

/// What is to be written to a Rollout as it was seen.
pub struct Change {
    path: String,
    parts: Vec<(&'static str, Value)>,
}

/// Looks at how a Rollout is told what to do next, or why there is nothing to do.
///
/// # Errors
/// [`Error::Manifest`] for another kind, [`Error::Answered`] when the cluster refuses.
pub async fn plan(cluster: &Cluster, key: &Key, step: Step) -> Result<Result<Change, Idle>, Error> {
    if (key.group.as_str(), key.kind.as_str()) != ("argoproj.io", "Rollout") {
        return Err(cannot(key, "it is no Rollout of Argo Rollouts"));
    }
    let path = resource(cluster, key).await?.path(key);
    let live = cluster.call(&Request::get(path.clone(), JSON)).await?;
    let mut parts = match changes(&live, step) {
        Ok(parts) => parts,
        Err(idle) => return Ok(Err(idle)),
    };
    for (part, change) in &mut parts {
        // Whoever led it meanwhile has led it somewhere else than what this was asked for.
        if *part == STATUS {
            change["metadata"] = json!({ "resourceVersion": live["metadata"]["resourceVersion"] });
        }
    }
    Ok(Ok(Change { path, parts }))
}

/// Tells it. Nothing that Git says is changed, unless Git says `paused`.
///
/// # Errors
/// [`Error::Answered`] when the cluster refuses, as where the Rollout is not as it was seen any more.
pub async fn lead(cluster: &Cluster, change: &Change) -> Result<(), Error> {
    for (part, change_of_part) in &change.parts {
        let path = format!("{}{part}?fieldManager=trueline-rollout", change.path);
        cluster.call(&Request::with(Method::PATCH, path, MERGE, change_of_part)).await?;
    }
    Ok(())
}

const STATUS: &str = "/status";

/// What is written, and to which part of the object.
fn changes(live: &Value, step: Step) -> Result<Vec<(&'static str, Value)>, Idle> {
    let status = &live["status"];
    let text = |name: &str| status[name].as_str().unwrap_or_default();
    let under_way = text("currentPodHash") != text("stableRS");
    let aborted = status["abort"] == true;
    let mut changes = Vec::new();
    match step {
        Step::Promote => {
            if status["pauseConditions"].as_array().is_some_and(|all| !all.is_empty()) {
                changes.push((STATUS, json!({ "status": { "pauseConditions": null } })));
            }
            if live["spec"]["paused"] == true {
                changes.push(("", json!({ "spec": { "paused": false } })));
            }
            match changes.is_empty() {
                true if under_way => return Err(Idle::NotPaused),
                true => return Err(Idle::OneVersion),
                false => {}
            }
        }
        Step::PromoteFully if !under_way => return Err(Idle::OneVersion),
        Step::PromoteFully => changes.push((STATUS, json!({ "status": { "promoteFull": true } }))),
        Step::Abort if !under_way => return Err(Idle::OneVersion),
        Step::Abort if text("stableRS").is_empty() => return Err(Idle::FirstVersion),
        Step::Abort if aborted => return Err(Idle::Aborted),
        Step::Abort => changes.push((STATUS, json!({ "status": { "abort": true } }))),
        Step::Retry if !aborted => return Err(Idle::NotAborted),
        Step::Retry => changes.push((STATUS, json!({ "status": { "abort": false } }))),
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_goes_by_where_it_stands() {
        let paused = json!([{ "reason": "CanaryPauseStep", "startTime": "2026-11-23T10:00:00Z" }]);
        let of = |current: &str, stable: &str| json!({ "currentPodHash": current, "stableRS": stable });
        let with = |mut status: Value, name: &str, value: &Value| {
            status[name] = value.clone();
            json!({ "status": status })
        };
        let (new, same) = (of("b", "a"), of("a", "a"));
        let waits = with(new.clone(), "pauseConditions", &paused);
        let aborted = with(new.clone(), "abort", &true.into());
        let going = json!({ "status": new });
        let done = json!({ "status": same });
        let first = json!({ "status": of("a", "") });
        let stopped = json!({ "spec": { "paused": true }, "status": of("b", "a") });
        for (live, step, want) in [
            (&waits, Step::Promote, Ok(json!([["/status", { "status": { "pauseConditions": null } }]]))),
            (&stopped, Step::Promote, Ok(json!([["", { "spec": { "paused": false } }]]))),
            (&going, Step::Promote, Err(Idle::NotPaused)),
            (&done, Step::Promote, Err(Idle::OneVersion)),
            (&waits, Step::PromoteFully, Ok(json!([["/status", { "status": { "promoteFull": true } }]]))),
            (&done, Step::PromoteFully, Err(Idle::OneVersion)),
            (&waits, Step::Abort, Ok(json!([["/status", { "status": { "abort": true } }]]))),
            (&aborted, Step::Abort, Err(Idle::Aborted)),
            (&first, Step::Abort, Err(Idle::FirstVersion)),
            (&done, Step::Abort, Err(Idle::OneVersion)),
            (&aborted, Step::Retry, Ok(json!([["/status", { "status": { "abort": false } }]]))),
            (&going, Step::Retry, Err(Idle::NotAborted)),
        ] {
            assert_eq!(changes(live, step).map(|all| json!(all)), want, "{step:?} {live}");
        }
    }
}
