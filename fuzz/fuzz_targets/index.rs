//! The index of a chart repository: any bytes are read within limits, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(index) = helm::Index::read(bytes) {
        for pair in index.entries.windows(2) {
            assert!(pair[0].chart <= pair[1].chart);
        }
    }
});
