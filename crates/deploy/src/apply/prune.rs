//! Deleting what Git no longer has: only what is in the inventory and still ours.

use http::Method;
use serde_json::{Value, json};

use super::guard::{Asked, holds, sight};
use super::pruning::is_namespace;
use crate::cluster::{Cluster, JSON, Request};
use crate::order::live_wave;
use crate::ownership::{PART_OF, keeps, marked};
use crate::{Entry, Error, Key, Owner, Resource};

/// How often an object that changes between the look and its deletion is looked at.
const LOOKS: usize = 5;

/// What becomes of an object that is in the inventory and no longer in Git.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is deleted.
    Goes(Box<Going>),
    /// It stays, and is this release's no longer.
    Stays(Stays),
    /// It is not there any more.
    Gone,
    /// Nobody can say now: the next apply looks again.
    Unseen,
}

/// Why an object is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// Somebody has marked it to be kept.
    Marked,
    /// A controller made it for another object: with that it goes.
    Controlled,
    /// It is another one of that name, or its label is no longer this release's.
    Foreign,
    /// It holds data, which is to stay.
    HoldsData,
    /// A namespace in which something of the release is left, its inventory at least.
    Inhabited,
    /// It lies where nothing may be written.
    Outside,
}

impl std::fmt::Display for Stays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Marked => "it is marked to be kept",
            Self::Controlled => "a controller made it for another object, with which it goes",
            Self::Foreign => "it is no longer this application's",
            Self::HoldsData => "it holds data, which is to stay",
            Self::Outside => "it lies outside of what the project may write",
            Self::Inhabited => "something of this application stays in it",
        })
    }
}

/// An object that is to be deleted, as it was looked at.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Going {
    /// Where it is.
    pub(super) resource: Resource,
    /// Which one is meant: not another of the same name.
    pub(super) uid: String,
    /// Which state of it.
    version: String,
    /// Another tool whose marks it has.
    pub(super) mark: Option<Owner>,
    /// Whether with it goes what it holds.
    pub(super) holds: bool,
    /// The wave that it says it is of.
    pub(super) wave: i64,
    /// What holds it, if it is being deleted already.
    pub(super) leaving: Option<Vec<String>>,
}

impl Going {
    /// It, as a person is asked about it.
    pub(super) fn asked(&self, key: &Key) -> Asked {
        Asked { key: key.clone(), mark: self.mark.clone(), holds: self.holds }
    }
}

/// Looks what is to become of an object. Where nothing serves its kind, with its definition it went, too; or what
/// serves it is away for a while.
pub(super) async fn fate(
    (cluster, set): (&Cluster, &str),
    resource: Option<&Resource>,
    (key, entry): (&Key, &Entry),
) -> Result<Fate, Error> {
    let Some(resource) = resource.cloned() else { return Ok(Fate::Unseen) };
    let live = match cluster.find(&Request::get(resource.path(key), sight(key))).await {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(Fate::Gone),
        Err(error) if error.status() == Some(404) => return Ok(Fate::Unseen),
        Err(error) => return Err(error),
    };
    let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default().to_owned();
    let uid = text("uid");
    let ours = live["metadata"]["labels"][PART_OF] == set && (entry.uid.is_empty() || entry.uid == uid);
    let stays = match () {
        () if !ours => Some(Stays::Foreign),
        () if keeps(&live) => Some(Stays::Marked),
        () if controlled(&live) => Some(Stays::Controlled),
        () => None,
    };
    if let Some(why) = stays {
        return Ok(Fate::Stays(why));
    }
    let (version, holds) = (text("resourceVersion"), holds(key, &live));
    let (mark, wave) = (marked(&live), live_wave(&live));
    let leaving = leaving(&live);
    Ok(Fate::Goes(Box::new(Going { resource, uid, version, mark, holds, wave, leaving })))
}

/// What holds an object that is being deleted.
pub(super) fn leaving(live: &Value) -> Option<Vec<String>> {
    let metadata = &live["metadata"];
    let named = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(Into::into)).collect()
    };
    metadata["deletionTimestamp"].is_string().then(|| named(&metadata["finalizers"]))
}

/// What becomes of the objects that one made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// They follow it.
    Follow,
    /// They go before it: it is gone once they are.
    First,
}

/// Deletes an object if it is still to go, by a look just before; what became of it. `Goes` says that it is deleted,
/// and what holds it where it is still there.
pub(super) async fn remove(
    (cluster, set): (&Cluster, &str),
    (key, entry): (&Key, &Entry),
    seen: &Going,
    made: Made,
) -> Result<Fate, Error> {
    let mut looks = 0;
    loop {
        looks += 1;
        let going = match fate((cluster, set), Some(&seen.resource), (key, entry)).await? {
            // A mark that nobody was asked about, or claims.
            Fate::Goes(going) if going.mark.is_some() && going.mark != seen.mark => return Ok(Fate::Unseen),
            Fate::Goes(going) if going.holds && !seen.holds => return Ok(Fate::Unseen),
            Fate::Goes(going) => going,
            fate => return Ok(fate),
        };
        let as_seen = json!({ "uid": going.uid, "resourceVersion": going.version });
        match delete(cluster, (&going.resource, key), as_seen, made).await {
            Ok(answer) => return Ok(Fate::Goes(Box::new(Going { leaving: leaving(&answer), ..*going }))),
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

/// Deletes an object if it still is the one that was looked at, a conflict where it is not; the cluster's answer, which
/// is the object as long as it is still there.
pub(super) async fn delete(
    cluster: &Cluster,
    (resource, key): (&Resource, &Key),
    as_seen: Value,
    made: Made,
) -> Result<Value, Error> {
    let policy = match made {
        Made::Follow => "Background",
        Made::First => "Foreground",
    };
    let options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy,
        "preconditions": as_seen,
    });
    if is_namespace(key) {
        cluster.forget_namespace(&key.name);
    }
    let request = Request::with(Method::DELETE, resource.path(key), JSON, &options);
    cluster.find(&request).await.map(Option::unwrap_or_default)
}
