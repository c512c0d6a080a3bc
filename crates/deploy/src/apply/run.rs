//! The apply itself: look, refuse, write down what will be there, apply in order, prune, write down what is.

use std::collections::{BTreeMap, BTreeSet};

use super::hooks::{HookEvent, Hooked};
use super::plan::{Planned, plan};
use super::prune::Fate;
use super::send::Change;
use super::{Event, Guard, Outcome, Release, Waits};
use crate::cluster::Cluster;
use crate::inventory::set_id;
use crate::order::Phase;
use crate::{Error, Inventory, Key, Object};

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

/// The hooks of a deployment.
struct Hooks {
    /// The events before and after it, if it has any.
    events: Option<(HookEvent, HookEvent)>,
    all: Vec<Hooked>,
}

impl Hooks {
    /// What runs in this deployment: no pruning, even if it was an ordinary object before. Where none runs, nothing
    /// is concluded from that.
    fn keys(&self) -> Vec<Key> {
        let runs = |hook: &&Hooked| match self.events {
            Some((pre, post)) => hook.terms.events.iter().any(|event| [pre, post].contains(event)),
            None => true,
        };
        self.all.iter().filter(runs).map(|hook| hook.planned.key.clone()).collect()
    }
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
    run.inventory.waits.are_of(&run.deployment);
    let missing = run.missing_namespaces(&plan).await?;
    let mut wanted: BTreeSet<Key> = plan.objects.iter().map(|p| p.key.clone()).collect();
    let (changes, unchanged) = run.compare(plan.objects).await?;
    let hooks = Hooks { events: run.events(), all: plan.hooks };
    wanted.extend(hooks.keys());
    let fates = run.fates(&wanted).await?;
    run.measure(&changes)?;
    if missing {
        run.make_namespace().await?;
    }
    run.inventory.leaving.clear();
    run.inventory.claims.clear();
    let mut outcome = Outcome { unchanged: keys(&unchanged), ..Outcome::default() };
    let work = run.release((changes, unchanged), &hooks, fates, &mut outcome).await;
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
    let waits = std::mem::take(&mut run.inventory.waits);
    let (changes, unchanged) = run.compare(plan.objects).await?;
    run.measure(&changes)?;
    let mut outcome = Outcome { unchanged: keys(&unchanged), ..Outcome::default() };
    let work = match run.write_ahead(&changes).await {
        Ok(()) => run.changes(changes, unchanged, &mut outcome).await,
        Err(error) => Err(error),
    };
    // Those of a deployment are not of this.
    run.inventory.waits = waits;
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
    /// The events before and after this deployment. What takes objects over is no first one: something made them.
    fn events(&self) -> Option<(HookEvent, HookEvent)> {
        let Inventory { released, taken, .. } = &self.inventory;
        self.guard.change.events(!self.guard.released && released.is_empty() && !taken)
    }

    /// Does all of it: what is to be there first, hooks, everything else, what goes, hooks.
    async fn release(
        &mut self,
        (changes, unchanged): (Vec<Change>, Vec<Planned>),
        hooks: &Hooks,
        fates: BTreeMap<Key, Fate>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let of = self.inventory.entries.len();
        self.stop_left().await?;
        self.write_ahead(&changes).await?;
        let done = self.inventory.released == self.deployment;
        let (pre, post) = hooks.events.unzip();
        let due = |event: &HookEvent| !done && hooks.all.iter().any(|hook| hook.terms.events.contains(event));
        if let Some(pre) = pre.filter(due) {
            // As Helm: the definitions that come along are there before any hook.
            let early = |p: &Planned| p.phase <= Phase::Definitions && p.wave <= 0;
            let (first, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|c| early(&c.planned));
            let (same, unchanged): (Vec<_>, Vec<_>) = unchanged.into_iter().partition(|p| early(p));
            self.changes(first, same, outcome).await?;
            self.hooks(&hooks.all, pre).await?;
            self.changes(changes, unchanged, outcome).await?;
        } else {
            self.changes(changes, unchanged, outcome).await?;
        }
        self.prune(fates, of, outcome).await?;
        if let Some(post) = post.filter(due) {
            self.hooks(&hooks.all, post).await?;
        }
        // What became a hook is no object of the release any more.
        if hooks.events.is_some() {
            for key in hooks.keys() {
                self.inventory.entries.remove(&key);
            }
        }
        // Where nothing else is to be written down this is not worth it.
        if !hooks.all.is_empty() || self.inventory != self.stored || !self.inventory.ran.hooks.is_empty() {
            self.inventory.released.clone_from(&self.deployment);
            self.inventory.taken = false;
            self.inventory.ran = super::Ran::default();
        }
        self.inventory.waits = Waits::default();
        Ok(())
    }

    /// Whether nobody has asked it to stop: nothing more is begun then.
    pub(super) fn goes_on(&self) -> Result<(), Error> {
        if self.guard.stop.is_cancelled() { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Writes the inventory down if the cluster has another one.
    pub(super) async fn save(&mut self) -> Result<(), Error> {
        if self.inventory != self.stored {
            self.inventory.write(self.cluster, self.release).await?;
            self.stored = self.inventory.clone();
        }
        Ok(())
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
                let (earlier, same): (Vec<_>, Vec<_>) =
                    settled.into_iter().partition(|p: &Planned| p.wave < wave);
                settled = same;
                self.healthy(&earlier).await?;
            }
            let mut done = self.batch(batch, outcome).await?;
            done.extend(as_it_is);
            if phase == Phase::Definitions {
                self.healthy(&done).await?;
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
}
