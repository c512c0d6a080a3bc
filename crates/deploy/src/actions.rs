//! What a person does with what runs: restart, scale, read logs and events.

use std::collections::HashSet;
use std::time::Duration;

use http::Method;
use model::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cluster::{Cluster, JSON, Lines, MERGE, Request};
use crate::watch::Tree;
use crate::{Error, Key, Resource};

/// The annotation that `kubectl rollout restart` sets.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
/// Bytes of a line of a log; the rest of it is left out.
const LINE: usize = 16 * 1024;
/// Bytes of a log that is not followed.
const LOG: u64 = 16 * 1024 * 1024;
/// How long a log is read, and how long one is followed.
const READ: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(4 * 3600));
/// Pages of events of a namespace, of [`PAGE`] each.
const PAGES: usize = 10;
const PAGE: usize = 500;
/// Events that are handed out, the newest.
const MOST: usize = 200;

/// Which part of a log is read.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// Of which container; needed where a pod has several.
    pub container: Option<String>,
    /// Whether what is written later comes as well.
    pub follow: bool,
    /// So many lines from the end.
    pub tail: Option<u32>,
    /// Of the container that ran before this one was started.
    pub previous: bool,
    /// Only what was written in the last seconds.
    pub since_seconds: Option<u32>,
    /// Whether each line begins with its time.
    pub timestamps: bool,
}

/// Something that happened to an object, as the cluster's parts tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// To what.
    pub object: Key,
    /// Whether it is a warning.
    pub warning: bool,
    /// In one word, such as `FailedScheduling`.
    pub reason: String,
    /// In a sentence.
    pub message: String,
    /// How often.
    pub count: u32,
    /// When last, RFC 3339.
    pub last: String,
}

/// Starts the pods of a workload anew, as `kubectl rollout restart` does; `at` is what
/// it writes down. What Git says stays as it is.
///
/// # Errors
/// [`Error::Manifest`] for a kind that has no pods to restart, [`Error::Answered`] when the cluster refuses.
pub async fn restart(cluster: &Cluster, key: &Key, at: Timestamp) -> Result<(), Error> {
    let now = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let now = now.format(&Rfc3339).unwrap_or_default();
    let change = match (key.group.as_str(), key.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") => {
            json!({ "spec": { "template": { "metadata": { "annotations": { RESTARTED: now } } } } })
        }
        ("argoproj.io", "Rollout") => json!({ "spec": { "restartAt": now } }),
        _ => return Err(cannot(key, "it has no pods that could be started anew")),
    };
    let path = format!("{}?fieldManager=trueline-restart", resource(cluster, key).await?.path(key));
    cluster.call(&Request::with(Method::PATCH, path, MERGE, &change)).await.map(|_| ())
}

/// Gives a workload another number of replicas. Where Git says one, this is drift until the next deployment.
///
/// # Errors
/// [`Error::Manifest`] for a kind that has no replicas, [`Error::Answered`] when the cluster refuses.
pub async fn scale(cluster: &Cluster, key: &Key, replicas: u32) -> Result<(), Error> {
    if !scales(&key.group, &key.kind) {
        return Err(cannot(key, "it has no number of replicas"));
    }
    let path = format!("{}/scale?fieldManager=trueline-scale", resource(cluster, key).await?.path(key));
    let change = json!({ "spec": { "replicas": replicas } });
    cluster.call(&Request::with(Method::PATCH, path, MERGE, &change)).await.map(|_| ())
}

/// Whether a kind has replicas that a person sets.
pub(crate) fn scales(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet")
            | ("argoproj.io", "Rollout")
            | ("", "ReplicationController")
    )
}

/// Reads the log of a pod, line by line as it comes.
///
/// # Errors
/// [`Error::Answered`] with the cluster's words, such as that the container has not started.
pub async fn logs(cluster: &Cluster, namespace: &str, pod: &str, which: &Logs) -> Result<Lines, Error> {
    let key = Key { group: String::new(), kind: "Pod".into(), namespace: namespace.into(), name: pod.into() };
    let path = format!("{}/log?{}", resource(cluster, &key).await?.path(&key), part_of(which));
    let limit = if which.follow { READ.1 } else { READ.0 };
    Ok(Lines::new(cluster.open(&Request::get(path, "*/*"), limit).await?, LINE))
}

/// The part of a log as a query.
fn part_of(which: &Logs) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(container) = &which.container {
        query.append_pair("container", container);
    }
    for (name, on) in
        [("follow", which.follow), ("previous", which.previous), ("timestamps", which.timestamps)]
    {
        if on {
            query.append_pair(name, "true");
        }
    }
    for (name, number) in [("tailLines", which.tail), ("sinceSeconds", which.since_seconds)] {
        if let Some(number) = number {
            query.append_pair(name, &number.to_string());
        }
    }
    if !which.follow {
        query.append_pair("limitBytes", &LOG.to_string());
    }
    query.finish()
}

/// What happened to the objects of a tree, the newest first.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn events(cluster: &Cluster, tree: &Tree) -> Result<Vec<Happening>, Error> {
    let uids: HashSet<&str> = tree.nodes.iter().map(|node| node.uid.as_str()).collect();
    let namespaces: HashSet<&str> = tree.nodes.iter().map(|node| node.key.namespace.as_str()).collect();
    let mut found = Vec::new();
    for namespace in namespaces.into_iter().filter(|namespace| !namespace.is_empty()) {
        let mut next = String::new();
        for _ in 0..PAGES {
            let token = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            let path = format!("api/v1/namespaces/{namespace}/events?limit={PAGE}&continue={token}");
            let list = cluster.call(&Request::get(path, JSON)).await?;
            let events = list["items"].as_array().into_iter().flatten();
            let ours = events.filter(|event| {
                event["involvedObject"]["uid"].as_str().is_some_and(|uid| uids.contains(uid))
            });
            found.extend(ours.map(happening));
            match list["metadata"]["continue"].as_str() {
                Some(more) if !more.is_empty() => next = more.to_owned(),
                _ => break,
            }
        }
    }
    found.sort_by(|a, b| b.last.cmp(&a.last));
    found.truncate(MOST);
    Ok(found)
}

fn happening(event: &Value) -> Happening {
    let about = &event["involvedObject"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&about["apiVersion"]);
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    let counts = ["/series/count", "/count"];
    Happening {
        object: Key {
            group: version.split_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default(),
            kind: text(&about["kind"]),
            namespace: text(&about["namespace"]),
            name: text(&about["name"]),
        },
        warning: event["type"] == "Warning",
        reason: text(&event["reason"]),
        message: text(&event["message"]),
        count: counts.iter().find_map(|at| event.pointer(at)?.as_u64()).map_or(1, |count| count as u32),
        last: times.iter().find_map(|at| event.pointer(at)?.as_str()).unwrap_or_default().to_owned(),
    }
}

pub(crate) async fn resource(cluster: &Cluster, key: &Key) -> Result<Resource, Error> {
    let known = cluster.discovery().await?;
    let found = known.preferred(&key.group, &key.kind).cloned();
    found.ok_or_else(|| cannot(key, "the cluster does not know its kind"))
}

pub(crate) fn cannot(key: &Key, sentence: &str) -> Error {
    Error::Manifest { object: key.to_string(), sentence: sentence.into() }
}
