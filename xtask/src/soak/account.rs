//! One GitOps configuration that is worked on: applications come, are deployed, and go.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Error;
use crate::demo::GitHost;
use crate::program::Running;
use crate::run::output;

const IMAGE: &str = "registry.acme.dev/soak";
/// How often something is tried that faults may stop.
const TRIES: u32 = 20;
/// Most applications of an account at a time.
const MOST: usize = 4;
/// How long what was asked for may take to be gone.
const GONE_LIMIT: Duration = Duration::from_secs(120);

/// What was done, and what came of it.
#[derive(Default, Clone)]
pub(super) struct Tally {
    name: String,
    stored: u64,
    failed: BTreeMap<String, u64>,
    created: u64,
    deleted: u64,
    checks: u64,
    refused_checks: u64,
    commits: u64,
    wrong: u64,
}

impl Tally {
    /// Adds another's figures.
    pub(super) fn add(&mut self, other: &Self) {
        self.name = "all".into();
        self.stored += other.stored;
        for (code, count) in &other.failed {
            *self.failed.entry(code.clone()).or_default() += count;
        }
        self.created += other.created;
        self.deleted += other.deleted;
        self.checks += other.checks;
        self.refused_checks += other.refused_checks;
        self.commits += other.commits;
        self.wrong += other.wrong;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: Vec<String> = self.failed.iter().map(|(code, n)| format!("{code} {n}")).collect();
        write!(
            f,
            "{}: {} applications made, {} deleted; {} deployments stored ({} of them in applications that are left, each one commit), failed: {}; {} checks \
             passed, {} failed; {} wrong",
            self.name,
            self.created,
            self.deleted,
            self.stored,
            self.commits,
            if failed.is_empty() { "none".into() } else { failed.join(", ") },
            self.checks,
            self.refused_checks,
            self.wrong
        )
    }
}

/// An account and its applications.
pub(super) struct Account<'a> {
    running: &'a Running,
    host: &'a GitHost,
    active: &'a Mutex<()>,
    name: String,
    chance: u64,
    applications: Vec<String>,
    next: u64,
    tally: Tally,
}

impl<'a> Account<'a> {
    /// Saves the account, as often as faults make it necessary.
    ///
    /// # Errors
    /// When it cannot be saved at all.
    pub(super) fn connect(
        running: &'a Running,
        host: &'a GitHost,
        seed: u64,
        active: &'a Mutex<()>,
    ) -> Result<Self, Error> {
        let name = host.provider().to_owned();
        let flags = host.flags();
        let mut save: Vec<&str> = vec!["gitops", "save", &name, "--deletion", "delete"];
        save.extend(flags.iter().map(String::as_str));
        let mut last = None;
        for _ in 0..TRIES {
            match type_in(running, &save, host.token().unwrap_or_default()) {
                Ok(()) => {
                    let tally = Tally { name: name.clone(), ..Tally::default() };
                    return Ok(Self {
                        running,
                        host,
                        active,
                        name,
                        chance: seed | 1,
                        applications: Vec::new(),
                        next: 0,
                        tally,
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(format!("{name} could not be saved: {}", last.map(|e| e.to_string()).unwrap_or_default()).into())
    }

    /// The figures so far.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Does one thing by chance; what fails is counted.
    pub(super) fn step(&mut self) {
        let choice = self.number(20);
        match self.applications.len() {
            0 => self.create(),
            few if few < MOST && choice == 0 => self.create(),
            many if many > 1 && choice == 1 => self.delete(),
            _ if choice == 2 => match self.run(&["gitops", "check", &self.name.clone()]) {
                Ok(_) => self.tally.checks += 1,
                Err(_) => {
                    println!("{}: a check failed: {}", self.name, self.failed_stages());
                    self.tally.refused_checks += 1;
                }
            },
            _ => {
                let at = usize::try_from(self.number(self.applications.len() as u64)).unwrap_or_default();
                let application = self.applications[at].clone();
                self.deploy(&application);
            }
        }
    }

    fn create(&mut self) {
        self.next += 1;
        let application = format!("{}-{}", self.name, self.next);
        let _active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let name = self.name.clone();
        let made = self
            .run(&["gitops", "activate", &name])
            .and_then(|_| self.run(&["app", "create", &application, "--project", "soak"]));
        match made {
            Ok(_) => {
                self.tally.created += 1;
                self.applications.push(application);
            }
            Err(error) => self.wrong(&format!("{application} was not made: {error}")),
        }
    }

    fn delete(&mut self) {
        let Some(application) = self.applications.pop() else { return };
        match self.run(&["app", "delete", &application, "--repository", "delete"]) {
            Ok(_) => self.tally.deleted += 1,
            Err(error) => self.wrong(&format!("{application} was not deleted: {error}")),
        }
    }

    fn deploy(&mut self, application: &str) {
        let image = format!("{IMAGE}:{}", self.number(1_000_000));
        let to = ["--environment", "production", "--image", &image, "--wait", "-o", "json"];
        let asked = self.run(&[&["app", "deploy", application][..], &to].concat());
        match asked {
            Ok(_) => self.tally.stored += 1,
            Err(error) => {
                let text = error.to_string();
                let code = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("unknown");
                let code: String = code.chars().take(60).collect();
                *self.tally.failed.entry(code).or_default() += 1;
            }
        }
    }

    /// Looks whether every deployment that is said to be stored is in Git once, and no other.
    ///
    /// # Errors
    /// When Trueline does not answer.
    pub(super) fn verify(&mut self) -> Result<bool, Error> {
        for application in self.applications.clone() {
            // The host is well again, so this one has to work.
            let image = format!("{IMAGE}:last");
            let to = ["--environment", "production", "--image", &image, "--wait"];
            if let Err(error) = self.run(&[&["app", "deploy", &application][..], &to].concat()) {
                self.wrong(&format!("{application} cannot be deployed in the end: {error}"));
                continue;
            }
            let history: Value =
                serde_json::from_str(&self.run(&["app", "history", &application, "-o", "json"])?)?;
            let rows = history.as_array().or(history["items"].as_array()).cloned().unwrap_or_default();
            let mut stored: Vec<String> = rows
                .iter()
                .filter(|d| d["end"] == "stored")
                .filter_map(|d| d["id"].as_str().map(str::to_owned))
                .collect();
            let mut committed = self.trailers(&application)?;
            self.tally.commits += committed.len() as u64;
            stored.sort();
            committed.sort();
            if stored != committed {
                self.wrong(&format!(
                    "{application}: {} deployments are stored, {} are in Git",
                    stored.len(),
                    committed.len()
                ));
            }
        }
        Ok(self.tally.wrong == 0)
    }

    /// The deployments that the repository has commits of.
    fn trailers(&self, application: &str) -> Result<Vec<String>, Error> {
        let shown: Value = serde_json::from_str(&self.run(&["app", "show", application, "-o", "json"])?)?;
        let address = shown["clone_url"].as_str().ok_or("app show names no clone_url")?;
        let folder = tempfile::tempdir()?;
        let clone: PathBuf = folder.path().join("clone.git");
        let (user, password) = match self.host.git_account() {
            Some(account) => account,
            None => ("admin".to_owned(), self.running.password()?),
        };
        let secret = folder.path().join("secret");
        std::fs::write(&secret, password)?;
        let script = folder.path().join("askpass");
        let text = format!(
            "#!/bin/sh\ncase \"$1\" in Username*) echo '{user}';; *) cat '{}';; esac\n",
            secret.display()
        );
        std::fs::write(&script, text)?;
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let mut command = Command::new("git");
        command.args(["clone", "--quiet", "--bare", address]).arg(&clone);
        command.env("GIT_ASKPASS", &script).env("GIT_TERMINAL_PROMPT", "0");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        output(&mut command)?;
        let mut log = Command::new("git");
        log.arg("-C").arg(&clone);
        log.args(["log", "--format=%(trailers:key=Trueline-Deployment,valueonly,separator=%x0A)"]);
        let text = output(&mut log)?;
        Ok(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
    }

    /// Deletes every application with its repository, and waits until they are gone.
    ///
    /// # Errors
    /// When they do not go.
    pub(super) fn clear_away(&mut self) -> Result<(), Error> {
        while !self.applications.is_empty() {
            self.delete();
        }
        let prefix = format!("{}-", self.name);
        let begun = Instant::now();
        loop {
            let listed: Value = serde_json::from_str(&self.run(&["app", "list", "-o", "json"])?)?;
            let rows = listed.as_array().or(listed["items"].as_array()).cloned().unwrap_or_default();
            let left =
                rows.iter().filter(|a| a["name"].as_str().is_some_and(|n| n.starts_with(&prefix))).count();
            if left == 0 {
                return Ok(());
            }
            if begun.elapsed() > GONE_LIMIT {
                return Err(format!(
                    "{left} applications of {} are not gone after {} s",
                    self.name,
                    GONE_LIMIT.as_secs()
                )
                .into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What the last check stopped at, in its own words.
    fn failed_stages(&self) -> String {
        let shown = self.run(&["gitops", "show", &self.name, "-o", "json"]).unwrap_or_default();
        let shown: Value = serde_json::from_str(&shown).unwrap_or_default();
        let stages = shown["check"]["stages"].as_array().cloned().unwrap_or_default();
        let failed = stages.iter().filter(|stage| stage["state"] == "failed");
        failed
            .map(|stage| format!("{}: {}", stage["stage"], stage["diagnosis"]))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn wrong(&mut self, what: &str) {
        println!("WRONG: {what}");
        self.tally.wrong += 1;
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        output(&mut self.running.client(arguments))
    }

    /// A step of Marsaglia's xorshift (Journal of Statistical Software 8, 2003).
    fn number(&mut self, below: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance % below.max(1)
    }
}

/// Runs a command that reads a secret from its standard input.
///
/// # Errors
/// When it fails; the text is what it wrote.
pub(super) fn type_in(running: &Running, arguments: &[&str], input: &str) -> Result<(), Error> {
    let mut command = running.client(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let done = child.wait_with_output()?;
    if done.status.success() {
        return Ok(());
    }
    let words = [String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)].concat();
    Err(format!("`trueline {}` ended with {}: {words}", arguments.join(" "), done.status).into())
}
