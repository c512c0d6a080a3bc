//! Rows of either database, read into the model's types; what does not fit is said to be corrupt.

use model::{FieldError, Name, Timestamp};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::Error;

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

    pub(crate) fn optional_integer(&self, column: &str) -> Result<Option<i64>, Error> {
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
        Ok(self.optional_integer(column)?.map(Timestamp))
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
