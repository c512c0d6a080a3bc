//! What we seal is opened by the real `sops`, to the same values.

use proptest::prelude::*;
use seal::{Fields, Identity};
use serde_json::{Value, json};

use crate::world::{AT, World, secret};

/// Documents and what they mean.
fn documents() -> Vec<(&'static str, Value)> {
    vec![
        ("a: b\n", json!({"a": "b"})),
        ("{}\n", json!({})),
        (
            "a: 1\nb: -7\nc: 1.5\nd: true\ne: false\nf: null\ng: ''\n",
            json!({"a": 1, "b": -7, "c": 1.5, "d": true, "e": false, "f": null, "g": ""}),
        ),
        (
            "a: yes\nb: off\nc: 0x1F\nd: 0755\ne: 2001-12-14\n",
            json!({"a": true, "b": false, "c": 31, "d": 493, "e": "2001-12-14"}),
        ),
        (
            "a: \"12\"\nb: 'true'\nc: \"null\"\nd: \"~\"\n",
            json!({"a": "12", "b": "true", "c": "null", "d": "~"}),
        ),
        (
            "a: |\n  one\n   two\n\n  three\nb: >-\n  folded\n  text\n",
            json!({"a": "one\n two\n\nthree\n", "b": "folded text"}),
        ),
        ("a: [1, two, [3, {b: four}], {}, []]\n", json!({"a": [1, "two", [3, {"b": "four"}], {}, []]})),
        (
            "ключ: значення\n\"a b\": 'it''s'\ne: \"\\u00e9\\U0001F600\\t\\0\"\n",
            json!({"ключ": "значення", "a b": "it's", "e": "é😀\t\0"}),
        ),
        ("# secret comment\na: b # behind\n# at the end\n", json!({"a": "b"})),
        (
            "x_unencrypted: still sealed\n\"1\": one\n\"yes\": why\n",
            json!({"x_unencrypted": "still sealed", "1": "one", "yes": "why"}),
        ),
        (
            "base: &b {x: 1}\nuse: {<<: *b, w: *b, z: 2}\n",
            json!({"base": {"x": 1}, "use": {"w": {"x": 1}, "z": 2, "x": 1}}),
        ),
        (
            "a: 1e3\nb: 12345678901234567890.5\nc: .5\n",
            json!({"a": 1000, "b": 12_345_678_901_234_567_000_u64, "c": 0.5}),
        ),
        (
            "a: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'\n",
            json!({"a": "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]"}),
        ),
    ]
}

#[test]
fn sops_opens_what_we_seal() {
    let Some(world) = World::new("sops_opens_what_we_seal") else { return };
    for (text, want) in documents() {
        let sealed = seal::seal(&secret(text), Fields::All, &world.keys(), None, AT).unwrap();
        world.file("sealed.yaml", &sealed);
        let shown = String::from_utf8_lossy(&sealed);
        let opened = world.opened("sealed.yaml").unwrap_or_else(|e| panic!("{text}\n{shown}\n{e}"));
        let same = |a: &Value, b: &Value| format!("{a}") == format!("{b}");
        // Go writes large numbers with an exponent; the number is the same.
        let near = opened["b"].as_f64().is_some() && opened["b"].as_f64() == want["b"].as_f64();
        assert!(same(&opened, &want) || opened == want || near, "{text}: {opened} instead of {want}");
        assert_eq!(world.ours(&sealed).map(|_| ()), Ok(()), "{text}");
        for plain in ["значення", "folded", "secret comment", "behind", "still sealed", "four"] {
            assert!(!shown.contains(plain), "{plain} stands in plain text:\n{shown}");
        }
    }
}

#[test]
fn comments_come_back_from_sops() {
    let Some(world) = World::new("comments_come_back_from_sops") else { return };
    let text = "# first\na: b # behind\nlist:\n    # of the item\n    - c\nm:\n    # of d\n    d: e\n";
    let sealed = seal::seal(&secret(text), Fields::All, &world.keys(), None, AT).unwrap();
    world.file("sealed.yaml", &sealed);
    // What stands behind a value comes back from sops before it (3.13.3, November 2026).
    let theirs = text.replace("a: b # behind", "# behind\na: b");
    assert_eq!(world.run(&["decrypt", "sealed.yaml"]).unwrap(), theirs);
    assert_eq!(world.ours(&sealed).unwrap(), text);
}

#[test]
fn of_a_secret_object_only_the_data_is_sealed() {
    let Some(world) = World::new("of_a_secret_object_only_the_data_is_sealed") else { return };
    let text = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: db\n    annotations:\n        at: 2001-12-14\n        on: \"1\"\nimmutable: yes\ndata:\n    password: aHVudGVyMg==\nstringData:\n    # of hunter3\n    a: hunter3\ntype: Opaque\n";
    let sealed = seal::seal(&secret(text), Fields::SecretData, &world.keys(), None, AT).unwrap();
    let shown = String::from_utf8(sealed.clone()).unwrap();
    for plain in [
        "name: db",
        "type: Opaque",
        "immutable: true",
        "encrypted_regex: ^(data|stringData)$",
        "at: \"2001-12-14\"",
    ] {
        assert!(shown.contains(plain), "{plain}:\n{shown}");
    }
    assert!(!shown.contains("aHVudGVyMg") && !shown.contains("hunter3"), "{shown}");
    world.file("sealed.yaml", &sealed);
    let opened = world.opened("sealed.yaml").unwrap();
    assert_eq!((&opened["data"]["password"], &opened["immutable"]), (&json!("aHVudGVyMg=="), &json!(true)));
    assert_eq!(opened["metadata"]["annotations"], json!({"at": "2001-12-14", "true": "1"}));
}

#[test]
fn each_recipient_opens() {
    let Some(world) = World::new("each_recipient_opens") else { return };
    let other = Identity::generate();
    let mut keys = seal::Keys::of(other.clone());
    keys.recipients.push(world.identity.recipient());
    let sealed = seal::seal(&secret("a: b\n"), Fields::All, &keys, None, AT).unwrap();
    world.file("sealed.yaml", &sealed);
    assert_eq!(world.opened("sealed.yaml").unwrap(), json!({"a": "b"}));
    assert_eq!(seal::open(&sealed, &[other]).unwrap().reveal(), "a: b\n");
    assert_eq!(world.ours(&sealed).unwrap(), "a: b\n");
    // And goes on being a file that sops edits.
    world.run(&["set", "sealed.yaml", "[\"c\"]", "\"d\""]).unwrap();
    let edited = std::fs::read(world.folder.path().join("sealed.yaml")).unwrap();
    assert_eq!(world.ours(&edited).unwrap(), "a: b\nc: d\n");
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{0,12}".prop_map(Value::from),
        "[ -~\n\t]{0,30}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        // Whole ones become integers in sops.
        (-1e15..1e15).prop_filter("whole", |f: &f64| f.fract() != 0.0).prop_map(|f: f64| Value::from(f)),
        Just(Value::Null),
    ]
}

fn trees() -> impl Strategy<Value = Value> {
    let node = scalars().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z0-9.:_-]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    proptest::collection::btree_map("[a-z0-9 .:_-]{1,8}", node, 0..5)
        .prop_map(|map| Value::Object(map.into_iter().filter(|(k, _)| k != "sops").collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// JSON is YAML: any tree is sealed by us and opened by sops, and the other way round.
    #[test]
    fn both_ways_give_the_same(tree in trees()) {
        let Some(world) = World::new("both_ways_give_the_same") else { return Ok(()) };
        let text = tree.to_string();
        let sealed = seal::seal(&secret(&text), Fields::All, &world.keys(), None, AT).unwrap();
        world.file("sealed.yaml", &sealed);
        let by_them = world.opened("sealed.yaml").unwrap_or_else(|e| panic!("{text}\n{e}"));
        prop_assert_eq!(&by_them, &tree);
        if tree.as_object().is_some_and(|map| !map.is_empty()) {
            let theirs = world.encrypted(&text, &[]);
            let opened = world.ours(&theirs).unwrap_or_else(|e| panic!("{text}\n{e}"));
            let again = seal::seal(&secret(&opened), Fields::All, &world.keys(), Some(&sealed), AT).unwrap();
            prop_assert_eq!(again, sealed, "{}", opened);
        }
    }
}
