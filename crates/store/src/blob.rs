//! Files of deployments, kept once each by their Git blob id, so that what was committed can be had again
//! without rendering it a second time.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{DeploymentId, Timestamp};

use crate::record::Conditions;
use crate::statement::{Value, id, sql};
use crate::{Error, Store, Tx, View};

/// The most bytes that one blob may have.
pub const BLOB_LIMIT: usize = 8 * 1024 * 1024;
/// Blobs asked for in one query: SQLite takes 32,766 values, PostgreSQL 65,535.
const BATCH: usize = 500;
/// Deployments with files that are looked at by one query of a collection.
const LOOKED_AT: i64 = 500;
/// Deployments whose files are given up by one transaction.
const GIVEN_UP: usize = 20;
/// Bytes of blobs that are removed by one transaction, about.
const REMOVED_BYTES: i64 = 16 * 1024 * 1024;

/// The next deployments that have files, and whether these are to be given up: it ended without a commit, or there
/// are so many newer commits to its place.
pub(crate) const WITH_FILES: &str = "SELECT d.id, CAST(CASE WHEN d.ending IS NULL THEN 0 \
     WHEN d.commit_id IS NULL OR $2 = 0 THEN 1 \
     WHEN (SELECT n.number FROM deployments n WHERE n.application_id = d.application_id \
     AND n.environment_id = d.environment_id AND n.commit_id IS NOT NULL AND n.number > d.number \
     ORDER BY n.number LIMIT 1 OFFSET $3) IS NULL THEN 0 ELSE 1 END AS BIGINT) AS old \
     FROM (SELECT DISTINCT deployment_id FROM deployment_blobs WHERE deployment_id > $1 \
     ORDER BY deployment_id LIMIT $4) k JOIN deployments d ON d.id = k.deployment_id ORDER BY d.id";

/// Blobs that nothing refers to, by age.
pub(crate) const UNUSED: &str = "SELECT b.id, b.created_at, b.size FROM blobs b \
     WHERE (b.created_at, b.id) > ($1, $2) AND b.created_at < $3 \
     AND NOT EXISTS (SELECT 1 FROM deployment_blobs u WHERE u.blob_id = b.id) \
     ORDER BY b.created_at, b.id LIMIT $4";

/// What a collection removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Collected {
    /// References of deployments to files that were given up.
    pub references: u64,
    /// Blobs that nothing referred to any more.
    pub blobs: u64,
}

impl View {
    /// Gives the bytes of a blob, if it is kept.
    pub async fn blob(&self, blob: &str) -> Result<Option<Vec<u8>>, Error> {
        let row = self.row(sql("SELECT bytes FROM blobs WHERE id = $1").bind(blob)).await?;
        row.map(|row| row.bytes("bytes")).transpose()
    }

    /// Gives the bytes of those of the blobs that are kept.
    pub async fn blobs(&self, ids: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut found = BTreeMap::new();
        for batch in ids.chunks(BATCH) {
            let conditions = Conditions::default().one_of("id", batch.iter().map(Value::from).collect());
            for row in self.selected("SELECT id, bytes FROM blobs", conditions).await? {
                found.insert(row.text("id")?, row.bytes("bytes")?);
            }
        }
        Ok(found)
    }
}

impl Tx {
    /// Keeps a blob; one that is kept already stays as it is.
    pub async fn put_blob(&self, blob: &str, bytes: &[u8], now: Timestamp) -> Result<(), Error> {
        if bytes.len() > BLOB_LIMIT {
            return Err(Error::TooLarge { what: "a file", size: bytes.len(), limit: BLOB_LIMIT });
        }
        let size = i64::try_from(bytes.len()).expect("the limit fits");
        // The row is touched where it exists, so that a collection that runs now does not take it away.
        let statement = sql("INSERT INTO blobs (id, bytes, size, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at")
        .bind(blob)
        .bind(bytes.to_vec())
        .bind(size)
        .bind(now);
        self.execute(statement).await.map(|_| ())
    }

    /// Notes that a deployment needs blobs, all of which must be kept.
    pub async fn keep_blobs(&self, deployment: DeploymentId, blobs: &[&str]) -> Result<(), Error> {
        for blob in blobs {
            let statement = sql("INSERT INTO deployment_blobs (deployment_id, blob_id) VALUES ($1, $2) \
                 ON CONFLICT (deployment_id, blob_id) DO NOTHING")
            .bind(id(deployment))
            .bind(*blob);
            self.execute(statement).await?;
        }
        Ok(())
    }

    /// Gives up the files of deployments: the references, and those of the blobs that nothing else needs and that are
    /// older than `before`.
    async fn give_up_files(&self, deployments: &[Value], before: Timestamp) -> Result<Collected, Error> {
        let of = || Conditions::default().one_of("deployment_id", deployments.to_vec());
        let rows = self.selected("SELECT DISTINCT blob_id FROM deployment_blobs", of()).await?;
        let blobs = rows.iter().map(|row| row.text("blob_id")).collect::<Result<Vec<_>, _>>()?;
        let (conditions, values) = of().into_parts();
        let references = sql(format!("DELETE FROM deployment_blobs{conditions}")).bind_all(values);
        let references = self.execute(references).await?;
        Ok(Collected { references, blobs: self.delete_unused(&blobs, before).await? })
    }

    /// Removes those of the blobs that nothing refers to and that are older than `before`.
    async fn delete_unused(&self, blobs: &[String], before: Timestamp) -> Result<u64, Error> {
        let mut gone = 0;
        for batch in blobs.chunks(BATCH) {
            let (conditions, values) = Conditions::default()
                .one_of("id", batch.iter().map(Value::from).collect())
                .and("created_at < ?", [before.into()])
                .and("NOT EXISTS (SELECT 1 FROM deployment_blobs u WHERE u.blob_id = blobs.id)", [])
                .into_parts();
            gone += self.execute(sql(format!("DELETE FROM blobs{conditions}")).bind_all(values)).await?;
        }
        Ok(gone)
    }
}

impl Store {
    /// Gives up the files of all but the `keep` newest committed deployments of each application and environment, and
    /// of ended ones without a commit; removes blobs that nothing needs and that were kept last in `ages`. A blob that
    /// is older than these and lost its last reference otherwise, as with an application, is found by a longer look.
    ///
    /// Looks without a transaction, and writes by short ones: others want to write in between.
    pub async fn collect_blobs(&self, keep: u32, ages: Range<Timestamp>) -> Result<Collected, Error> {
        let mut collected = self.give_up_old_files(keep, ages.end).await?;
        let mut after = (ages.start, String::new());
        loop {
            let unused = self.unused_blobs(&after, ages.end).await?;
            let Some(last) = unused.last() else { return Ok(collected) };
            after.clone_from(last);
            let blobs: Vec<String> = unused.into_iter().map(|(_, blob)| blob).collect();
            let tx = self.begin().await?;
            collected.blobs += tx.delete_unused(&blobs, ages.end).await?;
            tx.commit().await?;
        }
    }

    async fn give_up_old_files(&self, keep: u32, before: Timestamp) -> Result<Collected, Error> {
        let mut collected = Collected::default();
        let mut after = String::new();
        let offset = i64::from(keep.saturating_sub(1));
        loop {
            let looked = sql(WITH_FILES).bind(&after).bind(i64::from(keep)).bind(offset).bind(LOOKED_AT);
            let rows = self.rows(looked).await?;
            let Some(last) = rows.last() else { return Ok(collected) };
            after = last.text("id")?;
            let mut old = Vec::new();
            for row in rows {
                if row.flag("old")? {
                    old.push(Value::from(row.text("id")?));
                }
            }
            for deployments in old.chunks(GIVEN_UP) {
                let tx = self.begin().await?;
                let gone = tx.give_up_files(deployments, before).await?;
                tx.commit().await?;
                collected.references += gone.references;
                collected.blobs += gone.blobs;
            }
        }
    }

    /// Blobs that nothing refers to, after one and before a time, by age: as many as one transaction removes.
    async fn unused_blobs(
        &self,
        (at, blob): &(Timestamp, String),
        before: Timestamp,
    ) -> Result<Vec<(Timestamp, String)>, Error> {
        let limit = i64::try_from(BATCH).expect("it is small");
        let rows = self.rows(sql(UNUSED).bind(*at).bind(blob).bind(before).bind(limit)).await?;
        let mut unused = Vec::new();
        let mut bytes = 0;
        for row in rows {
            unused.push((row.time("created_at")?, row.text("id")?));
            bytes += row.integer("size")?;
            if bytes > REMOVED_BYTES {
                break;
            }
        }
        Ok(unused)
    }
}
