//! Rows of checks of chart repositories. The candidate that a check tries is a sealed secret, see
//! [`crate::SecretKind::CheckCandidate`].

use model::CheckId;
use model::chart_repository::{ChartCheckStage, ChartRepositoryCheck};

use crate::check::{StoredStage, stage_report, stored_stage};
use crate::record::Record;
use crate::row::Row;
use crate::statement::{Value, id, json, sql};
use crate::{Error, SecretKind, Tx, View};

/// Seconds that a check which has ended is kept for whoever asked for it, at least.
const KEPT: i64 = 600;

fn stored(check: &ChartRepositoryCheck) -> Vec<StoredStage> {
    check.stages.iter().cloned().map(|line| stored_stage(line, ChartCheckStage::as_str)).collect()
}

impl Record for ChartRepositoryCheck {
    const TABLE: &'static str = "chart_repository_checks";
    const COLUMNS: &'static str = "id, repository, requested_by, stages, suggestion, created_at, finished_at";

    fn read(row: &Row) -> Result<Self, Error> {
        let stages: Vec<StoredStage> = row.json("stages")?;
        let stages = stages.into_iter().map(|line| stage_report(line, ChartCheckStage::parse));
        Ok(Self {
            id: row.id("id")?,
            repository: row.text("repository")?,
            requested_by: row.text("requested_by")?,
            stages: stages.collect::<Result<_, _>>()?,
            suggestion: row.optional_text("suggestion")?,
            created_at: row.time("created_at")?,
            finished_at: row.optional_time("finished_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.repository),
            Value::from(&self.requested_by),
            json(&stored(self)),
            Value::from(&self.suggestion),
            self.created_at.into(),
            self.finished_at.into(),
        ]
    }
}

impl View {
    /// Finds a check of a chart repository.
    pub async fn chart_repository_check(
        &self,
        check: CheckId,
    ) -> Result<Option<ChartRepositoryCheck>, Error> {
        self.one("WHERE id = $1", [id(check)]).await
    }

    /// Gives the newest check of a chart repository's name.
    pub async fn latest_chart_repository_check(
        &self,
        repository: &str,
    ) -> Result<Option<ChartRepositoryCheck>, Error> {
        self.one("WHERE repository = $1 ORDER BY id DESC LIMIT 1", [repository.into()]).await
    }
}

impl Tx {
    /// Writes a new check, in the place of those of the same name that ended ten minutes ago or earlier: of others
    /// somebody may still wait to hear.
    pub async fn insert_chart_repository_check(&self, check: &ChartRepositoryCheck) -> Result<(), Error> {
        let before = check.created_at.plus_seconds(-KEPT);
        let text = "DELETE FROM chart_repository_checks WHERE repository = $1 AND finished_at <= $2";
        self.execute(sql(text).bind(&check.repository).bind(before)).await?;
        self.insert(check).await
    }

    /// Overwrites stages and end of a check: only the worker that holds its lease does.
    pub async fn update_chart_repository_check(&self, check: &ChartRepositoryCheck) -> Result<(), Error> {
        let text =
            "UPDATE chart_repository_checks SET stages = $2, suggestion = $3, finished_at = $4 WHERE id = $1";
        let statement = sql(text).bind(id(check.id)).bind_all([
            json(&stored(check)),
            Value::from(&check.suggestion),
            check.finished_at.into(),
        ]);
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }

    /// Deletes the checks of a chart repository's name, those under way too, with their candidates.
    pub async fn delete_chart_repository_checks(&self, repository: &str) -> Result<(), Error> {
        let text = "DELETE FROM chart_repository_checks WHERE repository = $1 RETURNING id";
        for row in self.rows(sql(text).bind(repository)).await? {
            self.delete_secret(SecretKind::CheckCandidate, &row.text("id")?).await?;
        }
        Ok(())
    }

    /// Demands that a check is there and has not ended, until this transaction has; else [`Error::Stale`].
    pub async fn demand_chart_repository_check(&self, check: CheckId) -> Result<(), Error> {
        // A write, so that whoever deletes it waits.
        let text =
            "UPDATE chart_repository_checks SET finished_at = NULL WHERE id = $1 AND finished_at IS NULL";
        if self.execute(sql(text).bind(id(check))).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }
}
