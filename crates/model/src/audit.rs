//! The record of who did what. Entries are only ever added.

use crate::{AuditId, ProjectId, Timestamp};

/// One entry of the audit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Its identity.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// The actor's name.
    pub actor: String,
    /// How the actor was known: `user:<id>`, `token:<id>` or `system`.
    pub identity: String,
    /// The address that the request came from; empty for workers.
    pub origin: String,
    /// Noun and verb in the past, such as `gitops_config.saved`.
    pub action: String,
    /// The noun's kind and name, such as `application/shop`.
    pub subject: String,
    /// The project concerned, if one is.
    pub project: Option<ProjectId>,
    /// What changed: pairs of field, before and after. A secret's are the word `changed`.
    pub changes: Vec<AuditChange>,
    /// The id of the request, empty for workers.
    pub request: String,
}

/// One changed field of an audit entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditChange {
    /// The field's name as on the wire.
    pub field: String,
    /// Its text before; `None` when there was none.
    pub before: Option<String>,
    /// Its text after; `None` when there is none.
    pub after: Option<String>,
}
