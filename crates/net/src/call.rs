//! One call, as often as it is attempted.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use url::Url;

use crate::address::same_origin;
use crate::{Credential, Error};

/// One call, as often as it is attempted.
#[derive(Clone)]
pub struct Call<'a> {
    /// The method; GET, HEAD, PUT, DELETE and OPTIONS are taken as repeatable.
    pub method: Method,
    /// The address, without credentials in it.
    pub url: Url,
    /// Headers beside `Authorization`.
    pub headers: HeaderMap,
    /// What to show the host.
    pub credential: &'a Credential,
    /// The body; empty for none.
    pub body: Bytes,
    /// The address that a person entered, where [`Call::url`] was named by an answer of it.
    pub entered: Option<Url>,
    /// Whether the credential is shown at [`Call::url`] although that is another place than the entered one. What
    /// it redirects to is shown nothing.
    pub trusted: bool,
}

impl<'a> Call<'a> {
    /// A call without body to an address that a person entered.
    pub fn new(method: Method, url: Url, credential: &'a Credential) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            credential,
            body: Bytes::new(),
            entered: None,
            trusted: false,
        }
    }

    /// The same to an address that an answer of the entered one named: on another host the credential is not
    /// shown, and a private address is refused.
    pub fn named_by(mut self, entered: &Url) -> Self {
        self.entered = Some(entered.clone());
        self
    }

    /// The same, with the credential: for a token server that the caller knows to belong to the entered host.
    /// Private addresses are refused all the same.
    pub fn trusted_by(self, entered: &Url) -> Self {
        Self { trusted: true, ..self.named_by(entered) }
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a body of JSON.
    ///
    /// # Errors
    /// [`Error::Bug`] when the body cannot be written as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(body).map_err(|e| Error::Bug(format!("request body: {e}")))?;
        self.body = bytes.into();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// Method and path, for people and logs.
    pub fn named(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    /// Whether it may be sent again without doing anything twice.
    pub fn repeatable(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS)
    }

    /// Whether an address is at another place than the one that a person entered.
    pub(crate) fn is_abroad(&self, url: &Url) -> bool {
        !same_origin(self.entered(), url)
    }

    pub(crate) fn entered(&self) -> &Url {
        self.entered.as_ref().unwrap_or(&self.url)
    }
}
