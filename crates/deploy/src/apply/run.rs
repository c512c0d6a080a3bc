//! The apply itself: look, refuse, write down what will be there, apply in order, prune, write down what is.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::hooks::Hooked;
use super::plan::{Planned, plan};
use super::prune::{Fate, Made, fate, remove};
use super::refusal::refusal;
use super::send::Change;
use super::{Event, Guard, Outcome, Release, meant, wait};
use crate::cluster::{Cluster, METADATA, Request};
use crate::inventory::{owned, set_id};
use crate::order::Phase;
use crate::ownership::other;
use crate::{Entry, Error, Inventory, Key, Object, Refusal, Why};

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
    guard.demand_reach(release, &plan)?;
    let mut run = Run::begin(cluster, release, guard, tell).await?;
    if run.deployment.is_empty() {
        run.deployment = plan.digest();
    }
    let missing = run.missing_namespaces(&plan).await?;
    let wanted: BTreeSet<Key> = plan.objects.iter().map(|p| p.key.clone()).collect();
    let (changes, unchanged) = run.compare(plan.objects).await?;
    let fates = run.fates(&wanted).await?;
    run.measure(&changes)?;
    if missing {
        run.make_namespace().await?;
    }
    run.inventory.leaving.clear();
    let mut outcome = Outcome { unchanged: keys(&unchanged), ..Outcome::default() };
    let work = run.release((changes, unchanged), &plan.hooks, fates, &mut outcome).await;
    run.end(work, outcome).await
}

/// Applies some of the objects of a release again, without hooks and without deleting anything.
///
/// # Errors
/// As [`apply`].
pub(super) async fn again(
    (cluster, release): (&Cluster, &Release),
    objects: Vec<Object>,
    these: &[Key],
    guard: &Guard,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Outcome, Error> {
    let mut plan = plan(cluster, release, objects).await?;
    plan.objects.retain(|planned| these.contains(&planned.key));
    guard.demand_reach(release, &plan)?;
    let mut run = Run::begin(cluster, release, guard, tell).await?;
    let (changes, unchanged) = run.compare(plan.objects).await?;
    run.measure(&changes)?;
    let mut outcome = Outcome { unchanged: keys(&unchanged), ..Outcome::default() };
    let work = match run.write_ahead(&changes).await {
        Ok(()) => run.changes(changes, unchanged, &mut outcome).await,
        Err(error) => Err(error),
    };
    run.end(work, outcome).await
}

fn keys(planned: &[Planned]) -> Vec<Key> {
    planned.iter().map(|planned| planned.key.clone()).collect()
}

impl<'a> Run<'a> {
    /// Reads what the release has.
    pub(super) async fn begin(
        cluster: &'a Cluster,
        release: &'a Release,
        guard: &'a Guard,
        tell: &'a (dyn Fn(Event) + Send + Sync),
    ) -> Result<Self, Error> {
        let inventory = Inventory::read(cluster, release).await?;
        let (set, stored, deployment) = (set_id(release), inventory.clone(), guard.deployment.clone());
        Ok(Self { cluster, release, guard, tell, set, deployment, inventory, stored })
    }

    /// Whatever failed: what was done until then is written down.
    pub(super) async fn end(mut self, work: Result<(), Error>, outcome: Outcome) -> Result<Outcome, Error> {
        let written = self.save().await;
        work.and(written)?;
        Ok(Outcome { inventory: self.inventory, ..outcome })
    }
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
        let (pre, post) = self.guard.change.events(self.inventory.released.is_empty()).unzip();
        let due =
            |event: &super::HookEvent| !done && hooks.iter().any(|hook| hook.terms.events.contains(event));
        if let Some(pre) = pre.filter(due) {
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
        if let Some(post) = post.filter(due) {
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
    pub(super) async fn compare(&self, planned: Vec<Planned>) -> Result<(Vec<Change>, Vec<Planned>), Error> {
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
                let planned = Planned { body: meant::without(&planned.key, &planned.body, &live), ..planned };
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
    pub(super) async fn fates(&self, wanted: &BTreeSet<Key>) -> Result<BTreeMap<Key, Fate>, Error> {
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

    /// Deletes what Git no longer has, unless a person has to confirm that first. `of` is how many objects the
    /// release had before.
    async fn prune(
        &mut self,
        fates: BTreeMap<Key, Fate>,
        of: usize,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let mut going = Vec::new();
        for (key, seen) in fates {
            let entry = self.inventory.entries.get(&key).cloned().unwrap_or_default();
            // Announced by an attempt that was cut off: its call may have arrived since the first look.
            let late = seen == Fate::Gone && entry.uid.is_empty();
            let fate = if late { fate(self.cluster, &self.set, (&key, &entry)).await? } else { seen };
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
            match remove((self.cluster, &self.set), (&key, &entry), &found, Made::Follow).await {
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
            Fate::Stays(_) => {
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
