//! Rows of the audit: only ever added.

use model::audit::{AuditChange, AuditEntry};

use crate::record::{Conditions, Order, Record, contains};
use crate::row::Row;
use crate::statement::{Value, id, json, optional_id};
use crate::{Error, Listed, Page, Tx, View};

impl Record for AuditEntry {
    const TABLE: &'static str = "audit";
    const COLUMNS: &'static str =
        "id, at, actor, identity, origin, action, subject, project_id, changes, request";

    fn read(row: &Row) -> Result<Self, Error> {
        let changes: Vec<(String, Option<String>, Option<String>)> = row.json("changes")?;
        Ok(Self {
            id: row.id("id")?,
            at: row.time("at")?,
            actor: row.text("actor")?,
            identity: row.text("identity")?,
            origin: row.text("origin")?,
            action: row.text("action")?,
            subject: row.text("subject")?,
            project: row.optional_id("project_id")?,
            changes: changes
                .into_iter()
                .map(|(field, before, after)| AuditChange { field, before, after })
                .collect(),
            request: row.text("request")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        let changes: Vec<_> = self.changes.iter().map(|c| (&c.field, &c.before, &c.after)).collect();
        vec![
            id(self.id),
            self.at.into(),
            Value::from(&self.actor),
            Value::from(&self.identity),
            Value::from(&self.origin),
            Value::from(&self.action),
            Value::from(&self.subject),
            optional_id(self.project),
            json(&changes),
            Value::from(&self.request),
        ]
    }
}

/// Which entries of the audit are wanted; what is empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The actor's name.
    pub actor: String,
    /// The action, or its beginning up to the dot, such as `gitops_config`.
    pub action: String,
    /// A part of the subject.
    pub subject: String,
}

impl AuditFilter {
    pub(crate) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        if !self.actor.is_empty() {
            conditions = conditions.and("actor = ?", [Value::from(&self.actor)]);
        }
        if !self.action.is_empty() {
            let (text, [value]) = contains("action", &self.action);
            // The needle stands at the beginning.
            let value = match value {
                Value::Text(Some(text)) => Value::from(text.trim_start_matches('%')),
                other => other,
            };
            conditions = conditions.and(&text, [value]);
        }
        if !self.subject.is_empty() {
            let (text, values) = contains("subject", &self.subject);
            conditions = conditions.and(&text, values);
        }
        conditions
    }
}

pub(crate) const NEWEST_FIRST: Order = Order::Down("id");

pub(crate) fn audit_key(entry: &AuditEntry) -> String {
    entry.id.to_string()
}

impl View {
    /// Lists entries of the audit, the newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        page: &Page,
    ) -> Result<Listed<AuditEntry>, Error> {
        self.page(filter.conditions(), NEWEST_FIRST, page, audit_key).await
    }
}

impl Tx {
    /// Adds an entry to the audit.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), Error> {
        self.insert(entry).await
    }
}
