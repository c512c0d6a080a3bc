//! Rows of reseals: at most one for an environment of an application.

use model::reseal::{Progress, Reseal};
use model::{ApplicationId, EnvironmentId, ResealId};

use crate::record::Record;
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

impl Record for Reseal {
    const TABLE: &'static str = "reseals";
    const COLUMNS: &'static str =
        "id, application_id, environment_id, requested_by, email, progress, deployment, failure, created_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            application: row.id("application_id")?,
            environment: row.id("environment_id")?,
            by: row.text("requested_by")?,
            email: row.text("email")?,
            progress: row.word("progress", Progress::parse)?,
            deployment: row.optional_integer("deployment")?,
            failure: row.optional_text("failure")?,
            created_at: row.time("created_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            id(self.application),
            id(self.environment),
            Value::from(&self.by),
            Value::from(&self.email),
            self.progress.as_str().into(),
            self.deployment.into(),
            Value::from(&self.failure),
            self.created_at.into(),
        ]
    }
}

/// The places of [`View::committed_places`].
pub(crate) const PLACES: &str = "SELECT a.id AS application_id, e.id AS environment_id FROM applications a \
     CROSS JOIN environments e WHERE a.deleting_at IS NULL AND EXISTS (SELECT 1 FROM deployments d \
     WHERE d.application_id = a.id AND d.environment_id = e.id AND d.commit_id IS NOT NULL) ORDER BY a.id, e.id";

impl View {
    /// Finds a reseal.
    pub async fn reseal(&self, reseal: ResealId) -> Result<Option<Reseal>, Error> {
        self.one("WHERE id = $1", [id(reseal)]).await
    }

    /// All reseals, the oldest first.
    pub async fn reseals(&self) -> Result<Vec<Reseal>, Error> {
        self.all("ORDER BY id", []).await
    }

    /// Gives the reseal that was asked for last.
    pub async fn newest_reseal(&self) -> Result<Option<Reseal>, Error> {
        self.one("ORDER BY created_at DESC, id DESC LIMIT 1", []).await
    }

    /// Counts the reseals, and those of them that are done.
    pub async fn count_reseals(&self) -> Result<(i64, i64), Error> {
        let text =
            "SELECT COUNT(*) AS count, COUNT(CASE WHEN progress = 'done' THEN 1 END) AS done FROM reseals";
        let row = self.row(sql(text)).await?;
        row.map_or(Ok((0, 0)), |row| Ok((row.integer("count")?, row.integer("done")?)))
    }

    /// Gives the reseals that failed, the oldest first, each with the names of its application and environment.
    pub async fn failed_reseals(&self) -> Result<Vec<(Reseal, String, String)>, Error> {
        let text = "SELECT r.*, a.name AS application, e.name AS environment FROM reseals r \
             JOIN applications a ON a.id = r.application_id JOIN environments e ON e.id = r.environment_id \
             WHERE r.progress = 'failed' ORDER BY r.id";
        let read = |row: &Row| Ok((Reseal::read(row)?, row.text("application")?, row.text("environment")?));
        self.rows(sql(text)).await?.iter().map(read).collect()
    }

    /// The environments of applications in which something was committed; of applications that go, none.
    pub async fn committed_places(&self) -> Result<Vec<(ApplicationId, EnvironmentId)>, Error> {
        let rows = self.rows(sql(PLACES)).await?;
        rows.iter().map(|row| Ok((row.id("application_id")?, row.id("environment_id")?))).collect()
    }
}

impl Tx {
    /// Writes reseals; one of its place that has ended begins again, one that has not goes on and is known to have
    /// been asked for anew. Places that are gone, or whose application goes, are left out.
    ///
    /// # Errors
    /// [`Error::Stale`] when one of them is being deleted by someone else: read the places again.
    pub async fn ask_reseals(&self, reseals: &[Reseal]) -> Result<(), Error> {
        let anew = |column: &str| {
            format!(
                "{column} = CASE WHEN reseals.progress IN ('done', 'failed') THEN excluded.{column} \
                 ELSE reseals.{column} END"
            )
        };
        let columns = ["requested_by", "email", "progress", "deployment", "failure"].map(anew).join(", ");
        let text = format!(
            "INSERT INTO reseals ({}) SELECT $1, a.id, e.id, $4, $5, $6, CAST($7 AS BIGINT), $8, $9 \
             FROM applications a JOIN environments e ON e.id = $3 WHERE a.id = $2 AND a.deleting_at IS NULL \
             ON CONFLICT (application_id, environment_id) DO UPDATE SET {columns}, created_at = excluded.created_at",
            Reseal::COLUMNS
        );
        for reseal in reseals {
            self.execute(sql(text.clone()).bind_all(reseal.values())).await.map_err(|error| match error {
                Error::InUse { .. } => Error::Stale,
                other => other,
            })?;
        }
        Ok(())
    }

    /// Stores how far a reseal is; `false` when it was asked for anew since it was read: it has to be looked at again.
    pub async fn update_reseal(&self, reseal: &Reseal) -> Result<bool, Error> {
        let text = "UPDATE reseals SET progress = $2, deployment = $3, failure = $4 WHERE id = $1 AND created_at = $5";
        let statement = sql(text)
            .bind(id(reseal.id))
            .bind(reseal.progress.as_str())
            .bind(reseal.deployment)
            .bind(&reseal.failure)
            .bind(reseal.created_at);
        Ok(self.execute(statement).await? > 0)
    }
}
