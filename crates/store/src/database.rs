//! Runs statements on either database, inside a transaction or not; reads rows in one form.

use std::borrow::Cow;
use std::sync::Arc;

use model::{FieldError, Name, Timestamp};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite};
use tokio::sync::Mutex;

use crate::Error;
use crate::sealing::Sealer;

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<&Name> for Value {
    fn from(name: &Name) -> Self {
        Self::Text(Some(name.to_string()))
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(Some(i64::from(flag)))
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Integer(Some(at.0))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Integer(at.map(|t| t.0))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// An id as a value.
pub(crate) fn id(id: impl std::fmt::Display) -> Value {
    Value::Text(Some(id.to_string()))
}

/// An id that may be absent as a value.
pub(crate) fn optional_id(id: Option<impl std::fmt::Display>) -> Value {
    Value::Text(id.map(|i| i.to_string()))
}

/// One SQL text with its values. The text is always made of the program's own words; whatever comes from
/// outside is a value.
#[derive(Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// Starts a statement.
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { sql: text.into(), values: Vec::new() }
}

impl Statement {
    /// Binds the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the next values.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }
}

macro_rules! bound {
    ($database:ty, $statement:ident) => {{
        let mut query = sqlx::query::<$database>(AssertSqlSafe($statement.sql));
        for value in $statement.values {
            query = match value {
                Value::Text(value) => query.bind(value),
                Value::Integer(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

/// Runs one method of a query on whichever database, pool or transaction there is.
macro_rules! run {
    ($view:expr, $statement:ident, $method:ident, $then:expr) => {
        match &$view.source {
            Source::Pools(Pools::Sqlite { reader, .. }) => {
                bound!(Sqlite, $statement).$method(reader).await.map($then)
            }
            Source::Pools(Pools::Postgres(pool)) => {
                bound!(Postgres, $statement).$method(pool).await.map($then)
            }
            Source::Transaction(transaction) => match &mut *transaction.lock().await {
                Transaction::Sqlite(tx) => bound!(Sqlite, $statement).$method(&mut **tx).await.map($then),
                Transaction::Postgres(tx) => bound!(Postgres, $statement).$method(&mut **tx).await.map($then),
            },
        }
    };
}

/// The connections to a database.
#[derive(Clone)]
pub(crate) enum Pools {
    /// SQLite takes one writer at a time: its pool has one connection, so that writers queue here, fairly,
    /// instead of polling for the lock.
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
    Postgres(PgPool),
}

enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

enum Source {
    Pools(Pools),
    Transaction(Box<Mutex<Transaction>>),
}

/// What is stored, as the pools or as one transaction sees it: all the unfiltered reads.
pub struct View {
    source: Source,
    pub(crate) sealer: Arc<Sealer>,
}

impl View {
    pub(crate) fn new(pools: Pools, sealer: Arc<Sealer>) -> Self {
        Self { source: Source::Pools(pools), sealer }
    }

    pub(crate) async fn rows(&self, statement: Statement) -> Result<Vec<Row>, Error> {
        Ok(run!(self, statement, fetch_all, |rows| rows.into_iter().map(Row::from).collect::<Vec<_>>())?)
    }

    pub(crate) async fn row(&self, statement: Statement) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// Runs a statement that changes something; gives the number of rows.
    async fn execute(&self, statement: Statement) -> Result<u64, Error> {
        Ok(run!(self, statement, execute, |done| done.rows_affected())?)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        let transaction = match &self.source {
            Source::Pools(Pools::Sqlite { writer, .. }) => {
                // The write lock is taken at once: a transaction that read first and wrote later could not be
                // repeated by SQLite when another writer came between.
                Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Source::Pools(Pools::Postgres(pool)) => Transaction::Postgres(pool.begin().await?),
            Source::Transaction(_) => unreachable!("only a store begins transactions"),
        };
        let source = Source::Transaction(Box::new(Mutex::new(transaction)));
        Ok(Tx { view: Self { source, sealer: Arc::clone(&self.sealer) } })
    }

    pub(crate) async fn close(&self) {
        match &self.source {
            Source::Pools(Pools::Sqlite { writer, reader }) => {
                reader.close().await;
                writer.close().await;
            }
            Source::Pools(Pools::Postgres(pool)) => pool.close().await,
            Source::Transaction(_) => {}
        }
    }
}

/// A transaction: reads see its own writes, nobody else does before [`Tx::commit`]. Dropping it undoes it.
///
/// After an error of a write, drop it: PostgreSQL takes no further statement.
pub struct Tx {
    view: View,
}

impl std::ops::Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Tx {
    /// Makes all writes visible and durable, or none.
    pub async fn commit(self) -> Result<(), Error> {
        match self.view.source {
            Source::Transaction(transaction) => match transaction.into_inner() {
                Transaction::Sqlite(tx) => tx.commit().await?,
                Transaction::Postgres(tx) => tx.commit().await?,
            },
            Source::Pools(_) => unreachable!("a transaction never stands on pools"),
        }
        Ok(())
    }

    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, Error> {
        self.view.execute(statement).await
    }
}

/// One row, of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self::Postgres(row)
    }
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(|e| Error::Corrupt { what: format!("{}: {e}", $column) })
    };
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String, Error> {
        get!(self, column)
    }

    pub(crate) fn optional_text(&self, column: &str) -> Result<Option<String>, Error> {
        get!(self, column)
    }

    pub(crate) fn integer(&self, column: &str) -> Result<i64, Error> {
        get!(self, column)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>, Error> {
        get!(self, column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, Error> {
        Ok(self.integer(column)? != 0)
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, Error> {
        self.integer(column).map(Timestamp)
    }

    pub(crate) fn optional_time(&self, column: &str) -> Result<Option<Timestamp>, Error> {
        let micros: Option<i64> = get!(self, column)?;
        Ok(micros.map(Timestamp))
    }

    pub(crate) fn id<T: std::str::FromStr>(&self, column: &str) -> Result<T, Error> {
        parsed(column, &self.text(column)?)
    }

    pub(crate) fn optional_id<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, Error> {
        self.optional_text(column)?.map(|text| parsed(column, &text)).transpose()
    }

    pub(crate) fn name(&self, column: &str) -> Result<Name, Error> {
        Name::parse(column, &self.text(column)?)
            .map_err(|FieldError { message, .. }| Error::Corrupt { what: format!("{column}: {message}") })
    }

    pub(crate) fn word<T>(&self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        let text = self.text(column)?;
        parse(&text).ok_or_else(|| Error::Corrupt { what: format!("{column}: unknown word {text:?}") })
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|e| Error::Corrupt { what: format!("{column}: {e}") })
    }

    pub(crate) fn optional_json<T: serde::de::DeserializeOwned>(
        &self,
        column: &str,
    ) -> Result<Option<T>, Error> {
        self.optional_text(column)?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| Error::Corrupt { what: format!("{column}: {e}") })
    }
}

fn parsed<T: std::str::FromStr>(column: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Corrupt { what: format!("{column}: {text:?} is no id") })
}

/// A record as JSON text. The store's own forms always serialise.
pub(crate) fn json(value: &impl serde::Serialize) -> Value {
    Value::Text(Some(serde_json::to_string(value).expect("plain records serialise")))
}

/// A record that may be absent as JSON text.
pub(crate) fn optional_json(value: Option<&impl serde::Serialize>) -> Value {
    value.map_or(Value::Text(None), json)
}
