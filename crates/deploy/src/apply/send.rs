//! Sending objects: those of one batch side by side, each with what its answer means.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};

use super::guard::{holds, sight};
use super::plan::Planned;
use super::prune::{Made, delete};
use super::refusal::refusal;
use super::run::{AT_ONCE, Run};
use super::secret::cleaned;
use super::{Event, Outcome, meant, wait};
use crate::cluster::{APPLY, JSON, METADATA, Request};
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
enum Sent {
    /// It is as Git has it; its metadata.
    Applied(Value),
    /// A field of the one with this identity cannot be changed, and it may be made anew.
    Anew(String, Refusal),
}

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

/// What an apply is sent over.
enum Over<'a> {
    /// Nothing is there.
    Nothing,
    /// The one with this identity, as long as nobody else has one of its fields.
    Unforced(&'a str),
    /// The one with this identity.
    This(&'a str),
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
        match self.all_anew(anew, outcome).await {
            Ok(more) => done.extend(more),
            Err(Error::Refused { refusals: more, .. }) => refusals.extend(more),
            Err(error) => return Err(error),
        }
        if refusals.is_empty() { Ok(done) } else { Err(Error::Refused { refusals, before: false }) }
    }

    /// Writes down what an applied object is now.
    fn applied(&mut self, planned: &Planned, live: &Value, outcome: &mut Outcome) {
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
        outcome.applied.push(planned.key.clone());
        (self.tell)(Event::Applied(planned.key.clone()));
    }

    /// Makes objects anew, one after the other. Whatever happens in between, who they are is not known by then.
    async fn all_anew(
        &mut self,
        objects: Vec<(Planned, String, Refusal)>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Planned>, Error> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        for (planned, ..) in &objects {
            let version = planned.resource.kind.version.clone();
            let entry = Entry { version, ..Entry::default() };
            self.inventory.entries.insert(planned.key.clone(), entry);
        }
        self.save().await?;
        let (mut done, mut refusals) = (Vec::new(), Vec::new());
        for (planned, uid, refused) in objects {
            self.goes_on()?;
            match self.anew(&planned, &uid, refused).await {
                Ok(live) => {
                    self.applied(&planned, &live, outcome);
                    done.push(planned);
                }
                Err(Error::Refused { refusals: more, .. }) => refusals.extend(more),
                Err(error) => refusals.push(refusal(&planned.key, &planned.resource.kind, error)?),
            }
        }
        if refusals.is_empty() { Ok(done) } else { Err(Error::Refused { refusals, before: false }) }
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
                wait::gone(self.cluster, place, uid, (self.guard, self.guard.hold)).await?;
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

    /// What a refusal comes to: where only a field cannot be changed the object may be made anew, if that was asked
    /// for and nothing is lost by it.
    async fn refused(&self, planned: &Planned, uid: Option<&str>, error: Error) -> Result<Sent, Error> {
        let refused = refusal(&planned.key, &planned.resource.kind, error)?;
        let refuse = |refused| Err(Error::Refused { refusals: vec![refused], before: false });
        let (true, Why::Immutable(said), Some(uid)) = (self.guard.recreate, &refused.why, uid) else {
            return refuse(refused);
        };
        let look = Request::get(planned.resource.path(&planned.key), sight(&planned.key));
        let live = self.cluster.find(&look).await?.unwrap_or_default();
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
    async fn anew(&self, planned: &Planned, uid: &str, refused: Refusal) -> Result<Value, Error> {
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
            wait::gone(self.cluster, place, uid, (self.guard, self.guard.patience)).await?;
        }
        let live = self.send(planned, &planned.body, Over::Nothing).await?;
        (self.tell)(Event::Recreated(planned.key.clone()));
        Ok(live)
    }

    /// Sends one object: over the very one that was found, whoever has its fields; over the one that is known, if
    /// nobody else has; or where none was, only if nobody has made one meanwhile that says otherwise.
    async fn send(&self, planned: &Planned, body: &Bytes, over: Over<'_>) -> Result<Value, Error> {
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
