//! A chart's archive: any bytes are read within limits, or refused; no path leads out of the chart, packed charts
//! included.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(chart) = helm::archive::read(bytes, helm::archive::ArchiveLimits::default()) {
        let inside = |path: &String| !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        assert!(chart.files().keys().all(inside));
        if let Ok(whole) = helm::unpacked(&chart) {
            assert!(whole.files().keys().all(inside));
        }
    }
});
