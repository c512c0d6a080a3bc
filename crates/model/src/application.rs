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
    /// The template that it is deployed from, such as `deployment`.
    pub template: String,
    /// The template's version, such as `0.1.0`.
    pub template_version: String,
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
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}
