//! Runs statements on either database, inside a transaction or not.

use std::sync::Arc;

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};
use tokio::sync::Mutex;

use crate::Error;
use crate::row::Row;
use crate::statement::{Statement, Value};
use seal::at_rest::Sealer;

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
