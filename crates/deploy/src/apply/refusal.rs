//! What an answer of the API server means for one object.

use std::time::Duration;

use crate::cluster::untyped;
use crate::{Error, Key, Kind, Refusal, Why};

/// Parts of messages of fields that cannot be changed (Kubernetes 1.36, seen 2026-11-23).
const IMMUTABLE: [&str; 4] = [
    "field is immutable",
    "is immutable after creation",
    "may not be changed",
    "updates to statefulset spec for fields other than",
];
/// Parts of messages of objects that are too large.
const LARGE: [&str; 3] = [
    "etcdserver: request is too large",
    "trying to send message larger than max",
    "Too long: may not be more than",
];

/// What the API server says of new objects in a namespace that is being deleted (Kubernetes 1.36, seen 2026-11-23).
const TERMINATING: &str = "because it is being terminated";

fn gone(namespace: &str, how: &str) -> Error {
    let what = format!("the namespace {namespace} {how} meanwhile, and not there again");
    Error::NotReady { what, limit: Duration::ZERO }
}

/// The refusal that an error is, or the error where it says nothing about the object.
pub(super) fn refusal(key: &Key, kind: &Kind, error: Error) -> Result<Refusal, Error> {
    let Error::Answered { status, message, .. } = &error else { return Err(error) };
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let why = match status {
        413 => Why::TooLarge(message.clone()),
        _ if says(&LARGE) => Why::TooLarge(message.clone()),
        // Seen before, and gone or going since: the next attempt makes it again, or says that it is not there.
        403 if message.contains(TERMINATING) => return Err(gone(&key.namespace, "is being deleted")),
        404 if message.starts_with("namespaces ") => return Err(gone(&key.namespace, "is gone")),
        403 if message.contains("is forbidden: User ") => Why::Forbidden(message.clone()),
        404 => Why::UnknownKind(kind.to_string()),
        422 if says(&IMMUTABLE) => Why::Immutable(message.clone()),
        401 | 408 | 429 => return Err(error),
        500 if untyped(message) => Why::Server(message.clone()),
        // It fails or hangs, or is not ready yet: the object may pass once it answers.
        500 if message.contains("failed calling webhook") => Why::Webhook(message.clone()),
        500 if message.contains("webhook") => Why::Server(message.clone()),
        500.. => return Err(error),
        _ => Why::Server(message.clone()),
    };
    Ok(Refusal { object: key.clone(), why })
}
