//! What an apply does about objects that Git no longer has.

use std::collections::{BTreeMap, BTreeSet};

use super::prune::{Fate, Going, Made, Stays, fate, remove};
use super::refusal::refusal;
use super::run::Run;
use super::{Event, Outcome};
use crate::order::Phase;
use crate::{Error, Key, Refusal};

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
        going.sort_by_key(|(_, found)| std::cmp::Reverse(Phase::of(&found.resource.kind)));
        for key in self.inhabited(&mut going, &outcome.kept) {
            self.left(key, &Fate::Stays(Stays::Inhabited), outcome);
        }
        let asked: Vec<_> = going.iter().map(|(key, found)| found.asked(key)).collect();
        outcome.waiting = self.guard.asks(&asked, of);
        if outcome.waiting.is_some() {
            return Ok(());
        }
        let mut refusals: Vec<Refusal> = Vec::new();
        for (key, found) in going {
            // What could not be deleted may lie in it.
            if is_namespace(&key) && !refusals.is_empty() {
                continue;
            }
            self.goes_on()?;
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
