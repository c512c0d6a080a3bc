//! What runs, as it changes: one watch for each kind that is in use in a cluster, and for each release that is
//! followed its tree.
//!
//! Objects that Trueline applied are watched by their label; pods, replica sets and jobs all of them, since what a
//! controller makes has no label of ours. Where an account may not look into all namespaces at once, each namespace
//! that is in use has a watch of its own.

mod item;
mod source;
mod state;
mod tree;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender};

pub use tree::{Node, Tree};

use crate::apply::{Outcome, Release};
use crate::cluster::Cluster;
use crate::inventory::set_id;
use crate::{Inventory, Kind};
use source::Work;
use state::{Expected, Moves, Place, State};

/// All watches of a cluster. Cheap to clone; they end with the last clone and the last that is followed.
#[derive(Clone)]
pub struct Watches {
    inner: Arc<Inner>,
}

struct Inner {
    cluster: Cluster,
    state: Arc<Mutex<State>>,
}

/// A release that is followed.
pub struct Following {
    watches: Watches,
    set: String,
    inventory: Inventory,
    places: BTreeSet<Place>,
    moves: Receiver<Moves>,
    last: Option<Tree>,
}

/// Says when somebody makes, changes or deletes one of a release's own objects.
pub struct Touches {
    moves: Receiver<Moves>,
    last: u64,
}

/// How long a watch may be behind an apply: then the object was changed or deleted since.
const UNSEEN: Duration = Duration::from_secs(30);
/// How long after that it is remembered.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// Pauses between looks whether a kind may be watched in all namespaces after all: the first, and the longest.
const RIGHTS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(600));

/// The kinds whose objects are made by controllers.
fn children() -> [Kind; 3] {
    [Kind::new("apps/v1", "ReplicaSet"), Kind::new("v1", "Pod"), Kind::new("batch/v1", "Job")]
}

/// The kinds that have to be watched for what objects of a kind make.
fn makes(group: &str, kind: &str) -> Vec<Kind> {
    let [sets, pods, jobs] = children();
    match (group, kind) {
        ("apps", "Deployment") | ("argoproj.io", "Rollout") => vec![sets, pods],
        ("apps", _) | ("", "ReplicationController") | ("batch", "Job") => vec![pods],
        ("batch", "CronJob") => vec![jobs, pods],
        _ => Vec::new(),
    }
}

impl Watches {
    /// Nothing is watched until something is followed.
    pub fn new(cluster: Cluster) -> Self {
        Self { inner: Arc::new(Inner { cluster, state: Arc::default() }) }
    }

    /// Follows a release: the objects of its inventory, and what they make. Has to be called within a runtime.
    pub fn follow(&self, release: &Release, inventory: &Inventory) -> Following {
        let mut places = BTreeSet::new();
        for (key, entry) in &inventory.entries {
            let own =
                Kind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
            places.insert((own, key.namespace.clone()));
            places.extend(makes(&key.group, &key.kind).into_iter().map(|kind| (kind, key.namespace.clone())));
        }
        let set = set_id(release);
        let moves = {
            let mut state = self.lock();
            let new = || (Sender::new(Moves::default()), 0);
            let (sender, users) = state.followed.entry(set.clone()).or_insert_with(new);
            *users += 1;
            sender.subscribe()
        };
        for place in &places {
            self.begin(place);
        }
        let (watches, inventory) = (self.clone(), inventory.clone());
        Following { watches, set, inventory, places, moves, last: None }
    }

    /// Tells what an apply has just done: until that is seen the release's tree is not complete, for a while at most.
    pub fn expect(&self, release: &Release, deployment: &str, outcome: &Outcome) {
        let expected = Expected {
            deployment: deployment.to_owned(),
            versions: outcome.versions.clone(),
            until: tokio::time::Instant::now() + UNSEEN,
        };
        let mut state = self.lock();
        // What nobody has asked about for long is of releases that are gone.
        let now = tokio::time::Instant::now();
        state.expected.retain(|_, expected| expected.until + FORGOTTEN > now);
        state.expected.insert(set_id(release), expected);
    }

    /// Whether it was told here what this deployment has applied, and that is waited for or was seen: its tree, once
    /// complete, is of no time before.
    pub fn expects(&self, release: &Release, deployment: &str) -> bool {
        let (set, state) = (set_id(release), self.lock());
        // A watch that has not come so far in time may be behind for longer.
        state.expected.get(&set).is_some_and(|e| e.deployment == deployment) && state.has_caught_up(&set)
    }

    /// How many watches there are now.
    pub fn count(&self) -> usize {
        let state = self.lock();
        let idle = |place: &Place| place.1.is_empty() && state.scoped.contains(&place.0);
        state.sources.iter().filter(|(place, source)| source.task.is_some() && !idle(place)).count()
    }

    /// One more needs a kind in a namespace. Each is kept as its own place, so that it can be fallen back to; the one
    /// for all namespaces does the work where that is allowed.
    fn begin(&self, place: &Place) {
        let kind = &place.0;
        let mut state = self.lock();
        let wide = (kind.clone(), String::new());
        let scoped = state.scoped.contains(kind);
        for place in [Some(place), (*place != wide).then_some(&wide)].into_iter().flatten() {
            // Where it is not allowed in all namespaces, that one looks whether it is again.
            let works = scoped || place.1.is_empty();
            let source = state.sources.entry(place.clone()).or_default();
            source.users += 1;
            if works && source.task.is_none() {
                source.task = Some(self.spawn(place.clone()));
            }
        }
    }

    fn spawn(&self, place: Place) -> tokio::task::AbortHandle {
        let (cluster, state) = (self.inner.cluster.clone(), Arc::clone(&self.inner.state));
        tokio::spawn(run(cluster, state, place)).abort_handle()
    }

    /// One less.
    fn end(&self, place: &Place) {
        let mut state = self.lock();
        let wide = (place.0.clone(), String::new());
        for place in [Some(place), (*place != wide).then_some(&wide)].into_iter().flatten() {
            let Some(source) = state.sources.get_mut(place) else { continue };
            source.users = source.users.saturating_sub(1);
            if source.users == 0 {
                state.end(place);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("nothing panics while it holds this")
    }
}

/// Finds out how a kind is served and watches it; falls back to single namespaces.
async fn run(cluster: Cluster, state: Arc<Mutex<State>>, place: Place) {
    let lock = || state.lock().expect("nothing panics while it holds this");
    let mut pause = Duration::from_secs(1);
    let resource = loop {
        let why = match cluster.resource(&place.0).await {
            Ok(Some(resource)) => break resource,
            Ok(None) => format!("the cluster does not know {}", place.0),
            Err(error) => error.to_string(),
        };
        lock().away(&place, Some(why));
        tokio::time::sleep(net::retry::jittered(pause)).await;
        pause = (pause * 2).min(Duration::from_secs(30));
    };
    let all = children().contains(&place.0);
    let work =
        Work { cluster: cluster.clone(), state: Arc::clone(&state), resource, place: place.clone(), all };
    loop {
        work.run().await;
        // Not allowed in all namespaces: each that is in use gets its own.
        {
            let mut now = lock();
            for narrow in now.narrow(&place.0) {
                let Some(source) = now.sources.get_mut(&narrow).filter(|source| source.task.is_none()) else {
                    continue;
                };
                let task = tokio::spawn(narrowly(cluster.clone(), Arc::clone(&state), narrow));
                source.task = Some(task.abort_handle());
            }
        }
        // Rights come and go: they may have been given since, or only not have been seen for a moment.
        let mut pause = RIGHTS.0;
        loop {
            tokio::time::sleep(net::retry::jittered(pause)).await;
            if work.allowed().await {
                break;
            }
            pause = (pause * 2).min(RIGHTS.1);
        }
        lock().widen(&place.0);
    }
}

/// As [`run`], boxed: the one starts the other.
fn narrowly(
    cluster: Cluster,
    state: Arc<Mutex<State>>,
    place: Place,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(run(cluster, state, place))
}

impl Following {
    /// What runs now.
    pub fn tree(&mut self) -> Tree {
        self.moves.borrow_and_update();
        let tree = self.look();
        self.last = Some(tree.clone());
        tree
    }

    /// Waits until something is different from what was handed out last; at once where nothing was.
    pub async fn changed(&mut self) -> Tree {
        loop {
            self.moves.borrow_and_update();
            let tree = self.look();
            if self.last.as_ref() != Some(&tree) {
                self.last = Some(tree.clone());
                return tree;
            }
            // The other end lives as long as this.
            let _ = self.moves.changed().await;
        }
    }

    /// What says when somebody touches one of the release's own objects, from now on.
    pub fn touches(&self) -> Touches {
        Touches { moves: self.moves.clone(), last: self.touched() }
    }

    /// Grows whenever somebody makes, changes or deletes one of the release's own objects.
    pub fn touched(&self) -> u64 {
        self.moves.borrow().touched
    }

    fn look(&self) -> Tree {
        let state = self.watches.lock();
        let mut complete = state.has_seen(&self.set);
        let mut away = None;
        for (kind, namespace) in &self.places {
            let namespace = if state.scoped.contains(kind) { namespace.clone() } else { String::new() };
            let source = state.sources.get(&(kind.clone(), namespace));
            complete &= source.is_some_and(|source| source.listed);
            away = away.or_else(|| source.and_then(|source| source.away.clone()));
        }
        tree::tree(&state, &self.set, &self.inventory.entries, (complete, away))
    }
}

impl Touches {
    /// Waits until somebody does; for ever once the release is no longer followed.
    pub async fn next(&mut self) {
        let last = self.last;
        match self.moves.wait_for(|moves| moves.touched != last).await.map(|moves| moves.touched) {
            Ok(touched) => self.last = touched,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        for place in &self.places {
            self.watches.end(place);
        }
        let mut state = self.watches.lock();
        if let Some((_, users)) = state.followed.get_mut(&self.set) {
            *users -= 1;
            if *users == 0 {
                state.followed.remove(&self.set);
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut state = self.state.lock().expect("nothing panics while it holds this");
        let places: Vec<Place> = state.sources.keys().cloned().collect();
        for place in places {
            state.end(&place);
        }
    }
}
