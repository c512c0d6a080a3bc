//! Rows of health rules: one for a kind at most.

use model::HealthRuleId;
use model::health_rule::{Expressions, HealthRule, RuledKind};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Listed, Page, Tx, View};

impl Record for HealthRule {
    const TABLE: &'static str = "health_rules";
    const COLUMNS: &'static str = "id, name, current_when, in_progress_when, failed_when, message, saved_by, \
         created_at, saved_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        let kind = RuledKind::parse("name", &row.text("name")?)
            .map_err(|wrong| Error::Corrupt { what: format!("health_rules.name: {}", wrong.message) })?;
        Ok(Self {
            id: row.id("id")?,
            kind,
            expressions: Expressions {
                current: row.text("current_when")?,
                in_progress: row.optional_text("in_progress_when")?,
                failed: row.optional_text("failed_when")?,
                message: row.optional_text("message")?,
            },
            saved_by: row.text("saved_by")?,
            created_at: row.time("created_at")?,
            saved_at: row.time("saved_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        let Expressions { current, in_progress, failed, message } = &self.expressions;
        vec![
            id(self.id),
            self.kind.to_string().into(),
            Value::from(current),
            Value::from(in_progress),
            Value::from(failed),
            Value::from(message),
            Value::from(&self.saved_by),
            self.created_at.into(),
            self.saved_at.into(),
            self.version.into(),
        ]
    }
}

impl View {
    /// Finds the health rule for a kind.
    pub async fn health_rule(&self, kind: &RuledKind) -> Result<Option<HealthRule>, Error> {
        self.one("WHERE name = $1", [kind.to_string().into()]).await
    }

    /// Lists health rules by their kind.
    pub async fn health_rules(&self, page: &Page) -> Result<Listed<HealthRule>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |r: &HealthRule| r.kind.to_string()).await
    }

    /// Gives all health rules.
    pub async fn all_health_rules(&self) -> Result<Vec<HealthRule>, Error> {
        self.all("ORDER BY name", []).await
    }

    /// Tells which health rules there are in which version: when that is the same, nothing has changed.
    pub async fn health_rule_versions(&self) -> Result<Vec<(HealthRuleId, i64)>, Error> {
        let rows = self.rows(sql("SELECT id, version FROM health_rules ORDER BY id")).await?;
        rows.iter().map(|row| Ok((row.id("id")?, row.integer("version")?))).collect()
    }

    /// Counts the health rules.
    pub async fn count_health_rules(&self) -> Result<i64, Error> {
        self.count("SELECT COUNT(*) AS count FROM health_rules", []).await
    }
}

impl Tx {
    /// Writes a new health rule; [`Error::Duplicate`] when there is one for its kind.
    pub async fn insert_health_rule(&self, rule: &HealthRule) -> Result<(), Error> {
        self.insert(rule).await
    }

    /// Overwrites a health rule that nobody changed since it was read; gives the new version.
    pub async fn update_health_rule(&self, rule: &HealthRule) -> Result<i64, Error> {
        self.update(rule).await
    }

    /// Deletes a health rule that nobody changed since it was read; else [`Error::Stale`].
    pub async fn delete_health_rule(&self, rule: &HealthRule) -> Result<(), Error> {
        let statement = sql("DELETE FROM health_rules WHERE id = $1 AND version = $2")
            .bind(id(rule.id))
            .bind(rule.version);
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }
}
