//! The apply itself: look, refuse, write down what will be there, apply in order, prune, write down what is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};

use super::guard::holds_data;
use super::hooks::Hooked;
use super::plan::{Planned, plan};
use super::prune::{Fate, delete, fate, remove};
use super::refusal::refusal;
use super::secret::cleaned;
use super::{Event, Guard, Outcome, Release, wait};
use crate::cluster::{APPLY, Cluster, METADATA, Request};
use crate::inventory::{owned, set_id};
use crate::order::Phase;
use crate::ownership::other;
use crate::{Entry, Error, FIELD_MANAGER, Inventory, Key, Object, Refusal, Why};

/// How many objects of one release are under way at once; the cluster's own bound holds as well.
pub(super) const AT_ONCE: usize = 8;

/// One apply under way.
pub(super) struct Run<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) release: &'a Release,
    pub(super) guard: &'a Guard,
    pub(super) tell: &'a (dyn Fn(Event) + Send + Sync),
    pub(super) set: String,
    /// The deployment, as its hooks know it.
    pub(super) deployment: String,
    pub(super) inventory: Inventory,
    /// What the cluster has of the inventory.
    stored: Inventory,
}

/// An object that is not as Git has it, and what is there of it.
struct Change {
    planned: Planned,
    /// Its identity, if it is there.
    found: Option<String>,
    /// Whether that one is being deleted.
    leaving: bool,
}

/// Makes the cluster what these objects say; of what is there already as it should be, nothing is sent.
///
/// # Errors
/// [`Error::Refused`] with every object that was refused; what was applied before stays, and the next apply goes on
/// from there. Any other when the cluster cannot be reached.
pub async fn apply(
    cluster: &Cluster,
    release: &Release,
    objects: Vec<Object>,
    guard: &Guard,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Outcome, Error> {
    let plan = plan(cluster, release, objects).await?;
    let inventory = Inventory::read(cluster, release).await?;
    let deployment = match guard.deployment.as_str() {
        "" => plan.digest(),
        name => name.to_owned(),
    };
    let (set, stored) = (set_id(release), inventory.clone());
    let mut run = Run { cluster, release, guard, tell, set, deployment, inventory, stored };
    let missing = run.missing_namespaces(&plan).await?;
    let wanted: BTreeSet<Key> = plan.objects.iter().map(|p| p.key.clone()).collect();
    let (changes, unchanged) = run.compare(plan.objects).await?;
    let fates = run.fates(&wanted).await?;
    run.measure(&changes)?;
    if missing {
        run.make_namespace().await?;
    }
    let as_they_are = unchanged.iter().map(|planned| planned.key.clone()).collect();
    let mut outcome = Outcome { unchanged: as_they_are, ..Outcome::default() };
    run.inventory.leaving.clear();
    let work = run.release((changes, unchanged), &plan.hooks, fates, &mut outcome).await;
    // Whatever failed: what was done until then is written down.
    let written = run.save().await;
    work.and(written)?;
    outcome.inventory = run.inventory;
    Ok(outcome)
}

impl Run<'_> {
    /// Does all of it: what is to be there first, hooks, everything else, what goes, hooks.
    async fn release(
        &mut self,
        (changes, unchanged): (Vec<Change>, Vec<Planned>),
        hooks: &[Hooked],
        fates: BTreeMap<Key, Fate>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let of = self.inventory.entries.len();
        self.write_ahead(&changes).await?;
        let done = self.inventory.released == self.deployment;
        let (pre, post) = self.guard.change.events(self.inventory.released.is_empty());
        let due = |event| !done && hooks.iter().any(|hook| hook.terms.events.contains(&event));
        if due(pre) {
            // As Helm: the definitions that come along are there before any hook.
            let early = |p: &Planned| p.phase <= Phase::Definitions && p.wave <= 0;
            let (first, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|c| early(&c.planned));
            let (same, unchanged): (Vec<_>, Vec<_>) = unchanged.into_iter().partition(|p| early(p));
            self.changes(first, same, outcome).await?;
            self.hooks(hooks, pre).await?;
            self.changes(changes, unchanged, outcome).await?;
        } else {
            self.changes(changes, unchanged, outcome).await?;
        }
        self.prune(fates, of, outcome).await?;
        if due(post) {
            self.hooks(hooks, post).await?;
        }
        // Where nothing else is to be written down this is not worth it.
        if !hooks.is_empty() || self.inventory != self.stored || !self.inventory.ran.hooks.is_empty() {
            self.inventory.released.clone_from(&self.deployment);
            self.inventory.ran = super::Ran::default();
        }
        Ok(())
    }

    /// Writes the inventory down if the cluster has another one.
    pub(super) async fn save(&mut self) -> Result<(), Error> {
        if self.inventory != self.stored {
            self.inventory.write(self.cluster, self.release).await?;
            self.stored = self.inventory.clone();
        }
        Ok(())
    }

    /// Looks at what is there of each object: what differs, and what is as it should be.
    async fn compare(&self, planned: Vec<Planned>) -> Result<(Vec<Change>, Vec<Planned>), Error> {
        let looks = stream::iter(planned).map(|p| async {
            let request = Request::get(p.resource.path(&p.key), METADATA);
            match self.cluster.find(&request).await {
                Err(error) if p.along && error.status() == Some(404) => Ok((p, None)),
                found => found.map(|live| (p, live)),
            }
        });
        let looked: Vec<(Planned, Option<Value>)> = looks.buffered(AT_ONCE).try_collect().await?;
        let (mut changes, mut unchanged, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        for (planned, live) in looked {
            let entry = self.inventory.entries.get(&planned.key);
            let Some(live) = live else {
                changes.push(Change { planned, found: None, leaving: false });
                continue;
            };
            let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
            let known = entry.filter(|entry| entry.uid == uid);
            let leaving = live["metadata"]["deletionTimestamp"].is_string();
            if let Some(owner) = other(&live, &self.set, known.is_some()).filter(|_| !self.guard.adopt) {
                refusals.push(Refusal { object: planned.key, why: Why::Owned(owner) });
            } else if !leaving
                && known.is_some_and(|entry| entry.hash == planned.hash && entry.fields == owned(&live))
            {
                unchanged.push(planned);
            } else {
                changes.push(Change { planned, found: Some(uid.into()), leaving });
            }
        }
        if refusals.is_empty() {
            Ok((changes, unchanged))
        } else {
            Err(Error::Refused { refusals, before: true })
        }
    }

    /// What is to become of objects that Git no longer has.
    async fn fates(&self, wanted: &BTreeSet<Key>) -> Result<BTreeMap<Key, Fate>, Error> {
        let gone = self.inventory.entries.iter().filter(|(key, _)| !wanted.contains(*key));
        let gone: Vec<(Key, Entry)> = gone.map(|(key, entry)| (key.clone(), entry.clone())).collect();
        let looks = stream::iter(gone).map(|(key, entry)| async move {
            let fate = fate(self.cluster, &self.set, (&key, &entry)).await?;
            Ok((key, fate))
        });
        looks.buffered(AT_ONCE).try_collect().await
    }

    /// Refuses what would not fit into the inventory in the end.
    fn measure(&self, changes: &[Change]) -> Result<(), Error> {
        let mut full = self.inventory.clone();
        full.entries.extend(changes.iter().map(|change| {
            let version = &change.planned.resource.kind.version;
            (change.planned.key.clone(), Entry::placeholder(version))
        }));
        full.fits(self.release)
    }

    /// Writes down what will be there before it is: whatever happens then, it can be found again.
    async fn write_ahead(&mut self, changes: &[Change]) -> Result<(), Error> {
        let before = self.inventory.entries.len();
        for change in changes {
            let version = change.planned.resource.kind.version.clone();
            let entry = Entry { version, ..Entry::default() };
            self.inventory.entries.entry(change.planned.key.clone()).or_insert(entry);
        }
        if self.inventory.entries.len() > before { self.save().await } else { Ok(()) }
    }

    /// Applies what differs: phase by phase, and a wave only when those before it are healthy, whether this apply
    /// changed them or found them as they are to be.
    async fn changes(
        &mut self,
        changes: Vec<Change>,
        unchanged: Vec<Planned>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let mut batches: BTreeMap<(i64, Phase), (Vec<Change>, Vec<Planned>)> = BTreeMap::new();
        for change in changes {
            batches.entry((change.planned.wave, change.planned.phase)).or_default().0.push(change);
        }
        let Some(last) = batches.keys().next_back().copied() else { return Ok(()) };
        for planned in unchanged.into_iter().filter(|p| (p.wave, p.phase) <= last) {
            batches.entry((planned.wave, planned.phase)).or_default().1.push(planned);
        }
        // What is in place and not yet waited for.
        let mut settled: Vec<Planned> = Vec::new();
        for ((wave, phase), (batch, as_it_is)) in batches {
            let changes = !batch.is_empty();
            if changes {
                let (earlier, same) = settled.into_iter().partition(|p: &Planned| p.wave < wave);
                settled = same;
                wait::wave(self, earlier).await?;
            }
            let mut done = self.batch(batch, outcome).await?;
            done.extend(as_it_is);
            if phase == Phase::Definitions {
                wait::definitions(self, &done).await?;
                if changes {
                    self.cluster.forget().await;
                }
            }
            if wave != last.0 {
                settled.extend(done);
            }
        }
        Ok(())
    }

    /// Applies objects that do not need one another; all are tried, whatever becomes of the others.
    async fn batch(&mut self, batch: Vec<Change>, outcome: &mut Outcome) -> Result<Vec<Planned>, Error> {
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
            wait::gone(self.cluster, place, uid, self.guard.patience).await?;
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
            delete(self.cluster, &planned.resource, &planned.key, json!({ "uid": uid })).await?;
            wait::gone(self.cluster, place, uid, self.guard.patience).await?;
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

    /// Deletes what Git no longer has, unless a person has to confirm that first. `of` is how many objects the
    /// release had before.
    async fn prune(
        &mut self,
        fates: BTreeMap<Key, Fate>,
        of: usize,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let mut going = Vec::new();
        for (key, fate) in fates {
            match fate {
                Fate::Goes(found) => going.push((key, found)),
                fate => self.left(key, &fate, outcome),
            }
        }
        // What was applied last goes first.
        going.sort_by_key(|(_, found)| std::cmp::Reverse(Phase::of(&found.resource.kind)));
        let asked: Vec<_> = going.iter().map(|(key, found)| (key.clone(), found.mark.clone())).collect();
        outcome.waiting = self.guard.asks(&asked, of);
        if outcome.waiting.is_some() {
            return Ok(());
        }
        let mut refusals = Vec::new();
        for (key, found) in going {
            let entry = self.inventory.entries.get(&key).cloned().unwrap_or_default();
            match remove(self.cluster, &self.set, (&key, &entry), &found).await {
                Ok(Fate::Goes(_)) => {
                    self.inventory.entries.remove(&key);
                    (self.tell)(Event::Pruned(key.clone()));
                    outcome.pruned.push(key);
                }
                Ok(fate) => self.left(key, &fate, outcome),
                Err(error) => refusals.push(refusal(&key, &found.resource.kind, error)?),
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(Error::Refused { refusals, before: false }) }
    }

    /// Notes what is not deleted.
    fn left(&mut self, key: Key, fate: &Fate, outcome: &mut Outcome) {
        match fate {
            Fate::Stays => {
                self.inventory.entries.remove(&key);
                outcome.kept.push(key);
            }
            Fate::Gone => {
                self.inventory.entries.remove(&key);
            }
            Fate::Goes(_) | Fate::Unseen => outcome.unseen.push(key),
        }
    }
}
