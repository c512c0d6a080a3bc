//! SOPS files and the documents in them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = seal::open(bytes, &[]);
    let _ = seal::paths(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = seal::change(&model::Secret::new(text), None, &[]);
    }
});
