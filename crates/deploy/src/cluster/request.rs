//! One call to an API server, before it is addressed.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

/// Server-side apply; JSON is YAML.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";
/// A change of the fields that it names.
pub(crate) const MERGE: &str = "application/merge-patch+json";
/// Plain JSON.
pub(crate) const JSON: &str = "application/json";
/// Of an object, its metadata alone.
pub(crate) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// The same of each object of a list.
pub(crate) const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Groups whose objects are only asked about.
const REVIEWS: [&str; 2] = ["apis/authentication.k8s.io/", "apis/authorization.k8s.io/"];

/// How long the API server works on a change: it has given it up before anybody else may go on after us.
const WORKS: u64 = 33;

/// One call, before it is addressed.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query below the API server's address, without a slash in front.
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, accept: &'static str) -> Self {
        Self { method: Method::GET, path: path.into(), kind: JSON, accept, body: Bytes::new() }
    }

    pub(crate) fn with(method: Method, path: impl Into<String>, kind: &'static str, body: &Value) -> Self {
        Self { method, path: path.into(), kind, accept: JSON, body: body.to_string().into() }
    }

    pub(crate) fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// Whether it changes something, or would: reviews of rights are posted as well.
    pub(super) fn changes(&self) -> bool {
        match self.method {
            Method::PATCH | Method::DELETE | Method::PUT => true,
            Method::POST => !REVIEWS.iter().any(|group| self.path.starts_with(group)),
            _ => false,
        }
    }

    /// Its path, with the time that a change may take.
    pub(super) fn address(&self) -> String {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        match self.changes() {
            true => format!("{}{mark}timeout={WORKS}s", self.path),
            false => self.path.clone(),
        }
    }
}
