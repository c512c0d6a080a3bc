//! Applications of a team, deployed from a deployment template.

use crate::gitops_config::Deletion;
use crate::repository::Repository;
use crate::{ApplicationId, GitopsConfigId, Name, ProjectId, Timestamp};

/// An application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    /// Its identity.
    pub id: ApplicationId,
    /// Its name, unique in the installation; also the release name.
    pub name: Name,
    /// The project that it belongs to.
    pub project: ProjectId,
    /// What it is deployed from.
    pub source: Source,
    /// The account that its repository lives in; `None` while none was active when it was made.
    pub gitops_config: Option<GitopsConfigId>,
    /// Its repository, once it is known.
    pub repository: Option<Repository>,
    /// The address of a repository given by a person, while it is not yet taken into use.
    pub wanted_repository: Option<String>,
    /// Folder within the repository; empty for the root.
    pub path: String,
    /// When its deletion was asked for; it is gone once the repository's rule was carried out.
    pub deleting_at: Option<Timestamp>,
    /// What is then to happen to the repository, where a person said so; else the configuration's rule holds.
    pub deletion: Option<Deletion>,
    /// Why that could not be carried out at the last try, and when the next one is; a sentence for people.
    pub deletion_failure: Option<String>,
    /// A stable word for that reason.
    pub deletion_failure_code: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// What an application is deployed from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A shipped deployment template.
    Template {
        /// Its name, such as `deployment`.
        name: String,
        /// The version that new deployments take, such as `0.1.0`.
        version: String,
    },
    /// A chart from a chart repository; each deployment says which version of it.
    Chart {
        /// The chart repository's name. It may be gone: what is installed does not need it.
        repository: String,
        /// The chart's name.
        chart: String,
    },
}

impl std::fmt::Display for Source {
    /// As people write it: `deployment@0.1.0`, or `bitnami/redis`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Template { name, version } => write!(f, "{name}@{version}"),
            Self::Chart { repository, chart } => write!(f, "{repository}/{chart}"),
        }
    }
}
