//! Requests that are sent twice: the same key with the same request creates nothing twice.

use model::role::Identity;
use store::{Answered, Tx};

use crate::{Call, Control, Error};

/// A key that a caller chose for one request, and the hash of that request: plain here, for the store keeps it under
/// the installation's key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    key: String,
    hash: String,
}

/// How long an answer is remembered, in seconds.
pub(crate) const KEPT_SECONDS: i64 = 86_400;

impl IdempotencyKey {
    /// Binds the key to the parts of the request.
    pub fn new(key: String, parts: &[&[u8]]) -> Self {
        Self { key, hash: crate::random::hash_parts(parts) }
    }
}

/// What was made by an earlier request with the same key, such as a name; `None` when there was none.
pub(crate) async fn earlier(control: &Control, call: &Call) -> Result<Option<String>, Error> {
    let Some(key) = &call.key else { return Ok(None) };
    control.store.answered(&owner(call), &key.key, &key.hash).await.map_err(|error| match error {
        store::Error::KeyReused => Error::conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Take a new one for each request.",
        ),
        store::Error::KeyOutdated => Error::conflict(
            "idempotency_key_outdated",
            "This Idempotency-Key was used before the installation's key was replaced, so it cannot be told whether \
             that was for the same request. Look whether what you ask for is there; if it is not, send the request \
             again with a new Idempotency-Key.",
        ),
        error => Error::Store(error),
    })
}

/// Notes within the transaction what was made. A parallel request with the same key that was faster makes the
/// transaction fail as stale; sent again, it gets the answer.
pub(crate) async fn note(control: &Control, tx: &Tx, call: &Call, answer: &str) -> Result<(), Error> {
    let Some(key) = &call.key else { return Ok(()) };
    let noted =
        Answered { actor: &owner(call), key: &key.key, request_hash: &key.hash, answer, at: control.now() };
    tx.insert_answered(&noted).await.map_err(|e| Error::about(e, "request", &key.key))
}

fn owner(call: &Call) -> String {
    match &call.actor.identity {
        Identity::User(id) | Identity::Token(id, _) => id.to_string(),
        Identity::System => String::new(),
    }
}
