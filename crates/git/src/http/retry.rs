//! When an attempt is repeated, and after how long.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use super::{Answer, Failed, Limits};
use crate::{Error, Unreached};

/// The pause before the next attempt, or none when the result stands.
pub(super) fn plan(
    result: &Result<Answer, Failed>,
    repeatable: bool,
    attempt: u32,
    limits: &Limits,
) -> Option<Duration> {
    if attempt >= limits.attempts {
        return None;
    }
    let backoff = jittered(limits.pause.saturating_mul(1 << (attempt - 1).min(6)));
    match result {
        // A throttled call was not carried out, so repeating it is safe whatever its method.
        Ok(answer) if answer.throttled() => {
            let asked = wait_asked(&answer.headers);
            let wait = asked.map_or(backoff, |a| a.max(Duration::from_millis(1)));
            (wait <= limits.retry_after).then_some(wait)
        }
        Ok(answer) if failed_for_now(answer.status) && repeatable => {
            let wait = wait_asked(&answer.headers).unwrap_or(backoff);
            (wait <= limits.retry_after).then_some(wait)
        }
        Ok(_) => None,
        Err(failed) => match failed.error {
            Error::Unreachable { cause, .. } => {
                let passing = matches!(cause, Unreached::Refused | Unreached::Closed | Unreached::Other);
                (passing && (repeatable || failed.unseen)).then_some(backoff)
            }
            _ => None,
        },
    }
}

fn failed_for_now(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

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

/// `Retry-After` in seconds or as a date.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let after = text(headers, "retry-after")?;
    if let Ok(seconds) = after.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(after).ok()?;
    Some(at.duration_since(host_time(headers)?).unwrap_or_default())
}

/// The time until a second since 1970, by the host's clock.
pub(super) fn until(seconds: u64, headers: &HeaderMap) -> Option<Duration> {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    Some(at.duration_since(host_time(headers)?).unwrap_or_default())
}

/// The host's own clock, the header `Date`: dates are measured by it.
fn host_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, "date")?).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim)
}

/// Between half and the whole of a pause, so that many do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0u8];
    let share = if getrandom::fill(&mut byte).is_ok() { f64::from(byte[0]) / 255.0 } else { 0.5 };
    pause.mul_f64(0.5 + share / 2.0)
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
