//! What the API server says about a Secret, without what is in it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::plan::Planned;
use crate::Error;

/// What comes before a value, or a part of the manifest, in the API server's messages (Kubernetes 1.36, seen
/// 2026-11-23).
const QUOTES: [&str; 2] = [", got", "error found in #"];
/// Shorter values are no secrets, and their letters are everywhere.
const SHORTEST: usize = 3;

/// The same error without the values of the object, if that is a Secret.
pub(super) fn cleaned(planned: &Planned, error: Error) -> Error {
    match error {
        Error::Answered { request, status, reason, message }
            if planned.key.group.is_empty() && planned.key.kind == "Secret" =>
        {
            let body = serde_json::from_slice(&planned.body).unwrap_or_default();
            Error::Answered { request, status, reason, message: clean(&body, &message) }
        }
        error => error,
    }
}

fn clean(body: &Value, message: &str) -> String {
    let end = QUOTES.iter().filter_map(|quote| message.find(quote)).min().unwrap_or(message.len());
    let mut values = BTreeSet::new();
    for value in
        ["data", "stringData"].iter().filter_map(|field| body[field].as_object()).flat_map(|m| m.values())
    {
        let plain = value.as_str().map_or_else(|| value.to_string(), Into::into);
        if let Some(text) = STANDARD.decode(plain.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            values.extend(written(&text));
        }
        values.extend(written(&plain));
    }
    // The longest first: one may be a part of another.
    let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= SHORTEST).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.iter().fold(message[..end].to_owned(), |text, value| text.replace(value.as_str(), "***"))
}

/// A value in all the ways that a message may have it.
fn written(value: &str) -> Vec<String> {
    let quoted = Value::from(value).to_string();
    let mut ways =
        vec![STANDARD.encode(value), quoted[1..quoted.len() - 1].to_owned(), value.trim().to_owned()];
    ways.extend(value.lines().map(|line| line.trim().to_owned()));
    ways.push(value.to_owned());
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_taken_out_however_they_are_written() {
        let body = json!({
            "data": { "a": "aHVudGVyMjI=" }, "stringData": { "b": "one\ntwo\"", "c": 8_712_345, "d": "x" },
        });
        for (message, want) in [
            ("hunter22 is aHVudGVyMjI=", "*** is ***"),
            (r#""one\ntwo\"" and two" and 8712345"#, r#""***" and *** and ***"#),
            ("expected string, got &value{8.712345e+06}", "expected string"),
            ("cannot be handled, error found in #10 byte of ...|hunt|...", "cannot be handled, "),
            ("an x stays", "an x stays"),
        ] {
            assert_eq!(clean(&body, message), want);
        }
    }
}
