//! How long something may take until it is ready, as it says itself.

use std::time::Duration;

use serde_json::Value;

use crate::{Error, Object};

/// The annotation that says it of any object: `90s`, `15m`, `1h30m`.
pub(crate) const TIMEOUT: &str = "trueline.dev/timeout";
/// What runs against a deadline of its own is given more than that, so that its controller says that it is late.
const MARGIN: Duration = Duration::from_secs(60);
/// How long something may take that says nothing.
pub const USUAL: Duration = Duration::from_secs(600);

/// How long an object may take. What only its kind says of it never makes a rollout shorter than is usual: its
/// controller counts from the last step, and says itself when that is too long ago.
pub(crate) fn of(value: &Value) -> Option<Duration> {
    said(value).or_else(|| {
        let own = |field: &str| value["spec"][field].as_u64().map(|s| Duration::from_secs(s) + MARGIN);
        let group =
            value["apiVersion"].as_str().and_then(|v| v.split_once('/')).map_or("", |(group, _)| group);
        match (group, value["kind"].as_str().unwrap_or_default()) {
            ("batch", "Job") | ("", "Pod") => own("activeDeadlineSeconds"),
            ("apps", "Deployment") | ("argoproj.io", "Rollout") => {
                own("progressDeadlineSeconds").map(|own| own.max(USUAL))
            }
            _ => None,
        }
    })
}

/// What the annotation says; nothing where it cannot be read.
fn said(value: &Value) -> Option<Duration> {
    parse(value["metadata"]["annotations"][TIMEOUT].as_str()?)
}

/// Refuses an annotation that cannot be read.
///
/// # Errors
/// [`Error::Manifest`] with what would be right.
pub(crate) fn check(object: &Object) -> Result<(), Error> {
    match object.annotation(TIMEOUT).is_some_and(|text| parse(text).is_none()) {
        false => Ok(()),
        true => Err(Error::Manifest {
            object: object.key().to_string(),
            sentence: format!("the annotation `{TIMEOUT}` has to be a time such as `90s`, `15m` or `1h30m`"),
        }),
    }
}

/// A time as people write it, one second at least and a week at most.
fn parse(text: &str) -> Option<Duration> {
    let (mut seconds, mut rest) = (0_u64, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    (1..=7 * 24 * 3600).contains(&seconds).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        for (text, want) in [
            ("90s", Some(90)),
            (" 15m ", Some(900)),
            ("1h30m", Some(5_400)),
            ("0s", None),
            ("15", None),
            ("m", None),
            ("", None),
            ("1d", None),
            ("1µ", None),
            ("999999999999999999999h", None),
            ("200h", None),
        ] {
            assert_eq!(parse(text).map(|time| time.as_secs()), want, "{text}");
        }
    }

    #[test]
    fn an_object_says_how_long_it_may_take() {
        for (api, kind, spec, said, want) in [
            ("batch/v1", "Job", json!({}), None, None),
            ("batch/v1", "Job", json!({ "activeDeadlineSeconds": 7200 }), None, Some(7_260)),
            ("batch/v1", "Job", json!({ "activeDeadlineSeconds": 7200 }), Some("5m"), Some(300)),
            ("v1", "Pod", json!({ "activeDeadlineSeconds": 60 }), None, Some(120)),
            ("apps/v1", "Deployment", json!({ "progressDeadlineSeconds": 60 }), None, Some(600)),
            ("apps/v1", "Deployment", json!({ "progressDeadlineSeconds": 1800 }), None, Some(1_860)),
            ("acme.dev/v1", "Job", json!({ "activeDeadlineSeconds": 7200 }), None, None),
            ("v1", "Service", json!({}), Some("1h"), Some(3_600)),
        ] {
            let value = json!({
                "apiVersion": api, "kind": kind, "spec": spec,
                "metadata": { "name": "a", "annotations": { TIMEOUT: said } },
            });
            assert_eq!(of(&value).map(|time| time.as_secs()), want, "{value}");
        }
        let wrong = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "annotations": { TIMEOUT: "soon" } },
        });
        assert!(check(&Object::new(wrong).expect("an object")).is_err());
    }
}
