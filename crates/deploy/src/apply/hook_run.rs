//! Running hooks: one after the other by their weight, each waited for, and each once for a deployment.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::guard::{holds, sight};
use super::hooks::{HookEvent, Hooked};
use super::prune::{Made, delete};
use super::refusal::refusal;
use super::run::Run;
use super::secret::cleaned;
use super::{Event, wait};
use crate::cluster::{APPLY, JSON, METADATA, METADATA_LIST, Request};
use crate::health::{Status, health, reason};
use crate::ownership::{keeps, other};
use crate::{Error, FIELD_MANAGER, Refusal, Why};

/// Which run of which deployment an object of a hook is of.
const RUN: &str = "trueline.dev/hook-run";

/// What ran for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ran {
    /// The deployment; empty if none ran.
    pub deployment: String,
    /// Each hook with its event, and whether it succeeded.
    pub hooks: BTreeMap<String, bool>,
}

impl Run<'_> {
    /// Runs the hooks of an event that have not succeeded for this deployment yet.
    pub(super) async fn hooks(&mut self, hooks: &[Hooked], event: HookEvent) -> Result<(), Error> {
        let due = || hooks.iter().filter(|hook| hook.terms.events.contains(&event));
        if self.inventory.ran.deployment != self.deployment {
            if due().next().is_none() {
                return Ok(());
            }
            self.inventory.ran = Ran { deployment: self.deployment.clone(), hooks: BTreeMap::new() };
        }
        let end = Instant::now() + self.guard.patience;
        for hook in due() {
            let name = hook.name(event);
            let before = self.inventory.ran.hooks.get(&name).copied();
            if before == Some(true) {
                continue;
            }
            self.goes_on()?;
            let key = || hook.planned.key.clone();
            (self.tell)(Event::HookStarted { event, object: key() });
            let result = self.hook(hook, event, (before.is_some(), end)).await;
            let told = match &result {
                Ok(()) => true,
                Err(Error::Refused { .. }) => false,
                // The cluster is away: it is looked at again by the next attempt.
                Err(_) => return result,
            };
            self.inventory.ran.hooks.insert(name, told);
            self.save().await?;
            if told {
                (self.tell)(Event::HookSucceeded { event, object: key() });
            } else {
                if hook.terms.when_failed {
                    self.take_away(hook, event).await?;
                }
                self.tidy(hooks, event).await?;
                return result;
            }
        }
        self.tidy(hooks, event).await
    }

    /// Takes away what is to go once it has succeeded.
    async fn tidy(&self, hooks: &[Hooked], event: HookEvent) -> Result<(), Error> {
        let succeeded = |hook: &&Hooked| self.inventory.ran.hooks.get(&hook.name(event)) == Some(&true);
        let due = hooks.iter().filter(|h| h.terms.when_succeeded && h.terms.events.contains(&event));
        for hook in due.filter(succeeded) {
            self.take_away(hook, event).await?;
        }
        Ok(())
    }

    fn mark(&self, event: HookEvent) -> String {
        format!("{event} {}", self.deployment)
    }

    /// Deletes the object of this very run, if it is there.
    async fn take_away(&self, hook: &Hooked, event: HookEvent) -> Result<(), Error> {
        let planned = &hook.planned;
        let look = Request::get(planned.resource.path(&planned.key), sight(&planned.key));
        let Some(live) = self.cluster.find(&look).await? else { return Ok(()) };
        let ours = live["metadata"]["annotations"][RUN].as_str() == Some(&self.mark(event));
        // With a definition, a claim or a namespace would go all that it holds.
        if !ours || holds(&planned.key, &live) || keeps(&live) {
            return Ok(());
        }
        // It may run still: what comes after it waits until its pods are gone as well.
        let uid = json!({ "uid": live["metadata"]["uid"] });
        delete(self.cluster, (&planned.resource, &planned.key), uid, Made::First).await
    }

    /// Runs one hook to its end. `again`: it failed before, and is run anew.
    async fn hook(
        &self,
        hook: &Hooked,
        event: HookEvent,
        (again, end): (bool, Instant),
    ) -> Result<(), Error> {
        let planned = &hook.planned;
        let mark = self.mark(event);
        let look = Request::get(planned.resource.path(&planned.key), sight(&planned.key));
        if let Some(live) = self.cluster.find(&look).await? {
            let goes_on = live["metadata"]["annotations"][RUN].as_str() == Some(&mark);
            if goes_on && !again && hook.ends() && !live["metadata"]["deletionTimestamp"].is_string() {
                return self.ended(hook, event, end).await;
            }
            let owner = other(&live, &self.set, false);
            // What is taken over is changed, never deleted; what ends can only run anew.
            let foreign = owner.is_some() && !hook.ends();
            if let Some(owner) = owner.filter(|owner| !self.guard.takes(owner)) {
                let refusals = vec![Refusal { object: planned.key.clone(), why: Why::Owned(owner) }];
                return Err(Error::Refused { refusals, before: false });
            }
            // What holds data is not thrown away for a hook.
            if (hook.terms.anew || hook.ends()) && !foreign && !holds(&planned.key, &live) && !keeps(&live) {
                let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
                // Two runs at once, of a migration, would be worse than none: it is gone once its pods are.
                delete(self.cluster, (&planned.resource, &planned.key), json!({ "uid": uid }), Made::First)
                    .await?;
                let left = end.saturating_duration_since(Instant::now());
                wait::gone(self.cluster, (&planned.resource, &planned.key), uid, (self.guard, left)).await?;
            }
        }
        self.no_pods(hook, end).await?;
        self.goes_on()?;
        let mut body: Value = serde_json::from_slice(&planned.body).unwrap_or_default();
        body["metadata"]["annotations"][RUN] = mark.into();
        let path = format!("{}?fieldManager={FIELD_MANAGER}&force=true", planned.resource.path(&planned.key));
        let request = Request::with(Method::PATCH, path, APPLY, &body).accepting(METADATA);
        if let Err(error) = self.cluster.call(&request).await.map_err(|error| cleaned(planned, error)) {
            let refusals = vec![refusal(&planned.key, &planned.resource.kind, error)?];
            return Err(Error::Refused { refusals, before: false });
        }
        if hook.ends() { self.ended(hook, event, end).await } else { Ok(()) }
    }

    /// Waits until no pod of an earlier job of this name runs: somebody may have deleted that one alone.
    async fn no_pods(&self, hook: &Hooked, end: Instant) -> Result<(), Error> {
        let key = &hook.planned.key;
        if key.kind != "Job" || !hook.ends() {
            return Ok(());
        }
        let path = format!(
            "api/v1/namespaces/{}/pods?limit=20&labelSelector=batch.kubernetes.io%2Fjob-name%3D{}\
             &fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed",
            key.namespace, key.name
        );
        let request = Request::get(path, METADATA_LIST);
        let left = end.saturating_duration_since(Instant::now());
        let look = || async {
            match self.cluster.call(&request).await {
                Ok(list) => Ok(list["items"].as_array().is_none_or(Vec::is_empty).then_some(())),
                // Who may not look at pods cannot wait for them.
                Err(error) if error.status() == Some(403) => Ok(Some(())),
                Err(error) => Err(error),
            }
        };
        if wait::until((self.guard, left), look).await?.is_some() {
            return Ok(());
        }
        let what = format!("pods of an earlier {key} are not gone");
        Err(Error::NotReady { what, limit: self.guard.patience })
    }

    /// Waits until a job or pod has ended; its failure with the reason.
    async fn ended(&self, hook: &Hooked, event: HookEvent, end: Instant) -> Result<(), Error> {
        let planned = &hook.planned;
        let request = Request::get(planned.resource.path(&planned.key), JSON);
        let left = end.saturating_duration_since(Instant::now());
        let look = || async {
            Ok(match self.cluster.find(&request).await? {
                // Taken away after its end (`ttlSecondsAfterFinished`), or by somebody: it cannot be known.
                None => Some(Err((Value::Null, "it was deleted before its end was seen".to_owned()))),
                Some(live) => over(&live).map(|over| over.map_err(|why| (live, why))),
            })
        };
        let (live, why) = match wait::until((self.guard, left), look).await? {
            Some(Ok(())) => return Ok(()),
            Some(Err(failed)) => failed,
            None => {
                let live = self.cluster.find(&request).await?.unwrap_or_default();
                (live, format!("it has not ended within {} s", self.guard.patience.as_secs()))
            }
        };
        let why = match self.pods_reason(&live).await? {
            Some(pod) if !why.contains(&pod) => format!("{why}: {pod}"),
            _ => why,
        };
        let why = Why::HookFailed { event, reason: why };
        Err(Error::Refused { refusals: vec![Refusal { object: planned.key.clone(), why }], before: false })
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

/// Whether a job or pod has ended, and well.
fn over(live: &Value) -> Option<Result<(), String>> {
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
