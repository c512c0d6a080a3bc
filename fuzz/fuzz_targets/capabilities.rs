//! What a server offers.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = git::refs::read_capabilities(bytes);
});
