//! Making objects anew of which a field cannot be changed: only where that was asked for and nothing is lost by it, and
//! only what the API server would take as a new object.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::guard::{holds, sight};
use super::plan::Planned;
use super::prune::{Made, delete, leaving};
use super::refusal::refusal;
use super::run::Run;
use super::secret::cleaned;
use super::send::{Over, Sent, is_held};
use super::{Event, Outcome, wait};
use crate::cluster::{JSON, METADATA, Request};
use crate::{Entry, Error, FIELD_MANAGER, Key, Refusal, Why};

/// Letters of a name that one for a trial begins with.
const TRIAL_LETTERS: usize = 40;

/// Whether an object is of a built-in kind that stands for nothing but itself.
fn is_plain(key: &Key) -> bool {
    const GROUPS: [&str; 8] = [
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "rbac.authorization.k8s.io",
        "networking.k8s.io",
        "scheduling.k8s.io",
    ];
    GROUPS.contains(&key.group.as_str())
}

impl Run<'_> {
    /// What a refusal comes to: where only a field cannot be changed the object may be made anew, if that was asked
    /// for and nothing is lost by it.
    pub(super) async fn refused(
        &self,
        planned: &Planned,
        uid: Option<&str>,
        error: Error,
    ) -> Result<Sent, Error> {
        let refused = refusal(&planned.key, &planned.resource.kind, error)?;
        let refuse = |refused| Err(Error::Refused { refusals: vec![refused], before: false });
        let (Why::Immutable(said), Some(uid)) = (&refused.why, uid) else { return refuse(refused) };
        let look = Request::get(planned.resource.path(&planned.key), sight(&planned.key));
        let live = self.cluster.find(&look).await?.unwrap_or_default();
        // Its successor is what is meant.
        if let Some(held) = leaving(&live) {
            return refuse(Refusal { why: Why::Finalizers(held), ..refused });
        }
        if !self.guard.recreate {
            return refuse(refused);
        }
        // Nobody can say what goes with a custom resource.
        if holds(&planned.key, &live) || !is_plain(&planned.key) {
            return refuse(Refusal { why: Why::Irreplaceable(said.clone()), ..refused });
        }
        self.trial(planned).await?;
        Ok(Sent::Anew(uid.to_owned(), refused))
    }

    /// Refuses what the API server would not take as a new object: what is there stays then.
    async fn trial(&self, planned: &Planned) -> Result<(), Error> {
        let mut body: Value = serde_json::from_slice(&planned.body).unwrap_or_default();
        let beginning: String = planned.key.name.chars().take(TRIAL_LETTERS).collect();
        body["metadata"]["name"] = format!("{}-trial", beginning.trim_end_matches(['-', '.'])).into();
        let path = planned.resource.folder(&planned.key.namespace);
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&dryRun=All");
        let request = Request::with(Method::POST, path, JSON, &body).accepting(METADATA);
        match self.cluster.call(&request).await.map_err(|error| cleaned(planned, error)) {
            Ok(_) => Ok(()),
            // Whoever has that name, its state was taken.
            Err(error) if error.status() == Some(409) => Ok(()),
            Err(error) => {
                let refusals = vec![refusal(&planned.key, &planned.resource.kind, error)?];
                Err(Error::Refused { refusals, before: false })
            }
        }
    }

    /// Deletes the very object that was found, waits until it and what it made are gone, and makes it again.
    async fn anew(
        &self,
        planned: &Planned,
        (uid, refused): (&str, Refusal),
        end: Instant,
    ) -> Result<Value, Error> {
        let place = (&planned.resource, &planned.key);
        let look = Request::get(planned.resource.path(&planned.key), METADATA);
        if let Some(live) = self.cluster.find(&look).await? {
            // Somebody has put another one in its place meanwhile.
            if live["metadata"]["uid"] != *uid {
                return Err(Error::Refused { refusals: vec![refused], before: false });
            }
            // Two runs at once, or two pods of one name, are one too many.
            let made = match (planned.key.group.as_str(), planned.key.kind.as_str()) {
                ("batch", _) | ("", "Pod") | ("apps", "StatefulSet") => Made::First,
                _ => Made::Follow,
            };
            delete(self.cluster, place, json!({ "uid": uid }), made).await?;
            let left = end.saturating_duration_since(Instant::now());
            wait::gone(self.cluster, place, uid, (self.guard, left)).await?;
        }
        let live = self.send(planned, &planned.body, Over::Nothing).await?;
        (self.tell)(Event::Recreated(planned.key.clone()));
        Ok(live)
    }

    /// Makes objects anew, one after the other, until one of them takes long or all of the time has passed: the next
    /// apply goes on. Whatever happens in between, who they are is not known by then.
    pub(super) async fn all_anew(
        &mut self,
        objects: Vec<(Planned, String, Refusal)>,
        outcome: &mut Outcome,
    ) -> Result<(Vec<Planned>, Vec<Refusal>), Error> {
        let (mut done, mut refusals) = (Vec::new(), Vec::new());
        if objects.is_empty() {
            return Ok((done, refusals));
        }
        for (planned, ..) in &objects {
            let version = planned.resource.kind.version.clone();
            let entry = Entry { version, ..Entry::default() };
            self.inventory.entries.insert(planned.key.clone(), entry);
        }
        self.save().await?;
        let end = Instant::now() + self.guard.hold;
        for (planned, uid, refused) in objects {
            self.goes_on()?;
            if !done.is_empty() && Instant::now() >= end {
                let what = format!("{} is to be made anew", planned.key);
                return Err(Error::Waits { what, passed: Duration::ZERO });
            }
            match self.anew(&planned, (&uid, refused), end).await {
                Ok(live) => {
                    self.applied(&planned, &live, outcome);
                    done.push(planned);
                }
                Err(Error::Refused { refusals: more, .. }) => {
                    let takes_long = more.iter().any(is_held);
                    refusals.extend(more);
                    if takes_long {
                        break;
                    }
                }
                Err(error) => refusals.push(refusal(&planned.key, &planned.resource.kind, error)?),
            }
        }
        Ok((done, refusals))
    }
}
