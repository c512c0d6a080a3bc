//! What runs: the objects of an application in an environment with what they made, followed for as long as somebody
//! asks for them, and told as news when they change.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deploy::watch::{Following, Tree};
use deploy::{Inventory, Key};
use model::application::Application;
use model::cluster::Place;
use model::deployment::Stage;
use model::environment::Environment;
use model::layout::ObjectKey;
use model::release::Health;
use model::{ClusterId, Outcome, PlaceId};
use store::{Store, Work};
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::releaser::{self, Site};
use crate::workers::{Bells, Worker};
use crate::{Call, Clock, Control, Error, Events, Refusal, Topic, application, environment};

/// How long a place is followed after somebody asked for it.
const IDLE: Duration = Duration::from_secs(600);
/// News of one place come no faster.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest that a request waits until every kind was looked at.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// The inventory of what is being released is read again after this, when somebody asks.
const GROWS: Duration = Duration::from_secs(2);

/// What is followed in this process.
#[derive(Default)]
pub(crate) struct Followed {
    live: Mutex<HashMap<PlaceId, Live>>,
}

struct Live {
    cluster: ClusterId,
    of: Of,
    /// The objects that are followed.
    keys: Vec<Key>,
    /// When the inventory was read.
    read: Instant,
    trees: Receiver<Tree>,
    asked: Arc<Asked>,
}

/// What is followed is followed anew once one of these is another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Of {
    /// The client of the cluster.
    generation: u64,
    /// The newest deployment in Git, and how far it is: another process may carry it out.
    deployment: Option<(i64, Stage)>,
}

/// Who waits for news of a place, beside those who watch.
struct Asked {
    last: Mutex<Instant>,
    /// Whether the releaser waits for its objects to become healthy.
    waited: AtomicBool,
}

/// What runs of an application in an environment.
pub struct Resources {
    /// The cluster's name.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// The objects; none where the cluster cannot be asked.
    pub tree: Option<Tree>,
    /// Why it cannot be asked now; what is shown may be old.
    pub away: Option<String>,
}

/// An object that runs.
pub struct Resource {
    /// Which.
    pub object: ObjectKey,
    /// The version that it is watched in.
    pub version: String,
    /// Its identity; empty where it is not there.
    pub uid: String,
    /// The index of what made it; `None` for what Git has.
    pub parent: Option<usize>,
    /// How it is.
    pub health: Health,
    /// What it says about that; may be empty.
    pub message: String,
    /// How many are ready of how many.
    pub ready: Option<(u32, u32)>,
    /// The names of a pod's containers.
    pub containers: Vec<String>,
}

impl Resources {
    /// How the worst of them is, and what it says.
    pub fn health(&self) -> (Health, String) {
        match &self.tree {
            Some(tree) => (releaser::word(tree.health.status), tree.health.message.clone()),
            None => (Health::Unknown, String::new()),
        }
    }

    /// The objects, each after what it belongs to.
    pub fn nodes(&self) -> Vec<Resource> {
        let nodes = self.tree.iter().flat_map(|tree| &tree.nodes);
        nodes
            .map(|node| Resource {
                object: releaser::key(&node.key),
                version: node.version.clone(),
                uid: node.uid.clone(),
                parent: node.parent,
                health: releaser::word(node.health.status),
                message: node.health.message.clone(),
                ready: node.ready,
                containers: node.containers.clone(),
            })
            .collect()
    }
}

impl Followed {
    /// Follows no longer: something else is there now.
    pub(crate) fn forget(&self, place: PlaceId) {
        self.lock().remove(&place);
    }

    /// Follows nothing in a cluster any longer: it comes with something else now.
    pub(crate) fn forget_cluster(&self, cluster: ClusterId) {
        self.lock().retain(|_, live| live.cluster != cluster);
    }

    /// Wakes the releaser as soon as something is different at a place.
    pub(crate) fn wait(&self, place: PlaceId) {
        if let Some(live) = self.lock().get(&place) {
            live.asked.waited.store(true, Ordering::Relaxed);
        }
    }

    /// What was seen last at a place, where it is followed.
    fn last(&self, place: PlaceId) -> Option<Tree> {
        self.lock().get(&place).map(|live| live.trees.borrow().clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlaceId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is followed at a place; nothing where it is no longer what it was, or may not be.
    fn known(&self, place: PlaceId, of: Of) -> Option<Receiver<Tree>> {
        let live = self.lock();
        let known = live.get(&place).filter(|known| known.of == of && known.trees.has_changed().is_ok())?;
        // Until it is released the inventory grows.
        if matches!(of.deployment, Some((_, Stage::Committed))) && known.read.elapsed() >= GROWS {
            return None;
        }
        known.asked.now();
        Some(known.trees.clone())
    }

    /// Goes on with what is followed, if the same objects are there.
    fn same(&self, place: PlaceId, of: Of, keys: &[Key]) -> Option<Receiver<Tree>> {
        let mut live = self.lock();
        let known = live.get_mut(&place)?;
        let same = known.of.generation == of.generation && known.keys == keys;
        if !same || known.trees.has_changed().is_err() {
            return None;
        }
        (known.of, known.read) = (of, Instant::now());
        known.asked.now();
        Some(known.trees.clone())
    }

    /// Keeps what is followed from now on, and forgets what ended.
    fn keep(&self, place: PlaceId, new: Live) {
        let mut live = self.lock();
        live.retain(|_, known| known.trees.has_changed().is_ok());
        if let Some(before) = live.get(&place) {
            // Who waited for the one before waits for this one.
            new.asked.waited.store(before.asked.waited.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        live.insert(place, new);
    }
}

impl Asked {
    fn new() -> Self {
        Self { last: Mutex::new(Instant::now()), waited: AtomicBool::new(false) }
    }

    fn now(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// What runs of an application in an environment; everyone who sees the application may see it.
///
/// # Errors
/// Not found where nothing was released: the environment has no cluster, or nothing was deployed there.
pub async fn of(control: &Control, call: &Call, name: &str, place: &str) -> Result<Resources, Error> {
    let application = application::visible(control, call, name).await?;
    let environment = environment::named(control, place).await?;
    let found = control.store.place_of(application.id, environment.id).await?;
    let place = found.ok_or_else(|| nowhere(&application, &environment))?;
    let cluster = crate::cluster::by_id(control, place.cluster).await?.name.to_string();
    let namespace = place.namespace.to_string();
    let told = |tree, away| Resources { cluster, namespace, tree, away };
    let site = Site::open(control, place.clone()).await?;
    if let Some((_, why)) = crate::cluster::kept_out(control, &site.cluster).await? {
        // What was seen last: whoever asks does not wait for a call that nobody answers.
        return Ok(told(control.followed.last(place.id), Some(why)));
    }
    match follow(control, &site, &place, (name, environment.name.as_str())).await {
        Ok(mut trees) => {
            let complete = trees.wait_for(|tree| tree.complete || tree.away.is_some());
            drop(tokio::time::timeout(FIRST_LOOK, complete).await);
            let tree = trees.borrow().clone();
            let away = tree.away.clone();
            Ok(told(Some(tree), away))
        }
        Err(Error::Deploy(error)) => {
            let diagnosis = crate::cluster::diagnosis_by(Some(site.cluster.source), &error);
            Ok(told(None, Some(diagnosis.sentence)))
        }
        Err(error) => Err(error),
    }
}

/// The refusal of a look where nothing of an application can run.
pub(crate) fn nowhere(application: &Application, environment: &Environment) -> Error {
    let (name, place) = (&application.name, &environment.name);
    let sentence = match environment.cluster {
        None => format!(
            "{place} has no cluster: what is deployed there is kept in Git, and something else applies it."
        ),
        Some(_) => {
            format!("Nothing of {name} runs in {place}: it was not deployed there yet, or was taken away.")
        }
    };
    Error::Refused(Box::new(Refusal { outcome: Outcome::NotFound, code: "not_found", sentence, link: None }))
}

/// Follows a place from now on.
pub(crate) async fn follow(
    control: &Control,
    site: &Site,
    place: &Place,
    (application, environment): (&str, &str),
) -> Result<Receiver<Tree>, Error> {
    let newest = control.store.last_committed_deployment(place.application, Some(place.environment)).await?;
    let of = Of { generation: site.generation, deployment: newest.map(|d| (d.number, d.stage)) };
    if let Some(known) = control.followed.known(place.id, of) {
        return Ok(known);
    }
    let inventory = Inventory::read(&site.client, &site.release).await?;
    let entries = inventory.entries.iter().filter(|(_, entry)| !entry.leaves);
    let keys: Vec<Key> = entries.map(|(key, _)| key.clone()).collect();
    if let Some(known) = control.followed.same(place.id, of, &keys) {
        return Ok(known);
    }
    let mut following = site.watches.follow(&site.release, &inventory);
    let (sender, trees) = channel(following.tree());
    let asked = Arc::new(Asked::new());
    let (cluster, read) = (place.cluster, Instant::now());
    let live = Live { cluster, of, keys, read, trees: trees.clone(), asked: Arc::clone(&asked) };
    control.followed.keep(place.id, live);
    let topic = Topic::Resources { application: application.into(), environment: environment.into() };
    let telling = Telling {
        store: control.store.clone(),
        bells: Arc::clone(&control.bells),
        events: control.events.clone(),
        clock: Arc::clone(&control.clock),
        topic,
        place: place.id,
        asked,
    };
    tokio::spawn(telling.run(following, sender));
    Ok(trees)
}

/// Says that what a deployment runs may be other objects by now.
pub(crate) fn publish(job: &crate::deployer::Job) {
    let application = job.application.name.to_string();
    let environment = job.environment.name.to_string();
    job.control.publish(Topic::Resources { application, environment });
}

/// Who is told when what runs at a place changes.
struct Telling {
    store: Store,
    bells: Arc<Bells>,
    events: Events,
    clock: Arc<dyn Clock>,
    topic: Topic,
    place: PlaceId,
    asked: Arc<Asked>,
}

impl Telling {
    /// Tells until nobody has asked for long, or something else is followed.
    async fn run(self, mut following: Following, trees: Sender<Tree>) {
        let mut touches = following.touches();
        loop {
            let idle = self.asked.idle();
            if idle >= IDLE || trees.is_closed() {
                return;
            }
            tokio::select! {
                tree = following.changed() => {
                    trees.send_replace(tree);
                    self.events.publish(self.topic.clone(), self.clock.now());
                    if self.asked.waited.swap(false, Ordering::Relaxed) {
                        self.wake().await;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                // Somebody may have changed what Git says: the releaser looks.
                () = touches.next() => {
                    self.wake().await;
                    tokio::time::sleep(PAUSE).await;
                }
                () = trees.closed() => return,
                () = tokio::time::sleep(IDLE - idle) => {}
            }
        }
    }

    /// Lets the releaser look at the place now.
    async fn wake(&self) {
        match self.hasten().await {
            Ok(()) => self.bells.ring(Worker::Releaser),
            // It looks again by itself, later.
            Err(error) => tracing::debug!(place = %self.place, %error, "not hastened"),
        }
    }

    async fn hasten(&self) -> Result<(), store::Error> {
        let tx = self.store.begin().await?;
        tx.hasten(Work::Release, &self.place.to_string()).await?;
        tx.commit().await
    }
}
