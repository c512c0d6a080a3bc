//! When an attempt is repeated, and after how long.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use crate::{Error, Failed, Limits, Unreached};

/// What became of an attempt.
pub enum Attempt<'a> {
    /// The host refused it because there were too many, and asked for this pause where it said.
    Throttled(Option<Duration>),
    /// An answer that stands, if its status is none of a passing failure.
    Answered(StatusCode, &'a HeaderMap),
    /// No answer.
    Failed(&'a Failed),
}

/// The pause before the next attempt, or none when the result stands.
pub fn plan(became: &Attempt<'_>, repeatable: bool, attempt: u32, limits: &Limits) -> Option<Duration> {
    if attempt >= limits.attempts {
        return None;
    }
    let backoff = jittered(limits.pause.saturating_mul(1 << (attempt - 1).min(6)));
    match became {
        // A throttled call was not carried out, so repeating it is safe whatever its method.
        Attempt::Throttled(asked) => {
            let wait = asked.map_or(backoff, |a| a.max(Duration::from_millis(1)));
            (wait <= limits.retry_after).then_some(wait)
        }
        Attempt::Answered(status, headers) if failed_for_now(*status) && repeatable => {
            let wait = asked(headers).unwrap_or(backoff);
            (wait <= limits.retry_after).then_some(wait)
        }
        Attempt::Answered(..) => None,
        Attempt::Failed(failed) => match failed.error {
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

/// `Retry-After` in seconds or as a date.
pub fn asked(headers: &HeaderMap) -> Option<Duration> {
    let after = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = after.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(after).ok()?;
    Some(at.duration_since(host_time(headers)?).unwrap_or_default())
}

/// The time until a second since 1970, by the host's clock.
pub fn until(seconds: u64, headers: &HeaderMap) -> Option<Duration> {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    Some(at.duration_since(host_time(headers)?).unwrap_or_default())
}

/// The host's own clock, the header `Date`: dates are measured by it.
fn host_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get("date")?.to_str().ok()?.trim()).ok()
}

/// Between half and the whole of a pause, so that many do not come back at once.
pub fn jittered(pause: Duration) -> Duration {
    let mut byte = [0u8];
    let share = if getrandom::fill(&mut byte).is_ok() { f64::from(byte[0]) / 255.0 } else { 0.5 };
    pause.mul_f64(0.5 + share / 2.0)
}
