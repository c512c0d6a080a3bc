//! Entries of the audit on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// One entry of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its identity.
    pub(crate) id: String,
    /// When it happened.
    pub(crate) at: String,
    /// Who did it.
    pub(crate) actor: String,
    /// How the actor was known: `user:<id>`, `token:<id>` or `system`.
    pub(crate) identity: String,
    /// The address that the request came from; empty for workers.
    pub(crate) origin: String,
    /// Noun and verb in the past, such as `project.created`.
    pub(crate) action: String,
    /// Kind and name, such as `project/web`.
    pub(crate) subject: String,
    /// The project's name, if one is concerned and still there.
    pub(crate) project: Option<String>,
    /// What changed.
    pub(crate) changes: Vec<AuditChange>,
    /// The id of the request; empty for workers.
    pub(crate) request: String,
}

/// One changed field.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditChange {
    /// The field.
    pub(crate) field: String,
    /// Before; null when there was nothing, and for secrets.
    pub(crate) before: Option<String>,
    /// After; the word `changed` for secrets.
    pub(crate) after: Option<String>,
}

impl AuditEntry {
    /// An entry with the name of its project.
    pub(crate) fn new(entry: model::audit::AuditEntry, project: Option<String>) -> Self {
        let changes = entry.changes.into_iter();
        Self {
            id: entry.id.to_string(),
            at: super::time::text(entry.at),
            actor: entry.actor,
            identity: entry.identity,
            origin: entry.origin,
            action: entry.action,
            subject: entry.subject,
            project,
            changes: changes
                .map(|c| AuditChange { field: c.field, before: c.before, after: c.after })
                .collect(),
            request: entry.request,
        }
    }
}
