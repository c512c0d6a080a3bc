//! Deleting what Git no longer has: only what is in the inventory and still ours.

use http::Method;
use serde_json::{Value, json};

use crate::cluster::{Cluster, JSON, METADATA, Request};
use crate::ownership::{keeps, other};
use crate::{Entry, Error, Key, Kind, Resource};

/// What becomes of an object that is in the inventory and no longer in Git.
pub(super) enum Fate {
    /// It is deleted.
    Goes {
        /// Where it is.
        resource: Resource,
        /// Which one is meant: not another of the same name.
        uid: String,
    },
    /// It stays, and is this release's no longer.
    Stays,
    /// It is not there any more.
    Gone,
}

/// Looks what is to become of an object.
pub(super) async fn fate(cluster: &Cluster, set: &str, (key, entry): (&Key, &Entry)) -> Result<Fate, Error> {
    let kind = Kind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let served = match cluster.resource(&kind).await? {
        Some(resource) => Some(resource),
        None => cluster.discovery().await?.preferred(&key.group, &key.kind).cloned(),
    };
    // With its definition the object went, too.
    let Some(resource) = served else { return Ok(Fate::Gone) };
    let Some(live) = cluster.find(&Request::get(resource.path(key), METADATA)).await? else {
        return Ok(Fate::Gone);
    };
    let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
    let known = uid == entry.uid;
    if keeps(&live) || other(&live, set, known).is_some() || controlled(&live) {
        return Ok(Fate::Stays);
    }
    Ok(Fate::Goes { resource, uid: uid.into() })
}

/// Whether a controller made it for another object: with that it goes.
fn controlled(live: &Value) -> bool {
    let owners = live["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["controller"] == true)
}

/// Deletes an object if it still is the one that was looked at. What it made follows.
pub(super) async fn delete(
    cluster: &Cluster,
    resource: &Resource,
    key: &Key,
    uid: &str,
) -> Result<(), Error> {
    let options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        "preconditions": { "uid": uid },
    });
    let request = Request::with(Method::DELETE, resource.path(key), JSON, &options);
    match cluster.find(&request).await {
        Ok(_) => Ok(()),
        // Another of that name is there by now: none of ours.
        Err(error) if error.status() == Some(409) => Ok(()),
        Err(error) => Err(error),
    }
}
