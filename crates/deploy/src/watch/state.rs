//! What all watches of a cluster know together.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::sync::watch::Sender;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::item::Item;
use crate::Kind;

/// What is watched: a kind in a namespace, or in all where that is empty.
pub(super) type Place = (Kind, String);

/// A watch.
#[derive(Default)]
pub(super) struct Source {
    pub(super) task: Option<AbortHandle>,
    /// How many follow something in it.
    pub(super) users: usize,
    pub(super) listed: bool,
    /// Why it does not answer now.
    pub(super) away: Option<String>,
    uids: HashSet<String>,
}

/// What moves a release: a change of its tree, and a change of what somebody says about one of its objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) all: u64,
    pub(super) touched: u64,
}

/// What an apply has just done.
pub(super) struct Expected {
    pub(super) deployment: String,
    /// Objects by their identity, with the state that they have since.
    pub(super) versions: Vec<(String, u64)>,
    /// Until when that is waited for.
    pub(super) until: Instant,
}

/// Everything that is known.
#[derive(Default)]
pub(super) struct State {
    pub(super) sources: HashMap<Place, Source>,
    /// Kinds that may not be watched in all namespaces at once.
    pub(super) scoped: HashSet<Kind>,
    pub(super) expected: HashMap<String, Expected>,
    items: HashMap<String, Item>,
    children: HashMap<String, BTreeSet<String>>,
    sets: HashMap<String, BTreeSet<String>>,
    pub(super) followed: HashMap<String, (Sender<Moves>, usize)>,
}

impl State {
    /// An object came or changed.
    pub(super) fn put(&mut self, place: &Place, item: Item) {
        let Some(source) = self.sources.get_mut(place) else { return };
        source.uids.insert(item.uid.clone());
        if let Some(known) = self.items.get_mut(&item.uid).filter(|known| **known == item) {
            known.state = item.state;
            if self.is_expected(&item) {
                self.wake(&item.uid, false);
            }
            return;
        }
        let before = self.items.get(&item.uid);
        let touched = before.is_none_or(|before| before.said != item.said);
        let moved = before.is_some_and(|before| before.owner != item.owner || before.set != item.set);
        if moved {
            self.drop_item(&item.uid.clone());
        }
        if let Some(owner) = &item.owner {
            self.children.entry(owner.clone()).or_default().insert(item.uid.clone());
        }
        if let Some(set) = &item.set {
            self.sets.entry(set.clone()).or_default().insert(item.uid.clone());
        }
        let uid = item.uid.clone();
        self.items.insert(uid.clone(), item);
        self.wake(&uid, touched);
    }

    /// An object is gone.
    pub(super) fn remove(&mut self, place: &Place, uid: &str) {
        if let Some(source) = self.sources.get_mut(place) {
            source.uids.remove(uid);
        }
        self.drop_item(uid);
    }

    /// A whole list came: what is not in it is gone.
    pub(super) fn listed(&mut self, place: &Place, items: Vec<Item>) {
        let Some(source) = self.sources.get_mut(place) else { return };
        let there: HashSet<&str> = items.iter().map(|item| item.uid.as_str()).collect();
        let gone: Vec<String> =
            source.uids.iter().filter(|uid| !there.contains(uid.as_str())).cloned().collect();
        source.listed = true;
        source.away = None;
        for uid in gone {
            self.remove(place, &uid);
        }
        for item in items {
            self.put(place, item);
        }
        self.wake_all();
    }

    /// A source does not answer, or does again.
    pub(super) fn away(&mut self, place: &Place, why: Option<String>) {
        let Some(source) = self.sources.get_mut(place) else { return };
        if source.away != why {
            source.away = why;
            self.wake_all();
        }
    }

    /// A kind is watched in each namespace by itself from now on; what was known is of these.
    pub(super) fn narrow(&mut self, kind: &Kind) -> Vec<Place> {
        self.scoped.insert(kind.clone());
        let wide = self.sources.get_mut(&(kind.clone(), String::new()));
        let known = wide.map(|source| std::mem::take(&mut source.uids)).unwrap_or_default();
        for uid in known {
            let place = self.items.get(&uid).map(|item| (kind.clone(), item.key.namespace.clone()));
            match place.and_then(|place| self.sources.get_mut(&place)) {
                Some(source) => drop(source.uids.insert(uid)),
                None => self.drop_item(&uid),
            }
        }
        self.narrows(kind)
    }

    /// A kind is watched in all namespaces at once again; what was known in each is of that watch.
    pub(super) fn widen(&mut self, kind: &Kind) {
        self.scoped.remove(kind);
        let mut known = HashSet::new();
        for place in self.narrows(kind) {
            let Some(source) = self.sources.get_mut(&place) else { continue };
            if let Some(task) = source.task.take() {
                task.abort();
            }
            source.listed = false;
            known.extend(std::mem::take(&mut source.uids));
        }
        if let Some(wide) = self.sources.get_mut(&(kind.clone(), String::new())) {
            wide.uids.extend(known);
        }
    }

    /// Where a kind is followed.
    fn narrows(&self, kind: &Kind) -> Vec<Place> {
        self.sources.keys().filter(|(of, name)| of == kind && !name.is_empty()).cloned().collect()
    }

    /// Ends a watch and forgets what it knew.
    pub(super) fn end(&mut self, place: &Place) {
        let Some(source) = self.sources.remove(place) else { return };
        if let Some(task) = source.task {
            task.abort();
        }
        for uid in source.uids {
            self.drop_item(&uid);
        }
    }

    /// Whether an apply has told of just this object.
    fn is_expected(&self, item: &Item) -> bool {
        let expected = item.set.as_ref().and_then(|set| self.expected.get(set));
        expected.is_some_and(|expected| expected.versions.iter().any(|(uid, _)| *uid == item.uid))
    }

    /// Whether what was applied last to a set was seen, as far as that was told and was not long ago.
    pub(super) fn has_seen(&self, set: &str) -> bool {
        let Some(expected) = self.expected.get(set) else { return true };
        expected.until <= Instant::now() || self.is_past(expected)
    }

    /// Whether that was seen, or may still be in time.
    pub(super) fn has_caught_up(&self, set: &str) -> bool {
        self.expected.get(set).is_some_and(|e| e.until > Instant::now() || self.is_past(e))
    }

    fn is_past(&self, expected: &Expected) -> bool {
        let seen =
            |(uid, version): &(String, u64)| self.items.get(uid).is_some_and(|item| item.state.0 >= *version);
        expected.versions.iter().all(seen)
    }

    /// The objects of a set.
    pub(super) fn set(&self, set: &str) -> Vec<&Item> {
        let uids = self.sets.get(set).into_iter().flatten();
        uids.filter_map(|uid| self.items.get(uid)).collect()
    }

    /// What an object controls.
    pub(super) fn children(&self, uid: &str) -> Vec<&Item> {
        let uids = self.children.get(uid).into_iter().flatten();
        uids.filter_map(|uid| self.items.get(uid)).collect()
    }

    fn drop_item(&mut self, uid: &str) {
        self.wake(uid, true);
        let Some(item) = self.items.remove(uid) else { return };
        let take = |map: &mut HashMap<String, BTreeSet<String>>, name: Option<String>| {
            let Some(name) = name else { return };
            let Some(all) = map.get_mut(&name) else { return };
            all.remove(uid);
            if all.is_empty() {
                map.remove(&name);
            }
        };
        take(&mut self.children, item.owner);
        take(&mut self.sets, item.set);
    }

    /// Tells whoever follows the release that an object is of.
    fn wake(&self, uid: &str, touched: bool) {
        let mut uid = uid;
        // Owners of owners; a circle of them ends as well.
        for step in 0..8 {
            let Some(item) = self.items.get(uid) else { return };
            if let Some((sender, _)) = item.set.as_ref().and_then(|set| self.followed.get(set)) {
                sender.send_modify(|moves| {
                    moves.all += 1;
                    moves.touched += u64::from(touched && step == 0);
                });
                return;
            }
            match &item.owner {
                Some(owner) => uid = owner,
                None => return,
            }
        }
    }

    fn wake_all(&self) {
        for (sender, _) in self.followed.values() {
            sender.send_modify(|moves| moves.all += 1);
        }
    }
}
