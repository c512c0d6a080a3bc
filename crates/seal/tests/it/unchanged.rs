//! Equal text keeps its bytes, value by value, and costs nothing.

use proptest::prelude::*;
use seal::{Fields, Identity, Keys, Known, cipher_work};

use crate::world::{AT, secret};

fn lines(file: &[u8]) -> Vec<String> {
    String::from_utf8(file.to_vec()).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn a_changed_value_leaves_the_others_as_they_are() {
    let keys = Keys::of(Identity::generate());
    let later = AT.plus_seconds(60);
    let first =
        seal::seal(&secret("# c\na: one\nb: two\nlist: [x, x, y]\n"), Fields::All, &keys, None, AT).unwrap();
    let same = seal::seal(
        &secret("{a: one, \"b\": 'two', list: [x, x, y]}\n"),
        Fields::All,
        &keys,
        Some(&first),
        later,
    );
    assert_ne!(same.unwrap(), first, "the comment is gone");
    let same = seal::seal(
        &secret("# c\n\na: 'one'\nb: two\nlist:\n- x\n- x\n- y\n"),
        Fields::All,
        &keys,
        Some(&first),
        later,
    );
    assert_eq!(same.unwrap(), first);
    let second = seal::seal(
        &secret("# c\na: one\nb: 2\nlist: [x, x, z]\nnew: n\n"),
        Fields::All,
        &keys,
        Some(&first),
        later,
    )
    .unwrap();
    let (first, second) = (lines(&first), lines(&second));
    let gone: Vec<&String> = first.iter().filter(|l| !second.contains(l)).collect();
    let starts = |l: &str| l.trim_start().split([':', '[']).next().unwrap_or_default().to_owned();
    assert_eq!(gone.iter().map(|l| starts(l)).collect::<Vec<_>>(), ["b", "- ENC", "lastmodified", "mac"]);
    assert_eq!(second.len(), first.len() + 1);
}

#[test]
fn other_recipients_or_fields_seal_anew() {
    let (keys, other) = (Keys::of(Identity::generate()), Identity::generate());
    let text = secret("data: {a: b}\n");
    let first = seal::seal(&text, Fields::All, &keys, None, AT).unwrap();
    let mut more = keys.clone();
    more.recipients.push(other.recipient());
    let second = seal::seal(&text, Fields::All, &more, Some(&first), AT).unwrap();
    assert!(lines(&second).iter().filter(|l| l.contains("ENC[")).all(|l| !lines(&first).contains(l)));
    assert_eq!(seal::open(&second, &[other]).unwrap().reveal(), "data:\n    a: b\n");
    more.recipients.reverse();
    assert_eq!(seal::seal(&text, Fields::All, &more, Some(&second), AT).unwrap(), second);
    assert_ne!(seal::seal(&text, Fields::SecretData, &keys, Some(&first), AT).unwrap(), first);
    // A file that does not open is passed over.
    let anew = seal::seal(&text, Fields::All, &keys, Some(b"broken"), AT).unwrap();
    assert!(seal::open(&anew, &keys.identities).is_ok());
}

#[test]
fn what_is_known_costs_no_cipher_work() {
    let (known, keys) = (Known::new(), Keys::of(Identity::generate()));
    let texts: Vec<_> = (0..20).map(|n| secret(&format!("data:\n    password: {n}\n"))).collect();
    let all = |previous: &[Vec<u8>]| -> Vec<Vec<u8>> {
        let one = |(n, text)| {
            let previous = previous.get::<usize>(n).map(Vec::as_slice);
            known.seal(text, Fields::SecretData, &keys, previous, AT).unwrap()
        };
        texts.iter().enumerate().map(one).collect()
    };
    let first = all(&[]);
    let before = cipher_work();
    assert_eq!(all(&first), first);
    assert_eq!(cipher_work(), before);
    // Another file is looked into, and remembered.
    let other = Known::new();
    assert_eq!(other.seal(&texts[0], Fields::SecretData, &keys, Some(&first[0]), AT).unwrap(), first[0]);
    assert!(cipher_work() > before);
    let before = cipher_work();
    other.seal(&texts[0], Fields::SecretData, &keys, Some(&first[0]), AT).unwrap();
    assert_eq!(cipher_work(), before);
}

#[test]
fn a_fingerprint_tells_text_recipients_fields_and_identity_apart() {
    let (keys, other) = (Keys::of(Identity::generate()), Keys::of(Identity::generate()));
    let text = secret("a: b\n");
    let of = |text, fields, keys| seal::fingerprint(text, fields, keys).unwrap();
    let one = of(&text, Fields::All, &keys);
    assert_eq!(one, of(&text, Fields::All, &keys));
    let mut more = keys.clone();
    more.recipients.push(other.recipients[0].clone());
    for different in [
        of(&secret("a: c\n"), Fields::All, &keys),
        of(&text, Fields::SecretData, &keys),
        of(&text, Fields::All, &other),
        of(&text, Fields::All, &more),
    ] {
        assert_ne!(one, different);
    }
    let nobody = Keys { identities: Vec::new(), recipients: keys.recipients.clone() };
    assert_eq!(seal::fingerprint(&text, Fields::All, &nobody), Err(seal::Error::NoIdentity));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn opening_and_sealing_again_changes_nothing(
        map in proptest::collection::btree_map("[a-z]{1,6}", "\\PC{0,20}", 1..6),
        at in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!map.contains_key("sops"));
        let keys = Keys::of(Identity::generate());
        let text = serde_json::to_string(&map).unwrap();
        let sealed = seal::seal(&secret(&text), Fields::All, &keys, None, AT).unwrap();
        let opened = seal::open(&sealed, &keys.identities).unwrap();
        prop_assert_eq!(&seal::seal(&opened, Fields::All, &keys, Some(&sealed), AT.plus_seconds(9)).unwrap(), &sealed);
        // Every changed byte of a value is noticed, or changes nothing.
        let mut broken = sealed.clone();
        let at = at.index(broken.len());
        broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
        if let Ok(other) = seal::open(&broken, &keys.identities) {
            prop_assert_eq!(other.reveal(), opened.reveal());
        }
    }
}
