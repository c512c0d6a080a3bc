//! Times as templates print them. A second later most of a time is the same, a day later hardly anything: it is one
//! text, as a random one is, whichever of its digits differ.

use std::sync::LazyLock;

use regex::Regex;

/// A date, a time of day or both, as RFC 3339, RFC 2822 and the layouts of Go's package `time` (seen 2026-11-23) write
/// them; or a duration of Go that has seconds.
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*";
    let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
    let numbers = r"\d{4}[-/.]\d{2}[-/.]\d{2}|\d{2}[/.]\d{2}[/.]\d{4}";
    let words =
        format!(r"(?:{day},? )?(?:\d{{1,2}}[ -]{month}[ -](?:\d{{4}}|\d{{2}})|{month} {{1,2}}\d{{1,2}})");
    let time = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]M)?";
    let zone = r"(?:Z| ?[+-]\d{2}:?\d{2}(?: [A-Z]{3,4})?| [A-Z]{3,4})";
    let started = r"(?: m=[+-]\d+\.\d+)?";
    let both = format!("(?:{numbers}|{words})(?:(?:[T _-]|, )(?:{time}){zone}?(?: \\d{{4}})?{started})?");
    let duration = r"(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?s";
    Regex::new(&format!(r"^(?:{both}|{time}{zone}?|{duration})")).ok()
});

/// The length of the time that a text begins with, in bytes.
pub(super) fn length(text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()) {
        return None;
    }
    let found = CLOCK.as_ref()?.find(text)?.end();
    let goes_on = text[found..].starts_with(|c: char| c.is_alphanumeric());
    (!goes_on).then_some(found)
}

/// Whether a text is a time and nothing else.
pub(super) fn is_one(text: &str) -> bool {
    length(text) == Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_other_texts() {
        for time in [
            "2026-11-23T04:05:29Z",
            "2026-11-23T04:05:29.123456789+01:00",
            "2026-11-23 04:05:29.1 +0000 UTC m=+0.012345",
            "2026-11-23",
            "2026/11/23 04:05",
            "23.11.2026, 04:05:29",
            "Mon, 23 Nov 2026 04:05:29 GMT",
            "Monday, 23-Nov-26 04:05:29 UTC",
            "Mon Nov 23 04:05:29 UTC 2026",
            "Mon Nov  2 04:05:29 2026",
            "23 Nov 26 04:05 +0000",
            "Nov 23 04:05:29.000",
            "4:05PM",
            "04:05:29",
            "60432h5m29s",
            "1m0.5s",
            "29s",
        ] {
            assert!(is_one(time), "{time}: {:?}", length(time));
            for (after, want) in [("\"", true), (" x", true), ("x7", false)] {
                let found = length(&format!("{time}{after}"));
                assert_eq!(found == Some(time.len()), want, "{time}{after}: {found:?}");
            }
        }
        for other in [
            "",
            "1.36.3",
            "10.0.0.1:80",
            "a:12",
            "x7Gh2kLp",
            "Monday",
            "May",
            "1763871929",
            "shop-2",
            "5m",
            "12:345",
        ] {
            assert_eq!(length(other), None, "{other}");
        }
    }
}
