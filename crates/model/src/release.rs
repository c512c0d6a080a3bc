//! How far the release of a deployment into its cluster has come, and what a person asked of it.

use crate::Timestamp;
use crate::gitops_config::words;
use crate::layout::ObjectKey;

words! {
    /// How an object in a cluster is.
    Health {
        /// It is what it is to be.
        Healthy = "healthy",
        /// It is becoming so.
        Progressing = "progressing",
        /// It will not become so by itself.
        Degraded = "degraded",
        /// Somebody has stopped it.
        Suspended = "suspended",
        /// It does not say.
        Unknown = "unknown",
    }
}

/// What was asked of a release, and how far it has come. Empty for environments without a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Release {
    /// Whether objects that are somebody else's become the application's.
    pub adopt: bool,
    /// Whether that may be what an application of another project left behind: an administrator asked.
    pub adopt_across: bool,
    /// Whether objects with a changed immutable field are deleted and made anew.
    pub recreate: bool,
    /// The digest of the deletions that a person has confirmed.
    pub confirmed: Option<String>,
    /// What goes on, for people; may be empty.
    pub message: String,
    /// How many objects are as Git has them.
    pub applied: u64,
    /// How many there are.
    pub of: u64,
    /// Deletions that wait for a person.
    pub confirm: Option<Confirmation>,
    /// Objects that were refused, and why, word for word.
    pub refusals: Vec<RefusedObject>,
    /// Objects that are not healthy (yet).
    pub unhealthy: Vec<UnhealthyObject>,
    /// When the health of one of the objects last changed.
    pub progressed_at: Option<Timestamp>,
}

/// Deletions that wait for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// What the confirmation has to name: other deletions have another digest.
    pub digest: String,
    /// What would be deleted.
    pub objects: Vec<ObjectKey>,
    /// Why that is asked, in sentences.
    pub reasons: Vec<String>,
}

/// An object that the cluster, or the engine, has refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedObject {
    /// Which.
    pub object: ObjectKey,
    /// Why.
    pub sentence: String,
}

/// An object that is not healthy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnhealthyObject {
    /// Which.
    pub object: ObjectKey,
    /// How it is.
    pub health: Health,
    /// What it says about that.
    pub message: String,
}
