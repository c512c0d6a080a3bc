//! Idempotency keys: which request was answered with what, so that a repeated one does nothing twice. A request may hold
//! passwords, so its hash is stored under the installation's key: `<id of the key>.<HMAC>`.
//!
//! After that key was replaced, the hashes of earlier requests cannot be compared with any more. Whether a request that
//! comes with such a key is the same one is not known then: it is neither given the answer nor carried out.

use model::Timestamp;

use crate::statement::{Value, sql};
use crate::{Error, Tx, View};

/// A request that was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered<'a> {
    /// Whose key it is: a user's id.
    pub actor: &'a str,
    /// The key.
    pub key: &'a str,
    /// Hash of the request: the same key with another request is refused. Not stored as it is.
    pub request_hash: &'a str,
    /// What was made, such as the id of a deployment.
    pub answer: &'a str,
    /// When.
    pub at: Timestamp,
}

impl View {
    /// Finds what was answered to a request with an actor's key.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key came with another request; [`Error::KeyOutdated`] when that cannot be told any
    /// more, for the installation's key was replaced since.
    pub async fn answered(
        &self,
        actor: &str,
        key: &str,
        request_hash: &str,
    ) -> Result<Option<String>, Error> {
        let statement =
            sql("SELECT request_hash, answer FROM idempotency_keys WHERE actor = $1 AND key = $2")
                .bind(actor)
                .bind(key);
        match self.row(statement).await? {
            None => Ok(None),
            Some(row) => {
                let stored = row.text("request_hash")?;
                let known = stored.split_once('.').is_some_and(|(by, _)| by == self.sealer.key_id());
                match known {
                    true if stored == self.keyed(actor, key, request_hash) => row.text("answer").map(Some),
                    true => Err(Error::KeyReused),
                    false => Err(Error::KeyOutdated),
                }
            }
        }
    }

    fn keyed(&self, actor: &str, key: &str, request_hash: &str) -> String {
        let parts = [actor, key, request_hash].map(str::as_bytes);
        format!(
            "{}.{}",
            self.sealer.key_id(),
            self.sealer.keyed_hash("idempotency_keys.request_hash", &parts)
        )
    }
}

impl Tx {
    /// Notes what is answered; [`Error::Stale`] when another request with the same key was faster: look again.
    pub async fn insert_answered(&self, answered: &Answered<'_>) -> Result<(), Error> {
        let keyed = self.keyed(answered.actor, answered.key, answered.request_hash);
        let values: [Value; 5] = [
            answered.actor.into(),
            answered.key.into(),
            keyed.into(),
            answered.answer.into(),
            answered.at.into(),
        ];
        let statement = sql("INSERT INTO idempotency_keys (actor, key, request_hash, answer, created_at) \
             VALUES ($1, $2, $3, $4, $5)")
        .bind_all(values);
        match self.execute(statement).await {
            Ok(_) => Ok(()),
            Err(Error::Duplicate { .. }) => Err(Error::Stale),
            Err(other) => Err(other),
        }
    }

    /// Forgets answers that are older than a time.
    pub async fn delete_answered(&self, before: Timestamp) -> Result<u64, Error> {
        self.execute(sql("DELETE FROM idempotency_keys WHERE created_at < $1").bind(before)).await
    }
}
