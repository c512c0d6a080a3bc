//! Deployments: attempts to make an environment run something, and the stages they pass.

use crate::gitops_config::words;
use crate::{ApplicationId, DeploymentId, EnvironmentId, Timestamp, ValuesId};

words! {
    /// The last stage that a deployment has passed.
    Stage {
        /// It is stored and waits for a worker.
        Requested = "requested",
        /// Its files are made and stored.
        Rendered = "rendered",
        /// Its commit is on the branch.
        Committed = "committed",
        /// The environment's engine was given the new state; at once where there is no engine.
        Released = "released",
        /// It has ended; see [`End`].
        Finished = "finished",
    }
}

words! {
    /// How a deployment ended.
    End {
        /// Its state is in Git, and the environment has no engine that would apply it.
        Stored = "stored",
        /// A stage failed.
        Failed = "failed",
        /// A newer request for the environment took its place before its push began.
        Superseded = "superseded",
    }
}

/// An attempt to make an environment run something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deployment {
    /// Its identity.
    pub id: DeploymentId,
    /// Counts up from 1 within the application.
    pub number: i64,
    /// The application.
    pub application: ApplicationId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The image as given.
    pub image: String,
    /// Why, in the author's words; may be empty.
    pub message: String,
    /// The person who asked: the commit's author.
    pub author: String,
    /// The author's address.
    pub author_email: String,
    /// The base values that it pins.
    pub base_values: ValuesId,
    /// The override that it pins.
    pub override_values: Option<ValuesId>,
    /// The preview that it has to agree with.
    pub expected_digest: Option<String>,
    /// The last stage passed.
    pub stage: Stage,
    /// How it ended, once it has.
    pub end: Option<End>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What rendering gave, once it did.
    pub rendered: Option<Rendered>,
    /// The push that was begun, stored before it began.
    pub attempt: Option<Attempt>,
    /// The commit on the branch.
    pub commit: Option<String>,
    /// What happened when.
    pub timeline: Vec<TimelineEntry>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// What rendering gave: the files to commit, kept as blobs by their Git object id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// Digest of the preview: chart tree, input blobs, release facts, rendered tree.
    pub digest: String,
    /// Git tree id of the `rendered` folder: the state.
    pub rendered_tree: String,
    /// Git tree id of the `chart` folder.
    pub chart_tree: String,
    /// Paths below the application's folder and the blob of each.
    pub files: Vec<PlannedFile>,
}

/// One file of a deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedFile {
    /// Path below the application's folder, with `/`.
    pub path: String,
    /// Git blob id (SHA-1, hexadecimal).
    pub blob: String,
}

/// A push that was begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The branch.
    pub branch: String,
    /// The branch's tip that the commit stands on; `None` for the first commit of a branch.
    pub base: Option<String>,
    /// The commit.
    pub commit: String,
}

/// Why a deployment failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// A stable word for programs, such as `inputs_changed_in_git`.
    pub code: String,
    /// What, where, why, and what to do.
    pub sentence: String,
    /// What the other side said, word for word; may be empty.
    pub detail: String,
}

/// One line of a deployment's timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineEntry {
    /// The stage passed.
    pub stage: Stage,
    /// When it was passed.
    pub at: Timestamp,
    /// How long the stage itself took.
    pub milliseconds: u64,
    /// One line for people; may be empty.
    pub note: String,
}
