//! What can go wrong in the store, and what it means.

use std::path::PathBuf;

use model::Outcome;
use sqlx::error::ErrorKind;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row was changed (or deleted) since it was read.
    #[error("it was changed by someone else in the meantime")]
    Stale,
    /// Something that must be unique is taken.
    #[error("the {what} is taken")]
    Duplicate {
        /// What is taken, such as `name`.
        what: &'static str,
    },
    /// It cannot be deleted while others refer to it.
    #[error("it is in use by {}", if by.is_empty() { "others".into() } else { by.join(", ") })]
    InUse {
        /// Names of what refers to it, where they are known; not necessarily all.
        by: Vec<String>,
    },
    /// An idempotency key came with another request than the first time.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// An idempotency key was used before the installation's key was replaced: for which request is not known any more.
    #[error("the idempotency key was used before the installation's key was replaced")]
    KeyOutdated,
    /// The cursor of a list was not made by this program.
    #[error("the cursor is not one that a list gave out")]
    InvalidCursor,
    /// Something is larger than what is kept.
    #[error("{what} has {size} bytes; at most {limit} are kept")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Another process works on the data folder.
    #[error("the data folder {} is in use by another process{}", folder.display(), holder.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// What the other process wrote about itself, such as `process 4711`.
        holder: Option<String>,
    },
    /// A file or folder cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database was made by a newer program.
    #[error(
        "the database has schema {found}, this program knows schemas up to {known}: start the newer program again, or go back to a backup made before it"
    )]
    NewerSchema {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
    /// A migration could not be applied, or is not the one that was applied before.
    #[error("the database's schema cannot be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The key that seals secrets is gone.
    #[error(
        "the key that seals this installation's secrets is missing at {}: put it back; without it all credentials must be entered again", path.display()
    )]
    KeyMissing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The key is not the one that this installation's secrets were sealed with.
    #[error(
        "the key given ({given}) is not the one that this installation's secrets are sealed with ({expected})"
    )]
    WrongKey {
        /// Id of the key given.
        given: String,
        /// Id of the key needed.
        expected: String,
    },
    /// The key has not the right form.
    #[error("the key that seals secrets must be 32 bytes in base64")]
    InvalidKey,
    /// The key was replaced while this process ran with the one before.
    #[error(
        "the key that seals secrets was replaced since this process started: restart it with the new key"
    )]
    KeyReplaced,
    /// A sealed secret does not open: it was changed, or moved from another row.
    #[error("the sealed {what} was tampered with, or belongs to something else")]
    Unopenable {
        /// Table and row.
        what: String,
    },
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull(#[source] sqlx::Error),
    /// The database does not answer, or asks to try again.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// What is stored is not what was written.
    #[error("the database holds what it should not: {what}")]
    Corrupt {
        /// Where, such as `projects.name`.
        what: String,
    },
    /// The database refused a query.
    #[error("the database refused a query")]
    Query(#[source] sqlx::Error),
    /// The database's address cannot be used.
    #[error("the database's URL cannot be used: {reason}")]
    InvalidUrl {
        /// Why; never contains the URL, which may hold a password.
        reason: &'static str,
    },
}

impl Error {
    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Stale
            | Self::Duplicate { .. }
            | Self::InUse { .. }
            | Self::KeyReused
            | Self::KeyOutdated => Outcome::Conflict,
            Self::InvalidCursor | Self::TooLarge { .. } => Outcome::Invalid,
            Self::Unavailable(_) | Self::DiskFull(_) => Outcome::RetryLater { after: None },
            Self::Locked { .. }
            | Self::NotWritable { .. }
            | Self::NewerSchema { .. }
            | Self::Migration(_)
            | Self::KeyMissing { .. }
            | Self::WrongKey { .. }
            | Self::InvalidKey
            | Self::KeyReplaced
            | Self::InvalidUrl { .. }
            | Self::Unopenable { .. }
            | Self::Corrupt { .. } => Outcome::NeedsHuman,
            Self::Query(_) => Outcome::Bug,
        }
    }

    /// What must be unique and is taken, read from the name of the violated index (PostgreSQL, and SQLite for
    /// indexes over expressions) or the columns (SQLite).
    fn taken(message: &str) -> &'static str {
        const PARTS: &[(&str, &str)] = &[
            ("repository", "repository and path"),
            ("number", "number"),
            ("bindings", "role"),
            ("name", "name"),
        ];
        PARTS.iter().find(|(part, _)| message.contains(part)).map_or("identity", |(_, what)| what)
    }
}

/// PostgreSQL's classes of errors that may pass: connection (08), resources (53), operator intervention (57),
/// serialisation failure and deadlock (40). <https://www.postgresql.org/docs/15/errcodes-appendix.html>
const PASSING: [&str; 4] = ["08", "53", "57", "40"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) => match database.kind() {
                ErrorKind::UniqueViolation => {
                    let message = database.constraint().unwrap_or_else(|| database.message());
                    // Two activations at once: the second comes too late.
                    if message.contains("gitops_configs") && message.contains("active") {
                        return Self::Stale;
                    }
                    Self::Duplicate { what: Self::taken(message) }
                }
                ErrorKind::ForeignKeyViolation => Self::InUse { by: Vec::new() },
                _ => {
                    let code = database.code().unwrap_or_default().into_owned();
                    // SQLite's primary result codes are the low byte. <https://www.sqlite.org/rescode.html>
                    let primary = code.parse::<u32>().map_or(0, |c| c & 0xff);
                    match (code.len(), primary) {
                        (5, _) if code == "53100" => Self::DiskFull(error),
                        (5, _) if PASSING.iter().any(|class| code.starts_with(class)) => {
                            Self::Unavailable(error)
                        }
                        (5, _) => Self::Query(error),
                        (_, 13) => Self::DiskFull(error),
                        (_, 5 | 6 | 10) => Self::Unavailable(error),
                        (_, 11 | 26) => Self::Corrupt { what: database.message().to_owned() },
                        _ => Self::Query(error),
                    }
                }
            },
            _ => Self::Query(error),
        }
    }
}
