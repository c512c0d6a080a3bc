//! The expressions of a health rule: any text is read within limits, or refused with its place; what is read is evaluated
//! within limits for any object.
#![no_main]

use deploy::health::Rule;
use model::health_rule::{Expressions, RuledKind};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The expression, and after a zero the object.
    let (text, object) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &b"null"[..]),
    };
    let Ok(current) = std::str::from_utf8(text) else { return };
    let expressions = Expressions { current: current.into(), ..Expressions::default() };
    let kind = RuledKind::parse("kind", "Widget.acme.dev").expect("a kind");
    match Rule::read(kind, &expressions) {
        Ok(rule) => drop(rule.health(&serde_json::from_slice(object).unwrap_or_default())),
        Err(wrong) => assert!(wrong.iter().all(|w| w.message.ends_with('.'))),
    }
});
