//! The ends of hooks: seen, with the reason of a failure, or made where one takes too long.

use http::Method;
use serde_json::{Value, json};

use super::hook_run::{RUN, TTL, Term};
use super::hooks::{HookEvent, Hooked};
use super::plan::Planned;
use super::prune::{Made, delete};
use super::run::Run;
use super::wait;
use crate::cluster::{JSON, MERGE, METADATA, Request};
use crate::health::{Status, health, reason};
use crate::timeout::TIMEOUT;
use crate::{Error, FIELD_MANAGER, Refusal, Why};

/// What is said of a job or pod that ran, and nobody knows how it ended.
const GONE: &str =
    "it was deleted before its end was seen; look whether it has done its work, as another try runs it again";

impl Run<'_> {
    /// Waits until a job or pod has ended; its failure with the reason.
    pub(super) async fn ended(&self, hook: &Hooked, event: HookEvent, term: Term) -> Result<(), Error> {
        let planned = &hook.planned;
        let request = Request::get(planned.resource.path(&planned.key), JSON);
        let look = || async {
            Ok(match self.cluster.find(&request).await?.filter(|live| self.is_run(live, event)) {
                None => Some((Value::Null, Err(GONE.to_owned()))),
                Some(live) => over(&live).map(|over| (live, over)),
            })
        };
        match wait::until((self.guard, term.left()), look).await? {
            Some((_, Ok(()))) => Ok(()),
            Some((live, Err(why))) => {
                let pod = self.pods_reason(&live).await?;
                Err(failed(planned, event, (why, pod)))
            }
            None if !term.is_over() => Err(term.waits(format!("the {event} hook {} runs", planned.key))),
            None => self.late(planned, event, term).await,
        }
    }

    /// Stops what has taken all of its time: nobody waits for it any more, and what failed must not go on to change
    /// things.
    async fn late(&self, planned: &Planned, event: HookEvent, term: Term) -> Result<(), Error> {
        let request = Request::get(planned.resource.path(&planned.key), JSON);
        let live = self.cluster.find(&request).await?.unwrap_or_default();
        // Its pods go with it.
        let pod = self.pods_reason(&live).await?;
        let end = match self.stop(planned, &live).await {
            // It ended well in this very moment.
            Ok(answer) if answer.is_object() && over(&answer) == Some(Ok(())) => return Ok(()),
            Ok(_) => format!("was stopped (the annotation `{TIMEOUT}` gives it longer)"),
            Err(Error::Answered { status: 403, message, .. }) => {
                format!("runs on, as it may not be stopped: {message}")
            }
            Err(error) => return Err(error),
        };
        let why = format!("it has not ended within {} s and {end}", term.limit.as_secs());
        Err(failed(planned, event, (why, pod)))
    }

    /// Stops a job or pod, which stays to be looked at; what it is then, nothing where it is gone. A pod that runs nowhere
    /// yet is deleted.
    async fn stop(&self, planned: &Planned, live: &Value) -> Result<Value, Error> {
        let uid = &live["metadata"]["uid"];
        if uid.is_null() {
            return Ok(Value::Null);
        }
        if live["kind"] == "Pod" && live["spec"]["nodeName"].is_null() {
            let place = (&planned.resource, &planned.key);
            delete(self.cluster, place, json!({ "uid": uid }), Made::First).await?;
            return Ok(Value::Null);
        }
        // Kubernetes ends it then as any other that takes too long.
        let spec = json!({ "activeDeadlineSeconds": 1 });
        let change = json!({ "metadata": { "uid": uid }, "spec": spec });
        let path = format!("{}?fieldManager={FIELD_MANAGER}", planned.resource.path(&planned.key));
        let request = Request::with(Method::PATCH, path, MERGE, &change);
        Ok(self.cluster.find(&request).await?.unwrap_or_default())
    }

    /// Whether an object is of this very run of a hook.
    fn is_run(&self, live: &Value, event: HookEvent) -> bool {
        live["metadata"]["annotations"][RUN].as_str() == Some(&self.mark(event))
    }

    /// Gives a job whose end is written down the time after which it goes by itself, if it has not got that yet.
    pub(super) async fn let_go(&self, hook: &Hooked, event: HookEvent) -> Result<(), Error> {
        let planned = &hook.planned;
        if !planned.ends {
            return Ok(());
        }
        let look = Request::get(planned.resource.path(&planned.key), JSON);
        let live = self.cluster.find(&look).await?.filter(|live| self.is_run(live, event));
        let Some(live) = live.filter(|live| live["spec"][TTL].is_null()) else { return Ok(()) };
        let change = json!({
            "metadata": { "uid": live["metadata"]["uid"] }, "spec": { TTL: own_ttl(planned) },
        });
        let path = format!("{}?fieldManager={FIELD_MANAGER}", planned.resource.path(&planned.key));
        let request = Request::with(Method::PATCH, path, MERGE, &change).accepting(METADATA);
        match self.cluster.find(&request).await {
            // Somebody else was there first.
            Err(error) if error.status() == Some(409) => Ok(()),
            done => done.map(|_| ()),
        }
    }

    /// Why a pod of a job does not run, or did not end well.
    async fn pods_reason(&self, live: &Value) -> Result<Option<String>, Error> {
        if live["kind"] != "Job" {
            return Ok(reason(live));
        }
        let metadata = &live["metadata"];
        let text = |field: &str| metadata[field].as_str().unwrap_or_default();
        let path = format!(
            "api/v1/namespaces/{}/pods?limit=20&labelSelector=batch.kubernetes.io%2Fcontroller-uid%3D{}",
            text("namespace"),
            text("uid")
        );
        let pods = match self.cluster.call(&Request::get(path, JSON)).await {
            Ok(pods) => pods,
            // Who may not look at pods gets no reason.
            Err(error) if error.status() == Some(403) => return Ok(None),
            Err(error) => return Err(error),
        };
        let pods = pods["items"].as_array().into_iter().flatten();
        let mut said = pods.filter_map(|pod| Some((pod["metadata"]["name"].as_str()?, reason(pod)?)));
        Ok(said.next_back().map(|(name, why)| format!("Pod {name}: {why}")))
    }
}

/// The time after which a job goes by itself, as its manifest says.
fn own_ttl(planned: &Planned) -> Value {
    let body: Value = serde_json::from_slice(&planned.body).unwrap_or_default();
    body["spec"][TTL].clone()
}

/// The failure of a hook, with what its pod says beside.
fn failed(planned: &Planned, event: HookEvent, (why, pod): (String, Option<String>)) -> Error {
    let reason = match pod {
        Some(pod) if !why.contains(&pod) => format!("{why}: {pod}"),
        _ => why,
    };
    let refusals = vec![Refusal { object: planned.key.clone(), why: Why::HookFailed { event, reason } }];
    Error::Refused { refusals, before: false }
}

/// Whether a job or pod has ended, and well.
pub(super) fn over(live: &Value) -> Option<Result<(), String>> {
    let now = health(live);
    if live["kind"] == "Pod" && live["status"]["phase"] != "Succeeded" && live["status"]["phase"] != "Failed"
    {
        return None;
    }
    match now.status {
        Status::Healthy => Some(Ok(())),
        Status::Degraded => Some(Err(now.message)),
        Status::Progressing | Status::Suspended | Status::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_only_stumbles_has_not_ended() {
        let waiting = json!([{ "name": "a", "state": { "waiting": { "reason": "ImagePullBackOff" } } }]);
        let pod = |phase: &str| {
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" },
                "status": { "phase": phase, "containerStatuses": waiting },
            })
        };
        assert_eq!(over(&pod("Pending")), None);
        assert_eq!(over(&pod("Succeeded")), Some(Ok(())));
        assert!(matches!(over(&pod("Failed")), Some(Err(why)) if why.contains("ImagePullBackOff")));
    }
}
