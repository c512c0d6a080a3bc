//! How Git hosts say that there were too many calls, and how long they want to be left alone.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use net::retry::{asked, until};

/// Whether the host asks to be left alone: 429; or 403 together with a time to wait or an empty budget, which
/// is how GitHub says it (docs.github.com, rate limits for the REST API).
pub(super) fn throttled(status: StatusCode, headers: &HeaderMap) -> bool {
    let empty = headers.get("x-ratelimit-remaining").is_some_and(|v| v.as_bytes() == b"0");
    status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN && (headers.contains_key(RETRY_AFTER) || empty))
}

/// How long the host asks to wait: `Retry-After`, else the end of an empty budget.
pub(super) fn wait_asked(headers: &HeaderMap) -> Option<Duration> {
    if headers.contains_key(RETRY_AFTER) {
        return asked(headers);
    }
    if text(headers, "x-ratelimit-remaining") == Some("0") {
        return until(text(headers, "x-ratelimit-reset")?.parse().ok()?, headers);
    }
    None
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap())).collect()
    }

    #[test]
    fn the_time_to_wait_is_read_in_every_form() {
        let date = ("date", "Mon, 12 Jan 1970 13:46:40 GMT");
        for (pairs, seconds) in [
            (&[("retry-after", "7")][..], Some(7)),
            (&[("retry-after", "Mon, 12 Jan 1970 13:47:20 GMT"), date], Some(40)),
            (&[("retry-after", "Mon, 12 Jan 1970 13:47:20 GMT")], None),
            (&[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"), date], Some(0)),
            (&[("retry-after", "soon")], None),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000060"), date], Some(60)),
            (&[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "1000060")], None),
            (&[], None),
        ] {
            assert_eq!(wait_asked(&headers(pairs)), seconds.map(Duration::from_secs), "{pairs:?}");
        }
    }

    #[test]
    fn throttling_is_told_from_a_missing_right() {
        let none = headers(&[("x-ratelimit-remaining", "4999")]);
        assert!(!throttled(StatusCode::FORBIDDEN, &none));
        assert!(throttled(StatusCode::TOO_MANY_REQUESTS, &none));
        assert!(throttled(StatusCode::FORBIDDEN, &headers(&[("x-ratelimit-remaining", "0")])));
        assert!(throttled(StatusCode::FORBIDDEN, &headers(&[("retry-after", "30")])));
        assert!(!throttled(StatusCode::OK, &headers(&[("x-ratelimit-remaining", "0")])));
    }
}
