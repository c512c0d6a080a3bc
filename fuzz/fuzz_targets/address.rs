//! Addresses and names of branches.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let http = git::HttpClient::new(&git::Trust::default(), git::http::Limits::default()).expect("no special needs");
        let _ = git::Remote::new(text, git::GitCredential::None, http);
        let _ = git::refs::check_branch(text);
    }
});
