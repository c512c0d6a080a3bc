//! What runs: the objects of an application in an environment with what they made, followed for as long as somebody
//! asks for them, and told as news when they change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deploy::Inventory;
use deploy::watch::Tree;
use model::PlaceId;
use model::cluster::Place;
use model::layout::ObjectKey;
use model::release::Health;
use tokio::sync::watch::{Receiver, channel};

use crate::releaser::{self, Site};
use crate::{Call, Control, Error, Topic, application, environment};

/// How long a place is followed after somebody asked for it.
const IDLE: Duration = Duration::from_secs(600);
/// News of one place come no faster.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest that a request waits until every kind was looked at.
const FIRST_LOOK: Duration = Duration::from_secs(3);

/// What is followed in this process.
#[derive(Default)]
pub(crate) struct Followed {
    live: Mutex<HashMap<PlaceId, Live>>,
}

struct Live {
    trees: Receiver<Tree>,
    asked: Arc<Mutex<Instant>>,
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
        self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
    }

    fn known(&self, place: PlaceId) -> Option<Receiver<Tree>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let known = live.get(&place).filter(|known| known.trees.has_changed().is_ok())?;
        *known.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Some(known.trees.clone())
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
    let place =
        found.ok_or_else(|| Error::not_found("release", format!("{name} in {}", environment.name)))?;
    let cluster = crate::cluster::by_id(control, place.cluster).await?.name.to_string();
    let namespace = place.namespace.to_string();
    let told = |tree, away| Resources { cluster, namespace, tree, away };
    let site = Site::open(control, place.clone()).await?;
    match follow(control, &site, &place, (name, environment.name.as_str())).await {
        Ok(mut trees) => {
            let complete = trees.wait_for(|tree| tree.complete || tree.away.is_some());
            drop(tokio::time::timeout(FIRST_LOOK, complete).await);
            let tree = trees.borrow().clone();
            let away = tree.away.clone();
            Ok(told(Some(tree), away))
        }
        Err(error) => Ok(told(None, Some(crate::cluster::diagnosis(&error).sentence))),
    }
}

/// Follows a place from now on.
pub(crate) async fn follow(
    control: &Control,
    site: &Site,
    place: &Place,
    (application, environment): (&str, &str),
) -> Result<Receiver<Tree>, deploy::Error> {
    if let Some(known) = control.followed.known(place.id) {
        return Ok(known);
    }
    let inventory = Inventory::read(&site.client, &site.release).await?;
    let mut following = site.watches.follow(&site.release, &inventory);
    let (sender, trees) = channel(following.tree());
    let asked = Arc::new(Mutex::new(Instant::now()));
    let (events, clock) = (control.events.clone(), Arc::clone(&control.clock));
    let topic = Topic::Resources { application: application.into(), environment: environment.into() };
    let last_asked = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let idle = last_asked.lock().map_or(IDLE, |asked| asked.elapsed());
            if idle >= IDLE || sender.is_closed() {
                return;
            }
            tokio::select! {
                tree = following.changed() => {
                    sender.send_replace(tree);
                    events.publish(topic.clone(), clock.now());
                    tokio::time::sleep(PAUSE).await;
                }
                () = sender.closed() => return,
                () = tokio::time::sleep(IDLE - idle) => {}
            }
        }
    });
    let live = Live { trees: trees.clone(), asked };
    control.followed.live.lock().unwrap_or_else(PoisonError::into_inner).insert(place.id, live);
    Ok(trees)
}
