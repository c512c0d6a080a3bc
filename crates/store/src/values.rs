//! Rows of values: immutable versions.

use model::values::{MergeMode, Origin, Slot, Values};
use model::{ApplicationId, EnvironmentId, Timestamp, ValuesId};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, optional_id};
use crate::{Error, Listed, Page, Tx, View};

impl Record for Values {
    const TABLE: &'static str = "value_versions";
    const COLUMNS: &'static str = "id, application_id, environment_id, slot, number, yaml, blob, merge_mode, author, author_email, message, origin, created_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            application: row.id("application_id")?,
            slot: slot(row)?,
            number: row.integer("number")?,
            yaml: row.text("yaml")?,
            blob: row.text("blob")?,
            merge: row.word("merge_mode", MergeMode::parse)?,
            author: row.text("author")?,
            author_email: row.text("author_email")?,
            message: row.text("message")?,
            origin: row.word("origin", Origin::parse)?,
            created_at: row.time("created_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            id(self.application),
            optional_id(self.slot.environment()),
            self.slot.as_str().into(),
            self.number.into(),
            Value::from(&self.yaml),
            Value::from(&self.blob),
            self.merge.as_str().into(),
            Value::from(&self.author),
            Value::from(&self.author_email),
            Value::from(&self.message),
            self.origin.as_str().into(),
            self.created_at.into(),
        ]
    }
}

fn slot(row: &Row) -> Result<Slot, Error> {
    let environment: Option<EnvironmentId> = row.optional_id("environment_id")?;
    match (row.text("slot")?.as_str(), environment) {
        ("base", None) => Ok(Slot::Base),
        ("override", Some(environment)) => Ok(Slot::Override(environment)),
        ("secrets", Some(environment)) => Ok(Slot::Secrets(environment)),
        (word, _) => Err(Error::Corrupt { what: format!("value_versions.slot: {word:?} does not fit") }),
    }
}

/// The rows of one input of an application.
pub(crate) fn input(application: ApplicationId, slot: Slot) -> Conditions {
    let environment = slot.environment().map(|e| e.to_string()).unwrap_or_default();
    Conditions::default()
        .and("application_id = ?", [id(application)])
        .and("slot = ?", [slot.as_str().into()])
        .and("COALESCE(environment_id, '') = ?", [environment.into()])
}

impl View {
    /// Finds a version by its id.
    pub async fn values(&self, values: ValuesId) -> Result<Option<Values>, Error> {
        self.one("WHERE id = $1", [id(values)]).await
    }

    /// Gives the newest version of an input.
    pub async fn latest_values(
        &self,
        application: ApplicationId,
        slot: Slot,
    ) -> Result<Option<Values>, Error> {
        let first = Page { limit: 1, cursor: None };
        Ok(self.values_history(application, slot, &first).await?.items.pop())
    }

    /// Gives the newest version of an input that was taken in from Git, if that was after `since`, however many were
    /// saved in between.
    pub async fn newest_taken_in(
        &self,
        application: ApplicationId,
        slot: Slot,
        since: Option<Timestamp>,
    ) -> Result<Option<Values>, Error> {
        let mut conditions = input(application, slot).and("origin = ?", [Origin::Git.as_str().into()]);
        if let Some(since) = since {
            conditions = conditions.and("created_at > ?", [since.into()]);
        }
        let (first, key) = (Page { limit: 1, cursor: None }, |v: &Values| v.number.to_string());
        Ok(self.page(conditions, Order::NumberDown("number"), &first, key).await?.items.pop())
    }

    /// Lists the versions of an input, the newest first.
    pub async fn values_history(
        &self,
        application: ApplicationId,
        slot: Slot,
        page: &Page,
    ) -> Result<Listed<Values>, Error> {
        let key = |v: &Values| v.number.to_string();
        self.page(input(application, slot), Order::NumberDown("number"), page, key).await
    }
}

impl Tx {
    /// Writes the version that follows the one that the author saw: [`Error::Stale`] when there is one of its
    /// number already.
    pub async fn insert_values(&self, values: &Values) -> Result<(), Error> {
        if values.yaml.len() > Values::LIMIT {
            let (size, limit) = (values.yaml.len(), Values::LIMIT);
            return Err(Error::TooLarge { what: "the values", size, limit });
        }
        self.insert(values).await.map_err(|error| match error {
            Error::Duplicate { what: "number" } => Error::Stale,
            other => other,
        })
    }
}
