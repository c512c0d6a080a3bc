//! Taking a release away: what would go, and deleting it in the opposite order of applying, each wave gone before the
//! next begins.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::time::Instant;

use super::guard::{holds, sight};
use super::hooks::{Change, HookEvent, Hooked};
use super::leaving::{Place, Plan, Turn, batch, lived_in};
use super::plan::plan;
use super::prune::{Fate, Going, Made, Stays, delete, remove as delete_looked_at};
use super::refusal::refusal;
use super::run::{AT_ONCE, Run};
use super::{Event, Guard, Outcome, Release, Waiting, held, wait};
use crate::cluster::{Cluster, Request};
use crate::order::Phase;
use crate::ownership::{PART_OF, keeps};
use crate::{Error, Key, Object};

/// What is waited for while what was deleted goes, as the inventory has it: its beginning, before the turn.
const GOES: &str = "gone";

/// What taking a release away would do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Preview {
    /// What would be deleted, in this order.
    pub goes: Vec<Key>,
    /// What would stay, and why.
    pub stays: Vec<(Key, Stays)>,
    /// What nobody can say anything about now: the cluster does not serve its kind.
    pub unseen: Vec<Key>,
    /// Claims that StatefulSets made, and that stay.
    pub claims: Vec<Key>,
    /// With what of this goes what it holds.
    pub data: Vec<Key>,
    /// What names exactly these deletions in a confirmation, whether one is needed or not.
    pub digest: String,
    /// What a person has to confirm first, if anything.
    pub waiting: Option<Waiting>,
}

/// What taking a release away did.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Removed {
    /// What is gone.
    pub deleted: Vec<Key>,
    /// What stays, and is nobody's from now on.
    pub kept: Vec<Key>,
    /// What nobody can say anything about now; it is still in the inventory, and looked at again by the next attempt.
    pub unseen: Vec<Key>,
    /// Claims that StatefulSets made, and that stay, whichever attempt deleted these; named once all else is gone.
    pub claims: Vec<Key>,
    /// What a person has to confirm first; nothing was deleted then.
    pub waiting: Option<Waiting>,
}

/// Looks what taking a release away would do, with what was said about it already; nothing is written.
///
/// # Errors
/// When the cluster cannot be asked, or the inventory is another release's.
pub async fn preview(cluster: &Cluster, release: &Release, guard: &Guard) -> Result<Preview, Error> {
    let run = Run::begin(cluster, release, guard, &|_| ()).await?;
    let plan = run.leaving().await?;
    let claims = run.claims_left(&plan.going).await?.into_iter().collect();
    let holds = plan.going.iter().filter(|(key, found)| found.holds && !run.retains(key, found));
    let data = holds.map(|(key, _)| key.clone()).collect();
    let (waiting, digest) = (run.asks(&plan), run.digest(&plan));
    let mut found = Preview { waiting, digest, claims, data, ..Preview::default() };
    for (key, fate) in plan.others {
        match fate {
            Fate::Stays(why) => found.stays.push((key, why)),
            Fate::Unseen => found.unseen.push(key),
            Fate::Gone | Fate::Goes(_) => {}
        }
    }
    found.goes = plan.going.into_iter().map(|(key, _)| key).collect();
    Ok(found)
}

/// Takes a release away: its hooks before, its objects wave by wave, its hooks after, what is left of hooks, and the
/// inventory. `objects` is what was deployed last; only its hooks are used, and none runs at [`Change::Nothing`]. Done again it goes on where it was.
///
/// # Errors
/// [`Error::Waits`] with the objects that are not gone yet, and what holds each; [`Error::Refused`] with those that the
/// cluster refuses to delete.
pub async fn remove(
    (cluster, release): (&Cluster, &Release),
    objects: Vec<Object>,
    guard: &Guard,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Removed, Error> {
    let mut hooks: Vec<Object> =
        objects.into_iter().filter(|object| object.annotation("helm.sh/hook").is_some()).collect();
    // Its definition may have gone with the rest, and all of its objects with that.
    let served = cluster.exactly(&hooks.iter().map(|hook| hook.kind.clone()).collect()).await?;
    hooks.retain(|hook| served.contains_key(&hook.kind));
    let hooks = plan(cluster, release, hooks).await?.hooks;
    let mut run = Run::begin(cluster, release, guard, tell).await?;
    run.deployment = format!("delete {}", run.deployment);
    run.inventory.waits.are_of(&run.deployment);
    if !run.inventory.is_there() {
        run.namespace_gone().await?;
        return Ok(Removed::default());
    }
    let leaving = run.leaving().await?;
    if let Some(waiting) = run.asks(&leaving) {
        return Ok(Removed { waiting: Some(waiting), ..Removed::default() });
    }
    // What was confirmed goes on to hold for what is left of it.
    if run.inventory.leaving.is_empty() || guard.confirmed.as_ref() != Some(&run.inventory.leaving) {
        run.inventory.leaving = run.digest(&leaving);
    }
    // Who comes after this attempt finds no StatefulSet that tells.
    run.inventory.claims = run.claims_left(&leaving.going).await?;
    run.save().await?;
    let mut removed = Removed::default();
    let work = run.away(leaving, &hooks, &mut removed).await;
    if work.is_ok() {
        // Until the end it is known what stays: what it lives in stays as well.
        for key in &removed.kept {
            run.inventory.entries.remove(key);
        }
    }
    if work.is_ok() && run.inventory.entries.is_empty() {
        run.inventory.delete(cluster, release).await?;
        return Ok(removed);
    }
    run.end(work, Outcome::default()).await?;
    Ok(removed)
}

impl Run<'_> {
    async fn away(&mut self, plan: Plan, hooks: &[Hooked], removed: &mut Removed) -> Result<(), Error> {
        self.stop_left().await?;
        let due: &[Hooked] = if self.guard.change == Change::Nothing { &[] } else { hooks };
        self.hooks(due, HookEvent::PreDelete).await?;
        for (key, fate) in plan.others {
            self.note(key, &fate, removed);
        }
        let mut batches: BTreeMap<std::cmp::Reverse<Turn>, Vec<_>> = BTreeMap::new();
        for (key, found) in plan.going {
            let turn = batch(&self.release.namespace, &key, &found);
            batches.entry(std::cmp::Reverse(turn)).or_default().push((key, found));
        }
        let namespaces = batches.split_off(&std::cmp::Reverse((Place::Namespace, i64::MAX, Phase::Custom)));
        for (std::cmp::Reverse(turn), batch) in batches {
            self.batch_away(turn, batch, removed).await?;
            self.save().await?;
        }
        // With a namespace would go what these need.
        self.hooks(due, HookEvent::PostDelete).await?;
        self.sweep(hooks).await?;
        let namespaces =
            namespaces.into_iter().flat_map(|(turn, batch)| batch.into_iter().map(move |of| (turn.0, of)));
        for (turn, (key, found)) in namespaces {
            let fate = lived_in(&key, &self.release.namespace, (&removed.kept, &removed.unseen));
            match fate {
                Some(fate) => self.note(key, &fate, removed),
                None => self.batch_away(turn, vec![(key, found)], removed).await?,
            }
        }
        removed.claims = self.claims_there().await?;
        Ok(())
    }

    /// Deletes what may go side by side, and waits until all of it is gone.
    async fn batch_away(
        &mut self,
        turn: Turn,
        batch: Vec<(Key, Box<Going>)>,
        removed: &mut Removed,
    ) -> Result<(), Error> {
        // An attempt before this one waits already: this one looks once.
        let goes = format!("{GOES} {turn:?}");
        let goes_on = self.inventory.waits.has(&goes);
        let passed = self.inventory.waits.begin(&self.deployment, &goes);
        let end = Instant::now() + if goes_on { Duration::ZERO } else { self.guard.hold };
        let this = &*self;
        let work = stream::iter(batch).map(|(key, found)| async move {
            let result = this.one_away(&key, &found, end).await;
            (key, found, result)
        });
        let results: Vec<_> = work.buffered(AT_ONCE).collect().await;
        let (mut refusals, mut waits, mut failed) = (Vec::new(), Vec::new(), None);
        for (key, found, result) in results {
            match result {
                Ok(Fate::Goes(_)) => {
                    self.inventory.entries.remove(&key);
                    (self.tell)(Event::Pruned(key.clone()));
                    removed.deleted.push(key);
                }
                Ok(fate) => self.note(key, &fate, removed),
                Err(Error::Refused { refusals: more, .. }) => refusals.extend(more),
                Err(Error::Waits { what, .. }) => waits.push(what),
                Err(error) => match refusal(&key, &found.resource.kind, error) {
                    Ok(refusal) => refusals.push(refusal),
                    Err(error) => failed = failed.or(Some(error)),
                },
            }
        }
        match failed {
            Some(error) => Err(error),
            None if !refusals.is_empty() => Err(Error::Refused { refusals, before: false }),
            None if !waits.is_empty() => Err(Error::Waits { what: held::listed(&waits), passed }),
            None => {
                self.inventory.waits.end(&goes);
                Ok(())
            }
        }
    }

    async fn one_away(&self, key: &Key, found: &Going, end: Instant) -> Result<Fate, Error> {
        self.goes_on()?;
        let entry = self.inventory.entries.get(key).cloned().unwrap_or_default();
        if self.retains(key, found) {
            self.retain(key, found, end).await?;
        }
        let fate = delete_looked_at((self.cluster, &self.set), (key, &entry), found, Made::First).await?;
        let Fate::Goes(going) = fate else { return Ok(fate) };
        let left = end.saturating_duration_since(Instant::now());
        match wait::gone(self.cluster, (&going.resource, key), &going.uid, (self.guard, left)).await {
            Err(Error::Refused { refusals, .. }) => {
                let held = self.holders(refusals, &going.uid).await?;
                Err(Error::Waits { what: held::said(&held), passed: Duration::ZERO })
            }
            gone => gone.map(|()| Fate::Goes(going)),
        }
    }

    /// Deletes what is left of hooks, but for what holds data or is marked to be kept.
    async fn sweep(&self, hooks: &[Hooked]) -> Result<(), Error> {
        for hook in hooks {
            let place = (&hook.planned.resource, &hook.planned.key);
            let look = Request::get(place.0.path(place.1), sight(place.1));
            let live = match self.cluster.find(&look).await {
                Err(error) if error.status() == Some(404) => continue,
                live => live?,
            };
            let Some(live) = live else { continue };
            let ours = live["metadata"]["labels"][PART_OF] == self.set;
            if ours && !keeps(&live) && !holds(place.1, &live) {
                let uid = json!({ "uid": live["metadata"]["uid"] });
                delete(self.cluster, place, uid, Made::Follow).await?;
            }
        }
        Ok(())
    }

    fn note(&mut self, key: Key, fate: &Fate, removed: &mut Removed) {
        match fate {
            Fate::Stays(_) => removed.kept.push(key),
            Fate::Gone => {
                self.inventory.entries.remove(&key);
            }
            Fate::Unseen | Fate::Goes(_) => removed.unseen.push(key),
        }
    }
}
