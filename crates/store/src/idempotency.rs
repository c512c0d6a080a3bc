//! Idempotency keys: which request was answered with what, so that a repeated one does nothing twice.

use model::Timestamp;

use crate::database::{Value, sql};
use crate::{Error, Tx, View};

/// A request that was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// Hash of the request: the same key with another request is refused.
    pub request_hash: String,
    /// What was made, such as the id of a deployment.
    pub answer: String,
}

impl View {
    /// Finds what was answered to an actor's key.
    pub async fn answered(&self, actor: &str, key: &str) -> Result<Option<Answered>, Error> {
        let statement =
            sql("SELECT request_hash, answer FROM idempotency_keys WHERE actor = $1 AND key = $2")
                .bind(actor)
                .bind(key);
        let row = self.row(statement).await?;
        row.map(|row| Ok(Answered { request_hash: row.text("request_hash")?, answer: row.text("answer")? }))
            .transpose()
    }
}

impl Tx {
    /// Notes what is answered to an actor's key; [`Error::Stale`] when another request with the same key was
    /// faster: look again.
    pub async fn insert_answered(
        &self,
        actor: &str,
        key: &str,
        answered: &Answered,
        now: Timestamp,
    ) -> Result<(), Error> {
        let values: [Value; 5] = [
            actor.into(),
            key.into(),
            Value::from(&answered.request_hash),
            Value::from(&answered.answer),
            now.into(),
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
