//! The record of who did what: how an entry is made from a call, and who may read the record.

use model::audit::{AuditChange, AuditEntry};
use model::role::Identity;
use model::{AuditId, ProjectId};
use store::Tx;

use crate::{Call, Control, Error};

/// An entry of the audit in the making.
pub(crate) struct Note<'a> {
    call: &'a Call,
    action: &'static str,
    subject: String,
    project: Option<ProjectId>,
    changes: Vec<AuditChange>,
}

impl<'a> Note<'a> {
    /// Begins an entry: `action` is noun and verb in the past, such as `project.created`; `subject` is kind and
    /// name, such as `project/web`.
    pub(crate) fn of(call: &'a Call, action: &'static str, subject: impl Into<String>) -> Self {
        Self { call, action, subject: subject.into(), project: None, changes: Vec::new() }
    }

    /// Says in which project it happened.
    pub(crate) fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }

    /// Adds a field, if it changed.
    pub(crate) fn change(mut self, field: &str, before: Option<String>, after: Option<String>) -> Self {
        if before != after {
            self.changes.push(AuditChange { field: field.into(), before, after });
        }
        self
    }

    /// Adds those of many fields that changed; `before` has them in the same order, or is empty.
    pub(crate) fn fields(
        mut self,
        before: &[(&'static str, String)],
        after: Vec<(&'static str, String)>,
    ) -> Self {
        for (i, (field, value)) in after.into_iter().enumerate() {
            let was = before.get(i).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
            self = self.change(field, was, Some(value).filter(|v| !v.is_empty()));
        }
        self
    }

    /// Adds a field that was set for the first time.
    pub(crate) fn set(self, field: &str, after: impl Into<String>) -> Self {
        self.change(field, None, Some(after.into()))
    }

    /// Says that a secret was changed, and nothing more of it.
    pub(crate) fn secret(mut self, field: &str) -> Self {
        self.changes.push(AuditChange { field: field.into(), before: None, after: Some("changed".into()) });
        self
    }

    /// Writes the entry within the transaction of the change itself.
    pub(crate) async fn write(self, control: &Control, tx: &Tx) -> Result<(), Error> {
        let actor = &self.call.actor;
        let entry = AuditEntry {
            id: AuditId(crate::random::id()),
            at: control.now(),
            actor: actor.name.clone(),
            identity: match &actor.identity {
                Identity::User(id) => format!("user:{id}"),
                Identity::Token(_, id) => format!("token:{id}"),
                Identity::System => "system".into(),
            },
            origin: self.call.origin.clone(),
            action: self.action.into(),
            subject: self.subject,
            project: self.project,
            changes: self.changes,
            request: self.call.request.clone(),
        };
        Ok(tx.audit(&entry).await?)
    }
}
