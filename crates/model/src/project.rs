//! A team's applications: the scope of roles.

use crate::{Name, ProjectId, Timestamp};

/// A project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// Its identity.
    pub id: ProjectId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// One line for people; may be empty.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}
