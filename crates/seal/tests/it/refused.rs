//! What does not open, and what is said of it.

use seal::{Error, Fields, Identity, Keys};

use crate::world::{AT, World, secret};

fn sealed(text: &str, keys: &Keys) -> String {
    String::from_utf8(seal::seal(&secret(text), Fields::All, keys, None, AT).expect("sealed")).expect("UTF-8")
}

#[test]
fn each_mistake_is_named_with_what_to_do() {
    let identity = Identity::generate();
    let ours = identity.recipient().to_string();
    let file = sealed("a: one\nb: two\nlist: [x, y]\n", &Keys::of(identity.clone()));
    let open =
        |text: &str| seal::open(text.as_bytes(), std::slice::from_ref(&identity)).map(|_| ()).unwrap_err();
    let line = |name: &str| file.lines().find(|l| l.trim_start().starts_with(name)).unwrap().to_owned();

    let foreign = Identity::generate();
    let error = seal::open(file.as_bytes(), std::slice::from_ref(&foreign)).map(|_| ()).unwrap_err();
    let theirs = foreign.recipient().to_string();
    assert_eq!(error, Error::ForeignRecipient { recipients: vec![ours.clone()], ours: vec![theirs.clone()] });
    assert!(error.to_string().contains(&format!("--add-age {theirs}")), "{error}");
    assert_eq!(seal::open(file.as_bytes(), &[]).map(|_| ()).unwrap_err(), Error::NoIdentity);

    assert_eq!(open("a: b\n"), Error::NotSops);
    assert!(matches!(open("a: b\nsops: no\n"), Error::Metadata { .. }));
    assert!(matches!(open("a: [b\n"), Error::NotYaml { .. }));
    assert!(
        matches!(open(&format!("{file}---\na: b\n")), Error::NotYaml { message, .. } if message.contains("second document"))
    );
    assert!(matches!(
        seal::open(b"a: \xff\n", std::slice::from_ref(&identity)).map(|_| ()).unwrap_err(),
        Error::NotYaml { line: 1, .. }
    ));

    // One value in another's place, a changed one, one in plain text, one too many, one too few, another order.
    let (a, b) = (line("a:"), line("b:"));
    assert_eq!(open(&file.replace(&a, &b.replacen("b:", "a:", 1))), Error::BrokenValue { path: "a".into() });
    assert_eq!(open(&file.replace(&a, "a: plain")), Error::NotSealed { path: "a".into() });
    assert_eq!(open(&file.replace(&a, "a: 5")), Error::NotSealed { path: "a".into() });
    assert_eq!(open(&file.replace(&format!("{a}\n"), "")), Error::BrokenMac);
    assert_eq!(open(&file.replace(&format!("{a}\n{b}"), &format!("{b}\n{a}"))), Error::BrokenMac);
    let items: Vec<&str> = file.lines().filter(|l| l.starts_with("    - ENC")).collect();
    assert_eq!(open(&file.replace(items[0], items[1])), Error::BrokenMac);
    let changed = items[1].replace("data:", "data:AAAA");
    assert_eq!(open(&file.replace(items[1], &changed)), Error::BrokenValue { path: "list[1]".into() });
    assert_eq!(open(&file.replace("mac: ENC", "mac: enc")), Error::BrokenMac);
    assert_eq!(open(&file.replace("lastmodified: \"2026", "lastmodified: \"2025")), Error::BrokenMac);

    let armour = file.lines().find(|l| l.len() > 60 && !l.contains("ENC[") && !l.contains("age1")).unwrap();
    let broken = file.replacen(armour, &armour.replace(|c: char| c.is_ascii_digit(), "A"), 1);
    assert_eq!(open(&broken), Error::DamagedKey { recipient: ours.clone() });
    let groups = file.replace("sops:\n", "sops:\n    key_groups:\n        - age: []\n");
    assert!(matches!(open(&groups), Error::Unsupported { what } if what.contains("Shamir")));
    let rules = file.replace("unencrypted_regex: a^", "unencrypted_regex: a^\n    encrypted_suffix: x");
    assert!(matches!(open(&rules), Error::Metadata { what } if what.contains("several rules")), "{rules}");
}

#[test]
fn what_cannot_be_sealed_is_said() {
    let keys = Keys::of(Identity::generate());
    let seal = |text: &str| seal::seal(&secret(text), Fields::All, &keys, None, AT).unwrap_err();
    assert_eq!(seal("sops: {}\n"), Error::ReservedKey);
    assert!(matches!(seal("- a\n"), Error::NotYaml { message, .. } if message.contains("mapping")));
    assert!(
        matches!(seal("a: 1\na: 2\n"), Error::NotYaml { line: 2, message, .. } if message.contains("set twice"))
    );
    assert!(matches!(seal("a: 9223372036854775808\n"), Error::Unsupported { what } if what.contains("`a`")));
    assert!(matches!(seal(&format!("a: {}\n", "x".repeat(seal::LIMIT))), Error::TooLarge { .. }));
    let nobody = Keys { identities: keys.identities.clone(), recipients: Vec::new() };
    let refused = seal::seal(&secret("a: b\n"), Fields::All, &nobody, None, AT);
    assert_eq!(refused, Err(Error::NoRecipient));
}

#[test]
fn keys_of_other_kinds_stay_as_long_as_the_recipients_do() {
    let identity = Identity::generate();
    let keys = Keys::of(identity.clone());
    let pgp = "sops:\n    pgp:\n        - created_at: \"2026-01-01T00:00:00Z\"\n          enc: |-\n              -----BEGIN PGP MESSAGE-----\n              x\n          fp: ABCD\n";
    let file = sealed("a: one\nb: two\n", &keys).replace("sops:\n", pgp);
    let again =
        seal::seal(&secret("a: one\nb: new\n"), Fields::All, &keys, Some(file.as_bytes()), AT).unwrap();
    let again = String::from_utf8(again).unwrap();
    assert!(again.contains("fp: ABCD") && again.contains("BEGIN PGP MESSAGE"), "{again}");
    let mut more = keys.clone();
    more.recipients.push(Identity::generate().recipient());
    let refused = seal::seal(&secret("a: one\n"), Fields::All, &more, Some(file.as_bytes()), AT);
    assert_eq!(refused, Err(Error::OtherKeys { kinds: vec!["pgp".into()] }));

    // Sealed with nothing before it, they are lost.
    let alone = sealed("a: one\n", &more);
    let demanded = |old: &str, new: &str| seal::demand_other_keys(old.as_bytes(), new.as_bytes());
    assert_eq!(demanded(&file, &alone), Err(Error::OtherKeys { kinds: vec!["pgp".into()] }));
    assert_eq!(demanded(&file, &again), Ok(()));
    assert_eq!(demanded(&alone, &file), Ok(()));
    assert_eq!(demanded(&alone, &alone), Ok(()));
}

#[test]
fn sops_refuses_what_we_refuse() {
    let Some(world) = World::new("sops_refuses_what_we_refuse") else { return };
    let file = sealed("a: one\nb: two\n", &world.keys());
    let a = file.lines().next().unwrap();
    for broken in [
        file.replace(&format!("{a}\n"), ""),
        file.replace(a, "a: plain"),
        file.replace("mac: ENC", "mac: enc"),
    ] {
        world.file("broken.yaml", broken.as_bytes());
        assert!(world.opened("broken.yaml").is_err(), "{broken}");
        assert!(world.ours(broken.as_bytes()).is_err());
    }
}
