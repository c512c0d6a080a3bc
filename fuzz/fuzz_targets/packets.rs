//! Packet lines.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = git::pkt::Packets::new(bytes).count();
});
