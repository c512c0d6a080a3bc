//! Files of deployments, kept once each by their Git blob id, so that what was committed can be had again
//! without rendering it a second time.

use std::collections::BTreeMap;

use model::{DeploymentId, Timestamp};

use crate::record::Conditions;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

/// The most bytes that one blob may have.
pub const BLOB_LIMIT: usize = 8 * 1024 * 1024;
/// Blobs asked for in one query: SQLite takes 32,766 values, PostgreSQL 65,535.
const BATCH: usize = 500;

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

    /// Gives up the files of all but the `keep` newest committed deployments of each application and
    /// environment, and of ended ones without a commit; removes blobs that nothing needs and that are older
    /// than `before`.
    pub async fn collect_blobs(&self, keep: u32, before: Timestamp) -> Result<Collected, Error> {
        let references = self
            .execute(
                sql("DELETE FROM deployment_blobs WHERE deployment_id IN (SELECT d.id FROM deployments d WHERE \
                     d.ending IS NOT NULL AND (d.commit_id IS NULL OR (SELECT COUNT(*) FROM deployments n WHERE \
                     n.application_id = d.application_id AND n.environment_id = d.environment_id AND \
                     n.commit_id IS NOT NULL AND n.number > d.number) >= $1))")
                .bind(i64::from(keep)),
            )
            .await?;
        let blobs = self
            .execute(
                sql("DELETE FROM blobs WHERE created_at < $1 AND NOT EXISTS \
                     (SELECT 1 FROM deployment_blobs u WHERE u.blob_id = blobs.id)")
                .bind(before),
            )
            .await?;
        Ok(Collected { references, blobs })
    }
}
