//! Deployments: attempts to make an environment run something, and the stages they pass.

use crate::gitops_config::words;
use crate::release::Release;
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
        /// The cluster runs it, and all of it is well.
        Healthy = "healthy",
        /// The cluster was given it, and some of it did not become well.
        Degraded = "degraded",
        /// A stage failed.
        Failed = "failed",
        /// A newer one for the environment took its place: before its push began, or while it waited for the cluster.
        Superseded = "superseded",
    }
}

impl End {
    /// The ends of those whose state is in Git and was in force.
    pub const IN_GIT: [Self; 3] = [Self::Stored, Self::Healthy, Self::Degraded];
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
    /// The chart.
    pub chart: ChartPin,
    /// The image as given; empty where the chart has none to be told.
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
    /// The secret values that it pins.
    pub secret_values: Option<ValuesId>,
    /// The number of the deployment whose state it brings back.
    pub restores: Option<i64>,
    /// Whether it is there to seal that state's files anew, for the present recipients, and changes nothing else.
    pub reseals: bool,
    /// Whether what the chart generates, such as passwords, is generated anew.
    pub anew: bool,
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
    /// What was asked of its release into the cluster, and how far that has come.
    pub release: Release,
    /// What happened when.
    pub timeline: Vec<TimelineEntry>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

impl Deployment {
    /// Whether a newer request for the environment may take its place: as long as its push has not begun.
    pub fn replaceable(&self) -> bool {
        self.end.is_none() && self.attempt.is_none() && self.commit.is_none()
    }

    /// Notes that a stage was passed: at `at`, after `milliseconds` of work, with one line for people.
    pub fn pass(&mut self, stage: Stage, at: Timestamp, milliseconds: u64, note: impl Into<String>) {
        self.stage = stage;
        self.timeline.push(TimelineEntry { stage, at, milliseconds, note: note.into() });
    }

    /// Says in the line of the last stage passed what the next one waits for; the former such line is replaced.
    pub fn wait(&mut self, note: impl Into<String>) {
        if let Some(last) = self.timeline.last_mut() {
            last.note = note.into();
        }
    }

    /// Takes it back to be rendered once more, as what it was rendered for is not so any more: nothing of it is in Git.
    pub fn render_again(&mut self) {
        self.stage = Stage::Requested;
        self.rendered = None;
        self.timeline.retain(|entry| entry.stage == Stage::Requested);
    }

    /// Ends it.
    pub fn finish(&mut self, end: End, at: Timestamp, note: impl Into<String>) {
        self.end = Some(end);
        self.pass(Stage::Finished, at, 0, note);
    }

    /// Whether what it put into Git may be brought back.
    pub fn ended_in_git(&self) -> bool {
        match self.end {
            Some(End::Stored | End::Healthy | End::Degraded) => self.commit.is_some(),
            Some(End::Failed | End::Superseded) | None => false,
        }
    }

    /// Ends it with a failure.
    pub fn fail(&mut self, failure: Failure, at: Timestamp) {
        let note = failure.sentence.clone();
        self.failure = Some(failure);
        self.finish(End::Failed, at, note);
    }

    /// When a stage was passed, if it was.
    pub fn passed_at(&self, stage: Stage) -> Option<Timestamp> {
        self.timeline.iter().find(|entry| entry.stage == stage).map(|entry| entry.at)
    }

    /// When it ended.
    pub fn finished_at(&self) -> Option<Timestamp> {
        self.passed_at(Stage::Finished)
    }
}

/// The chart of a deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartPin {
    /// The chart repository's name; `None` for a chart that Trueline ships.
    pub repository: Option<String>,
    /// The chart's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its archive, hexadecimal; `None` for a chart that Trueline ships.
    pub digest: Option<String>,
}

impl std::fmt::Display for ChartPin {
    /// As people write it: `bitnami/redis 19.0.1`, or `deployment 0.1.0` of a chart that is shipped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { repository, name, version, .. } = self;
        match repository {
            Some(repository) => write!(f, "{repository}/{name} {version}"),
            None => write!(f, "{name} {version}"),
        }
    }
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
    /// What the chart's author has to say to people.
    pub notes: Option<String>,
    /// Whether the chart was told that it is upgraded, where it asks and that may change until the cluster is given it.
    pub told_upgrade: Option<bool>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn requested() -> Deployment {
        let id = Uuid::nil();
        let mut deployment = Deployment {
            id: DeploymentId(id),
            number: 1,
            application: ApplicationId(id),
            environment: EnvironmentId(id),
            chart: ChartPin {
                repository: None,
                name: "deployment".into(),
                version: "0.1.0".into(),
                digest: None,
            },
            image: "shop:1".into(),
            message: String::new(),
            author: "ann".into(),
            author_email: "ann@acme.dev".into(),
            base_values: ValuesId(id),
            override_values: None,
            secret_values: None,
            restores: None,
            reseals: false,
            anew: false,
            expected_digest: None,
            stage: Stage::Requested,
            end: None,
            failure: None,
            rendered: None,
            attempt: None,
            commit: None,
            release: Release::default(),
            timeline: Vec::new(),
            created_at: Timestamp(0),
            version: 1,
        };
        deployment.pass(Stage::Requested, Timestamp(0), 0, "");
        deployment
    }

    #[test]
    fn only_a_deployment_whose_push_has_not_begun_is_replaceable() {
        let mut deployment = requested();
        assert!(deployment.replaceable());
        deployment.pass(Stage::Rendered, Timestamp(5), 1, "");
        assert!(deployment.replaceable());
        deployment.attempt = Some(Attempt { branch: "main".into(), base: None, commit: "c".into() });
        assert!(!deployment.replaceable());
        let mut ended = requested();
        ended.finish(End::Superseded, Timestamp(9), "");
        assert!(!ended.replaceable());
    }

    #[test]
    fn what_is_rendered_again_is_as_it_was_requested() {
        let mut deployment = requested();
        let before = deployment.clone();
        deployment.rendered = Some(Rendered {
            digest: "d".into(),
            rendered_tree: "t".into(),
            chart_tree: "c".into(),
            files: Vec::new(),
            notes: None,
            told_upgrade: Some(false),
        });
        deployment.pass(Stage::Rendered, Timestamp(5), 1, "1 object");
        deployment.render_again();
        assert_eq!(deployment, before);
    }

    #[test]
    fn the_timeline_has_one_line_a_stage_whatever_is_waited_for() {
        let mut deployment = requested();
        deployment.wait("first");
        deployment.wait("second");
        deployment
            .fail(Failure { code: "x".into(), sentence: "No.".into(), detail: String::new() }, Timestamp(7));
        let lines: Vec<_> = deployment.timeline.iter().map(|e| (e.stage, e.note.as_str())).collect();
        assert_eq!(lines, [(Stage::Requested, "second"), (Stage::Finished, "No.")]);
        assert_eq!((deployment.end, deployment.finished_at()), (Some(End::Failed), Some(Timestamp(7))));
    }
}
