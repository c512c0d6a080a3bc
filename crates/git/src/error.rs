//! What can go wrong with a Git host or a repository. What it means for people is said in `diagnosis`.

use std::sync::Arc;
use std::time::Duration;

use model::Outcome;
use model::repository::Repository;
use net::Stranger;

/// An error of this room.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An address or a name that a person entered cannot be used as it is.
    #[error("{sentence}")]
    Input {
        /// The field's name on the wire.
        field: &'static str,
        /// A stable word for programs.
        code: &'static str,
        /// What was wrong and what would be right.
        sentence: String,
    },
    /// The way to the host failed, or the host points somewhere else.
    #[error(transparent)]
    Net(net::Error),
    /// The host does not take the credential (401).
    #[error("not authenticated: {0}")]
    Unauthorized(Box<Refusal>),
    /// The credential may not do this (403).
    #[error("forbidden: {0}")]
    Forbidden(Box<Refusal>),
    /// It is not there, or may not be known to be there (404).
    #[error("not found: {0}")]
    NotFound(Box<Refusal>),
    /// Its state does not allow this (409).
    #[error("conflict: {0}")]
    Conflict(Box<Refusal>),
    /// It was there once, or the way to it is closed for good (410).
    #[error("gone: {0}")]
    Gone(Box<Refusal>),
    /// The host understood the call and does not want it (400, 422).
    #[error("refused: {0}")]
    Unprocessable(Box<Refusal>),
    /// The host failed (5xx).
    #[error("the host failed: {0}")]
    HostFailed(Box<Refusal>),
    /// Another status than those above.
    #[error("unexpected answer: {0}")]
    Unexpected(Box<Refusal>),
    /// The host asks to be left alone for a while.
    #[error("{host} limits the rate of calls")]
    RateLimited {
        /// Host and port.
        host: String,
        /// How long, if it said so.
        after: Option<Duration>,
    },
    /// What answers is not the interface that was asked for.
    #[error("{host} does not answer as a Git host would: {what:?}")]
    Stranger {
        /// Host and port.
        host: String,
        /// What it was instead.
        what: Stranger,
        /// The status of the answer.
        status: u16,
    },
    /// The name is taken by a repository that is not ours.
    #[error("a repository {name} exists already")]
    RepositoryExists {
        /// The name asked for.
        name: String,
    },
    /// A repository was made, and cannot be used over Git.
    #[error("{} was made and cannot be used: {cause}", repository.full_name)]
    Unusable {
        /// It is there, and is to be deleted by whoever does not want it.
        repository: Box<Repository>,
        /// What Git met.
        cause: Box<Error>,
    },
    /// Something is larger than allowed.
    #[error("{what} is larger than the limit of {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// The limit with its unit.
        limit: String,
    },
    /// The other side broke the rules of the protocol.
    #[error("unusable answer of {host}: {what}")]
    Protocol {
        /// Host and port, or the path of a local repository.
        host: String,
        /// Which rule.
        what: String,
    },
    /// The host did not take the push of a branch.
    #[error("{refname} was refused: {reason}")]
    Rejected {
        /// The branch's full name.
        refname: String,
        /// The host's reason, one line.
        reason: String,
        /// What the host's hooks and rules said beside it.
        remote_text: String,
    },
    /// Paths that the change owns are not what they were expected to be.
    #[error("changed on the branch: {}", paths.join(", "))]
    PathsMoved {
        /// Which.
        paths: Vec<String>,
    },
    /// Something else is where a file or folder has to be.
    #[error("{path} cannot be written: {by} is in the way")]
    PathTaken {
        /// Which path.
        path: String,
        /// What is there, in words.
        by: String,
    },
    /// What had to be done before a push failed; nothing was pushed.
    #[error("before the push: {0}")]
    BeforePush(Arc<dyn std::error::Error + Send + Sync>),
    /// The commit that an earlier push stood on is no longer part of the branch: someone rewrote it.
    #[error("the history of {branch} was rewritten")]
    BaseGone {
        /// The branch.
        branch: String,
        /// The commit that is missing.
        base: String,
    },
    /// A push was begun whose end is unknown, and the look for its commit failed.
    #[error("whether {branch} took the push is unknown: {cause}")]
    EndUnknown {
        /// The branch.
        branch: String,
        /// What the look met.
        cause: Box<Error>,
    },
    /// Others were faster too many times.
    #[error("gave up after {attempts} attempts: the branch {branch} moved each time")]
    TooManyRaces {
        /// The branch.
        branch: String,
        /// How many.
        attempts: u32,
    },
    /// The repository uses another hash than SHA-1.
    #[error("the repository uses the object format {format}, which is not supported")]
    UnsupportedObjectFormat {
        /// Its word.
        format: String,
    },
    /// The `git` program is missing or cannot be used; only the built-in host needs it.
    #[error("the git program cannot be run: {0}")]
    GitProgram(String),
    /// The data folder of the built-in host cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// Which file or folder.
        path: String,
        /// The system's words.
        source: Arc<std::io::Error>,
    },
    /// The work was stopped before it was done.
    #[error("stopped")]
    Stopped,
    /// A mistake of our own.
    #[error("mistake in Trueline: {0}")]
    Bug(String),
}

/// What Git itself can meet too keeps one name, whichever of the two met it.
impl From<net::Error> for Error {
    fn from(error: net::Error) -> Self {
        match error {
            net::Error::Input { field, code, sentence } => Self::Input { field, code, sentence },
            net::Error::RateLimited { host, after } => Self::RateLimited { host, after },
            net::Error::Stranger { host, what, status } => Self::Stranger { host, what, status },
            net::Error::TooLarge { what, limit } => Self::TooLarge { what, limit },
            net::Error::Protocol { host, what } => Self::Protocol { host, what },
            net::Error::Bug(what) => Self::Bug(what),
            net::Error::Insecure { .. }
            | net::Error::Unreachable { .. }
            | net::Error::Tls { .. }
            | net::Error::ClientCertificate { .. }
            | net::Error::Proxy { .. }
            | net::Error::Redirected { .. }
            | net::Error::Downgraded { .. }
            | net::Error::Private { .. } => Self::Net(error),
        }
    }
}

/// A refusal in the host's words, free of secrets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refusal {
    /// Host and port.
    pub host: String,
    /// The status of the answer.
    pub status: u16,
    /// What was asked, such as `POST /orgs/acme/repos`.
    pub request: String,
    /// What the host said, as text.
    pub message: String,
    /// Scopes that the host would accept for this call, where it says.
    pub accepted_scopes: Option<Vec<String>>,
    /// Scopes that the credential holds, where the host says.
    pub held_scopes: Option<Vec<String>>,
    /// Permissions that the call needs, where the host says: GitHub to fine-grained tokens.
    pub accepted_permissions: Option<Vec<String>>,
    /// Where the credential can be authorised for single sign-on, where the host says.
    pub sso_url: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {} to {}: {}", self.host, self.status, self.request, self.message)
    }
}

impl Error {
    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Input { .. } => Outcome::Invalid,
            Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Gone(_)
            | Self::Unprocessable(_)
            | Self::Unexpected(_)
            | Self::Stranger { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. }
            | Self::BaseGone { .. }
            | Self::UnsupportedObjectFormat { .. }
            | Self::GitProgram(_)
            | Self::Folder { .. } => Outcome::NeedsHuman,
            Self::Conflict(_)
            | Self::RepositoryExists { .. }
            | Self::PathsMoved { .. }
            | Self::PathTaken { .. } => Outcome::Conflict,
            Self::Net(error) => error.outcome(),
            Self::Unusable { cause, .. } => cause.outcome(),
            Self::HostFailed(_)
            | Self::Protocol { .. }
            | Self::EndUnknown { .. }
            | Self::TooManyRaces { .. }
            | Self::BeforePush(_)
            | Self::Stopped => Outcome::RetryLater { after: None },
            Self::RateLimited { after, .. } => Outcome::RetryLater { after: *after },
            Self::Bug(_) => Outcome::Bug,
        }
    }

    /// The scopes that the credential holds, where the host names them as it refuses.
    pub fn held_scopes(&self) -> Option<&[String]> {
        match self {
            Self::Unauthorized(refusal)
            | Self::Forbidden(refusal)
            | Self::NotFound(refusal)
            | Self::Gone(refusal)
            | Self::Conflict(refusal)
            | Self::Unprocessable(refusal)
            | Self::HostFailed(refusal)
            | Self::Unexpected(refusal) => refusal.held_scopes.as_deref().filter(|held| !held.is_empty()),
            Self::Unusable { cause, .. } => cause.held_scopes(),
            _ => None,
        }
    }

    /// Whether a call that was to make something may have made it all the same: its answer was lost, or the host failed
    /// on the way.
    pub fn may_have_done_it(&self) -> bool {
        match self {
            Self::HostFailed(_)
            | Self::Unexpected(_)
            | Self::Stranger { .. }
            | Self::TooLarge { .. }
            | Self::Protocol { .. }
            | Self::Unusable { .. }
            | Self::EndUnknown { .. }
            | Self::Stopped
            | Self::Bug(_) => true,
            Self::Net(error) => error.may_have_arrived(),
            Self::Input { .. }
            | Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::Gone(_)
            | Self::Unprocessable(_)
            | Self::RateLimited { .. }
            | Self::RepositoryExists { .. }
            | Self::Rejected { .. }
            | Self::PathsMoved { .. }
            | Self::PathTaken { .. }
            | Self::BeforePush(_)
            | Self::BaseGone { .. }
            | Self::TooManyRaces { .. }
            | Self::UnsupportedObjectFormat { .. }
            | Self::GitProgram(_)
            | Self::Folder { .. } => false,
        }
    }
}
