//! Running hooks: one after the other by their weight, each waited for, and each once for a deployment.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::guard::{holds, sight};
use super::hooks::{HookEvent, Hooked};
use super::prune::{Made, delete};
use super::refusal::refusal;
use super::run::Run;
use super::secret::cleaned;
use super::waits::BEGUN;
use super::{Event, wait};
use crate::cluster::{APPLY, METADATA, METADATA_LIST, Request};
use crate::ownership::{keeps, other};
use crate::{Error, FIELD_MANAGER, Refusal, Why};

/// Which run of which deployment an object of a hook is of.
pub(super) const RUN: &str = "trueline.dev/hook-run";

/// When a job goes by itself after its end. It is given only once that is written down: one that is gone before could
/// be run again.
pub(super) const TTL: &str = "ttlSecondsAfterFinished";

/// How long a hook may take, and how long this apply waits for it.
#[derive(Clone, Copy)]
pub(super) struct Term {
    /// When this apply came to it, and how long it had taken by then.
    began: Instant,
    passed: Duration,
    pub(super) limit: Duration,
    /// Until when this apply waits.
    end: Instant,
    /// Whether an apply before this one began it.
    goes_on: bool,
}

impl Term {
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    pub(super) fn is_over(&self) -> bool {
        self.passed + self.began.elapsed() >= self.limit
    }

    pub(super) fn waits(&self, what: String) -> Error {
        Error::Waits { what, passed: self.passed + self.began.elapsed() }
    }
}

/// What ran for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ran {
    /// The deployment; empty if none ran.
    pub deployment: String,
    /// Each hook with its event, and whether it succeeded.
    pub hooks: BTreeMap<String, bool>,
}

/// What stands in the inventory for a hook that the cluster has taken.
fn begun(name: &str) -> String {
    format!("{BEGUN}{name}")
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
        for hook in due() {
            let name = hook.name(event);
            let before = self.inventory.ran.hooks.get(&name).copied();
            if before == Some(true) {
                // Whoever wrote that down may not have come to it.
                self.let_go(hook, event).await?;
                continue;
            }
            self.goes_on()?;
            let key = || hook.planned.key.clone();
            let term = self.term(hook, event);
            if !term.goes_on {
                // Known before it runs: who comes after a crash stops it, or goes on with it.
                self.save().await?;
                (self.tell)(Event::HookStarted { event, object: key() });
            }
            let result = self.hook(hook, event, (before.is_some(), term)).await;
            let told = match &result {
                Ok(()) => true,
                Err(Error::Refused { .. }) => false,
                // It runs still, or the cluster is away: it is looked at again by the next attempt.
                Err(_) => return result,
            };
            for what in [&name, &begun(&name)] {
                self.inventory.waits.end(what);
            }
            self.inventory.ran.hooks.insert(name, told);
            self.save().await?;
            if !told {
                // What cannot be tidied up now stays. Another error than the hook's own would have it run again by itself.
                if let Err(error) = self.tidy_failed(hooks, hook, event).await {
                    tracing::warn!(hook = %hook.planned.key, %error, "what a failed hook left was not tidied up");
                }
                return result;
            }
            self.let_go(hook, event).await?;
            (self.tell)(Event::HookSucceeded { event, object: key() });
        }
        self.tidy(hooks, event).await
    }

    /// How long a hook may take, and this apply waits for it.
    fn term(&mut self, hook: &Hooked, event: HookEvent) -> Term {
        let name = hook.name(event);
        let goes_on = self.inventory.waits.has(&name);
        let passed = self.inventory.waits.begin(&self.deployment, &name);
        let limit = hook.planned.timeout.unwrap_or(self.guard.hook_patience);
        let hold = if goes_on { Duration::ZERO } else { self.guard.hold };
        let began = Instant::now();
        let end = began + hold.min(limit.saturating_sub(passed));
        Term { began, passed, limit, end, goes_on }
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

    /// The same after one that failed.
    async fn tidy_failed(&self, hooks: &[Hooked], hook: &Hooked, event: HookEvent) -> Result<(), Error> {
        self.let_go(hook, event).await?;
        if hook.terms.when_failed {
            self.take_away(hook, event).await?;
        }
        self.tidy(hooks, event).await
    }

    pub(super) fn mark(&self, event: HookEvent) -> String {
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
        delete(self.cluster, (&planned.resource, &planned.key), uid, Made::First).await.map(|_| ())
    }

    /// Runs one hook to its end. `again`: it failed before, and is run anew.
    async fn hook(
        &mut self,
        hook: &Hooked,
        event: HookEvent,
        (again, term): (bool, Term),
    ) -> Result<(), Error> {
        let (planned, name, mark) = (&hook.planned, hook.name(event), self.mark(event));
        // It ran already, whatever is there of it now.
        if !again && hook.ends() && self.inventory.waits.has(&begun(&name)) {
            return self.ended(hook, event, term).await;
        }
        let look = Request::get(planned.resource.path(&planned.key), sight(&planned.key));
        if let Some(live) = self.cluster.find(&look).await? {
            let goes_on = live["metadata"]["annotations"][RUN].as_str() == Some(&mark);
            if goes_on && !again && hook.ends() && !live["metadata"]["deletionTimestamp"].is_string() {
                return self.ended(hook, event, term).await;
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
                let place = (&planned.resource, &planned.key);
                match wait::gone(self.cluster, place, uid, (self.guard, term.left())).await {
                    Err(Error::Refused { refusals, .. }) if !term.is_over() => {
                        let why = refusals.first().map(|refusal| refusal.why.to_string()).unwrap_or_default();
                        return Err(term.waits(format!("{}: {why}", planned.key)));
                    }
                    gone => gone?,
                }
            }
        }
        self.no_pods(hook, event, term).await?;
        self.goes_on()?;
        let mut body: Value = serde_json::from_slice(&planned.body).unwrap_or_default();
        body["metadata"]["annotations"][RUN] = mark.into();
        if planned.ends
            && let Some(spec) = body["spec"].as_object_mut()
        {
            spec.remove(TTL);
        }
        let path = format!("{}?fieldManager={FIELD_MANAGER}&force=true", planned.resource.path(&planned.key));
        let request = Request::with(Method::PATCH, path, APPLY, &body).accepting(METADATA);
        if let Err(error) = self.cluster.call(&request).await.map_err(|error| cleaned(planned, error)) {
            let refusals = vec![refusal(&planned.key, &planned.resource.kind, error)?];
            return Err(Error::Refused { refusals, before: false });
        }
        // From here on it is this run of it.
        self.inventory.ran.hooks.remove(&name);
        if !hook.ends() {
            return Ok(());
        }
        self.inventory.waits.begin(&self.deployment, &begun(&name));
        self.save().await?;
        self.ended(hook, event, term).await
    }

    /// Waits until no pod of an earlier job of this name runs: somebody may have deleted that one alone.
    async fn no_pods(&self, hook: &Hooked, event: HookEvent, term: Term) -> Result<(), Error> {
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
        let look = || async {
            match self.cluster.call(&request).await {
                Ok(list) => Ok(list["items"].as_array().is_none_or(Vec::is_empty).then_some(())),
                // Who may not look at pods cannot wait for them.
                Err(error) if error.status() == Some(403) => Ok(Some(())),
                Err(error) => Err(error),
            }
        };
        if wait::until((self.guard, term.left()), look).await?.is_some() {
            return Ok(());
        }
        let what = format!("pods of an earlier {key} are not gone");
        if !term.is_over() {
            return Err(term.waits(what));
        }
        let why = Why::HookFailed { event, reason: format!("{what} within {} s", term.limit.as_secs()) };
        Err(Error::Refused { refusals: vec![Refusal { object: key.clone(), why }], before: false })
    }
}
