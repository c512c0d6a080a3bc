//! What an answer of a Git host means.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::LINK;
use net::address::same_origin;
use serde::de::DeserializeOwned;
use url::Url;

use super::known::Entry;
use super::{host_of, throttled};
use crate::{Error, Refusal};

/// An answer: any status, the body complete.
pub struct Answer {
    inner: net::Answer,
    /// Whether the host said that what was known still holds; the answer is then the one that was kept.
    pub unchanged: bool,
}

impl From<net::Answer> for Answer {
    fn from(inner: net::Answer) -> Self {
        Self { inner, unchanged: false }
    }
}

impl std::ops::Deref for Answer {
    type Target = net::Answer;

    fn deref(&self) -> &net::Answer {
        &self.inner
    }
}

impl Answer {
    /// The body and where it came from in the end.
    pub fn into_body(self) -> (Bytes, Url) {
        (self.inner.body, self.inner.url)
    }

    /// The kept answer in place of a 304, with what its headers tell anew.
    pub(super) fn held(self, kept: Entry) -> Self {
        let mut inner = self.inner;
        let told = std::mem::replace(&mut inner.headers, kept.headers);
        for name in told.keys() {
            inner.headers.remove(name);
        }
        inner.headers.extend(told);
        (inner.status, inner.body) = (kept.status, kept.body);
        Self { inner, unchanged: true }
    }

    /// The items of a header that is a list with commas; none when the header is absent.
    pub fn list_header(&self, name: &str) -> Option<Vec<String>> {
        let text = self.header(name)?;
        Some(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }

    /// Whether the host refused the call because there were too many.
    pub(super) fn throttled(&self) -> bool {
        throttled::throttled(self.status, &self.headers) || self.secondary()
    }

    /// Whether the text says so: GitHub's secondary limits need not come with any header (docs.github.com, 2026).
    pub(super) fn secondary(&self) -> bool {
        matches!(self.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) && {
            let said = self.said();
            said.contains("secondary rate limit") || said.contains("abuse detection")
        }
    }

    /// The answer, unless it is about too many calls.
    pub(super) fn unless_throttled(self, waits: Option<Duration>) -> Result<Self, Error> {
        if self.throttled() {
            let after = throttled::wait_asked(&self.headers).max(waits);
            return Err(Error::RateLimited { host: host_of(&self.url), after });
        }
        Ok(self)
    }

    /// The answer if it is a success, else what its status means.
    pub fn success(self) -> Result<Self, Error> {
        // A sign-in page may come with 200 or 203; Azure DevOps did the latter in 2024 to 2026.
        if self.is_html() && !self.status.is_server_error() {
            return Err(self.stranger().into());
        }
        if self.status.is_success() && self.status != StatusCode::NON_AUTHORITATIVE_INFORMATION {
            return Ok(self);
        }
        let refusal = Box::new(self.refusal());
        Err(match self.status {
            StatusCode::UNAUTHORIZED => Error::Unauthorized(refusal),
            StatusCode::FORBIDDEN => Error::Forbidden(refusal),
            StatusCode::NOT_FOUND => Error::NotFound(refusal),
            StatusCode::CONFLICT => Error::Conflict(refusal),
            StatusCode::GONE => Error::Gone(refusal),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Error::Unprocessable(refusal),
            status if status.is_server_error() => Error::HostFailed(refusal),
            _ => Error::Unexpected(refusal),
        })
    }

    /// The body as JSON of the wanted shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(self.inner.json()?)
    }

    /// The address of the next page of a list, which must be on the same host.
    pub fn next_page(&self) -> Result<Option<Url>, Error> {
        let links = self.headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok());
        for link in links.flat_map(|v| v.split(',')) {
            let Some((address, parameters)) = link.split_once('>') else { continue };
            let next = parameters.split(';').any(|p| {
                let p = p.trim();
                p.eq_ignore_ascii_case("rel=\"next\"") || p.eq_ignore_ascii_case("rel=next")
            });
            if !next {
                continue;
            }
            let target =
                self.url.join(address.trim().trim_start_matches('<')).map_err(|e| Error::Protocol {
                    host: host_of(&self.url),
                    what: format!("a link to the next page that is no address: {e}"),
                })?;
            if !same_origin(&self.url, &target) {
                return Err(net::Error::Redirected { host: host_of(&self.url), to: host_of(&target) }.into());
            }
            return Ok(Some(target));
        }
        Ok(None)
    }

    /// The refusal in the host's words, secrets taken out.
    pub fn refusal(&self) -> Refusal {
        Refusal {
            host: host_of(&self.url),
            status: self.status.as_u16(),
            request: self.request.clone(),
            message: self.redactor.clean(&self.said()),
            // GitHub: docs.github.com, scopes for OAuth apps; SSO: "x-github-sso: required; url=…".
            // "administration=write; contents=read" (docs.github.com, troubleshooting the REST API, 2026).
            accepted_permissions: self.header("x-accepted-github-permissions").map(|v| {
                v.split([',', ';']).map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
            }),
            // Bitbucket Cloud has them in the body: `error.detail` (public reports, 2019 to 2026).
            accepted_scopes: self
                .detail("required")
                .or_else(|| self.list_header("x-accepted-oauth-scopes"))
                .or_else(|| self.scopes_said()),
            held_scopes: self.detail("granted").or_else(|| self.list_header("x-oauth-scopes")),
            sso_url: self.header("x-github-sso").and_then(|v| {
                v.split(';').find_map(|p| p.trim().strip_prefix("url=")).map(|u| self.redactor.clean(u))
            }),
        }
    }

    /// The texts of a list in the body's `error.detail`, secrets taken out.
    fn detail(&self, key: &str) -> Option<Vec<String>> {
        if self.is_deep() {
            return None;
        }
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let list = body.pointer("/error/detail")?.get(key)?.as_array()?;
        Some(list.iter().filter_map(|s| s.as_str()).map(|s| self.redactor.clean(s)).collect())
    }

    /// What the body says, whichever of the known shapes it has.
    fn said(&self) -> String {
        let value: Option<serde_json::Value> = if self.is_deep() { None } else { first(&self.body) };
        let Some(value) = value else {
            return if self.is_html() {
                String::new()
            } else {
                String::from_utf8_lossy(&self.body).into_owned()
            };
        };
        let mut parts = Vec::new();
        // GitLab: `{"message": {"path": ["has already been taken"]}}` (docs.gitlab.com, REST troubleshooting).
        if let Some(message) = value.get("message").filter(|m| m.is_object() || m.is_array()) {
            parts.push(flat(message));
        }
        for pointer in ["/message", "/error/message", "/error_description", "/error", "/msg"] {
            if let Some(text) = value.pointer(pointer).and_then(serde_json::Value::as_str) {
                parts.push(text.trim().trim_end_matches('.').to_owned());
                break;
            }
        }
        for error in value.pointer("/errors").and_then(serde_json::Value::as_array).into_iter().flatten() {
            let text = |key: &str| error.get(key).and_then(serde_json::Value::as_str);
            let part = match (error.as_str(), text("message"), text("field"), text("code")) {
                (Some(plain), ..) => plain.to_owned(),
                (_, Some(message), ..) => message.to_owned(),
                (_, _, Some(field), Some(code)) => format!("{field}: {code}"),
                _ => continue,
            };
            parts.push(part);
        }
        parts.join(": ")
    }

    /// GitLab names the scopes that would do in the body, with blanks between them (RFC 6750, section 3.1).
    fn scopes_said(&self) -> Option<Vec<String>> {
        if self.status != StatusCode::FORBIDDEN || self.is_deep() {
            return None;
        }
        let value: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let lacks = value.get("error")?.as_str()? == "insufficient_scope";
        let scopes = value.get("scope").and_then(serde_json::Value::as_str).unwrap_or_default();
        lacks.then(|| scopes.split_whitespace().map(|s| self.redactor.clean(s)).collect())
    }
}

/// A text, or the texts of a list or an object, one after the other.
fn flat(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        serde_json::Value::Object(fields) => {
            fields.iter().map(|(k, v)| format!("{k}: {}", flat(v))).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

/// The first value of a body: Gitea 1.16 writes two errors one after the other (recorded).
fn first(body: &[u8]) -> Option<serde_json::Value> {
    let first = serde_json::Deserializer::from_slice(body).into_iter().next()?.ok();
    first.filter(serde_json::Value::is_object).or_else(|| serde_json::from_slice(body).ok())
}
