//! Applications and previews of their deployments on the wire.

use control::preview;
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
    /// Why its repository could not be removed or archived at the last try, and when the next one is.
    pub deletion_failure: Option<String>,
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

/// What a preview is asked for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewRequest {
    /// The environment's name.
    #[garde(length(max = 200))]
    pub environment: String,
    /// The image with its tag, its digest or both.
    #[garde(length(max = 2000))]
    pub image: String,
}

/// What a deployment would change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// Give it with the deployment: that is refused if it would give something else.
    pub digest: String,
    /// What changes in the values in force; null when nothing does.
    pub values: Option<FileDiff>,
    /// What changes in the objects.
    pub manifests: Vec<FileDiff>,
    /// The number of objects.
    pub objects: usize,
    /// The number of objects that are added, removed or changed.
    pub changed: usize,
    /// The values in force, as YAML.
    pub effective_values: String,
    /// What the template has to say to people.
    pub notes: Option<String>,
    /// The number of the deployment that it is compared with; null before the first.
    pub compared_with: Option<i64>,
}

/// What happens to one file.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileDiff {
    /// The file, below the environment's folder `rendered`.
    pub path: String,
    /// What happens to it.
    pub change: FileChange,
    /// Where it differs.
    pub hunks: Vec<Hunk>,
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileChange {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It has other lines.
    Changed,
}

/// Lines of a difference that lie together.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hunk {
    /// Number of its first line in the old file.
    pub old_start: usize,
    /// Number of its first line in the new file.
    pub new_start: usize,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a difference.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiffLine {
    /// Where it is.
    pub kind: LineKind,
    /// Its text.
    pub text: String,
}

/// In which of two files a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) enum LineKind {
    /// In both.
    #[serde(rename = " ")]
    Both,
    /// In the old one only.
    #[serde(rename = "-")]
    Old,
    /// In the new one only.
    #[serde(rename = "+")]
    New,
}

impl From<preview::Preview> for Preview {
    fn from(preview: preview::Preview) -> Self {
        Self {
            digest: preview.digest,
            values: preview.values.map(Into::into),
            changed: preview.manifests.len(),
            manifests: preview.manifests.into_iter().map(Into::into).collect(),
            objects: preview.objects,
            effective_values: preview.effective_values,
            notes: preview.notes,
            compared_with: preview.compared_with,
        }
    }
}

impl From<preview::FileDiff> for FileDiff {
    fn from(diff: preview::FileDiff) -> Self {
        let line = |line: preview::Line| DiffLine {
            kind: match line.side {
                preview::Side::Both => LineKind::Both,
                preview::Side::Old => LineKind::Old,
                preview::Side::New => LineKind::New,
            },
            text: line.text,
        };
        let hunk = |hunk: preview::Hunk| Hunk {
            old_start: hunk.old_start,
            new_start: hunk.new_start,
            lines: hunk.lines.into_iter().map(line).collect(),
        };
        Self {
            path: diff.path,
            change: match diff.change {
                preview::Change::Added => FileChange::Added,
                preview::Change::Removed => FileChange::Removed,
                preview::Change::Changed => FileChange::Changed,
            },
            hunks: diff.hunks.into_iter().map(hunk).collect(),
        }
    }
}
