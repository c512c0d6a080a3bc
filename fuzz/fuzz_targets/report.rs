//! Reports of a push.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = git::push::read(bytes, "refs/heads/main", &git::limits::Limits::default());
});
