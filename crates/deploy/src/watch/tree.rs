//! The objects of a release with what they made, and how all of it is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::item::Item;
use super::state::State;
use crate::health::{Health, Status};
use crate::{Entry, Key};

/// How deep owners are followed: a CronJob's Job's pod is the third.
const DEEPEST: usize = 6;
/// Pods and other children of one object that are shown, the unwell ones first.
const MOST: usize = 200;

/// What runs of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// How the worst of its objects is, with the reason of a failing pod.
    pub health: Health,
    /// The objects, each after what it belongs to.
    pub nodes: Vec<Node>,
    /// Whether every kind was looked at; before that nothing is said to be missing.
    pub complete: bool,
    /// Why the cluster does not answer now; what was seen last is kept.
    pub away: Option<String>,
}

/// An object of a release, or one that such an object made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub key: Key,
    /// The version that it is watched in.
    pub version: String,
    /// Its identity; empty where it is not there.
    pub uid: String,
    /// The node that it belongs to; none for what Git has.
    pub parent: Option<usize>,
    /// Whether Git no longer has it, and it is only not gone yet.
    pub leaves: bool,
    /// How it is.
    pub health: Health,
    /// How long it may take to be healthy, if it says so.
    pub timeout: Option<Duration>,
    /// How many are ready of how many, for what has replicas or containers.
    pub ready: Option<(u32, u32)>,
    /// The names of a pod's containers, those that start it first.
    pub containers: Vec<String>,
}

/// Worse is greater.
fn badness(status: Status) -> u8 {
    match status {
        Status::Healthy => 0,
        Status::Unknown => 1,
        Status::Suspended => 2,
        Status::Progressing => 3,
        Status::Degraded => 4,
    }
}

/// Puts together what is known of a release.
pub(super) fn tree(
    state: &State,
    set: &str,
    entries: &BTreeMap<Key, Entry>,
    (complete, away): (bool, Option<String>),
) -> Tree {
    let mut known: BTreeMap<&Key, &Item> = state.set(set).into_iter().map(|item| (&item.key, item)).collect();
    let mut nodes = Vec::new();
    let mut worst = Health { status: Status::Healthy, message: String::new() };
    for (key, entry) in entries {
        let Some(item) = known.remove(key) else {
            // What goes by itself once it has ended is not missing.
            if complete && !entry.ends && !entry.leaves {
                let health = Health { status: Status::Degraded, message: "it is not there".into() };
                note(&mut worst, key, &health);
                let (key, version, uid) = (key.clone(), entry.version.clone(), String::new());
                let (leaves, timeout, containers) = (false, None, Vec::new());
                let (parent, ready) = (None, None);
                nodes.push(Node { key, version, uid, parent, leaves, health, timeout, ready, containers });
            }
            continue;
        };
        let at = nodes.len();
        nodes.push(node(item, None));
        let reason = grow(state, item, &mut nodes, (at, 0));
        if let Some(reason) = reason.filter(|_| item.health.status != Status::Healthy) {
            let said = &mut nodes[at].health.message;
            *said = if said.is_empty() { reason } else { format!("{said}: {reason}") };
        }
        nodes[at].leaves = entry.leaves;
        if !entry.leaves {
            note(&mut worst, key, &nodes[at].health);
        }
    }
    Tree { health: worst, nodes, complete, away }
}

fn note(worst: &mut Health, key: &Key, health: &Health) {
    if badness(health.status) > badness(worst.status) {
        let message = match health.message.as_str() {
            "" => key.to_string(),
            message => format!("{key}: {message}"),
        };
        *worst = Health { status: health.status, message };
    }
}

fn node(item: &Item, parent: Option<usize>) -> Node {
    Node {
        key: item.key.clone(),
        version: item.version.clone(),
        uid: item.uid.clone(),
        parent,
        leaves: false,
        timeout: item.timeout,
        health: item.health.clone(),
        ready: item.ready,
        containers: item.containers.clone(),
    }
}

/// Adds what an object made; why the first pod below it does not run.
fn grow(state: &State, item: &Item, nodes: &mut Vec<Node>, (at, depth): (usize, usize)) -> Option<String> {
    if depth >= DEEPEST {
        return None;
    }
    let mut children = state.children(&item.uid);
    children.retain(|child| !child.rests());
    children.sort_by(|a, b| {
        let order = |item: &Item| std::cmp::Reverse(badness(item.health.status));
        (order(a), &a.key).cmp(&(order(b), &b.key))
    });
    let mut reason = None;
    for child in children.into_iter().take(MOST) {
        let place = nodes.len();
        nodes.push(node(child, Some(at)));
        let own = child.reason.as_ref().map(|why| format!("{} {}: {why}", child.key.kind, child.key.name));
        let below = grow(state, child, nodes, (place, depth + 1));
        reason = reason.or(own).or(below);
    }
    reason
}
