//! Answers that are kept to ask again only whether they still hold (RFC 9110, `If-None-Match`): a host that says
//! 304 sends no body, and GitHub counts no call then (docs.github.com, best practices, 2026).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest as _, Sha256};

use super::{Answer, Call};

/// Answers kept.
const ENTRIES: usize = 64;
/// Bytes of an answer that is kept.
const ENTRY_BYTES: usize = 128 * 1024;

/// The answers of a client that can be asked for again.
#[derive(Default)]
pub(super) struct Known(Mutex<VecDeque<Entry>>);

/// One of them.
#[derive(Clone)]
pub(super) struct Entry {
    key: [u8; 32],
    etag: HeaderValue,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Entry {
    /// The value of `If-None-Match`.
    pub(super) fn etag(&self) -> HeaderValue {
        self.etag.clone()
    }
}

impl Known {
    /// The kept answer to a call, if it reads and was answered before.
    pub(super) fn of(&self, call: &Call<'_>) -> Option<Entry> {
        let key = key(call)?;
        self.entries().iter().find(|entry| entry.key == key).cloned()
    }

    /// Keeps an answer that can be asked for again.
    pub(super) fn keep(&self, call: &Call<'_>, answer: &Answer) {
        let (Some(key), Some(etag)) = (key(call), answer.headers.get(ETAG)) else { return };
        if answer.status != StatusCode::OK || answer.body.len() > ENTRY_BYTES {
            return;
        }
        let (status, headers, body) = (answer.status, answer.headers.clone(), answer.body.clone());
        let mut entries = self.entries();
        entries.retain(|entry| entry.key != key);
        if entries.len() >= ENTRIES {
            entries.pop_front();
        }
        entries.push_back(Entry { key, etag: etag.clone(), status, headers, body });
    }

    /// Bytes of the answers kept, without their heads.
    pub(super) fn bytes(&self) -> usize {
        self.entries().iter().map(|entry| entry.body.len()).sum()
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One word for what is asked and by whom.
fn key(call: &Call<'_>) -> Option<[u8; 32]> {
    if call.method != Method::GET || call.headers.contains_key(IF_NONE_MATCH) {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(call.url.as_str().as_bytes());
    hash.update([0]);
    hash.update(call.headers.get(ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default());
    hash.update([0]);
    if let Some(secret) = call.credential.secret() {
        hash.update(secret.reveal().as_bytes());
    }
    Some(hash.finalize().into())
}
