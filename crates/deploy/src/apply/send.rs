//! Sending objects: those of one batch side by side, each with what its answer means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use serde_json::Value;

use super::plan::Planned;
use super::refusal::refusal;
use super::run::{AT_ONCE, Run};
use super::secret::cleaned;
use super::{Event, Outcome, held, meant, wait};
use crate::cluster::{APPLY, METADATA, Request};
use crate::inventory::owned;
use crate::ownership::other;
use crate::{Entry, Error, FIELD_MANAGER, Key, Refusal, Why};

/// An object that is not as Git has it, and what is there of it.
pub(super) struct Change {
    pub(super) planned: Planned,
    /// What is there.
    pub(super) found: Found,
}

/// What is there of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// This one.
    There {
        /// Its identity.
        uid: String,
        /// Whether it is being deleted.
        leaving: bool,
        /// Whether it is taken over.
        foreign: bool,
    },
    /// This one, by the inventory: nobody has looked.
    Known(String),
}

/// What became of one object.
pub(super) enum Sent {
    /// It is as Git has it; its metadata.
    Applied(Value),
    /// A field of the one with this identity cannot be changed, and it may be made anew.
    Anew(String, Refusal),
}

/// What an apply is sent over.
pub(super) enum Over<'a> {
    /// Nothing is there.
    Nothing,
    /// The one with this identity, as long as nobody else has one of its fields.
    Unforced(&'a str),
    /// The one with this identity.
    This(&'a str),
}

/// What is waited for with an object whose predecessor is being deleted.
fn leaves(key: &Key) -> String {
    format!("leaves {}/{key}", key.group)
}

/// Whether all that stands in the way of an object is one that is being deleted.
pub(super) fn is_held(refusal: &Refusal) -> bool {
    matches!(refusal.why, Why::Finalizers(_))
}

impl Run<'_> {
    /// Applies objects that do not need one another; all are tried, whatever becomes of the others.
    pub(super) async fn batch(
        &mut self,
        batch: Vec<Change>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Planned>, Error> {
        let this = &*self;
        let mut anew = Vec::new();
        // Once the cluster is away no more are begun: each would be tried as patiently as the first.
        let away = &AtomicBool::new(false);
        let applies = stream::iter(batch).map(|change| async move {
            if away.load(Ordering::Relaxed) {
                return None;
            }
            if let Err(stopped) = this.goes_on() {
                return Some((change.planned, Err(Err(stopped))));
            }
            let (key, kind) = (&change.planned.key, &change.planned.resource.kind);
            let result = match this.one(&change).await {
                Err(Error::Refused { refusals, .. }) => Err(Ok(refusals)),
                Err(error) => Err(refusal(key, kind, error).map(|refusal| vec![refusal])),
                Ok(sent) => Ok(sent),
            };
            if matches!(result, Err(Err(_))) {
                // It may be its namespace that is gone.
                this.cluster.forget_namespace(&key.namespace);
                away.store(true, Ordering::Relaxed);
            }
            Some((change.planned, result))
        });
        let results: Vec<_> = applies.buffered(AT_ONCE).collect().await;
        let (mut refusals, mut failed, mut done) = (Vec::new(), None, Vec::new());
        for (planned, result) in results.into_iter().flatten() {
            match result {
                Ok(Sent::Applied(live)) => {
                    self.applied(&planned, &live, outcome);
                    done.push(planned);
                }
                Ok(Sent::Anew(uid, refused)) => anew.push((planned, uid, refused)),
                Err(Ok(more)) => refusals.extend(more),
                Err(Err(error)) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let (made, more) = self.all_anew(anew, outcome).await?;
        done.extend(made);
        refusals.extend(more);
        if refusals.is_empty() { Ok(done) } else { Err(self.sum_of(refusals)) }
    }

    /// Writes down what an applied object is now.
    pub(super) fn applied(&mut self, planned: &Planned, live: &Value, outcome: &mut Outcome) {
        let entry = Entry {
            version: planned.resource.kind.version.clone(),
            uid: live["metadata"]["uid"].as_str().unwrap_or_default().into(),
            hash: planned.hash.clone(),
            fields: owned(live),
            ends: planned.ends,
            leaves: false,
        };
        let version = live["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok());
        outcome.versions.extend(version.map(|version| (entry.uid.clone(), version)));
        self.inventory.entries.insert(planned.key.clone(), entry);
        self.inventory.waits.end(&leaves(&planned.key));
        outcome.applied.push(planned.key.clone());
        (self.tell)(Event::Applied(planned.key.clone()));
    }

    /// What refusals come to. What is being deleted is waited for before anything else is told: it is to be there again.
    fn sum_of(&mut self, refusals: Vec<Refusal>) -> Error {
        let held: Vec<Refusal> = refusals.iter().filter(|refusal| is_held(refusal)).cloned().collect();
        let begin =
            |refusal: &Refusal| self.inventory.waits.begin(&self.deployment, &leaves(&refusal.object));
        match held.iter().map(begin).max() {
            Some(passed) if passed < self.guard.patience => Error::Waits { what: held::said(&held), passed },
            Some(_) | None => Error::Refused { refusals, before: false },
        }
    }

    /// Applies one object; its metadata afterwards.
    async fn one(&self, change: &Change) -> Result<Sent, Error> {
        let planned = &change.planned;
        let (found, body) = match &change.found {
            Found::Known(uid) => match self.send(planned, &planned.body, Over::Unforced(uid)).await {
                Ok(live) if live["metadata"]["deletionTimestamp"].is_null() => {
                    return Ok(Sent::Applied(live));
                }
                // It is being deleted: its successor is what is meant.
                Ok(_) => (Some((uid.clone(), true)), None),
                // Somebody has one of its fields, or it is another one, or none.
                Err(error) if error.status() == Some(409) => self.look_again(planned, uid).await?,
                Err(error) => return self.refused(planned, Some(uid), error).await,
            },
            Found::There { uid, leaving, .. } => (Some((uid.clone(), *leaving)), None),
            Found::Nothing => (None, None),
        };
        let body = body.as_ref().unwrap_or(&planned.body);
        let place = (&planned.resource, &planned.key);
        let over = match &found {
            Some((uid, true)) => {
                // An attempt before this one waits already: this one looks once.
                let waited = self.inventory.waits.has(&leaves(&planned.key));
                let left = if waited { Duration::ZERO } else { self.guard.hold };
                wait::gone(self.cluster, place, uid, (self.guard, left)).await?;
                Over::Nothing
            }
            Some((uid, false)) => Over::This(uid),
            None => Over::Nothing,
        };
        match self.send(planned, body, over).await {
            Ok(live) => Ok(Sent::Applied(live)),
            Err(error) if error.status() == Some(409) => Err(self.conflict(planned, error).await),
            Err(error) => {
                let uid = found.as_ref().filter(|(_, leaving)| !leaving).map(|(uid, _)| uid.as_str());
                self.refused(planned, uid, error).await
            }
        }
    }

    /// After an apply of what the inventory knows that did not go through: what is there now, and what of the
    /// manifest is to be sent.
    async fn look_again(
        &self,
        planned: &Planned,
        known: &str,
    ) -> Result<(Option<(String, bool)>, Option<Bytes>), Error> {
        let look = Request::get(planned.resource.path(&planned.key), METADATA);
        let Some(live) = self.cluster.find(&look).await? else { return Ok((None, None)) };
        let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
        let owner = other(&live, &self.set, uid == known);
        if let Some(owner) = owner.filter(|owner| !self.guard.takes(owner)) {
            let refusals = vec![Refusal { object: planned.key.clone(), why: Why::Owned(owner) }];
            return Err(Error::Refused { refusals, before: false });
        }
        let found = (uid.to_owned(), live["metadata"]["deletionTimestamp"].is_string());
        let live = meant::seen(self.cluster, (&planned.resource, &planned.key), live).await?;
        let body = meant::without(&planned.key, &planned.body, &live);
        Ok((Some(found), Some(body)))
    }

    /// Sends one object: over the very one that was found, whoever has its fields; over the one that is known, if
    /// nobody else has; or where none was, only if nobody has made one meanwhile that says otherwise.
    pub(super) async fn send(&self, planned: &Planned, body: &Bytes, over: Over<'_>) -> Result<Value, Error> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", planned.resource.path(&planned.key));
        let with = |uid: &str| {
            let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
            body["metadata"]["uid"] = uid.into();
            Bytes::from(body.to_string())
        };
        let (path, body) = match over {
            Over::Nothing => (path, body.clone()),
            Over::Unforced(uid) => (path, with(uid)),
            Over::This(uid) => (format!("{path}&force=true"), with(uid)),
        };
        let request = Request { method: Method::PATCH, path, kind: APPLY, accept: METADATA, body };
        self.cluster.call(&request).await.map_err(|error| cleaned(planned, error))
    }

    /// What a conflict means: the object is somebody else's by now, or not the one that was looked at.
    async fn conflict(&self, planned: &Planned, error: Error) -> Error {
        let look = Request::get(planned.resource.path(&planned.key), METADATA);
        let live = match self.cluster.find(&look).await {
            Ok(live) => live,
            Err(error) => return error,
        };
        match live.and_then(|live| other(&live, &self.set, false)) {
            Some(owner) => {
                let refusals = vec![Refusal { object: planned.key.clone(), why: Why::Owned(owner) }];
                Error::Refused { refusals, before: false }
            }
            None => error,
        }
    }
}
