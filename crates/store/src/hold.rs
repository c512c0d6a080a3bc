//! Rows of holds: at most one for an environment of an application.

use model::hold::Hold;
use model::{ApplicationId, EnvironmentId};

use crate::record::{Conditions, Record};
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

impl Record for Hold {
    const TABLE: &'static str = "holds";
    const COLUMNS: &'static str = "application_id, environment_id, held_by, reason, deployment, created_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            application: row.id("application_id")?,
            environment: row.id("environment_id")?,
            by: row.text("held_by")?,
            reason: row.text("reason")?,
            deployment: row.optional_integer("deployment")?,
            created_at: row.time("created_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.application),
            id(self.environment),
            Value::from(&self.by),
            Value::from(&self.reason),
            self.deployment.into(),
            self.created_at.into(),
        ]
    }
}

impl View {
    /// Finds the hold on an environment of an application.
    pub async fn hold(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<Option<Hold>, Error> {
        self.one("WHERE application_id = $1 AND environment_id = $2", [id(application), id(environment)])
            .await
    }

    /// Gives the holds on environments of applications.
    pub(crate) async fn holds(&self, applications: Vec<Value>) -> Result<Vec<Hold>, Error> {
        self.matching(Conditions::default().one_of("application_id", applications)).await
    }
}

impl Tx {
    /// Writes a new hold; [`Error::Duplicate`] when one stands there.
    pub async fn insert_hold(&self, hold: &Hold) -> Result<(), Error> {
        self.insert(hold).await
    }

    /// Takes a hold away; says whether one stood there.
    pub async fn delete_hold(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<bool, Error> {
        let statement = sql("DELETE FROM holds WHERE application_id = $1 AND environment_id = $2")
            .bind(id(application))
            .bind(id(environment));
        Ok(self.execute(statement).await? > 0)
    }
}
