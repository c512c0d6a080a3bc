//! Idempotency keys: which request was answered with what, so that a repeated one does nothing twice.

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
    /// Hash of the request: the same key with another request is refused.
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
    /// [`Error::KeyReused`] when the key came with another request.
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
            Some(row) if row.text("request_hash")? == request_hash => row.text("answer").map(Some),
            Some(_) => Err(Error::KeyReused),
        }
    }
}

impl Tx {
    /// Notes what is answered; [`Error::Stale`] when another request with the same key was faster: look again.
    pub async fn insert_answered(&self, answered: &Answered<'_>) -> Result<(), Error> {
        let values: [Value; 5] = [
            answered.actor.into(),
            answered.key.into(),
            answered.request_hash.into(),
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
