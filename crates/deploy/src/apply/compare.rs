//! Looking at what is there before anything is written: what differs, what is as it should be, what is somebody
//! else's, and what is to go.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::meant;
use super::plan::Planned;
use super::prune::{Fate, Stays, fate};
use super::run::{AT_ONCE, Run};
use super::send::{Change, Found};
use crate::cluster::{METADATA, Request};
use crate::inventory::owned;
use crate::ownership::other;
use crate::{Entry, Error, Key, Kind, Refusal, Why};

/// What a look found of an object.
enum Look {
    Nothing,
    There(Value),
    /// Not looked at: it is known, and another state of it is to be applied in any case.
    Known(String),
}

impl Run<'_> {
    /// Looks at what is there of each object: what differs, and what is as it should be. What is known and differs
    /// in Git is not looked at here: its apply finds out whether somebody else has changed it.
    pub(super) async fn compare(
        &mut self,
        planned: Vec<Planned>,
    ) -> Result<(Vec<Change>, Vec<Planned>), Error> {
        let this = &*self;
        let looks = stream::iter(planned).map(|p| async {
            let look = this.look(&p).await?;
            Ok::<_, Error>((p, look))
        });
        let looked: Vec<(Planned, Look)> = looks.buffered(AT_ONCE).try_collect().await?;
        let (mut changes, mut unchanged, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        let mut taken = false;
        for (planned, look) in looked {
            let live = match look {
                Look::Nothing if self.has_ended(&planned) => {
                    unchanged.push(planned);
                    continue;
                }
                Look::Nothing => {
                    changes.push(Change { planned, found: Found::Nothing });
                    continue;
                }
                Look::Known(uid) => {
                    changes.push(Change { planned, found: Found::Known(uid) });
                    continue;
                }
                Look::There(live) => live,
            };
            let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
            let known = self.inventory.entries.get(&planned.key).filter(|entry| entry.uid == uid);
            let leaving = live["metadata"]["deletionTimestamp"].is_string();
            let owner = other(&live, &self.set, known.is_some());
            let foreign = owner.is_some();
            taken |= foreign;
            if let Some(owner) = owner.filter(|owner| !self.guard.takes(owner)) {
                refusals.push(Refusal { object: planned.key, why: Why::Owned(owner) });
            } else if !leaving
                && known.is_some_and(|entry| entry.hash == planned.hash && entry.fields == owned(&live))
            {
                unchanged.push(planned);
            } else {
                let found = Found::There { uid: uid.into(), leaving, foreign };
                let live = meant::seen(self.cluster, (&planned.resource, &planned.key), live).await?;
                let body = meant::without(&planned.key, &planned.body, &live);
                changes.push(Change { planned: Planned { body, ..planned }, found });
            }
        }
        if !refusals.is_empty() {
            return Err(Error::Refused { refusals, before: true });
        }
        self.inventory.taken |= taken && self.inventory.released.is_empty();
        Ok((changes, unchanged))
    }

    async fn look(&self, planned: &Planned) -> Result<Look, Error> {
        let entry = self.inventory.entries.get(&planned.key);
        if let Some(known) = entry.filter(|e| !e.uid.is_empty() && e.hash != planned.hash) {
            return Ok(Look::Known(known.uid.clone()));
        }
        let request = Request::get(planned.resource.path(&planned.key), METADATA);
        match self.cluster.find(&request).await {
            Err(error) if planned.along && error.status() == Some(404) => Ok(Look::Nothing),
            found => Ok(found?.map_or(Look::Nothing, Look::There)),
        }
    }

    /// Whether what is gone was applied just so, and goes by itself once it has ended: it is not run again.
    fn has_ended(&self, planned: &Planned) -> bool {
        let entry = self.inventory.entries.get(&planned.key);
        planned.ends && entry.is_some_and(|e| !e.uid.is_empty() && e.hash == planned.hash)
    }

    /// What is to become of objects that Git no longer has.
    pub(super) async fn fates(&self, wanted: &BTreeSet<Key>) -> Result<BTreeMap<Key, Fate>, Error> {
        let gone = self.inventory.entries.iter().filter(|(key, _)| !wanted.contains(*key));
        let gone: Vec<(Key, Entry)> = gone.map(|(key, entry)| (key.clone(), entry.clone())).collect();
        let kinds: BTreeSet<Kind> = gone.iter().map(|(key, entry)| entry.kind(key)).collect();
        // What is not known is asked for once, not once for each object.
        let served = &self.cluster.served(&kinds).await?;
        let ended = &self.ended_kinds(&kinds, served).await?;
        let looks = stream::iter(gone).map(|(key, entry)| async move {
            let resource = served.get(&entry.kind(&key));
            if ended.contains(&entry.kind(&key)) {
                return Ok((key, Fate::Gone));
            }
            let fate = fate((self.cluster, &self.set), resource, (&key, &entry)).await?;
            let outside = matches!(&fate, Fate::Goes(found) if !self.guard.reaches(&key, &found.resource));
            Ok((key, if outside { Fate::Stays(Stays::Outside) } else { fate }))
        });
        looks.buffered(AT_ONCE).try_collect().await
    }

    /// Refuses what would not fit into the inventory in the end.
    pub(super) fn measure(&self, changes: &[Change]) -> Result<(), Error> {
        let mut full = self.inventory.clone();
        full.entries.extend(changes.iter().map(|change| {
            let version = &change.planned.resource.kind.version;
            (change.planned.key.clone(), Entry::placeholder(version))
        }));
        full.fits(self.release)
    }

    /// Writes down what will be there before it is: whatever happens then, it can be found again. Who it is is known
    /// of what is there; of what is to be made again the old identity is of no use.
    pub(super) async fn write_ahead(&mut self, changes: &[Change]) -> Result<(), Error> {
        let mut written = self.inventory.taken;
        for change in changes {
            let uid = match &change.found {
                Found::Known(_) => continue,
                // Not ours until it is applied.
                Found::Nothing | Found::There { foreign: true, .. } => "",
                Found::There { uid, .. } => uid,
            };
            let key = &change.planned.key;
            if self.inventory.entries.get(key).is_none_or(|entry| entry.uid != uid) {
                let version = change.planned.resource.kind.version.clone();
                let entry = Entry { version, uid: uid.into(), ..Entry::default() };
                self.inventory.entries.insert(key.clone(), entry);
                written = true;
            }
        }
        if written { self.save().await } else { Ok(()) }
    }
}
