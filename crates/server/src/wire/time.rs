//! Points in time as text: RFC 3339, UTC, milliseconds.

use model::Timestamp;
use time::OffsetDateTime;
use time::macros::format_description;

/// The point as RFC 3339 text, such as `2026-11-22T09:12:30.250Z`.
pub(crate) fn text(at: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let point = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1000);
    point.ok().and_then(|p| p.format(&format).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(text(Timestamp(1_763_800_350_250_999)), "2025-11-22T08:32:30.250Z");
        assert_eq!(text(Timestamp(0)), "1970-01-01T00:00:00.000Z");
    }
}
