//! Taking a release away: what would go, and deleting it in the opposite order of applying, each wave gone before the
//! next begins.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::guard::{Asked, Consent, holds, is_stateful, sight};
use super::hooks::{HookEvent, Hooked};
use super::plan::plan;
use super::prune::{Fate, Going, Made, Stays, delete, remove as delete_looked_at};
use super::pruning::is_namespace;
use super::refusal::refusal;
use super::run::{AT_ONCE, Run};
use super::{Event, Guard, Outcome, Release, Waiting, wait};
use crate::cluster::{Cluster, JSON, METADATA, METADATA_LIST, Request};
use crate::order::Phase;
use crate::ownership::{PART_OF, keeps};
use crate::{Error, Key, Kind, Object, Refusal, Why};

/// What the API server adds while the objects that one made go first.
const FOREGROUND: &str = "foregroundDeletion";

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
    /// Claims that StatefulSets made, and that stay; named by the attempt that deletes these.
    pub claims: Vec<Key>,
    /// What a person has to confirm first; nothing was deleted then.
    pub waiting: Option<Waiting>,
}

/// Objects that go, in order, and what becomes of the others.
struct Plan {
    going: Vec<(Key, Box<Going>)>,
    others: Vec<(Key, Fate)>,
}

/// Looks what taking a release away would do, with what was said about it already; nothing is written.
///
/// # Errors
/// When the cluster cannot be asked, or the inventory is another release's.
pub async fn preview(cluster: &Cluster, release: &Release, guard: &Guard) -> Result<Preview, Error> {
    let run = Run::begin(cluster, release, guard, &|_| ()).await?;
    let plan = run.leaving().await?;
    let claims = run.claims_left(&plan.going).await?;
    let holds = plan.going.iter().filter(|(key, found)| found.holds && !run.retains(key, found));
    let data = holds.map(|(key, _)| key.clone()).collect();
    let mut found = Preview { waiting: run.asks(&plan), claims, data, ..Preview::default() };
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
/// inventory. `objects` is what was deployed last; only its hooks are used. Done again it goes on where it was.
///
/// # Errors
/// [`Error::Refused`] with every object that is held, and by what; or that the cluster refuses to delete.
pub async fn remove(
    (cluster, release): (&Cluster, &Release),
    objects: Vec<Object>,
    guard: &Guard,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Removed, Error> {
    let hooks = objects.into_iter().filter(|object| object.annotation("helm.sh/hook").is_some()).collect();
    let hooks = plan(cluster, release, hooks).await?.hooks;
    let mut run = Run::begin(cluster, release, guard, tell).await?;
    run.deployment = format!("delete {}", run.deployment);
    if !run.inventory.is_there() {
        run.namespace_gone().await?;
        return Ok(Removed::default());
    }
    let leaving = run.leaving().await?;
    if let Some(waiting) = run.asks(&leaving) {
        return Ok(Removed { waiting: Some(waiting), ..Removed::default() });
    }
    let begun = guard.confirmed.clone().filter(|digest| !digest.is_empty());
    run.inventory.leaving = begun.unwrap_or_else(|| "begun".into());
    run.save().await?;
    let mut removed = Removed { claims: run.claims_left(&leaving.going).await?, ..Removed::default() };
    let work = run.away(leaving, &hooks, &mut removed).await;
    if work.is_ok() && run.inventory.entries.is_empty() {
        run.inventory.delete(cluster, release).await?;
        return Ok(removed);
    }
    run.end(work, Outcome::default()).await?;
    Ok(removed)
}

impl Run<'_> {
    /// What becomes of everything that the release has.
    async fn leaving(&self) -> Result<Plan, Error> {
        let (mut going, mut others) = (Vec::new(), Vec::new());
        for (key, fate) in self.fates(&BTreeSet::new()).await? {
            match fate {
                Fate::Goes(found) => match self.spared(&key, &found) {
                    Some(why) => others.push((key, Fate::Stays(why))),
                    None => going.push((key, found)),
                },
                fate => others.push((key, fate)),
            }
        }
        let kept: Vec<Key> = stays(&others, |fate| matches!(fate, Fate::Stays(_)));
        let unseen: Vec<Key> = stays(&others, |fate| *fate == Fate::Unseen);
        let (own, all) = (&self.release.namespace, std::mem::take(&mut going));
        for (key, found) in all {
            let fate = match is_namespace(&key) {
                true => lived_in(&key, own, (&kept, &unseen)),
                false => None,
            };
            match fate {
                Some(fate) => others.push((key, fate)),
                None => going.push((key, found)),
            }
        }
        going.sort_by(|(a, x), (b, y)| (batch(own, b, y), b).cmp(&(batch(own, a, x), a)));
        Ok(Plan { going, others })
    }

    /// Why a person has said that it stays.
    fn spared(&self, key: &Key, found: &Going) -> Option<Stays> {
        match () {
            () if found.mark.is_some() && self.guard.marked == Consent::Stays => Some(Stays::Theirs),
            // Of a StatefulSet the claims stay, not itself.
            () if found.holds && self.guard.data == Consent::Stays && !is_stateful(key) => {
                Some(Stays::HoldsData)
            }
            () => None,
        }
    }

    /// What a person has to confirm: only what holds data and what others have marked. That much goes is the point.
    fn asks(&self, plan: &Plan) -> Option<Waiting> {
        let asked = |(key, found): &(Key, Box<Going>)| Asked {
            holds: found.holds && !self.retains(key, found),
            ..found.asked(key)
        };
        let objects: Vec<_> = plan.going.iter().map(asked).collect();
        let guard = Guard { prune_most: usize::MAX, prune_share: 100, ..self.guard.clone() };
        let begun =
            !self.inventory.leaving.is_empty() && guard.confirmed.as_ref() == Some(&self.inventory.leaving);
        guard.asks(&objects, objects.len()).filter(|_| !begun)
    }

    async fn away(&mut self, plan: Plan, hooks: &[Hooked], removed: &mut Removed) -> Result<(), Error> {
        self.hooks(hooks, HookEvent::PreDelete).await?;
        for (key, fate) in plan.others {
            self.note(key, &fate, removed);
        }
        let mut batches: BTreeMap<std::cmp::Reverse<Turn>, Vec<_>> = BTreeMap::new();
        for (key, found) in plan.going {
            let turn = batch(&self.release.namespace, &key, &found);
            batches.entry(std::cmp::Reverse(turn)).or_default().push((key, found));
        }
        let namespaces = batches.split_off(&std::cmp::Reverse((Place::Namespace, i64::MAX, Phase::Custom)));
        for batch in batches.into_values() {
            self.batch_away(batch, removed).await?;
            self.save().await?;
        }
        // With a namespace would go what these need.
        self.hooks(hooks, HookEvent::PostDelete).await?;
        self.sweep(hooks).await?;
        for (key, found) in namespaces.into_values().flatten() {
            let fate = lived_in(&key, &self.release.namespace, (&removed.kept, &removed.unseen));
            match fate {
                Some(fate) => self.note(key, &fate, removed),
                None => self.batch_away(vec![(key, found)], removed).await?,
            }
        }
        Ok(())
    }

    /// Where the inventory went with the namespace of the release, that one may still be going.
    async fn namespace_gone(&self) -> Result<(), Error> {
        let name = &self.release.namespace;
        let key = Key {
            group: String::new(),
            kind: "Namespace".into(),
            namespace: String::new(),
            name: name.clone(),
        };
        let look = Request::get(format!("api/v1/namespaces/{name}"), METADATA);
        let live = match self.cluster.find(&look).await {
            // Who may not look at it did not delete it either.
            Err(error) if error.status() == Some(403) => return Ok(()),
            live => live?.unwrap_or_default(),
        };
        let metadata = &live["metadata"];
        if metadata["labels"][PART_OF] != self.set || metadata["deletionTimestamp"].is_null() {
            return Ok(());
        }
        let Some(resource) = self.cluster.resource(&Kind::new("v1", "Namespace")).await? else {
            return Ok(());
        };
        let uid = metadata["uid"].as_str().unwrap_or_default();
        let within = (self.guard, self.guard.patience);
        match wait::gone(self.cluster, (&resource, &key), uid, within).await {
            Err(Error::Refused { refusals, .. }) => {
                let refusals = self.namespace(refusals, &key).await?;
                Err(Error::Refused { refusals, before: false })
            }
            gone => gone,
        }
    }

    /// Deletes what may go side by side, and waits until all of it is gone.
    async fn batch_away(
        &mut self,
        batch: Vec<(Key, Box<Going>)>,
        removed: &mut Removed,
    ) -> Result<(), Error> {
        let end = Instant::now() + self.guard.patience;
        let this = &*self;
        let work = stream::iter(batch).map(|(key, found)| async move {
            let result = this.one_away(&key, &found, end).await;
            (key, found, result)
        });
        let results: Vec<_> = work.buffered(AT_ONCE).collect().await;
        let (mut refusals, mut failed) = (Vec::new(), None);
        for (key, found, result) in results {
            match result {
                Ok(Fate::Goes(_)) => {
                    self.inventory.entries.remove(&key);
                    (self.tell)(Event::Pruned(key.clone()));
                    removed.deleted.push(key);
                }
                Ok(fate) => self.note(key, &fate, removed),
                Err(Error::Refused { refusals: more, .. }) => refusals.extend(more),
                Err(error) => match refusal(&key, &found.resource.kind, error) {
                    Ok(refusal) => refusals.push(refusal),
                    Err(error) => failed = failed.or(Some(error)),
                },
            }
        }
        match failed {
            Some(error) => Err(error),
            None if refusals.is_empty() => Ok(()),
            None => Err(Error::Refused { refusals, before: false }),
        }
    }

    async fn one_away(&self, key: &Key, found: &Going, end: Instant) -> Result<Fate, Error> {
        let entry = self.inventory.entries.get(key).cloned().unwrap_or_default();
        if self.retains(key, found) {
            self.retain(key, found, end).await?;
        }
        let fate = delete_looked_at((self.cluster, &self.set), (key, &entry), found, Made::First).await?;
        let Fate::Goes(going) = fate else { return Ok(fate) };
        let left = end.saturating_duration_since(Instant::now());
        match wait::gone(self.cluster, (&going.resource, key), &going.uid, (self.guard, left)).await {
            Err(Error::Refused { refusals, .. }) => {
                let refusals = self.holders(refusals, &going.uid).await?;
                Err(Error::Refused { refusals, before: false })
            }
            gone => gone.map(|()| Fate::Goes(going)),
        }
    }

    /// Where an object waits for those that it made, these are named with what holds them.
    async fn holders(&self, refusals: Vec<Refusal>, uid: &str) -> Result<Vec<Refusal>, Error> {
        let [Refusal { object, why: Why::Finalizers(held) }] = &refusals[..] else { return Ok(refusals) };
        if object.kind == "Namespace" {
            return self.namespace(refusals.clone(), object).await;
        }
        if !held.iter().all(|name| name == FOREGROUND) {
            return Ok(refusals);
        }
        let mut owners = BTreeSet::from([uid.to_owned()]);
        let mut found = Vec::new();
        for (version, kind) in [("batch/v1", "Job"), ("apps/v1", "ReplicaSet"), ("v1", "Pod")] {
            let kind = Kind::new(version, kind);
            let Some(resource) = self.cluster.resource(&kind).await? else { continue };
            let request = Request::get(resource.folder(&object.namespace), METADATA_LIST);
            let list = self.cluster.call(&request).await.unwrap_or_default();
            for live in list["items"].as_array().into_iter().flatten() {
                let metadata = &live["metadata"];
                let mut of = metadata["ownerReferences"].as_array().into_iter().flatten();
                if !of.any(|owner| owner["uid"].as_str().is_some_and(|uid| owners.contains(uid))) {
                    continue;
                }
                owners.extend(metadata["uid"].as_str().map(Into::into));
                let finalizers = metadata["finalizers"].as_array().into_iter().flatten();
                let held: Vec<String> = finalizers
                    .filter_map(|name| name.as_str().filter(|name| *name != FOREGROUND).map(Into::into))
                    .collect();
                if !held.is_empty() {
                    let object = Key {
                        group: kind.group.clone(),
                        kind: kind.kind.clone(),
                        namespace: object.namespace.clone(),
                        name: metadata["name"].as_str().unwrap_or_default().into(),
                    };
                    found.push(Refusal { object, why: Why::Finalizers(held) });
                }
            }
        }
        Ok(if found.is_empty() { refusals } else { found })
    }

    /// A namespace says itself what is left in it.
    async fn namespace(&self, refusals: Vec<Refusal>, key: &Key) -> Result<Vec<Refusal>, Error> {
        let look = Request::get(format!("api/v1/namespaces/{}", key.name), JSON);
        let live = self.cluster.find(&look).await?.unwrap_or_default();
        let conditions = live["status"]["conditions"].as_array().into_iter().flatten();
        let said = |c: &Value| c["status"] == "True" && c["type"] != "NamespaceDeletionDiscoveryFailure";
        let left: Vec<String> =
            conditions.filter(|c| said(c)).filter_map(|c| c["message"].as_str().map(Into::into)).collect();
        Ok(match left.is_empty() {
            true => refusals,
            false => vec![Refusal { object: key.clone(), why: Why::Finalizers(left) }],
        })
    }

    /// Deletes what is left of hooks, but for what holds data or is marked to be kept.
    async fn sweep(&self, hooks: &[Hooked]) -> Result<(), Error> {
        for hook in hooks {
            let place = (&hook.planned.resource, &hook.planned.key);
            let look = Request::get(place.0.path(place.1), sight(place.1));
            let Some(live) = self.cluster.find(&look).await? else { continue };
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
            Fate::Stays(_) => {
                self.inventory.entries.remove(&key);
                removed.kept.push(key);
            }
            Fate::Gone => {
                self.inventory.entries.remove(&key);
            }
            Fate::Unseen | Fate::Goes(_) => removed.unseen.push(key),
        }
    }
}

/// Where an object stands among those that go; what is greater goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The release's own namespace, with its inventory: the very last.
    Own,
    /// A namespace, with all that is in it.
    Namespace,
    /// Everything else.
    Inside,
}

/// When an object goes.
type Turn = (Place, i64, Phase);

/// In which batch an object was applied: the opposite order is that of going.
fn batch(own: &str, key: &Key, going: &Going) -> Turn {
    let place = match is_namespace(key) {
        true if key.name == own => Place::Own,
        true => Place::Namespace,
        false => Place::Inside,
    };
    (place, going.wave, Phase::of(&going.resource.kind))
}

/// What becomes of a namespace that would go, if something of the release is left in it; in its own one lies the
/// inventory, which is needed for what cannot be seen now.
fn lived_in(key: &Key, own: &str, (kept, unseen): (&[Key], &[Key])) -> Option<Fate> {
    if kept.iter().any(|kept| kept.namespace == key.name) {
        return Some(Fate::Stays(Stays::Inhabited));
    }
    let waits = |unseen: &Key| key.name == own || unseen.namespace == key.name;
    unseen.iter().any(waits).then_some(Fate::Unseen)
}

fn stays(others: &[(Key, Fate)], which: impl Fn(&Fate) -> bool) -> Vec<Key> {
    others.iter().filter(|(_, fate)| which(fate)).map(|(key, _)| key.clone()).collect()
}
