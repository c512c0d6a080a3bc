//! What the real `sops` seals and edits is opened by us, to the same text.

use crate::world::World;

#[test]
fn we_open_what_sops_seals() {
    let Some(world) = World::new("we_open_what_sops_seals") else { return };
    for (text, want) in [
        ("a: b\n", "a: b\n"),
        (
            "a: 1\nb: 1.5\nc: true\nd: null\ne: ''\nf: yes\n",
            "a: 1\nb: 1.5\nc: true\nd: null\ne: \"\"\nf: \"yes\"\n",
        ),
        (
            "at: 2001-12-14\nprecise: 2001-12-14T21:59:43.10-05:00\n",
            "at: 2001-12-14T00:00:00Z\nprecise: 2001-12-14T21:59:43.1-05:00\n",
        ),
        (
            "a: |\n    one\n    two\nb: [x, [y, {z: 1}], {}]\n",
            "a: |\n    one\n    two\nb:\n    - x\n    -\n        - \"y\"\n        - z: 1\n    - {}\n",
        ),
        (
            "# top\na: b # behind\nlist:\n    # of c\n    - c\n# end\n",
            "# top\na: b # behind\nlist:\n    # of c\n    - c\n# end\n",
        ),
        ("ключ: значення\nf: 1e3\nbig: 1e21\n", "\"ключ\": \"значення\"\nf: 1000.0\nbig: 1e21\n"),
        ("a: &x {b: c}\nd: *x\n", "a:\n    b: c\nd:\n    b: c\n"),
    ] {
        let sealed = world.encrypted(text, &[]);
        let shown = String::from_utf8_lossy(&sealed).into_owned();
        let opened = world.ours(&sealed).unwrap_or_else(|e| panic!("{text}\n{shown}\n{e}"));
        assert_eq!(
            opened
                .replace("at: \"", "at: ")
                .replace("precise: \"", "precise: ")
                .replace("Z\"", "Z")
                .replace(":00\"", ":00"),
            want,
            "{shown}"
        );
    }
}

#[test]
fn rules_of_which_values_are_sealed_are_followed() {
    let Some(world) = World::new("rules_of_which_values_are_sealed_are_followed") else { return };
    let text = "a: 1\nb_secret:\n    c: two\n    at: 2001-02-03\nd_open: true\ne: [x, 2, 3.5]\n";
    for further in [
        &["--encrypted-suffix", "_secret"][..],
        &["--unencrypted-suffix", "_open"],
        &["--encrypted-regex", "^(b_|e)"],
        &["--unencrypted-regex", "_open$"],
        &["--mac-only", "encrypted_suffix: _secret"],
        &["--mac-only", "unencrypted_suffix: _open"],
    ] {
        let sealed = match further {
            ["--mac-only", rule] => {
                let recipient = world.identity.recipient();
                let rules = format!(
                    "creation_rules:\n  - mac_only_encrypted: true\n    {rule}\n    age: {recipient}\n"
                );
                world.file(".sops.yaml", rules.as_bytes());
                world.file("ruled.yaml", text.as_bytes());
                let sealed = world.run(&["encrypt", "ruled.yaml"]).unwrap();
                assert!(sealed.contains("mac_only_encrypted: true"), "{sealed}");
                sealed.into_bytes()
            }
            further => world.encrypted(text, further),
        };
        let opened = world.ours(&sealed).unwrap_or_else(|e| panic!("{further:?}: {e}"));
        for part in ["a: 1\n", "c: two\n", "d_open: true\n", "- x\n", "- 3.5\n"] {
            assert!(opened.contains(part), "{further:?}: {part} in {opened}");
        }
    }
    let commented = "# seal\na: one\nb: two\n";
    let recipient = world.identity.recipient();
    let rules = format!("creation_rules:\n  - encrypted_comment_regex: seal\n    age: {recipient}\n");
    world.file(".sops.yaml", rules.as_bytes());
    world.file("ruled.yaml", commented.as_bytes());
    let sealed = world.run(&["encrypt", "ruled.yaml"]).unwrap();
    assert!(sealed.contains("b: two"), "{sealed}");
    assert!(world.ours(sealed.as_bytes()).unwrap().contains("a: one\nb: two\n"));
}

#[test]
fn edits_of_sops_are_taken() {
    let Some(world) = World::new("edits_of_sops_are_taken") else { return };
    let sealed = world.encrypted("db:\n    password: old\n    port: 5432\nhosts: [a, b]\n", &[]);
    world.file("file.yaml", &sealed);
    for arguments in [
        ["set", "file.yaml", "[\"db\"][\"password\"]", "\"new\""],
        ["set", "file.yaml", "[\"hosts\"][1]", "{\"c\": [true, null]}"],
        ["unset", "file.yaml", "[\"db\"][\"port\"]", ""],
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|a| !a.is_empty()).collect();
        world.run(&arguments).unwrap();
    }
    world.run(&["rotate", "--in-place", "file.yaml"]).unwrap();
    let edited = std::fs::read(world.folder.path().join("file.yaml")).unwrap();
    let want = "db:\n    password: new\nhosts:\n    - a\n    - c:\n        - true\n        - null\n";
    let opened = world.ours(&edited).unwrap();
    assert_eq!(opened.split_whitespace().collect::<Vec<_>>(), want.split_whitespace().collect::<Vec<_>>());
    assert_eq!(seal::paths(&edited).unwrap(), ["db.password", "hosts[0]", "hosts[1].c[0]", "hosts[1].c[1]"]);
}
