//! Packs, with a right checksum so that what is inside is reached.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = git::pack::read(&sealed(bytes), &limits());
});

/// Limits that keep one run short.
fn limits() -> git::limits::Limits {
    git::limits::Limits { object_bytes: 1 << 16, inflated_bytes: 1 << 20, ..git::limits::Limits::default() }
}

fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut pack = bytes.to_vec();
    pack.extend_from_slice(&git::object::pack_checksum(bytes));
    pack
}
