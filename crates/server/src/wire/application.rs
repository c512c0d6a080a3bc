//! Applications on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployment::Deployment;
use super::hold::Hold;

/// An application.
#[derive(Serialize, ToSchema)]
pub(crate) struct Application {
    /// Its identity.
    pub id: String,
    /// Its name; also the release name.
    pub name: String,
    /// The project's name.
    pub project: String,
    /// What it is deployed from.
    pub source: Source,
    /// Name of the GitOps configuration that its repository lives in.
    pub gitops_config: Option<String>,
    /// Its repository; null until the first deployment has made it or taken it into use.
    pub repository: Option<Repository>,
    /// Where Git clones it from, as far as that is known.
    pub clone_url: Option<String>,
    /// Its folder in the repository; empty for the root.
    pub path: String,
    /// When its deletion was asked for.
    pub deleting_at: Option<String>,
    /// Why it is still there although it is to go, as the last try found it, and when the next one is.
    pub deletion_failure: Option<String>,
    /// A stable word for that: `hook_failed` where a hook of its own fails (`skip_hooks=true` does without), else
    /// `cluster_first` while it runs in a cluster, or the code of what its Git host answered.
    pub deletion_failure_code: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Counts changes; the ETag.
    pub version: i64,
    /// The environments that it was deployed to, or that are held.
    pub environments: Vec<EnvironmentState>,
}

/// What an application is deployed from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Source {
    /// Whether it is a shipped template or a chart from a chart repository.
    pub kind: SourceKind,
    /// The chart repository; null for a template.
    pub repository: Option<String>,
    /// The template's or the chart's name.
    pub name: String,
    /// The template's version; null for a chart, of which each deployment says the version.
    pub version: Option<String>,
}

/// Kinds of what applications are deployed from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    /// A shipped deployment template.
    Template,
    /// A chart from a chart repository.
    Chart,
}

impl From<model::application::Source> for Source {
    fn from(source: model::application::Source) -> Self {
        use model::application::Source as From;
        let (kind, repository, name, version) = match source {
            From::Template { name, version } => (SourceKind::Template, None, name, Some(version)),
            From::Chart { repository, chart } => (SourceKind::Chart, Some(repository), chart, None),
        };
        Self { kind, repository, name, version }
    }
}

/// What is to change of an application.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationChange {
    /// The template that new deployments take, `name` or `name@version`: a shipped one, or one that the application was
    /// deployed from before.
    #[garde(length(max = 200))]
    pub template: String,
}

/// An application after its template was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedApplication {
    /// The application.
    pub application: Application,
    /// Values that do not fit the template: until they are changed, nothing can be deployed.
    pub unfit: Vec<UnfitValues>,
}

/// Values that do not fit a template.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnfitValues {
    /// The environment whose override it is; null for the base values.
    pub environment: Option<String>,
    /// What is wrong, with line and column.
    pub message: String,
}

impl From<control::template::Unfit> for UnfitValues {
    fn from(unfit: control::template::Unfit) -> Self {
        Self { environment: unfit.environment, message: unfit.message }
    }
}

/// A Git repository.
#[derive(Serialize, ToSchema)]
pub(crate) struct Repository {
    /// Its name with its owner.
    pub full_name: String,
    /// Where Git clones it from.
    pub clone_url: String,
    /// Its page.
    pub web_url: String,
    /// Its default branch.
    pub default_branch: String,
}

/// What an environment of an application is at.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnvironmentState {
    /// The environment's name.
    pub environment: String,
    /// The newest deployment, whatever became of it.
    pub deployment: Option<Deployment>,
    /// The newest deployment whose state is stored.
    pub current: Option<Deployment>,
    /// What stops deployments there; null when nothing does.
    pub hold: Option<Hold>,
    /// What differs in its cluster from Git, as the last look found it; null when nothing does.
    pub drift: Option<DriftState>,
}

/// What differs in a cluster from Git.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftState {
    /// How many objects differ.
    pub objects: u64,
    /// Since when, as far as looks tell.
    pub since: String,
    /// Why it is not put right, although the environment says so; null where that was not refused.
    pub refused: Option<String>,
}

impl From<model::cluster::PlaceDrift> for DriftState {
    fn from(drift: model::cluster::PlaceDrift) -> Self {
        Self { objects: drift.objects, since: super::time::text(drift.since), refused: drift.refused }
    }
}

/// The names that belong to an application.
pub(crate) struct Names {
    /// The project's.
    pub(crate) project: String,
    /// The GitOps configuration's.
    pub(crate) gitops_config: Option<String>,
}

impl Application {
    /// An application with its names and environments.
    pub(crate) fn new(
        application: model::application::Application,
        names: Names,
        environments: Vec<EnvironmentState>,
    ) -> Self {
        let clone_url = application.repository.as_ref().map(|r| r.clone_url.clone());
        Self {
            id: application.id.to_string(),
            name: application.name.to_string(),
            project: names.project,
            source: application.source.into(),
            gitops_config: names.gitops_config,
            clone_url: clone_url.or(application.wanted_repository),
            repository: application.repository.map(|r| Repository {
                full_name: r.full_name,
                clone_url: r.clone_url,
                web_url: r.web_url,
                default_branch: r.default_branch,
            }),
            path: application.path,
            deleting_at: application.deleting_at.map(super::time::text),
            deletion_failure: application.deletion_failure,
            deletion_failure_code: application.deletion_failure_code,
            created_at: super::time::text(application.created_at),
            version: application.version,
            environments,
        }
    }
}

/// An application to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApplication {
    /// Its name: lower-case letters, digits and hyphens; unique, also the release name.
    #[garde(length(max = 200))]
    pub name: String,
    /// The project's name.
    #[garde(length(max = 200))]
    pub project: String,
    /// The template, `name` or `name@version`; `deployment` if left out.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub template: Option<String>,
    /// Address of a repository that exists; one is made if left out.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub repository: Option<String>,
    /// The folder in that repository; the root if left out.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub path: Option<String>,
}
