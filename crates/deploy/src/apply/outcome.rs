//! What an apply tells while it goes, and what it did.

use super::{HookEvent, Waiting};
use crate::{Inventory, Key};

/// A step of an apply, as it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The namespace of the release was made.
    NamespaceMade(String),
    /// An object is in the cluster as Git has it.
    Applied(Key),
    /// An object had to be deleted and made anew, as it was allowed.
    Recreated(Key),
    /// A wave waits until this is ready.
    AwaitsReady(Key),
    /// An object that Git no longer has was deleted.
    Pruned(Key),
    /// A hook is run, or one that runs already is waited for.
    HookStarted {
        /// Why.
        event: HookEvent,
        /// The hook.
        object: Key,
    },
    /// A hook has done its work.
    HookSucceeded {
        /// Why it ran.
        event: HookEvent,
        /// The hook.
        object: Key,
    },
}

/// What an apply did.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Applied: new ones and those that were not as Git has them.
    pub applied: Vec<Key>,
    /// As Git has them already; nothing was sent.
    pub unchanged: Vec<Key>,
    /// Deleted, as Git no longer has them.
    pub pruned: Vec<Key>,
    /// Deleted, as Git no longer has them, and still there: with the finalizers that hold each.
    pub leaving: Vec<(Key, Vec<String>)>,
    /// No longer in Git and left: marked to be kept, or somebody else's by now.
    pub kept: Vec<Key>,
    /// No longer in Git, and nobody can say now whether they are there, or they were changed by another tool
    /// meanwhile: the next apply looks again.
    pub unseen: Vec<Key>,
    /// What is to be deleted once a person has confirmed it.
    pub waiting: Option<Waiting>,
    /// What was applied, by identity, with the state (`resourceVersion`) that it had then.
    pub versions: Vec<(String, u64)>,
    /// What the release has in the cluster now.
    pub inventory: Inventory,
}
