//! Deleting what Git no longer has: only what is in the inventory and still ours.

use http::Method;
use serde_json::{Value, json};

use crate::cluster::{Cluster, JSON, METADATA, Request};
use crate::ownership::{PART_OF, keeps, marked};
use crate::{Entry, Error, Key, Kind, Owner, Resource};

/// How often an object that changes between the look and its deletion is looked at.
const LOOKS: usize = 5;

/// What becomes of an object that is in the inventory and no longer in Git.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is deleted.
    Goes(Box<Going>),
    /// It stays, and is this release's no longer.
    Stays,
    /// It is not there any more.
    Gone,
    /// Nobody can say now: the next apply looks again.
    Unseen,
}

/// An object that is to be deleted, as it was looked at.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Going {
    /// Where it is.
    pub(super) resource: Resource,
    /// Which one is meant: not another of the same name.
    uid: String,
    /// Which state of it.
    version: String,
    /// Another tool whose marks it has.
    pub(super) mark: Option<Owner>,
}

/// Looks what is to become of an object.
pub(super) async fn fate(cluster: &Cluster, set: &str, (key, entry): (&Key, &Entry)) -> Result<Fate, Error> {
    let kind = Kind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let served = match cluster.resource(&kind).await? {
        Some(resource) => Some(resource),
        None => cluster.discovery().await?.preferred(&key.group, &key.kind).cloned(),
    };
    // With its definition it went, too; or what serves it is away for a while.
    let Some(resource) = served else { return Ok(Fate::Unseen) };
    let live = match cluster.find(&Request::get(resource.path(key), METADATA)).await {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(Fate::Gone),
        Err(error) if error.status() == Some(404) => return Ok(Fate::Unseen),
        Err(error) => return Err(error),
    };
    let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_owned();
    let uid = text("uid");
    let ours = live["metadata"]["labels"][PART_OF] == set && (entry.uid.is_empty() || entry.uid == uid);
    if !ours || keeps(&live) || controlled(&live) {
        return Ok(Fate::Stays);
    }
    let version = text("resourceVersion");
    Ok(Fate::Goes(Box::new(Going { resource, uid, version, mark: marked(&live) })))
}

/// Deletes an object if it is still to go, by a look just before; what became of it. `Goes` says that it is deleted.
pub(super) async fn remove(
    cluster: &Cluster,
    set: &str,
    (key, entry): (&Key, &Entry),
    seen: &Going,
) -> Result<Fate, Error> {
    let mut looks = 0;
    loop {
        looks += 1;
        let going = match fate(cluster, set, (key, entry)).await? {
            // A mark that nobody was asked about.
            Fate::Goes(going) if going.mark.is_some() && going.mark != seen.mark => return Ok(Fate::Unseen),
            Fate::Goes(going) => going,
            fate => return Ok(fate),
        };
        let as_seen = json!({ "uid": going.uid, "resourceVersion": going.version });
        match delete(cluster, &going.resource, key, as_seen).await {
            Ok(()) => return Ok(Fate::Goes(going)),
            Err(error) if error.status() == Some(409) && looks < LOOKS => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether a controller made it for another object: with that it goes.
fn controlled(live: &Value) -> bool {
    let owners = live["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["controller"] == true)
}

/// Deletes an object if it still is the one that was looked at; a conflict where it is not. What it made follows.
pub(super) async fn delete(
    cluster: &Cluster,
    resource: &Resource,
    key: &Key,
    as_seen: Value,
) -> Result<(), Error> {
    let options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        "preconditions": as_seen,
    });
    let request = Request::with(Method::DELETE, resource.path(key), JSON, &options);
    cluster.find(&request).await.map(|_| ())
}
