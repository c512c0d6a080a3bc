//! One look at what a release has in its cluster.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::apply::Release;
use crate::cluster::{JSON, Request};
use crate::health::{Health, Status};
use crate::{Cluster, Error, Inventory, Key, Kind, timeout};

/// How many objects are looked at at once.
const AT_ONCE: usize = 8;

/// An object of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Which.
    pub key: Key,
    /// How it is.
    pub health: Health,
    /// How long it may take to be healthy, if it says so.
    pub timeout: Option<Duration>,
}

/// How each object of a release is; one that is not there, and no job that has tidied itself up, is degraded.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn observe(cluster: &Cluster, release: &Release) -> Result<Vec<Observed>, Error> {
    let mut inventory = Inventory::read(cluster, release).await?;
    // What is being deleted is none of it any more.
    inventory.entries.retain(|_, entry| !entry.leaves);
    let kinds: BTreeSet<Kind> = inventory.entries.iter().map(|(key, entry)| entry.kind(key)).collect();
    let served = &cluster.exactly(&kinds).await?;
    let looks = stream::iter(inventory.entries).map(|(key, entry)| async move {
        let kind = entry.kind(&key);
        let Some(resource) = served.get(&kind) else {
            let gone = Health::new(Status::Unknown, format!("the cluster does not know {kind} any more"));
            return Ok(Observed { key, health: gone, timeout: None });
        };
        let found = cluster.find(&Request::get(resource.path(&key), JSON)).await?;
        let timeout = found.as_ref().and_then(timeout::of);
        let health = match found {
            Some(live) => cluster.rules().health(&live),
            None if key.group == "batch" && key.kind == "Job" => Health::healthy(),
            None => Health::degraded("it is gone"),
        };
        Ok(Observed { key, health, timeout })
    });
    looks.buffered(AT_ONCE).try_collect().await
}
