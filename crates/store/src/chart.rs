//! Rows of charts, of their versions, and the archives that were pulled, kept once each by their digest.

use model::chart::{Chart, ChartVersion};
use model::{ChartRepositoryId, Timestamp};

use crate::record::{Conditions, Record, contains};
use crate::row::Row;
use crate::statement::{Value, id, json, sql};
use crate::{Error, Tx, View};

impl Record for Chart {
    const TABLE: &'static str = "charts";
    const COLUMNS: &'static str =
        "repository_id, name, version, app_version, description, keywords, deprecated, versions, words";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            repository: row.id("repository_id")?,
            name: row.text("name")?,
            version: row.text("version")?,
            app_version: row.text("app_version")?,
            description: row.text("description")?,
            keywords: row.json("keywords")?,
            deprecated: row.flag("deprecated")?,
            versions: row.integer("versions")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        // What a search looks at first; `words` decides what is ranked at all.
        let words = format!("{} {} {}", self.name, self.keywords.join(" "), self.description).to_lowercase();
        vec![
            id(self.repository),
            Value::from(&self.name),
            Value::from(&self.version),
            Value::from(&self.app_version),
            Value::from(&self.description),
            json(&self.keywords),
            self.deprecated.into(),
            self.versions.into(),
            Value::from(words),
        ]
    }
}

impl Record for ChartVersion {
    const TABLE: &'static str = "chart_versions";
    const COLUMNS: &'static str = "repository_id, chart, version, app_version, created, digest, trusted_digest, \
         manifest, urls, deprecated, listed";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            repository: row.id("repository_id")?,
            chart: row.text("chart")?,
            version: row.text("version")?,
            app_version: row.text("app_version")?,
            created: row.text("created")?,
            digest: row.optional_text("digest")?,
            trusted_digest: row.optional_text("trusted_digest")?,
            manifest: row.optional_text("manifest")?,
            urls: row.json("urls")?,
            deprecated: row.flag("deprecated")?,
            listed: row.flag("listed")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.repository),
            Value::from(&self.chart),
            Value::from(&self.version),
            Value::from(&self.app_version),
            Value::from(&self.created),
            Value::from(&self.digest),
            Value::from(&self.trusted_digest),
            Value::from(&self.manifest),
            json(&self.urls),
            self.deprecated.into(),
            self.listed.into(),
        ]
    }
}

/// Rows written by one statement: eleven values each, and SQLite takes 32,766.
const BATCH: usize = 200;

/// The archives beyond a bound of bytes, counted from those that were used last.
pub(crate) const BEYOND: &str = "SELECT n.digest, n.used_at FROM (SELECT digest, used_at, \
     SUM(size) OVER (ORDER BY used_at DESC, digest DESC) AS total FROM chart_archives) n \
     WHERE n.total > $1 ORDER BY n.used_at, n.digest LIMIT $2";
/// Archives that are given up by one transaction, at most: others wait to write.
const ARCHIVES: i64 = 20;

/// An archive that was not used for long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OldArchive {
    /// Its SHA-256, in hexadecimal.
    pub digest: String,
    /// When it was used last.
    pub used_at: Timestamp,
}

impl View {
    /// Gives the charts whose words contain all of these (in lower case), of one repository or of all, in no
    /// order. The name of a repository is among the words.
    pub async fn charts_with(
        &self,
        words: &[String],
        repository: Option<ChartRepositoryId>,
    ) -> Result<Vec<(Chart, String)>, Error> {
        let mut conditions = Conditions::default();
        if let Some(repository) = repository {
            conditions = conditions.and("c.repository_id = ?", [id(repository)]);
        }
        for word in words {
            // `acme/shop` names a repository and a part of a name.
            for part in word.split('/').filter(|part| !part.is_empty()) {
                let (text, values) = contains("c.words || ' ' || r.name", part);
                conditions = conditions.and(&text, values);
            }
        }
        let query = "SELECT c.*, r.name AS repository_name FROM charts c JOIN chart_repositories r ON \
             r.id = c.repository_id";
        let rows = self.selected(query, conditions).await?;
        rows.iter().map(|row| Ok((Chart::read(row)?, row.text("repository_name")?))).collect()
    }

    /// Finds a chart.
    pub async fn chart(&self, repository: ChartRepositoryId, name: &str) -> Result<Option<Chart>, Error> {
        self.one("WHERE repository_id = $1 AND name = $2", [id(repository), name.into()]).await
    }

    /// Gives the names of a repository's charts.
    pub async fn chart_names(&self, repository: ChartRepositoryId) -> Result<Vec<String>, Error> {
        self.names("SELECT name FROM charts WHERE repository_id = $1 ORDER BY name", id(repository)).await
    }

    /// Counts a repository's charts and their versions.
    pub async fn count_charts(&self, repository: ChartRepositoryId) -> Result<(i64, i64), Error> {
        let charts = "SELECT COUNT(*) AS count FROM charts WHERE repository_id = $1";
        let versions =
            "SELECT CAST(COALESCE(SUM(versions), 0) AS BIGINT) AS count FROM charts WHERE repository_id = $1";
        Ok((self.count(charts, [id(repository)]).await?, self.count(versions, [id(repository)]).await?))
    }

    /// Counts the versions of a repository's charts whose digest is not the trusted one.
    pub async fn count_changed_charts(&self, repository: ChartRepositoryId) -> Result<i64, Error> {
        let text = "SELECT COUNT(*) AS count FROM chart_versions WHERE repository_id = $1 AND listed = 1 AND \
             digest <> trusted_digest";
        self.count(text, [id(repository)]).await
    }

    /// Gives all versions of a chart that were ever seen, in no order.
    pub async fn chart_versions(
        &self,
        repository: ChartRepositoryId,
        chart: &str,
    ) -> Result<Vec<ChartVersion>, Error> {
        self.all("WHERE repository_id = $1 AND chart = $2", [id(repository), chart.into()]).await
    }

    /// Finds a version of a chart.
    pub async fn chart_version(
        &self,
        repository: ChartRepositoryId,
        chart: &str,
        version: &str,
    ) -> Result<Option<ChartVersion>, Error> {
        let values = [id(repository), chart.into(), version.into()];
        self.one("WHERE repository_id = $1 AND chart = $2 AND version = $3", values).await
    }

    /// Gives the bytes of an archive, if it is kept.
    pub async fn chart_archive(&self, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        let row = self.row(sql("SELECT bytes FROM chart_archives WHERE digest = $1").bind(digest)).await?;
        row.map(|row| row.bytes("bytes")).transpose()
    }

    /// Gives archives that are to go so that the rest has at most so many bytes: those that were not used for longest,
    /// as many as one transaction gives up. Walks an index once, so ask outside of a transaction.
    pub async fn old_chart_archives(&self, bytes: i64) -> Result<Vec<OldArchive>, Error> {
        let rows = self.rows(sql(BEYOND).bind(bytes).bind(ARCHIVES)).await?;
        let old = |row: &Row| Ok(OldArchive { digest: row.text("digest")?, used_at: row.time("used_at")? });
        rows.iter().map(old).collect()
    }
}

impl Tx {
    /// Writes charts, in the place of those of the same names.
    pub async fn put_charts(&self, charts: &[Chart]) -> Result<(), Error> {
        let update = "ON CONFLICT (repository_id, name) DO UPDATE SET version = excluded.version, \
             app_version = excluded.app_version, description = excluded.description, keywords = excluded.keywords, \
             deprecated = excluded.deprecated, versions = excluded.versions, words = excluded.words";
        self.put_all(charts, update).await
    }

    /// Writes versions of charts, in the place of the same ones; a trusted digest that is there stays.
    pub async fn put_chart_versions(&self, versions: &[ChartVersion]) -> Result<(), Error> {
        let update = "ON CONFLICT (repository_id, chart, version) DO UPDATE SET app_version = excluded.app_version, \
             created = excluded.created, digest = excluded.digest, trusted_digest = \
             COALESCE(chart_versions.trusted_digest, excluded.trusted_digest), manifest = excluded.manifest, \
             urls = excluded.urls, deprecated = excluded.deprecated, listed = excluded.listed";
        self.put_all(versions, update).await
    }

    async fn put_all<R: Record>(&self, records: &[R], update: &str) -> Result<(), Error> {
        let width = R::COLUMNS.split(", ").count();
        for batch in records.chunks(BATCH) {
            let marks = (0..batch.len())
                .map(|row| {
                    let marks: Vec<String> = (1..=width).map(|i| format!("${}", row * width + i)).collect();
                    format!("({})", marks.join(", "))
                })
                .collect::<Vec<_>>()
                .join(", ");
            let text = format!("INSERT INTO {} ({}) VALUES {marks} {update}", R::TABLE, R::COLUMNS);
            let values = batch.iter().flat_map(Record::values);
            self.execute(sql(text).bind_all(values)).await.map_err(|error| match error {
                Error::InUse { .. } => Error::Stale,
                other => other,
            })?;
        }
        Ok(())
    }

    /// Notes that a repository lists a chart no more. What was seen of its versions is remembered.
    pub async fn unlist_chart(&self, repository: ChartRepositoryId, chart: &str) -> Result<(), Error> {
        let both = || [id(repository), chart.into()];
        let versions = "UPDATE chart_versions SET listed = 0 WHERE repository_id = $1 AND chart = $2";
        self.execute(sql(versions).bind_all(both())).await?;
        let chart = "DELETE FROM charts WHERE repository_id = $1 AND name = $2";
        self.execute(sql(chart).bind_all(both())).await.map(|_| ())
    }

    /// Trusts a digest of a version from now on; where `only_first`, then only if none is trusted yet. Says
    /// whether it is trusted now.
    pub async fn trust_chart_digest(
        &self,
        version: &ChartVersion,
        digest: &str,
        only_first: bool,
    ) -> Result<bool, Error> {
        let values = || [id(version.repository), Value::from(&version.chart), Value::from(&version.version)];
        let mut text =
            "UPDATE chart_versions SET trusted_digest = $4 WHERE repository_id = $1 AND chart = $2 AND \
             version = $3"
                .to_owned();
        if only_first {
            text.push_str(" AND (trusted_digest IS NULL OR trusted_digest = $4)");
        }
        Ok(self.execute(sql(text).bind_all(values()).bind(digest)).await? > 0)
    }

    /// Keeps an archive, or notes that it was used.
    pub async fn put_chart_archive(&self, digest: &str, bytes: &[u8], now: Timestamp) -> Result<(), Error> {
        let size = i64::try_from(bytes.len()).map_err(|_| Error::TooLarge {
            what: "a chart's archive",
            size: bytes.len(),
            limit: usize::MAX,
        })?;
        let statement =
            sql("INSERT INTO chart_archives (digest, bytes, size, used_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at")
            .bind(digest)
            .bind(bytes.to_vec())
            .bind(size)
            .bind(now);
        self.execute(statement).await.map(|_| ())
    }

    /// Notes that a kept archive was used.
    pub async fn use_chart_archive(&self, digest: &str, now: Timestamp) -> Result<(), Error> {
        let statement =
            sql("UPDATE chart_archives SET used_at = $2 WHERE digest = $1").bind(digest).bind(now);
        self.execute(statement).await.map(|_| ())
    }

    /// Gives up archives, but for those that were used since they were looked at; says how many went.
    pub async fn delete_chart_archives(&self, old: &[OldArchive]) -> Result<u64, Error> {
        let mut gone = 0;
        for OldArchive { digest, used_at } in old {
            let statement = sql("DELETE FROM chart_archives WHERE digest = $1 AND used_at = $2");
            gone += self.execute(statement.bind(digest).bind(*used_at)).await?;
        }
        Ok(gone)
    }
}
