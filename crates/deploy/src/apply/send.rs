//! Sending objects: those of one batch side by side, each with what its answer means.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};

use super::guard::holds_data;
use super::plan::Planned;
use super::prune::{Made, delete};
use super::refusal::refusal;
use super::run::{AT_ONCE, Run};
use super::secret::cleaned;
use super::{Event, Outcome, wait};
use crate::cluster::{APPLY, METADATA, Request};
use crate::inventory::owned;
use crate::ownership::other;
use crate::{Entry, Error, FIELD_MANAGER, Refusal, Why};

/// An object that is not as Git has it, and what is there of it.
pub(super) struct Change {
    pub(super) planned: Planned,
    /// Its identity, if it is there.
    pub(super) found: Option<String>,
    /// Whether that one is being deleted.
    pub(super) leaving: bool,
}

impl Run<'_> {
    /// Applies objects that do not need one another; all are tried, whatever becomes of the others.
    pub(super) async fn batch(
        &mut self,
        batch: Vec<Change>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Planned>, Error> {
        let this = &*self;
        // Once the cluster is away no more are begun: each would be tried as patiently as the first.
        let away = &AtomicBool::new(false);
        let applies = stream::iter(batch).map(|change| async move {
            if away.load(Ordering::Relaxed) {
                return None;
            }
            let (key, kind) = (&change.planned.key, &change.planned.resource.kind);
            let result = match this.one(&change).await {
                Err(Error::Refused { refusals, .. }) => Err(Ok(refusals)),
                Err(error) => Err(refusal(key, kind, error).map(|refusal| vec![refusal])),
                Ok(live) => Ok(live),
            };
            if matches!(result, Err(Err(_))) {
                away.store(true, Ordering::Relaxed);
            }
            Some((change.planned, result))
        });
        let results: Vec<_> = applies.buffered(AT_ONCE).collect().await;
        let (mut refusals, mut failed, mut done) = (Vec::new(), None, Vec::new());
        for (planned, result) in results.into_iter().flatten() {
            match result {
                Ok(live) => {
                    let entry = Entry {
                        version: planned.resource.kind.version.clone(),
                        uid: live["metadata"]["uid"].as_str().unwrap_or_default().into(),
                        hash: planned.hash.clone(),
                        fields: owned(&live),
                    };
                    self.inventory.entries.insert(planned.key.clone(), entry);
                    outcome.applied.push(planned.key.clone());
                    (self.tell)(Event::Applied(planned.key.clone()));
                    done.push(planned);
                }
                Err(Ok(more)) => refusals.extend(more),
                Err(Err(error)) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            Some(error) => Err(error),
            None if refusals.is_empty() => Ok(done),
            None => Err(Error::Refused { refusals, before: false }),
        }
    }

    /// Applies one object; its metadata afterwards.
    async fn one(&self, change: &Change) -> Result<Value, Error> {
        let planned = &change.planned;
        let place = (&planned.resource, &planned.key);
        let mut found = change.found.as_deref();
        if let Some(uid) = found.filter(|_| change.leaving) {
            wait::gone(self.cluster, place, uid, (self.guard, self.guard.patience)).await?;
            found = None;
        }
        let error = match self.send(planned, found).await {
            Ok(live) => return Ok(live),
            Err(error) if error.status() == Some(409) => return Err(self.conflict(planned, error).await),
            Err(error) => error,
        };
        let refused = refusal(&planned.key, &planned.resource.kind, error)?;
        let may = self.guard.recreate && !holds_data(&planned.key);
        if !(may && matches!(refused.why, Why::Immutable(_))) {
            return Err(Error::Refused { refusals: vec![refused], before: false });
        }
        let look = Request::get(planned.resource.path(&planned.key), METADATA);
        if let Some(live) = self.cluster.find(&look).await? {
            let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
            // Somebody has put another one in its place meanwhile.
            if change.found.as_deref() != Some(uid) {
                return Err(Error::Refused { refusals: vec![refused], before: false });
            }
            delete(self.cluster, (&planned.resource, &planned.key), json!({ "uid": uid }), Made::Follow)
                .await?;
            wait::gone(self.cluster, place, uid, (self.guard, self.guard.patience)).await?;
        }
        let live = self.send(planned, None).await?;
        (self.tell)(Event::Recreated(planned.key.clone()));
        Ok(live)
    }

    /// Sends one object: over the very one that was found, whoever has its fields; or where none was, only if
    /// nobody has made one meanwhile that says otherwise.
    async fn send(&self, planned: &Planned, found: Option<&str>) -> Result<Value, Error> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", planned.resource.path(&planned.key));
        let (path, body) = match found {
            None => (path, planned.body.clone()),
            Some(uid) => {
                let mut body: Value = serde_json::from_slice(&planned.body).unwrap_or_default();
                body["metadata"]["uid"] = uid.into();
                (format!("{path}&force=true"), body.to_string().into())
            }
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
