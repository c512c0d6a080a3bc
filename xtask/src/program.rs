//! A running Trueline for the demo and the benchmarks: built, started on loopback, used through its own
//! command line, and ended.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;
use crate::http::get;
use crate::run::{cargo, target};

const READY_LIMIT: Duration = Duration::from_secs(30);

/// Builds the program; cargo shows its own progress.
///
/// # Errors
/// When it does not build.
pub(crate) fn build(release: bool) -> Result<PathBuf, Error> {
    let mut command = cargo(&["build", "--package", "trueline"]);
    if release {
        command.arg("--release");
    }
    if !command.status()?.success() {
        return Err("trueline does not build".into());
    }
    Ok(target().join(if release { "release/trueline" } else { "debug/trueline" }))
}

/// The port to listen on: the one asked for, or a free one.
///
/// # Errors
/// When the one asked for is in use.
pub(crate) fn port(wanted: Option<u16>) -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.unwrap_or(0)));
    let listener = listener.map_err(|e| match wanted {
        Some(port) => format!("port {port} is in use ({e}); choose another one with --port"),
        None => format!("no port is free: {e}"),
    })?;
    Ok(listener.local_addr()?.port())
}

/// Trueline, running. It ends when this is dropped.
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How long it took from its start until it was ready.
    pub(crate) ready_after: Duration,
    program: PathBuf,
    helm: PathBuf,
    folder: PathBuf,
    child: Child,
}

impl Running {
    /// Starts `trueline serve` with its defaults; its data, its log and the command line's sign-in lie in
    /// `folder`.
    ///
    /// # Errors
    /// When it does not get ready; the text ends with its log's last lines.
    pub(crate) fn start(program: &Path, helm: &Path, folder: &Path, port: u16) -> Result<Self, Error> {
        Self::start_with((program, helm), folder, port, &[])
    }

    /// The same with settings more: environment variables and their values.
    ///
    /// # Errors
    /// As [`Running::start`].
    pub(crate) fn start_with(
        (program, helm): (&Path, &Path),
        folder: &Path,
        port: u16,
        settings: &[(String, String)],
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = File::create(folder.join("trueline.log"))?;
        let mut command = clean(program, helm);
        command.arg("serve").arg("--data").arg(folder.join("data")).arg("--listen").arg(address.to_string());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let start = Instant::now();
        let child = command.spawn().map_err(|e| format!("cannot start {}: {e}", program.display()))?;
        let mut running = Self {
            address,
            ready_after: Duration::ZERO,
            program: program.to_path_buf(),
            helm: helm.to_path_buf(),
            folder: folder.to_path_buf(),
            child,
        };
        running.wait_until_ready(start)?;
        Ok(running)
    }

    fn wait_until_ready(&mut self, start: Instant) -> Result<(), Error> {
        while start.elapsed() < READY_LIMIT {
            if get(self.address, "/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
                self.ready_after = start.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("trueline serve ended with {status}:\n{}", self.log_end()).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("trueline serve was not ready within 30 s:\n{}", self.log_end()).into())
    }

    /// The last lines of its log.
    pub(crate) fn log_end(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("trueline.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first password of `admin`.
    ///
    /// # Errors
    /// When the file is not there.
    pub(crate) fn password(&self) -> Result<String, Error> {
        Ok(std::fs::read_to_string(self.folder.join("data/admin-password"))?.trim().to_owned())
    }

    /// A command of the command line, for this server.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let mut command = clean(&self.program, &self.helm);
        command.args(arguments).env("XDG_CONFIG_HOME", self.folder.join("config")).current_dir(&self.folder);
        command
    }

    /// The memory that the process holds now, in bytes.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn memory(&self) -> Result<u64, Error> {
        memory_of(&self.child.id().to_string(), "VmRSS")
    }

    /// The memory of its own among that, without the pages of files that the system lends: the program's code above all.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn own_memory(&self) -> Result<u64, Error> {
        memory_of(&self.child.id().to_string(), "RssAnon")
    }

    /// The most memory that the process ever held, in bytes: as the system counted it, between any two looks.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn peak(&self) -> Result<u64, Error> {
        memory_of(&self.child.id().to_string(), "VmHWM")
    }

    /// Waits until it ends by itself, for example by the Ctrl-C that it sees as well.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub(crate) fn wait(mut self) -> Result<(), Error> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // First asked, then made to: what it has begun is finished.
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success());
        let start = Instant::now();
        while asked && start.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of a process's status (`proc_pid_status(5)`), in bytes.
///
/// # Errors
/// When the system does not tell.
pub(crate) fn memory_of(process: &str, name: &str) -> Result<u64, Error> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let mut lines = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| *key == name).ok_or_else(|| format!("there is no {name}"))?;
    let kilobytes: u64 = value.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// The program without settings that the caller's environment may have.
fn clean(program: &Path, helm: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRUELINE_") {
            command.env_remove(name);
        }
    }
    command.env("TRUELINE_HELM", helm);
    command
}
