//! Opening the store: data folder, connections, migrations, key, installation.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::role::Actor;
use model::{InstallationId, Secret, Timestamp};
use seal::at_rest::Sealer;
use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use crate::data_folder::{DataFolder, key_file, node};
use crate::database::{Pools, Tx, View};
use crate::statement::{id, sql};
use crate::{Error, Reader};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(20);
/// Connections that read from SQLite.
const READERS: u32 = 6;
/// Connections to PostgreSQL.
const CONNECTIONS: u32 = 16;

/// What the store is opened with.
pub struct Settings {
    /// The data folder; made where it is missing.
    pub data: PathBuf,
    /// URL of a PostgreSQL database; `None` for SQLite in the data folder.
    pub postgres: Option<Secret>,
    /// The key that seals secrets.
    pub key: KeySource,
}

impl Settings {
    /// SQLite and the key file in the data folder.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), postgres: None, key: KeySource::DataFolder }
    }
}

/// Where the key that seals secrets comes from.
pub enum KeySource {
    /// The file `key` in the data folder; made at the first start.
    DataFolder,
    /// A file; made at the first start.
    File(PathBuf),
    /// The key itself: 32 bytes in base64.
    Given(Secret),
}

/// This installation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Installation {
    /// Its identity, written into every repository's mark.
    pub id: InstallationId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    view: View,
    installation: Installation,
    node: String,
    _folder: DataFolder,
}

impl std::ops::Deref for Store {
    type Target = View;

    fn deref(&self) -> &View {
        &self.inner.view
    }
}

impl Store {
    /// Opens the store: locks the data folder, brings the schema up to date, finds or makes the key and the
    /// installation's id.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::NotWritable`], [`Error::NewerSchema`], [`Error::KeyMissing`],
    /// [`Error::WrongKey`], [`Error::InvalidKey`], [`Error::Unavailable`].
    pub async fn open(settings: Settings) -> Result<Self, Error> {
        let (folder, pools) = database(&settings).await?;
        let (sealer, installation) = establish(&pools, &settings).await?;
        let view = View::new(pools, Arc::new(sealer));
        let node = node(&settings.data)?;
        let store = Self { inner: Arc::new(Inner { view, installation, node, _folder: folder }) };
        store.inherit_leases().await?;
        Ok(store)
    }

    /// Begins a transaction. On SQLite there is one at a time: keep it short, with no outside effect in it.
    pub async fn begin(&self) -> Result<Tx, Error> {
        self.inner.view.begin().await
    }

    /// This installation.
    pub fn installation(&self) -> Installation {
        self.inner.installation
    }

    /// The name under which this process holds leases.
    pub(crate) fn node(&self) -> &str {
        &self.inner.node
    }

    /// What an actor may see.
    pub fn reader<'a>(&'a self, actor: &'a Actor) -> Reader<'a> {
        Reader::new(&self.inner.view, actor)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.rows(sql("SELECT 1 AS one")).await.map(|_| ())
    }

    /// Closes all connections; SQLite's write-ahead log is folded in.
    pub async fn close(&self) {
        self.inner.view.close().await;
    }
}

async fn sqlite(path: &Path) -> Result<Pools, Error> {
    // `synchronous=FULL`: in write-ahead mode the default of many programs, NORMAL, can lose the last
    // transactions when the power fails. A lost "the push of this commit begins" would be a second commit, a
    // lost answered request a broken promise; one more fsync per transaction is the price.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true);
    // On a full disk SQLite itself undoes the transaction, which leaves the connection's count of open ones
    // wrong for good (sqlx 0.9.0): such a connection is replaced.
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE)
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await?;
    SQLITE.run(&writer).await.map_err(migration(&SQLITE))?;
    let reader = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok(Pools::Sqlite { writer, reader })
}

async fn postgres(url: &Secret) -> Result<Pools, Error> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.reveal().starts_with(scheme)) {
        return Err(Error::InvalidUrl { reason: "it must begin with postgres://" });
    }
    let options: PgConnectOptions = url.reveal().parse().map_err(|_| Error::InvalidUrl {
        reason: "it must look like postgres://user:password@host:5432/name",
    })?;
    // A pool goes on trying to connect for as long as it may; a wrong address is better said at once.
    let first = tokio::time::timeout(ACQUIRE, PgConnection::connect_with(&options)).await;
    first.map_err(|_| Error::Unavailable(sqlx::Error::PoolTimedOut))??.close().await?;
    let pool =
        PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE).connect_lazy_with(options);
    POSTGRES.run(&pool).await.map_err(migration(&POSTGRES))?;
    Ok(Pools::Postgres(pool))
}

/// Reads a failed migration: a migration that this program does not have comes from a newer one.
fn migration(migrator: &Migrator) -> impl Fn(MigrateError) -> Error {
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    move |error| match error {
        MigrateError::VersionMissing(found) if found > known => Error::NewerSchema { found, known },
        MigrateError::Execute(error) => match Error::from(error) {
            Error::Query(error) => Error::Migration(MigrateError::Execute(error)),
            other => other,
        },
        other => Error::Migration(other),
    }
}

/// The data folder, locked, and its database with the schema of this program.
pub(crate) async fn database(settings: &Settings) -> Result<(DataFolder, Pools), Error> {
    let folder = DataFolder::lock(&settings.data)?;
    let pools = match &settings.postgres {
        None => sqlite(&folder.private_file("trueline.db")?).await?,
        Some(url) => postgres(url).await?,
    };
    Ok((folder, pools))
}

/// Finds this installation and checks the key against it; at the first start makes both.
async fn establish(pools: &Pools, settings: &Settings) -> Result<(Sealer, Installation), Error> {
    // A view needs a sealer; the one here seals nothing and is thrown away.
    let view = View::new(
        pools.clone(),
        Arc::new(Sealer::parse(&Sealer::generate()).map_err(|_| Error::InvalidKey)?),
    );
    let tx = view.begin().await?;
    let found = tx.row(sql("SELECT id, key_id, created_at FROM installation")).await?;
    if let Some(row) = &found {
        crate::key_rotation::finish(settings, &row.text("key_id")?)?;
    }
    let key = match &settings.key {
        KeySource::DataFolder => key_file(&settings.data.join("key"), found.is_none())?,
        KeySource::File(path) => key_file(path, found.is_none())?,
        KeySource::Given(secret) => secret.reveal().to_owned().into(),
    };
    let sealer = Sealer::parse(&key).map_err(|_| Error::InvalidKey)?;
    if let Some(row) = found {
        let (expected, given) = (row.text("key_id")?, sealer.key_id());
        if expected != given {
            return Err(Error::WrongKey { given, expected });
        }
        return Ok((sealer, Installation { id: row.id("id")?, created_at: row.time("created_at")? }));
    }
    let installation = Installation { id: InstallationId(Uuid::now_v7()), created_at: now() };
    tx.execute(
        sql("INSERT INTO installation (singleton, id, key_id, created_at) VALUES (1, $1, $2, $3)")
            .bind(id(installation.id))
            .bind(sealer.key_id())
            .bind(installation.created_at),
    )
    .await?;
    tx.commit().await?;
    Ok((sealer, installation))
}

/// The one place where the store reads a clock: nothing depends on an installation's age.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
