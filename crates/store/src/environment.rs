//! Rows of environments.

use model::EnvironmentId;
use model::environment::{BranchRule, CrdRule, DriftRule, Environment};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, json, optional_id, sql};
use crate::{Error, Listed, Page, Tx, View};

impl Record for Environment {
    const TABLE: &'static str = "environments";
    const COLUMNS: &'static str = "id, name, description, cluster_id, namespace, kubernetes_version, api_versions, branch, crds, drift, recipients, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            description: row.text("description")?,
            cluster: row.optional_id("cluster_id")?,
            namespace: row.name("namespace")?,
            kubernetes_version: row.text("kubernetes_version")?,
            api_versions: row.json("api_versions")?,
            branch: row.word("branch", BranchRule::parse)?,
            crds: row.word("crds", CrdRule::parse)?,
            drift: row.word("drift", DriftRule::parse)?,
            recipients: row.json("recipients")?,
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.name),
            Value::from(&self.description),
            optional_id(self.cluster),
            Value::from(&self.namespace),
            Value::from(&self.kubernetes_version),
            json(&self.api_versions),
            self.branch.as_str().into(),
            self.crds.as_str().into(),
            self.drift.as_str().into(),
            json(&self.recipients),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

impl View {
    /// Finds an environment.
    pub async fn environment(&self, environment: EnvironmentId) -> Result<Option<Environment>, Error> {
        self.one("WHERE id = $1", [id(environment)]).await
    }

    /// Finds an environment by its name.
    pub async fn environment_by_name(&self, name: &str) -> Result<Option<Environment>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists environments by name.
    pub async fn environments(&self, page: &Page) -> Result<Listed<Environment>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |e: &Environment| e.name.to_string()).await
    }
}

impl Tx {
    /// Writes a new environment; [`Error::Duplicate`] when the name is taken.
    pub async fn insert_environment(&self, environment: &Environment) -> Result<(), Error> {
        self.insert(environment).await
    }

    /// Overwrites an environment that nobody changed since it was read; gives the new version.
    pub async fn update_environment(&self, environment: &Environment) -> Result<i64, Error> {
        self.update(environment).await
    }

    /// Waits until no other transaction decides what belongs to an environment, and keeps others waiting.
    pub async fn lock_environment(&self, environment: EnvironmentId) -> Result<(), Error> {
        let statement = sql("UPDATE environments SET version = version WHERE id = $1").bind(id(environment));
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }

    /// Deletes an environment; says whether there was one. [`Error::InUse`] names the applications that have
    /// values for it or deployments to it.
    pub async fn delete_environment(&self, environment: EnvironmentId) -> Result<bool, Error> {
        let by = self
            .names(
                "SELECT name FROM applications WHERE id IN (SELECT application_id FROM deployments WHERE \
                 environment_id = $1 UNION SELECT application_id FROM value_versions WHERE environment_id = $1) \
                 ORDER BY name LIMIT 10",
                id(environment),
            )
            .await?;
        if !by.is_empty() {
            return Err(Error::InUse { by });
        }
        self.delete::<Environment>(id(environment)).await
    }
}
