//! An answer read to its end.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::address::host_of;
use crate::{Body, Error, Failed, Redactor, Stranger};

/// An answer: any status, the body complete.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed, at most [`crate::Limits::answer_bytes`].
    pub body: Bytes,
    /// Where it came from in the end.
    pub url: Url,
    /// What was asked, such as `GET /v2/`.
    pub request: String,
    /// What must not be seen of the other side's text.
    pub redactor: Redactor,
    json_depth: usize,
}

impl Answer {
    pub(crate) async fn read(mut body: Body) -> Result<Self, Failed> {
        let bytes = body.rest().await?;
        let (status, headers) = (body.status, std::mem::take(&mut body.headers));
        let (url, redactor, request, json_depth) = body.into_parts();
        Ok(Self { status, headers, body: bytes, url, request, redactor, json_depth })
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The body as JSON of the wanted shape.
    ///
    /// # Errors
    /// [`Error::Stranger`] when it is something else, [`Error::TooLarge`] when it is nested too deep.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if self.is_html() {
            return Err(self.stranger());
        }
        if self.is_deep() {
            return Err(Error::TooLarge {
                what: format!("The nesting of the answer of {} to {}", host_of(&self.url), self.request),
                limit: format!("{} levels", self.json_depth),
            });
        }
        serde_json::from_slice(&self.body).map_err(|e| {
            let what = if e.is_data() { Stranger::OtherJson } else { Stranger::NotJson };
            tracing::debug!(error = %self.redactor.clean(&e.to_string()), request = %self.request, "unreadable answer");
            Error::Stranger { host: host_of(&self.url), what, status: self.status.as_u16() }
        })
    }

    /// Whether lists and objects in the body are nested deeper than [`crate::Limits::json_depth`].
    pub fn is_deep(&self) -> bool {
        depth(&self.body) > self.json_depth
    }

    /// Whether the body is a page for people.
    pub fn is_html(&self) -> bool {
        let typed = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|t| t.starts_with("text/html") || t.starts_with("application/xhtml"));
        let start = self.body.trim_ascii_start();
        // Bitbucket Cloud names a kind of content even where there is none (204 to DELETE).
        (typed && !start.is_empty())
            || start.get(..14).is_some_and(|s| s.eq_ignore_ascii_case(b"<!doctype html"))
            || start.starts_with(b"<html")
    }

    /// The error of a page for people where something else was expected: one to sign in at, or another.
    pub fn stranger(&self) -> Error {
        let body = String::from_utf8_lossy(&self.body).to_lowercase();
        let path = self.url.path().to_lowercase();
        let signs_in = self.status == StatusCode::NON_AUTHORITATIVE_INFORMATION
            || body.contains("type=\"password\"")
            || ["login", "signin", "sign_in", "sign-in", "/auth"].iter().any(|w| path.contains(w));
        Error::Stranger {
            host: host_of(&self.url),
            what: if signs_in { Stranger::SignInPage } else { Stranger::Html },
            status: self.status.as_u16(),
        }
    }
}

/// How deep lists and objects are nested, strings left out.
fn depth(body: &[u8]) -> usize {
    let (mut now, mut most, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for &byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        for (text, want) in [
            ("", 0),
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[{"b":1}]}"#, 3),
            (r#"{"a":"[[[[{{{"}"#, 1),
            (r#"{"a":"\"[["}"#, 1),
            ("]]]][", 1),
        ] {
            assert_eq!(depth(text.as_bytes()), want, "{text}");
        }
        assert_eq!(depth("[".repeat(100_000).as_bytes()), 100_000);
    }
}
