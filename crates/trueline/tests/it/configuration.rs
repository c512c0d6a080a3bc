//! Stories of the settings: where they come from, what is shown, what is refused.

use serde_json::Value;

use crate::program::{Database, Program};

#[tokio::test]
async fn settings_in_force_are_shown_and_secrets_masked() {
    let program = Program::new(Database::Sqlite);
    let file = program.folder().join("trueline.yaml");
    std::fs::write(&file, "listen: 127.0.0.1:4711\nlog: warn\npublic_url: https://trueline.example.org\n")
        .unwrap();
    let path = file.to_str().unwrap();
    let shown = program.cli(&["config", "--config", path, "--log", "debug", "-o", "json"], "").await;
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap_or_else(|e| panic!("{e}: {shown:?}"));
    for (name, value, source) in [
        ("listen", "127.0.0.1:4711", format!("file {path}")),
        ("log", "debug", "flag --log".into()),
        ("admin_password", "********", "environment TRUELINE_ADMIN_PASSWORD".into()),
        ("session_hours", "168", "default".into()),
    ] {
        assert_eq!(shown[name]["value"], value, "{name}");
        assert_eq!(shown[name]["source"], source, "{name}");
    }
}

#[tokio::test]
async fn wrong_settings_are_refused_before_anything_starts() {
    let program = Program::new(Database::Sqlite);
    let file = program.folder().join("trueline.yaml");
    for (text, said) in [
        ("lisen: 127.0.0.1:1\n", "no setting \"lisen\""),
        ("listen: localhost\n", "The setting listen is not valid"),
        ("listen: [\n", "not YAML"),
        ("admin_password: in-a-file\n", "no setting \"admin_password\""),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = program.cli(&["serve", "--config", file.to_str().unwrap()], "").await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
        assert!(!program.folder().join("trueline-data").exists(), "nothing was made");
    }
    let refused = program.cli(&["serve", "--config", "nowhere.yaml"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("nowhere.yaml"), "{refused:?}");
}

#[tokio::test]
async fn the_program_tells_its_version_and_completes() {
    let program = Program::new(Database::Sqlite);
    let version = program.cli(&["version"], "").await;
    assert_eq!(version.stdout, format!("trueline {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish"] {
        let script = program.cli(&["completion", shell], "").await;
        assert!(script.code == 0 && script.stdout.contains("trueline"), "{shell}");
    }
    assert_eq!(program.cli(&["nonsense"], "").await.code, 2);
}

/// What is generated from the program is committed as it is now.
#[tokio::test]
async fn references_are_up_to_date() {
    let program = Program::new(Database::Sqlite);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (what, file) in
        [("openapi", "openapi.json"), ("cli", "cli.md"), ("configuration", "configuration.md")]
    {
        let committed = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        let now = program.cli(&["reference", what], "").await.stdout;
        assert!(
            committed == now,
            "docs/reference/{file} is out of date: run `cargo xtask codegen` and commit it"
        );
    }
}

/// `trueline completion bash | head` ends without a word of complaint.
#[test]
fn nobody_has_to_read_to_the_end() {
    for arguments in [&["version"][..], &["completion", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
    }
}
