//! The real program on a data folder of its own: started, used, killed, started again. Whatever it and its
//! clients write is kept for tests that search it.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::client::{Client, Transcript};

/// The first password of `admin` in all stories.
pub(crate) const ADMIN_PASSWORD: &str = "correct-horse-4711-battery";

/// Which database a story runs on.
pub(crate) enum Database {
    /// The file in the data folder.
    Sqlite,
    /// A fresh database of a real server.
    Postgres(testkit::postgres::Database),
}

/// A running Trueline. Its process is killed and its folder removed when this is dropped.
pub(crate) struct Program {
    database: Database,
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    url: String,
    log: Arc<Mutex<String>>,
    transcript: Transcript,
}

impl Program {
    /// Starts the program on a new data folder and waits until it is ready.
    pub(crate) async fn start(database: Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// The same, with environment variables of its own.
    pub(crate) async fn start_with(database: Database, settings: &[(&str, &str)]) -> Self {
        let mut program = Self::new(database);
        for (name, value) in settings {
            program.set(name, value);
        }
        program.restart().await;
        program
    }

    /// Starts another process on the database of this one, with a data folder of its own and the same key. None where only
    /// one process may use the database.
    pub(crate) async fn beside(&self) -> Option<Self> {
        let Database::Postgres(database) = &self.database else { return None };
        let mut program = Self::new(Database::Sqlite);
        for (name, value) in &self.settings {
            program.set(name, value);
        }
        program.set("TRUELINE_DATABASE", &database.url);
        let key = self.data().join("key");
        program.set("TRUELINE_KEY_FILE", key.to_str().expect("a path of plain words"));
        program.transcript = self.transcript.clone();
        program.restart().await;
        Some(program)
    }

    /// A folder and settings, nothing started: for commands that need no server, or starts that fail.
    pub(crate) fn new(database: Database) -> Self {
        // Clients of HTTP need it, also for addresses without TLS.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let mut program = Self {
            database,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            settings: Vec::new(),
            child: None,
            url: String::new(),
            log: Arc::default(),
            transcript: Transcript::default(),
        };
        program.set("TRUELINE_ADMIN_PASSWORD", ADMIN_PASSWORD);
        program
    }

    /// Sets an environment variable for the next start; an empty value takes it away.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(set, _)| set != name);
        if !value.is_empty() {
            self.settings.push((name.into(), value.into()));
        }
    }

    /// Ends the process if it runs, starts it on the same data and waits until it is ready.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        let mut command = self.command();
        command.arg("serve").arg("--data").arg(self.data()).args(["--listen", "127.0.0.1:0"]);
        if let Database::Postgres(database) = &self.database {
            command.env("TRUELINE_DATABASE", &database.url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        self.log.lock().expect("no holder panics").clear();
        collect(&self.log, child.stdout.take());
        collect(&self.log, child.stderr.take());
        self.child = Some(child);
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        let (http, log) = (crate::client::http(), Arc::clone(&self.log));
        let child = Mutex::new(self.child.as_mut().expect("it was just started"));
        let ready = testkit::poll("the program is ready", || async {
            let text = log.lock().expect("no holder panics").clone();
            let running = matches!(child.lock().expect("no holder panics").try_wait(), Ok(None));
            assert!(running, "the program ended at its start:\n{text}");
            let url = listening(&text)?;
            let answer = http.get(format!("{url}/readyz")).send().await.ok()?;
            answer.status().is_success().then_some(url)
        });
        self.url = ready.await;
    }

    /// Ends the process as an operator does (SIGTERM) and waits for it.
    pub(crate) async fn stop(&mut self) -> Option<ExitStatus> {
        self.end(rustix::process::Signal::TERM).await
    }

    /// Kills the process (SIGKILL) and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> Option<ExitStatus> {
        self.end(rustix::process::Signal::KILL).await
    }

    async fn end(&mut self, signal: rustix::process::Signal) -> Option<ExitStatus> {
        let mut child = self.child.take()?;
        let id = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            let _ = rustix::process::kill_process(id, signal);
        }
        let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
        Some(ended.expect("it ends within 30 s").expect("it can be waited for"))
    }

    /// Waits until the process has ended by itself, as at a failpoint.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it was started");
        let ended = tokio::time::timeout(Duration::from_secs(60), child.wait()).await;
        ended.expect("it ends within 60 s").expect("it can be waited for")
    }

    /// The program with this story's settings and nothing of the caller's.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueline"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRUELINE_") {
                command.env_remove(name);
            }
        }
        if let Some(helm) = testkit::tools::helm() {
            command.env("TRUELINE_HELM", helm);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        // What a killed program leaves goes with the story's folder, and is searched for planted secrets.
        let temporary = self.folder.path().join("tmp");
        std::fs::create_dir_all(&temporary).expect("a folder can be made");
        command.env("TMPDIR", temporary);
        command.env("XDG_CONFIG_HOME", self.folder.path().join("config")).current_dir(self.folder.path());
        command.kill_on_drop(true);
        command
    }

    /// Runs a command of the command line, signed in or not, with this text as its standard input.
    pub(crate) async fn cli(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut command = self.command();
        command.args(arguments).env("TRUELINE_URL", &self.url);
        run(command, stdin).await
    }

    /// Starts a command of the command line against another address, which leads to the server: it goes on while the server
    /// is stopped and started.
    pub(crate) fn cli_at(&self, url: &str, arguments: &[&str], stdin: &str) -> JoinHandle<Output> {
        let mut command = self.command();
        command.args(arguments).env("TRUELINE_URL", url);
        let stdin = stdin.to_owned();
        tokio::spawn(async move { run(command, &stdin).await })
    }

    /// Runs a command that works on the data itself, with the server stopped.
    pub(crate) async fn offline(&self, arguments: &[&str]) -> Output {
        let mut command = self.command();
        command.args(arguments).arg("--data").arg(self.data());
        if let Database::Postgres(database) = &self.database {
            command.env("TRUELINE_DATABASE", &database.url);
        }
        run(command, "").await
    }

    /// Runs a command of the command line on a terminal of its own; its standard output is all that was drawn there.
    /// `None` where the program `script` is not there.
    pub(crate) async fn on_terminal(&self, arguments: &[&str]) -> Option<Output> {
        let words = arguments.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let line = format!("'{}' {words}", env!("CARGO_BIN_EXE_trueline"));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
        for (name, value) in self.command().as_std().get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script
            .env("TRUELINE_URL", &self.url)
            .env("TERM", "xterm")
            .current_dir(self.folder.path())
            .kill_on_drop(true);
        Command::new("script").arg("--version").output().await.ok()?;
        Some(run(script, "").await)
    }

    /// Runs `git` with the user `name` and this password, which stand neither in arguments nor in files.
    pub(crate) async fn git(&self, folder: &Path, user: (&str, &str), arguments: &[&str]) -> Output {
        let askpass = self.folder.path().join("askpass");
        if !askpass.exists() {
            let script =
                "#!/bin/sh\ncase \"$1\" in Username*) echo \"$GIT_USER\";; *) echo \"$GIT_SECRET\";; esac\n";
            std::fs::write(&askpass, script).expect("the script can be written");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(&askpass, mode).expect("its mode can be set");
        }
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).kill_on_drop(true);
        command.env("GIT_ASKPASS", askpass).env("GIT_USER", user.0).env("GIT_SECRET", user.1);
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", self.folder.path());
        for (name, value) in [("NAME", "Ann"), ("EMAIL", "ann@example.org")] {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        run(command, "").await
    }

    /// A client that is not signed in.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url, self.transcript.clone())
    }

    /// A client with the cookie of this user.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Client {
        let mut client = self.client();
        client.sign_in(name, password).await;
        client
    }

    /// A client with the cookie of `admin`.
    pub(crate) async fn admin(&self) -> Client {
        self.sign_in("admin", ADMIN_PASSWORD).await
    }

    /// The address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The folder for everything of this story; the data folder is in it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// What the process wrote since its last start.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no holder panics").clone()
    }

    /// All answers that clients of this story got.
    pub(crate) fn transcript(&self) -> &Transcript {
        &self.transcript
    }
}

/// What a command gave.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Output {
    /// The standard output of a command that has to succeed.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.stdout
    }

    /// The standard output of a command that has to succeed, as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.good()).expect("it is JSON")
    }
}

async fn run(mut command: Command, stdin: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut input = child.stdin.take().expect("it has a standard input");
    // A command that does not read its input has closed it: that is its own affair.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let ended = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output()).await;
    let output = ended.expect("the command ends within two minutes").expect("it can be waited for");
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn collect(log: &Arc<Mutex<String>>, from: Option<impl AsyncRead + Unpin + Send + 'static>) {
    let Some(from) = from else { return };
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut log = log.lock().expect("no holder panics");
            log.push_str(&line);
            log.push('\n');
        }
    });
}

/// The address in the line that `serve` prints when it listens.
fn listening(log: &str) -> Option<String> {
    let at = log.find("http://127.0.0.1:")?;
    let rest = &log[at..];
    let end =
        rest[7..].find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).map_or(rest.len(), |i| i + 7);
    Some(rest[..end].to_owned())
}
