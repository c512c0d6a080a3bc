//! What the tests of the write path share: a host, changes, and a look at what came of them.

use std::path::Path;

use bytes::Bytes;
use git::http::Limits as HttpLimits;
use git::limits::Limits;
use git::{Change, Committed, Edit, Error, GitCredential, HttpClient, Person, Remote, Trust, Writers};
use model::Timestamp;
use model::deployment::Attempt;
use testkit::git_server::GitServer;

pub(crate) use testkit::git_server::{Fault, Settings, Target};

pub(crate) fn client(ca_pem: Option<String>) -> HttpClient {
    HttpClient::new(&Trust { ca_pem, ..Trust::default() }, HttpLimits::default()).unwrap()
}

pub(crate) fn remote(server: &GitServer, name: &str) -> Remote {
    Remote::new(&server.repository(name), GitCredential::None, client(server.ca_pem.clone())).unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    Person { name: name.into(), email: format!("{}@example.com", name.to_lowercase()) }
}

/// A change with this key.
pub(crate) fn change(key: &str, edits: Vec<Edit>) -> Change {
    Change {
        key: key.into(),
        edits,
        expected: Vec::new(),
        author: person("Ann"),
        committer: person("Trueline"),
        at: Timestamp(1_700_000_000_000_000),
        message: format!("Deploy {key}\n\nRequested by Ann."),
        resume: None,
    }
}

pub(crate) fn put(path: &str, text: impl Into<String>) -> Edit {
    Edit::Put { path: path.into(), bytes: Bytes::from(text.into()) }
}

pub(crate) fn folder(path: &str, files: &[(&str, &str)]) -> Edit {
    let files = files.iter().map(|(path, text)| ((*path).into(), Bytes::from((*text).to_owned()))).collect();
    Edit::ReplaceFolder { path: path.into(), files }
}

/// Commits to `main` without being asked before.
pub(crate) async fn commit(writers: &Writers, remote: &Remote, change: Change) -> Result<Committed, Error> {
    writers.commit(remote, "main", change, |_: Attempt| async { Ok(()) }).await
}

pub(crate) fn limits() -> Limits {
    Limits { exchange: std::time::Duration::from_secs(5), ..Limits::default() }
}

/// What Git prints about a repository.
pub(crate) fn git(server: &GitServer, folder: &Path, arguments: &[&str]) -> String {
    server.cli.run(folder, arguments)
}

/// How many commits of `main` have the trailer of a key.
pub(crate) fn commits_of(server: &GitServer, folder: &Path, key: &str) -> usize {
    let format = "--format=%(trailers:key=Trueline-Deployment,valueonly)";
    git(server, folder, &["log", format, "main"]).lines().filter(|line| *line == key).count()
}
