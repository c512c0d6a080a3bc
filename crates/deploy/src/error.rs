//! What can go wrong on the way to a cluster and in it.

use std::time::Duration;

use model::Outcome;

use crate::apply::HookEvent;
use crate::{Key, Owner};

/// An error of this room.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A kubeconfig cannot be used as it is.
    #[error("{sentence}")]
    Kubeconfig {
        /// Where in it: a path such as `users[0].user.token`; empty for the whole.
        field: String,
        /// What was wrong and what would be right.
        sentence: String,
    },
    /// A manifest cannot be used as it is.
    #[error("{object}: {sentence}")]
    Manifest {
        /// Which, as far as it says.
        object: String,
        /// What is wrong with it.
        sentence: String,
    },
    /// A program that signs in gave nothing.
    #[error("{program}, which signs in to the cluster, gave no token: {sentence}")]
    SignIn {
        /// The program's name.
        program: String,
        /// Why, without secrets.
        sentence: String,
    },
    /// The way to the API server.
    #[error("{0}")]
    Net(#[from] net::Error),
    /// The API server refused a call, in its own words.
    #[error("the API server answers {status} to {request}: {message}")]
    Answered {
        /// What was asked, such as `PATCH /api/v1/namespaces/shop/configmaps/shop`.
        request: String,
        /// The status of the answer.
        status: u16,
        /// Its reason, such as `Forbidden`; empty where it gave none.
        reason: String,
        /// Its words.
        message: String,
    },
    /// Objects were refused. Nothing was written if `before` holds.
    #[error("{}", said(.refusals))]
    Refused {
        /// Which, and why.
        refusals: Vec<Refusal>,
        /// Whether that was seen before anything was written.
        before: bool,
    },
    /// Something did not become ready in time.
    #[error("{what}{}", within(.limit))]
    NotReady {
        /// What was waited for, as the beginning of a sentence: `CustomResourceDefinition a is not established`.
        what: String,
        /// How long; zero where it was only looked at.
        limit: Duration,
    },
    /// Something is not ready yet, and may take longer: the apply is done again, and looks again.
    #[error("{what}")]
    Waits {
        /// What is waited for, as a sentence without its end: `Deployment eu/a is not healthy (…)`.
        what: String,
        /// How long by now.
        passed: Duration,
    },
    /// The apply was asked to stop before its end.
    #[error("stopped before the end")]
    Stopped,
    /// Somebody else wrote down what the release has at the same time: a worker that was thought dead, or one that
    /// took over. It has to be looked at again.
    #[error("what the release {0} has was written by another worker at the same time")]
    Overtaken(String),
    /// The version of the cluster is too old.
    #[error("Kubernetes {found} is too old: Trueline needs {} or newer", crate::discovery::OLDEST)]
    TooOld {
        /// What the cluster says.
        found: String,
    },
}

/// An object that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The object.
    pub object: Key,
    /// Why.
    pub why: Why,
}

/// Why an object was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It is there twice in what is to be applied.
    #[error("it is there more than once")]
    Duplicate,
    /// It has the name of the release's inventory.
    #[error("Trueline keeps there what it has applied: give it another name")]
    Inventory,
    /// The cluster knows no such kind, and no definition of it is applied along.
    #[error("the cluster does not know {0}: install what brings it first, or deploy its definition along")]
    UnknownKind(String),
    /// A hook of Helm did not do its work.
    #[error("the {event} hook failed: {reason}")]
    HookFailed {
        /// When it ran.
        event: HookEvent,
        /// What it says, or its pod.
        reason: String,
    },
    /// What comes after it needs it, and it is not well.
    #[error("it is not healthy after {} s ({said})", .passed.as_secs())]
    NotHealthy {
        /// What it says.
        said: String,
        /// How long it was waited for.
        passed: Duration,
    },
    /// Its namespace is not there and not made along.
    #[error("the namespace {0} is not there")]
    NoNamespace(String),
    /// Somebody else's.
    #[error("it belongs to {0}; {way}", way = .0.way())]
    Owned(Owner),
    /// Beyond what may be written.
    #[error("{0}; an administrator sets the limits of projects")]
    Outside(String),
    /// A field cannot be changed.
    #[error("a field cannot be changed while the object is there: {0}")]
    Immutable(String),
    /// A field cannot be changed, and the object is not made anew although that was asked for: what it holds, or
    /// stands for, would be lost.
    #[error(
        "a field cannot be changed while the object is there, and it is not made anew, as what it holds or stands \
         for would be lost with it; delete it yourself if that is meant: {0}"
    )]
    Irreplaceable(String),
    /// It is larger than the cluster stores.
    #[error("it is too large for the cluster: {0}")]
    TooLarge(String),
    /// The API server or an admission webhook refused it, in these words.
    #[error("{0}")]
    Server(String),
    /// An admission webhook gave no answer, in the API server's words: it may come back.
    #[error("{0}")]
    Webhook(String),
    /// The account may not do this, in the API server's words.
    #[error("{0}")]
    Forbidden(String),
    /// An older object of that name is being deleted, and these finalizers hold it.
    #[error("an older object of this name is being deleted and held by {}", .0.join(", "))]
    Finalizers(Vec<String>),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.object, self.why)
    }
}

fn within(limit: &Duration) -> String {
    if limit.is_zero() { String::new() } else { format!(" within {} s", limit.as_secs()) }
}

fn said(refusals: &[Refusal]) -> String {
    let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl Error {
    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Kubeconfig { .. } | Self::Manifest { .. } => Outcome::Invalid,
            Self::Net(error) => error.outcome(),
            Self::Answered { status, .. } => match status {
                401 | 403 => Outcome::NeedsHuman,
                404 => Outcome::NotFound,
                409 => Outcome::Conflict,
                408 | 429 | 500.. => Outcome::RetryLater { after: None },
                _ => Outcome::Invalid,
            },
            Self::Refused { .. } | Self::TooOld { .. } => Outcome::NeedsHuman,
            Self::SignIn { .. }
            | Self::NotReady { .. }
            | Self::Waits { .. }
            | Self::Stopped
            | Self::Overtaken(_) => Outcome::RetryLater { after: None },
        }
    }

    /// The status of the API server's answer, if there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(*status),
            Self::Kubeconfig { .. }
            | Self::SignIn { .. }
            | Self::Manifest { .. }
            | Self::Net(_)
            | Self::Refused { .. }
            | Self::NotReady { .. }
            | Self::Waits { .. }
            | Self::Stopped
            | Self::Overtaken(_)
            | Self::TooOld { .. } => None,
        }
    }
}
