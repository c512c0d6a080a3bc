//! Deployments on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::preview::FileDiff;
use super::release::Release;
use super::secret::Secret;
use super::values::MergeMode;

/// The last stage that a deployment has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// It is stored and waits for a worker.
    Requested,
    /// Its files are made and stored.
    Rendered,
    /// Its commit is on the branch.
    Committed,
    /// The environment's engine was given the new state; at once where there is no engine.
    Released,
    /// It has ended.
    Finished,
}

impl From<model::deployment::Stage> for Stage {
    fn from(stage: model::deployment::Stage) -> Self {
        match stage {
            model::deployment::Stage::Requested => Self::Requested,
            model::deployment::Stage::Rendered => Self::Rendered,
            model::deployment::Stage::Committed => Self::Committed,
            model::deployment::Stage::Released => Self::Released,
            model::deployment::Stage::Finished => Self::Finished,
        }
    }
}

/// How a deployment ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    /// Its state is in Git; the environment has no engine that would apply it.
    Stored,
    /// The cluster runs it, and all of it is well.
    Healthy,
    /// The cluster was given it, and some of it did not become well: the failure says what.
    Degraded,
    /// A stage failed.
    Failed,
    /// A newer one for the environment took its place: before its push began, or while it waited for the cluster.
    Superseded,
}

impl From<model::deployment::End> for End {
    fn from(end: model::deployment::End) -> Self {
        match end {
            model::deployment::End::Stored => Self::Stored,
            model::deployment::End::Healthy => Self::Healthy,
            model::deployment::End::Degraded => Self::Degraded,
            model::deployment::End::Failed => Self::Failed,
            model::deployment::End::Superseded => Self::Superseded,
        }
    }
}

/// Why a deployment failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    /// A stable word for programs, such as `inputs_changed_in_git`.
    pub code: String,
    /// What, where, why, and what to do.
    pub sentence: String,
    /// What the other side said, word for word; may be empty.
    pub detail: String,
}

/// One line of a deployment's timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct TimelineEntry {
    /// The stage passed.
    pub stage: Stage,
    /// When it was passed.
    pub at: String,
    /// How long the stage itself took.
    pub milliseconds: u64,
    /// One line for people; may be empty.
    pub note: String,
}

/// The chart of a deployment.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeployedChart {
    /// The chart repository; null for a template.
    pub repository: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its archive, hexadecimal; null for a template.
    pub digest: Option<String>,
}

impl From<model::deployment::ChartPin> for DeployedChart {
    fn from(pin: model::deployment::ChartPin) -> Self {
        let model::deployment::ChartPin { repository, name, version, digest } = pin;
        Self { repository, name, version, digest }
    }
}

/// A deployment: one attempt to make an environment run something.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deployment {
    /// Its identity.
    pub id: String,
    /// Counts up from 1 within the application.
    pub number: i64,
    /// The application's name.
    pub application: String,
    /// The environment's name.
    pub environment: String,
    /// The chart.
    pub chart: DeployedChart,
    /// The image as given; empty where the chart is told none.
    pub image: String,
    /// The number of the deployment whose state it brings back.
    pub restores: Option<i64>,
    /// The number of the deployment whose sealed files it seals anew for the recipients of today; nothing else
    /// changes. Null for all others.
    pub reseals: Option<i64>,
    /// Whether what the chart generates was generated anew.
    pub anew: bool,
    /// Why, in the author's words; may be empty.
    pub message: String,
    /// Who asked.
    pub author: String,
    /// The last stage passed.
    pub stage: Stage,
    /// How it ended; null while it goes on.
    pub end: Option<End>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The preview's digest, once rendered.
    pub digest: Option<String>,
    /// The commit, once it is on the branch.
    pub commit: Option<String>,
    /// The commit's page, where the host has one.
    pub commit_url: Option<String>,
    /// The branch, once a push was begun.
    pub branch: Option<String>,
    /// Git tree id of what is rendered: the state.
    pub rendered_tree: Option<String>,
    /// What the chart's author has to say to people, once rendered.
    pub notes: Option<String>,
    /// The name of the environment's cluster; null where its state is only stored in Git.
    pub cluster: Option<String>,
    /// Whether objects in the cluster that are somebody else's become the application's.
    pub adopt: bool,
    /// Whether objects with a changed immutable field are deleted and made anew.
    pub recreate: bool,
    /// How far its release into the cluster has come; null where there is none, or nothing to tell.
    pub release: Option<Release>,
    /// What happened when.
    pub timeline: Vec<TimelineEntry>,
    /// When it was asked for.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

impl Deployment {
    /// A deployment with the names that belong to it.
    pub(crate) fn new(
        deployment: model::deployment::Deployment,
        application: &str,
        (environment, cluster): (&str, Option<String>),
        commit_url: Option<String>,
    ) -> Self {
        let finished_at = deployment.finished_at().map(super::time::text);
        let rendered = deployment.rendered;
        let notes = rendered.as_ref().and_then(|r| r.notes.clone());
        let (digest, rendered_tree) = rendered.map(|r| (r.digest, r.rendered_tree)).unzip();
        Self {
            id: deployment.id.to_string(),
            number: deployment.number,
            application: application.to_owned(),
            environment: environment.to_owned(),
            chart: deployment.chart.into(),
            image: deployment.image,
            restores: deployment.restores.filter(|_| !deployment.reseals),
            reseals: deployment.restores.filter(|_| deployment.reseals),
            anew: deployment.anew,
            message: deployment.message,
            author: deployment.author,
            stage: deployment.stage.into(),
            end: deployment.end.map(Into::into),
            failure: deployment.failure.map(|f| Failure {
                code: f.code,
                sentence: f.sentence,
                detail: f.detail,
            }),
            digest,
            commit: deployment.commit,
            commit_url,
            branch: deployment.attempt.map(|a| a.branch),
            rendered_tree,
            notes,
            adopt: deployment.release.adopt,
            recreate: deployment.release.recreate,
            release: cluster.is_some().then(|| deployment.release.into()),
            cluster,
            timeline: deployment
                .timeline
                .into_iter()
                .map(|entry| TimelineEntry {
                    stage: entry.stage.into(),
                    at: super::time::text(entry.at),
                    milliseconds: entry.milliseconds,
                    note: entry.note,
                })
                .collect(),
            created_at: super::time::text(deployment.created_at),
            finished_at,
        }
    }
}

/// A deployment to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeployment {
    /// The environment's name.
    #[garde(length(max = 200))]
    pub environment: String,
    /// The image with its tag, its digest or both, such as `registry.acme.dev/shop:1.4.2`; for applications that
    /// are deployed from a template.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub image: Option<String>,
    /// The version of the chart; the one that the environment has if left out.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub version: Option<String>,
    /// The number of the deployment whose state is brought back.
    #[garde(skip)]
    #[serde(default)]
    pub restore: Option<i64>,
    /// The template to change to, `name@version`.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub template: Option<String>,
    /// Whether what the chart generates, such as passwords, is generated anew.
    #[garde(skip)]
    #[serde(default)]
    pub anew: bool,
    /// Whether objects in the cluster that are somebody else's become the application's.
    #[garde(skip)]
    #[serde(default)]
    pub adopt: bool,
    /// Whether objects with a changed immutable field are deleted and made anew; never those that hold data.
    #[garde(skip)]
    #[serde(default)]
    pub recreate: bool,
    /// Base values that are not saved yet, as YAML: saved with the deployment.
    #[garde(skip)]
    #[serde(default)]
    pub values: Option<String>,
    /// The environment's override that is not saved yet, as YAML.
    #[garde(skip)]
    #[serde(rename = "override", default)]
    pub over: Option<String>,
    /// How the override lies over the base values; as it does now if left out.
    #[garde(skip)]
    #[serde(default)]
    pub merge: Option<MergeMode>,
    /// A YAML mapping that is put into the environment's secret values, key by key; not saved yet.
    #[garde(skip)]
    #[serde(default)]
    pub secret_values: Option<Secret>,
    /// Why; goes into the commit. At most 4000 characters.
    #[garde(length(max = 20_000))]
    #[serde(default)]
    pub message: String,
    /// Digest of the preview that was looked at: the deployment is refused if it would give something else.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub digest: Option<String>,
}

impl From<NewDeployment> for control::deployment::Request {
    fn from(new: NewDeployment) -> Self {
        let NewDeployment { environment, image, version, restore, template, anew, message, digest, .. } = new;
        let NewDeployment { values, over, merge, secret_values, adopt, recreate, .. } = new;
        let unsaved = control::values::Unsaved {
            values,
            over,
            merge: merge.map(Into::into),
            secrets: secret_values.map(Into::into),
        };
        let asked = control::Asked { environment, image, version, restore, template, anew, unsaved };
        Self { asked, message, digest, adopt, recreate }
    }
}

/// One file of a deployment.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeploymentFile {
    /// Path below the application's folder in its repository.
    pub path: String,
    /// Git blob id.
    pub blob: String,
}

/// What is different between two deployments of an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeploymentDiff {
    /// The number of the old one; null when there is none before.
    pub from: Option<i64>,
    /// The number of the new one.
    pub to: i64,
    /// What people wrote: base values and override.
    pub inputs: Vec<FileDiff>,
    /// The values in force; null when nothing changes in them.
    pub values: Option<FileDiff>,
    /// The objects, below the environment's folder `rendered`.
    pub manifests: Vec<FileDiff>,
    /// The chart's files.
    pub chart: Vec<FileDiff>,
    /// Secret values and Secrets, by names only.
    pub secrets: Vec<super::preview::SecretChange>,
}

impl From<control::history::Difference> for DeploymentDiff {
    fn from(difference: control::history::Difference) -> Self {
        let files = |files: Vec<control::preview::FileDiff>| files.into_iter().map(Into::into).collect();
        Self {
            from: difference.from,
            to: difference.to,
            inputs: files(difference.inputs),
            values: difference.values.map(Into::into),
            manifests: files(difference.manifests),
            chart: files(difference.chart),
            secrets: difference.secrets.into_iter().map(Into::into).collect(),
        }
    }
}
