//! Checks: dry runs of a GitOps configuration, and their reports.

use crate::gitops_config::words;
use crate::repository::Repository;
use crate::{CheckId, Timestamp};

words! {
    /// The stages of a check, in the order in which they are tried.
    CheckStage {
        /// The host answers: name, connection, certificate.
        Reach = "reach",
        /// The credential is accepted.
        Authenticate = "authenticate",
        /// The organization, group, project or workspace can be seen.
        Scope = "scope",
        /// Its repositories can be listed.
        List = "list",
        /// A test repository can be created.
        Create = "create",
        /// It can be read over Git.
        Clone = "clone",
        /// No rule for its branch would refuse our commits.
        Rules = "rules",
        /// A commit can be pushed to it.
        Push = "push",
        /// A pull request can be opened and closed.
        PullRequest = "pull-request",
        /// A webhook can be created and deleted.
        Webhook = "webhook",
        /// The test repository can be deleted.
        Delete = "delete",
    }
}

words! {
    /// How a stage went.
    StageState {
        /// Not reached yet.
        Waiting = "waiting",
        /// Going on now.
        Running = "running",
        /// It works.
        Passed = "passed",
        /// It works, or is not needed, but something deserves attention.
        Warned = "warned",
        /// It does not work.
        Failed = "failed",
        /// Not used by this configuration, or of no use after an earlier failure.
        Skipped = "skipped",
    }
}

words! {
    /// How a stored credential stands.
    CredentialState {
        /// It works, as far as is known.
        Ok = "ok",
        /// It ends soon.
        Ending = "ending",
        /// It has ended, or does not work any more.
        Failing = "failing",
    }
}

/// Why something does not work, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diagnosis {
    /// A stable word for programs, such as `scope_missing`, `token_rejected`, `organization_not_visible`.
    pub code: String,
    /// One or two sentences for people: what, where, why, and what to do.
    pub sentence: String,
    /// The exact scope or role that is missing, in the host's spelling.
    pub missing: Option<String>,
    /// The page where it is given.
    pub link: Option<String>,
}

/// One line of a report; of another kind of check with stages of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageReport<S = CheckStage> {
    /// Which stage.
    pub stage: S,
    /// What it is called for this account, such as `See organization acme`.
    pub title: String,
    /// Whether the configuration cannot be saved when it fails.
    pub required: bool,
    /// How it went.
    pub state: StageState,
    /// The cause, when it did not simply pass.
    pub diagnosis: Option<Diagnosis>,
    /// How long it took.
    pub milliseconds: u64,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// The stages in order.
    pub stages: Vec<StageReport>,
    /// Facts learned on the way.
    pub facts: Facts,
}

impl Report {
    /// Whether a required stage failed.
    pub fn failed(&self) -> bool {
        self.stages.iter().any(|s| s.required && s.state == StageState::Failed)
    }
}

/// What a check learned about an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The account that the credential belongs to, in the host's spelling.
    pub identity: Option<String>,
    /// `organization` or `user`, where the host tells.
    pub owner_kind: Option<String>,
    /// The key of the project that is used because none was entered.
    pub project: Option<String>,
    /// The scopes held, where the host tells.
    pub scopes: Option<Vec<String>>,
    /// When the credential ends, where the host tells.
    pub expires_at: Option<Timestamp>,
    /// Calls left and calls allowed in the host's window, where the host tells.
    pub rate_left: Option<(u64, u64)>,
    /// Default branch of a new repository.
    pub default_branch: Option<String>,
}

/// A check as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Its identity.
    pub id: CheckId,
    /// Name of the configuration checked; it may not exist (yet).
    pub config: String,
    /// Who asked.
    pub requested_by: String,
    /// What was found so far.
    pub report: Report,
    /// Name of the test repository while it may exist on the host.
    pub test_repository: Option<String>,
    /// The test repository as the host knows it, once it has told: it is deleted by its id, since a host may
    /// give up its name while it keeps it.
    pub known_repository: Option<Repository>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
