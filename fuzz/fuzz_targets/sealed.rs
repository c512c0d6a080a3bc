//! SOPS files and the documents in them. Files of the corpus that are sealed for the identity below open, so that
//! what is changed in them reaches the values and the MAC, too.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model::{Secret, Timestamp};
use seal::{Fields, Identity, Keys};

/// Known to everybody: for this and nothing else.
const IDENTITY: &str = "AGE-SECRET-KEY-1QYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5Z5TPWXQERGD3C8G7RUSQGPQYEE";
static KEYS: LazyLock<Keys> =
    LazyLock::new(|| Keys::of(Identity::parse(&Secret::new(IDENTITY)).expect("an identity")));

fuzz_target!(|bytes: &[u8]| {
    let _ = seal::paths(bytes);
    let _ = seal::recipients(bytes);
    let _ = KEYS.sealed(bytes);
    if let Ok(text) = seal::open(bytes, &KEYS.identities) {
        // What opens can be sealed again, and says the same.
        let again = seal::seal(&text, Fields::All, &KEYS, Some(bytes), Timestamp(0));
        if let Ok(again) = again {
            let text_again = seal::open(&again, &KEYS.identities).expect("what was sealed opens");
            let changed = seal::change(&text, None, &[]).map(|text| text.reveal().to_owned());
            let changed_again = seal::change(&text_again, None, &[]).map(|text| text.reveal().to_owned());
            assert!(changed == changed_again, "another text after it was sealed again");
        }
        let _ = seal::entries(bytes, &KEYS.identities);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = seal::change(&Secret::new(text), None, &[]);
    }
});
