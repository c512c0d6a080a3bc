//! What every noun's table has in common: columns in one order, reading, writing, listing page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::row::Row;
use crate::statement::{Statement, Value, sql};
use crate::{Error, Tx, View};

/// A noun kept in a table of its own. The first column is its id; where there is a version, it is the last.
pub(crate) trait Record: Sized {
    /// The table.
    const TABLE: &'static str;
    /// The columns, in the order of [`Record::values`], separated by comma and space.
    const COLUMNS: &'static str;

    /// Reads a row.
    fn read(row: &Row) -> Result<Self, Error>;
    /// The values of the columns.
    fn values(&self) -> Vec<Value>;
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The most items; 0 means [`Page::DEFAULT`]; never more than [`Page::LIMIT`].
    pub limit: u32,
    /// Where to go on: `next` of the part before.
    pub cursor: Option<String>,
}

impl Page {
    /// How many items a page has when nothing is said.
    pub const DEFAULT: u32 = 50;
    /// The most items that a page has.
    pub const LIMIT: u32 = 500;

    /// The first items, as many as one page may have.
    pub fn first() -> Self {
        Self { limit: Self::LIMIT, cursor: None }
    }

    /// The part of `count` items in an order of one's own that this page has: where it begins, and where the next
    /// one does.
    pub fn window(&self, count: usize) -> Result<(usize, Option<usize>), Error> {
        let from = match &self.cursor {
            Some(cursor) => decode(cursor)?.parse::<usize>().map_err(|_| Error::InvalidCursor)?.min(count),
            None => 0,
        };
        let next = from.saturating_add(self.limit());
        Ok((from, Some(next).filter(|next| *next < count)))
    }

    /// The cursor of a part that begins at a number of items.
    pub fn at(from: usize) -> String {
        URL_SAFE_NO_PAD.encode(from.to_string())
    }

    fn limit(&self) -> usize {
        let limit = if self.limit == 0 { Self::DEFAULT } else { self.limit.min(Self::LIMIT) };
        usize::try_from(limit).expect("32 bits fit")
    }
}

/// One part of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// In which order a list goes, and by what it is cut into pages.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// By a text column, upwards.
    Up(&'static str),
    /// By a text column, downwards: ids of version 7 are in the order of their making.
    Down(&'static str),
    /// By a number column, downwards.
    NumberDown(&'static str),
}

/// Conditions of a query; `?` in a condition stands for its next value.
#[derive(Default)]
pub(crate) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition with its values.
    pub(crate) fn and(mut self, condition: &str, values: impl IntoIterator<Item = Value>) -> Self {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        let mut values = values.into_iter();
        for (i, part) in condition.split('?').enumerate() {
            if i > 0 {
                self.values.push(values.next().expect("a condition has a value for each ?"));
                self.text.push_str(&format!("${}", self.values.len()));
            }
            self.text.push_str(part);
        }
        self
    }

    /// The text, beginning with ` WHERE`, and the values.
    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }

    /// Adds the condition that a column has one of some values; none of them means no row.
    pub(crate) fn one_of(self, column: &str, values: Vec<Value>) -> Self {
        if values.is_empty() {
            return self.and("1 = 0", []);
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.and(&format!("{column} IN ({marks})"), values)
    }
}

/// The condition that a column's text contains `needle`, whatever the case.
pub(crate) fn contains(column: &str, needle: &str) -> (String, [Value; 1]) {
    let escaped = needle.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    (format!(r"LOWER({column}) LIKE ? ESCAPE '\'"), [format!("%{escaped}%").into()])
}

impl View {
    /// All rows that fulfil `rest`, which may also order and limit.
    pub(crate) async fn all<R: Record>(
        &self,
        rest: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<R>, Error> {
        let text = format!("SELECT {} FROM {} {rest}", R::COLUMNS, R::TABLE);
        self.rows(sql(text).bind_all(values)).await?.iter().map(R::read).collect()
    }

    /// The first row that fulfils `rest`.
    pub(crate) async fn one<R: Record>(
        &self,
        rest: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<R>, Error> {
        Ok(self.all(rest, values).await?.into_iter().next())
    }

    /// All rows that fulfil the conditions.
    pub(crate) async fn matching<R: Record>(&self, conditions: Conditions) -> Result<Vec<R>, Error> {
        let (text, values) = conditions.into_parts();
        self.all(&text, values).await
    }

    /// The rows of a query under conditions.
    pub(crate) async fn selected(
        &self,
        query: &'static str,
        conditions: Conditions,
    ) -> Result<Vec<Row>, Error> {
        self.selected_by(query, conditions, "").await
    }

    /// The rows of a query under conditions, with more behind them.
    pub(crate) async fn selected_by(
        &self,
        query: &'static str,
        conditions: Conditions,
        rest: &'static str,
    ) -> Result<Vec<Row>, Error> {
        let (text, values) = conditions.into_parts();
        self.rows(sql(format!("{query}{text} {rest}")).bind_all(values)).await
    }

    /// The number that a query gives as `count`.
    pub(crate) async fn count(
        &self,
        query: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<i64, Error> {
        self.row(sql(query).bind_all(values)).await?.map_or(Ok(0), |row| row.integer("count"))
    }

    /// The names that a query of one value gives as `name`.
    pub(crate) async fn names(&self, query: &'static str, value: Value) -> Result<Vec<String>, Error> {
        self.rows(sql(query).bind(value)).await?.iter().map(|row| row.text("name")).collect()
    }

    /// One page of the rows that fulfil the conditions, by one column. `key` gives the text of the ordering column.
    pub(crate) async fn page<R: Record>(
        &self,
        conditions: Conditions,
        order: Order,
        page: &Page,
        key: impl Fn(&R) -> String,
    ) -> Result<Listed<R>, Error> {
        let (column, ordering, comparison) = match order {
            Order::Up(column) => (column, "ASC", ">"),
            Order::Down(column) | Order::NumberDown(column) => (column, "DESC", "<"),
        };
        let conditions = match &page.cursor {
            None => conditions,
            Some(cursor) => {
                let after = decode(cursor)?;
                let value = match order {
                    Order::Up(_) | Order::Down(_) => Value::from(after),
                    Order::NumberDown(_) => after.parse::<i64>().map_err(|_| Error::InvalidCursor)?.into(),
                };
                conditions.and(&format!("{column} {comparison} ?"), [value])
            }
        };
        self.cut(conditions, &format!("{column} {ordering}"), page, key).await
    }

    /// One page of the rows that fulfil the conditions, which also say after which row it begins.
    pub(crate) async fn cut<R: Record>(
        &self,
        conditions: Conditions,
        ordering: &str,
        page: &Page,
        key: impl Fn(&R) -> String,
    ) -> Result<Listed<R>, Error> {
        self.cut_from(R::TABLE, conditions, ordering, (page, key)).await
    }

    /// The same of another source of rows than the table, which has its columns and more.
    pub(crate) async fn cut_from<R: Record>(
        &self,
        source: &str,
        conditions: Conditions,
        ordering: &str,
        (page, key): (&Page, impl Fn(&R) -> String),
    ) -> Result<Listed<R>, Error> {
        let limit = page.limit();
        let (rest, values) = conditions.into_parts();
        let columns = R::COLUMNS;
        let text = format!("SELECT {columns} FROM {source}{rest} ORDER BY {ordering} LIMIT {}", limit + 1);
        let mut items: Vec<R> =
            self.rows(sql(text).bind_all(values)).await?.iter().map(R::read).collect::<Result<_, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Ok(Listed { items, next })
    }
}

pub(crate) fn decode(cursor: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Error::InvalidCursor)?;
    String::from_utf8(bytes).map_err(|_| Error::InvalidCursor)
}

fn marks(count: usize) -> String {
    (1..=count).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ")
}

fn insertion<R: Record>(record: &R) -> Statement {
    let values = record.values();
    let text = format!("INSERT INTO {} ({}) VALUES ({})", R::TABLE, R::COLUMNS, marks(values.len()));
    sql(text).bind_all(values)
}

/// A row that refers to one which does not exist: that one was deleted in the meantime.
fn gone(error: Error) -> Error {
    match error {
        Error::InUse { .. } => Error::Stale,
        other => other,
    }
}

impl Tx {
    /// Writes a new row.
    pub(crate) async fn insert<R: Record>(&self, record: &R) -> Result<(), Error> {
        self.execute(insertion(record)).await.map(|_| ()).map_err(gone)
    }

    /// Overwrites a row whose version is still the record's, and counts the version up; gives the new version.
    pub(crate) async fn update<R: Record>(&self, record: &R) -> Result<i64, Error> {
        let columns: Vec<_> = R::COLUMNS.split(", ").collect();
        debug_assert_eq!(columns.last(), Some(&"version"));
        let last = columns.len() - 1;
        let assignments: Vec<_> = (1..last).map(|i| format!("{} = ${}", columns[i], i + 1)).collect();
        let text = format!(
            "UPDATE {} SET {}, version = version + 1 WHERE {} = $1 AND version = ${} RETURNING version",
            R::TABLE,
            assignments.join(", "),
            columns[0],
            last + 1
        );
        match self.row(sql(text).bind_all(record.values())).await.map_err(gone)? {
            Some(row) => row.integer("version"),
            None => Err(Error::Stale),
        }
    }

    /// Deletes a row; says whether there was one.
    pub(crate) async fn delete<R: Record>(&self, id: Value) -> Result<bool, Error> {
        let key = R::COLUMNS.split(", ").next().expect("a table has columns");
        let statement = sql(format!("DELETE FROM {} WHERE {key} = $1", R::TABLE)).bind(id);
        Ok(self.execute(statement).await? > 0)
    }
}
