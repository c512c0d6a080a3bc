//! Answers to a fetch.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = git::fetch::read(bytes, &limits());
});

/// Limits that keep one run short.
fn limits() -> git::limits::Limits {
    git::limits::Limits { object_bytes: 1 << 16, inflated_bytes: 1 << 20, ..git::limits::Limits::default() }
}
