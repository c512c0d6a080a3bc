//! What an apply does about objects that Git no longer has.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::prune::{Fate, Going, Made, Stays, fate, remove};
use super::refusal::refusal;
use super::run::Run;
use super::{Event, Outcome, wait};
use crate::order::Phase;
use crate::{Error, Key, Refusal};

/// So long what was deleted is looked at until it is gone: most is within that.
const GOING: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// Deletes what Git no longer has, unless a person has to confirm that first. `of` is how many objects the
    /// release had before.
    pub(super) async fn prune(
        &mut self,
        fates: BTreeMap<Key, Fate>,
        of: usize,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let mut going = Vec::new();
        for (key, seen) in fates {
            match self.again(&key, seen).await? {
                Fate::Goes(found) => going.push((key, found)),
                fate => self.left(key, &fate, outcome),
            }
        }
        // What was applied last goes first.
        going.sort_by_key(|(_, found)| Reverse((found.wave, Phase::of(&found.resource.kind))));
        for key in self.inhabited(&mut going, &outcome.kept) {
            self.left(key, &Fate::Stays(Stays::Inhabited), outcome);
        }
        // Of what was deleted before nobody is asked any more.
        let (leaving, going): (Vec<_>, Vec<_>) =
            going.into_iter().partition(|(_, found)| found.leaving.is_some());
        let (count, empties) = (leaving.len(), outcome.applied.is_empty() && outcome.unchanged.is_empty());
        for (key, found) in leaving {
            self.leaves(key, *found, outcome);
        }
        let asked: Vec<_> = going.iter().map(|(key, found)| found.asked(key)).collect();
        outcome.waiting = self.guard.asks(&asked, (of.saturating_sub(count), empties));
        if outcome.waiting.is_some() {
            return Ok(());
        }
        self.delete(going, outcome).await
    }

    /// Deletes objects, one after the other.
    async fn delete(&mut self, going: Vec<(Key, Box<Going>)>, outcome: &mut Outcome) -> Result<(), Error> {
        let (mut refusals, mut leaving): (Vec<Refusal>, Vec<(Key, Box<Going>)>) = (Vec::new(), Vec::new());
        for (key, found) in going {
            // What could not be deleted may lie in it.
            if is_namespace(&key) && !refusals.is_empty() {
                continue;
            }
            self.goes_on()?;
            let entry = self.inventory.entries.get(&key).cloned().unwrap_or_default();
            match remove((self.cluster, &self.set), (&key, &entry), &found, Made::Follow).await {
                Ok(Fate::Goes(found)) if found.leaving.is_some() => {
                    self.marked(&key, &found);
                    leaving.push((key, found));
                }
                Ok(Fate::Goes(_)) => self.gone(key, outcome),
                Ok(fate) => self.left(key, &fate, outcome),
                Err(error) => refusals.push(refusal(&key, &found.resource.kind, error)?),
            }
        }
        let looked = self.look_after(leaving, outcome).await;
        match refusals.is_empty() {
            true => looked,
            false => looked.and(Err(Error::Refused { refusals, before: false })),
        }
    }

    /// Looks for a moment whether what was deleted is gone. What is not stays known.
    async fn look_after(
        &mut self,
        leaving: Vec<(Key, Box<Going>)>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let end = Instant::now() + GOING.min(self.guard.hold);
        for (key, found) in leaving {
            let left = end.saturating_duration_since(Instant::now());
            let place = (&found.resource, &key);
            match wait::gone(self.cluster, place, &found.uid, (self.guard, left)).await {
                Ok(()) => self.gone(key, outcome),
                Err(Error::Refused { .. }) => self.leaves(key, *found, outcome),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// An object was deleted.
    fn gone(&mut self, key: Key, outcome: &mut Outcome) {
        self.inventory.entries.remove(&key);
        (self.tell)(Event::Pruned(key.clone()));
        outcome.pruned.push(key);
    }

    /// Writes down that an object is being deleted.
    fn marked(&mut self, key: &Key, found: &Going) {
        if let Some(entry) = self.inventory.entries.get_mut(key) {
            (entry.leaves, entry.uid) = (true, found.uid.clone());
        }
    }

    /// An object is being deleted, and something holds it.
    fn leaves(&mut self, key: Key, found: Going, outcome: &mut Outcome) {
        self.marked(&key, &found);
        outcome.leaving.push((key, found.leaving.unwrap_or_default()));
    }

    /// What becomes of an object by now, if that can be another thing than at the first look.
    async fn again(&self, key: &Key, seen: Fate) -> Result<Fate, Error> {
        let entry = self.inventory.entries.get(key).cloned().unwrap_or_default();
        // Announced by an attempt that was cut off: its call may have arrived since the first look.
        if seen != Fate::Gone || !entry.uid.is_empty() {
            return Ok(seen);
        }
        let kind = entry.kind(key);
        let served = self.cluster.served(&BTreeSet::from([kind.clone()])).await?;
        fate((self.cluster, &self.set), served.get(&kind), (key, &entry)).await
    }

    /// Takes out the namespaces in which something of the release is left, and that of the release itself: its
    /// inventory lies there.
    pub(super) fn inhabited(&self, going: &mut Vec<(Key, Box<Going>)>, kept: &[Key]) -> Vec<Key> {
        let goes: BTreeSet<&Key> = going.iter().map(|(key, _)| key).collect();
        let stays = self.inventory.entries.keys().filter(|key| !goes.contains(key)).chain(kept);
        let mut lived: BTreeSet<String> = stays.map(|key| key.namespace.clone()).collect();
        lived.insert(self.release.namespace.clone());
        let (stay, go) = std::mem::take(going)
            .into_iter()
            .partition(|(key, _)| is_namespace(key) && lived.contains(&key.name));
        *going = go;
        stay.into_iter().map(|(key, _): (Key, Box<Going>)| key).collect()
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

/// Whether with it goes everything that lies in it.
pub(super) fn is_namespace(key: &Key) -> bool {
    key.group.is_empty() && key.kind == "Namespace"
}
