//! Addresses and names of branches.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// Made once: it reads the trusted authorities.
static HTTP: LazyLock<git::HttpClient> = LazyLock::new(|| {
    git::HttpClient::new(&git::Trust::default(), git::http::Limits::default()).expect("no special needs")
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = git::Remote::new(text, git::GitCredential::None, HTTP.clone());
        let _ = git::refs::check_branch(text);
    }
});
