//! The real `git` program as users run it, in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with the real `git` program's home in it; removed in the end.
#[derive(Debug)]
pub struct GitCli {
    folder: tempfile::TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Ended {
    /// Whether it succeeded.
    pub success: bool,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: String,
}

impl GitCli {
    /// Makes the folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = "[init]\n\tdefaultBranch = main\n[user]\n\tname = Ann\n\temail = ann@example.com\n\
                      [protocol]\n\tversion = 2\n[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n";
        std::fs::write(folder.path().join(".gitconfig"), config).expect("the folder can be written");
        Self { folder }
    }

    /// The folder: room for clones.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command in a folder, ready to be run or changed.
    pub fn command(&self, at: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(at)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    /// Runs a command, whatever comes of it.
    pub fn try_run(&self, at: &Path, arguments: &[&str]) -> Ended {
        let output = self.command(at, arguments).output().expect("the git program is installed");
        Ended {
            success: output.status.success(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that has to succeed; gives what it printed, without the last line feed.
    pub fn run(&self, at: &Path, arguments: &[&str]) -> String {
        let ended = self.try_run(at, arguments);
        assert!(ended.success, "git {arguments:?} failed: {}", ended.stderr);
        String::from_utf8_lossy(&ended.stdout).trim_end_matches('\n').to_owned()
    }

    /// Feeds a command that has to succeed; gives what it printed.
    pub fn feed(&self, at: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        use std::io::Write as _;
        let mut command = self.command(at, arguments);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("the git program is installed");
        let mut stdin = child.stdin.take().expect("it was piped");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("it can be waited for");
        writer.join().expect("writing does not panic").expect("git reads its input");
        assert!(output.status.success(), "git {arguments:?} failed");
        output.stdout
    }

    /// Clones a repository into a folder of this name.
    pub fn clone(&self, url: &str, name: &str) -> PathBuf {
        self.run(self.folder(), &["clone", "--quiet", url, name]);
        self.folder().join(name)
    }

    /// Writes files, commits them and gives the commit's id.
    pub fn commit(&self, at: &Path, files: &[(&str, &str)], message: &str) -> String {
        for (path, text) in files {
            let path = at.join(path);
            std::fs::create_dir_all(path.parent().expect("a file has a folder"))
                .expect("folders can be made");
            std::fs::write(path, text).expect("files can be written");
        }
        self.run(at, &["add", "--all"]);
        self.run(at, &["commit", "--quiet", "--allow-empty", "-m", message]);
        self.run(at, &["rev-parse", "HEAD"])
    }

    /// Fails unless Git finds a repository sound in every respect.
    pub fn check(&self, repository: &Path) {
        let ended = self.try_run(repository, &["fsck", "--strict", "--full", "--no-dangling"]);
        assert!(ended.success && ended.stderr.is_empty(), "git fsck: {}", ended.stderr);
    }
}
