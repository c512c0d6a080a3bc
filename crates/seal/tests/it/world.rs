//! The real `sops`, with an identity.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use model::{Secret, Timestamp};
use seal::{Identity, Keys};

/// Noon of some day.
pub(crate) const AT: Timestamp = Timestamp(1_790_000_000_000_000);

/// A folder, an identity and the program.
pub(crate) struct World {
    program: PathBuf,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) identity: Identity,
}

impl World {
    /// `None`, said loudly, where `sops` was not built.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let Some(program) = testkit::tools::sops() else {
            testkit::skip(test, "the program sops was not built: cargo xtask tools");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self { program, folder, identity: Identity::generate() })
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::of(self.identity.clone())
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("it is written");
        path
    }

    /// Runs `sops` in the folder; standard output, or what it wrote to standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SOPS_AGE_KEY", self.identity.export().reveal())
            .stdin(Stdio::null())
            .output()
            .expect("sops starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// What `sops` makes of a file, as JSON: the order of keys and comments do not count.
    pub(crate) fn opened(&self, name: &str) -> Result<serde_json::Value, String> {
        let text = self.run(&["decrypt", "--output-type", "json", name])?;
        Ok(serde_json::from_str(&text).expect("JSON"))
    }

    /// Seals a text with `sops`, with these further arguments.
    pub(crate) fn encrypted(&self, text: &str, further: &[&str]) -> Vec<u8> {
        self.file("plain.yaml", text.as_bytes());
        let recipient = self.identity.recipient().to_string();
        let mut arguments = vec!["encrypt", "--age", &recipient];
        arguments.extend(further);
        arguments.push("plain.yaml");
        self.run(&arguments).expect("sops seals").into_bytes()
    }

    pub(crate) fn ours(&self, file: &[u8]) -> Result<String, seal::Error> {
        seal::open(file, std::slice::from_ref(&self.identity)).map(|text| text.reveal().to_owned())
    }
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text)
}
