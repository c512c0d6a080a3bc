//! A process of the control plane, and the folder that all of one control plane write to. Both are gone when the
//! test process ends, however it ends.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Starts the program, says its process, and kills it when its own standard input ends: the other end of that
/// pipe is held by the test process alone.
const WATCHDOG: &str = r#"
set -eu
log=$1
shift
"$@" >>"$log" 2>&1 </dev/null &
process=$!
trap 'kill -KILL $process 2>/dev/null || true; wait $process 2>/dev/null || true' EXIT
echo "$process"
cat >/dev/null
"#;

/// Removes a folder when its standard input ends, again and again while something still writes to it.
const CLEANER: &str = r#"
cat >/dev/null
for turn in 1 2 3 4 5; do
    rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] && exit 0
    sleep 0.2
done
"#;

/// How often others may take a port before it is used.
const PORT_TRIES: u32 = 5;

/// A running program.
pub(super) struct Process {
    /// Its number.
    pub(super) number: String,
    log: PathBuf,
    watchdog: Child,
}

/// A folder for a control plane.
pub(super) struct Folder {
    /// Where it is.
    pub(super) path: PathBuf,
    cleaner: Child,
}

impl Process {
    /// Starts a program; its output is appended to `NAME.log` in the folder.
    pub(super) fn start(folder: &Path, program: &Path, arguments: &[String]) -> Result<Self, String> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = folder.join(format!("{name}.log"));
        let mut watchdog = shell(WATCHDOG)
            .arg(&log)
            .arg(program)
            .args(arguments)
            .env("HOME", folder)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut number = String::new();
        let stdout = watchdog.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut number).map_err(|e| e.to_string())?;
        Ok(Self { number: number.trim().to_owned(), log, watchdog })
    }

    /// Whether it still runs.
    pub(super) fn runs(&self) -> bool {
        Path::new("/proc").join(&self.number).exists()
    }

    /// The end of what it wrote.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let start = text.len().saturating_sub(4000);
        String::from_utf8_lossy(&text[start..]).into_owned()
    }

    /// Its number, for whoever looks at it.
    pub(super) fn number(&self) -> &str {
        &self.number
    }

    /// Its memory now, in MB.
    pub(super) fn megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.number)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

impl Folder {
    /// Makes one, in memory where there is such a place.
    pub(super) fn make() -> Result<Self, String> {
        let make = |parent: &Path| tempfile::Builder::new().prefix("trueline-cluster-").tempdir_in(parent);
        let folder = make(Path::new("/dev/shm")).or_else(|_| make(&std::env::temp_dir()));
        let path = folder.map_err(|e| e.to_string())?.keep();
        let cleaner = shell(CLEANER).arg(&path).stdout(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        Ok(Self { path, cleaner })
    }

    /// Writes a file; its path as text.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.path.join(name);
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok(path.display().to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

/// A port of this machine that nothing listens on now.
pub(super) fn free_port() -> Result<SocketAddr, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).map_err(|e| e.to_string())
}

/// Starts something on ports that were free, and again on others where somebody else took them in between.
pub(super) async fn on_free_ports<T>(start: impl AsyncFn() -> Result<T, String>) -> Result<T, String> {
    let mut tries = 0..PORT_TRIES;
    loop {
        match start().await {
            Err(why) if why.contains("address already in use") && tries.next().is_some() => {}
            started => return started,
        }
    }
}

/// A name that no other test process has, running or not.
pub(super) fn unique(what: &str) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{what}-{}-{:x}", std::process::id(), since.as_nanos())
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, "watchdog"]).current_dir("/").env_clear();
    // Ctrl-C ends the test process; the watchdog has to outlive it.
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::piped()).process_group(0);
    command
}
