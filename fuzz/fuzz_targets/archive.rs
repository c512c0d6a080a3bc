//! A chart's archive: any bytes are read within limits, or refused; no path leads out of the chart.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(chart) = helm::archive::read(bytes, helm::archive::ArchiveLimits::default()) {
        assert!(chart.files().keys().all(|path| !path.starts_with('/') && !path.split('/').any(|p| p == "..")));
    }
});
