//! Rows of chart repositories and of how the looks at them ended. Their secrets are kept apart, see
//! [`crate::SecretKind`].

use model::ChartRepositoryId;
use model::chart_repository::{ChartRepository, ChartRepositoryKind, Refresh, RefreshFailure};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, json, sql};
use crate::{Error, Listed, Page, SecretKind, Tx, View};

impl Record for ChartRepository {
    const TABLE: &'static str = "chart_repositories";
    const COLUMNS: &'static str = "id, name, kind, url, username, ca_pem, client_certificate_pem, proxy, charts, \
         saved_by, created_at, saved_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            kind: row.word("kind", ChartRepositoryKind::parse)?,
            url: row.text("url")?,
            username: row.text("username")?,
            ca_pem: row.optional_text("ca_pem")?,
            client_certificate_pem: row.optional_text("client_certificate_pem")?,
            proxy: row.optional_text("proxy")?,
            charts: row.json("charts")?,
            saved_by: row.text("saved_by")?,
            created_at: row.time("created_at")?,
            saved_at: row.time("saved_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.name),
            self.kind.as_str().into(),
            Value::from(&self.url),
            Value::from(&self.username),
            Value::from(&self.ca_pem),
            Value::from(&self.client_certificate_pem),
            Value::from(&self.proxy),
            json(&self.charts),
            Value::from(&self.saved_by),
            self.created_at.into(),
            self.saved_at.into(),
            self.version.into(),
        ]
    }
}

/// Writes how a look ended, in the place of the one before.
const PUT_REFRESH: &str = "INSERT INTO chart_refreshes (repository_id, tried_at, refreshed_at, failure_code, failure, \
     failures, etag, last_modified, digest, left_out) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT (repository_id) DO UPDATE SET tried_at = excluded.tried_at, refreshed_at = excluded.refreshed_at, \
     failure_code = excluded.failure_code, failure = excluded.failure, failures = excluded.failures, \
     etag = excluded.etag, last_modified = excluded.last_modified, digest = excluded.digest, \
     left_out = excluded.left_out";

impl View {
    /// Finds a chart repository.
    pub async fn chart_repository(
        &self,
        repository: ChartRepositoryId,
    ) -> Result<Option<ChartRepository>, Error> {
        self.one("WHERE id = $1", [id(repository)]).await
    }

    /// Finds a chart repository by its name.
    pub async fn chart_repository_by_name(&self, name: &str) -> Result<Option<ChartRepository>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists chart repositories by name.
    pub async fn chart_repositories(&self, page: &Page) -> Result<Listed<ChartRepository>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |r: &ChartRepository| r.name.to_string())
            .await
    }

    /// Tells how the looks at a repository ended.
    pub async fn chart_refresh(&self, repository: ChartRepositoryId) -> Result<Refresh, Error> {
        let statement = sql("SELECT * FROM chart_refreshes WHERE repository_id = $1").bind(id(repository));
        let Some(row) = self.row(statement).await? else { return Ok(Refresh::default()) };
        let failure = match (row.optional_text("failure_code")?, row.optional_text("failure")?) {
            (Some(code), Some(sentence)) => Some(RefreshFailure { code, sentence }),
            _ => None,
        };
        Ok(Refresh {
            tried_at: row.optional_time("tried_at")?,
            refreshed_at: row.optional_time("refreshed_at")?,
            failure,
            failures: row.integer("failures")?,
            etag: row.optional_text("etag")?,
            last_modified: row.optional_text("last_modified")?,
            digest: row.optional_text("digest")?,
            left_out: row.json("left_out")?,
        })
    }
}

impl Tx {
    /// Demands that a chart repository is stored as it was read, until this transaction has ended; else
    /// [`Error::Stale`].
    pub async fn demand_chart_repository(&self, repository: &ChartRepository) -> Result<(), Error> {
        // A write, so that whoever saves or deletes it waits.
        let text = "UPDATE chart_repositories SET version = $2 WHERE id = $1 AND version = $2";
        let statement = sql(text).bind(id(repository.id)).bind(repository.version);
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }

    /// Writes a new chart repository; [`Error::Duplicate`] when the name is taken.
    pub async fn insert_chart_repository(&self, repository: &ChartRepository) -> Result<(), Error> {
        self.insert(repository).await
    }

    /// Overwrites a chart repository that nobody changed since it was read; gives the new version.
    pub async fn update_chart_repository(&self, repository: &ChartRepository) -> Result<i64, Error> {
        self.update(repository).await
    }

    /// Deletes a chart repository with its secrets and all that is known of its charts; says whether there was
    /// one. Archives that were pulled from it stay until others need the place.
    pub async fn delete_chart_repository(&self, repository: ChartRepositoryId) -> Result<bool, Error> {
        for kind in SecretKind::OF_CHART_REPOSITORY {
            self.delete_secret(kind, &repository.to_string()).await?;
        }
        self.delete::<ChartRepository>(id(repository)).await
    }

    /// Notes how a look at a repository ended; [`Error::Stale`] when it is gone.
    pub async fn put_chart_refresh(
        &self,
        repository: ChartRepositoryId,
        refresh: &Refresh,
    ) -> Result<(), Error> {
        let failure = |part: fn(&RefreshFailure) -> &String| refresh.failure.as_ref().map(part).cloned();
        let statement = sql(PUT_REFRESH)
            .bind(id(repository))
            .bind(refresh.tried_at)
            .bind(refresh.refreshed_at)
            .bind(Value::Text(failure(|f| &f.code)))
            .bind(Value::Text(failure(|f| &f.sentence)))
            .bind(refresh.failures)
            .bind(&refresh.etag)
            .bind(&refresh.last_modified)
            .bind(&refresh.digest)
            .bind(json(&refresh.left_out));
        self.execute(statement).await.map(|_| ()).map_err(|error| match error {
            Error::InUse { .. } => Error::Stale,
            other => other,
        })
    }
}
