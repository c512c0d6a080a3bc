//! One look at what a release has in its cluster.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::apply::Release;
use crate::cluster::{JSON, Request};
use crate::health::{Health, Status, health};
use crate::{Cluster, Error, Inventory, Key, Kind};

/// How many objects are looked at at once.
const AT_ONCE: usize = 8;

/// How each object of a release is; one that is not there, and no job that has tidied itself up, is degraded.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn observe(cluster: &Cluster, release: &Release) -> Result<Vec<(Key, Health)>, Error> {
    let inventory = Inventory::read(cluster, release).await?;
    let kinds: BTreeSet<Kind> = inventory.entries.iter().map(|(key, entry)| entry.kind(key)).collect();
    let served = &cluster.exactly(&kinds).await?;
    let looks = stream::iter(inventory.entries).map(|(key, entry)| async move {
        let kind = entry.kind(&key);
        let Some(resource) = served.get(&kind) else {
            let gone = Health::new(Status::Unknown, format!("the cluster does not know {kind} any more"));
            return Ok((key, gone));
        };
        let found = cluster.find(&Request::get(resource.path(&key), JSON)).await?;
        let now = match found {
            Some(live) => health(&live),
            None if key.group == "batch" && key.kind == "Job" => Health::healthy(),
            None => Health::degraded("it is gone"),
        };
        Ok((key, now))
    });
    looks.buffered(AT_ONCE).try_collect().await
}
