//! Projects on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A project.
#[derive(Serialize, ToSchema)]
pub(crate) struct Project {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// One line for people.
    pub(crate) description: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
    /// How many applications it has.
    pub(crate) applications: i64,
}

impl Project {
    /// A project with the number of its applications.
    pub(crate) fn new(project: model::project::Project, applications: i64) -> Self {
        Self {
            id: project.id.to_string(),
            name: project.name.to_string(),
            description: project.description,
            created_at: super::time::text(project.created_at),
            version: project.version,
            applications,
        }
    }
}

/// A project to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    /// Its name: lower-case letters, digits and hyphens.
    #[garde(length(max = 200))]
    pub(crate) name: String,
    /// One line for people, at most 500 characters.
    #[garde(length(max = 4000))]
    #[serde(default)]
    pub(crate) description: String,
}

/// What to change of a project.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectChange {
    /// One line for people, at most 500 characters.
    #[garde(length(max = 4000))]
    pub(crate) description: String,
}
