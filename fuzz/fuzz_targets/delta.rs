//! Deltas: the first half is the base.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (base, delta) = bytes.split_at(bytes.len() / 2);
    let _ = git::delta::apply(base, delta, 1 << 20);
});
