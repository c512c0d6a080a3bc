//! Reseals: the work of sealing what lies in Git anew for the present recipients, one for each environment of an
//! application.

use crate::gitops_config::words;
use crate::{ApplicationId, EnvironmentId, ResealId, Timestamp};

words! {
    /// How far a reseal is.
    Progress {
        /// Nobody has looked at it since it was asked for.
        Waiting = "waiting",
        /// A deployment that seals anew is under way.
        Running = "running",
        /// What lies in Git is sealed for the present recipients, or holds nothing sealed.
        Done = "done",
        /// It cannot be sealed anew as it is.
        Failed = "failed",
    }
}

/// What is to be sealed anew, and how far that is. There is one at most for an environment of an application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reseal {
    /// Its identity.
    pub id: ResealId,
    /// The application.
    pub application: ApplicationId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The name of who asked for it: the author of its commit.
    pub by: String,
    /// The author's address.
    pub email: String,
    /// How far it is.
    pub progress: Progress,
    /// The number of the deployment that seals anew, once there is one.
    pub deployment: Option<i64>,
    /// Why it failed: what, where, why, and what to do.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}
