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

impl View {
    /// Finds a reseal.
    pub async fn reseal(&self, reseal: ResealId) -> Result<Option<Reseal>, Error> {
        self.one("WHERE id = $1", [id(reseal)]).await
    }

    /// All reseals, the oldest first.
    pub async fn reseals(&self) -> Result<Vec<Reseal>, Error> {
        self.all("ORDER BY id", []).await
    }

    /// The environments of applications in which something was committed; of applications that go, none.
    pub async fn committed_places(&self) -> Result<Vec<(ApplicationId, EnvironmentId)>, Error> {
        let text = "SELECT DISTINCT d.application_id, d.environment_id FROM deployments d JOIN applications a \
                    ON a.id = d.application_id WHERE d.commit_id IS NOT NULL AND a.deleting_at IS NULL \
                    ORDER BY d.application_id, d.environment_id";
        let rows = self.rows(sql(text)).await?;
        rows.iter().map(|row| Ok((row.id("application_id")?, row.id("environment_id")?))).collect()
    }
}

impl Tx {
    /// Writes a reseal; one of its place that has ended begins again, one that has not goes on and is known to have
    /// been asked for anew.
    pub async fn ask_reseal(&self, reseal: &Reseal) -> Result<(), Error> {
        let anew = |column: &str| {
            format!(
                "{column} = CASE WHEN reseals.progress IN ('done', 'failed') THEN excluded.{column} \
                 ELSE reseals.{column} END"
            )
        };
        let columns = ["requested_by", "email", "progress", "deployment", "failure"].map(anew).join(", ");
        let text = format!(
            "INSERT INTO reseals ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (application_id, environment_id) DO UPDATE SET {columns}, created_at = excluded.created_at",
            Reseal::COLUMNS
        );
        self.execute(sql(text).bind_all(reseal.values())).await.map(|_| ())
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
