//! The server process: started once per test process, stopped and removed by a watchdog when that ends,
//! however it ends.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::Value;

use super::{PASSWORD, wire};

/// The administrator.
const ADMINISTRATOR: &str = "root1";
/// How long it may take until it answers; under a second's work on a quiet machine, most of it the tables.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// Starts the server, says its process, and stops it when its own standard input ends: the other end of that
/// pipe is held by the test process alone.
const WATCHDOG: &str = r#"
set -eu
program=$1
folder=$2
"$program" web --config "$folder/app.ini" >>"$folder/log" 2>&1 </dev/null &
server=$!
trap 'kill -KILL $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
echo "$server"
cat >/dev/null
"#;

/// The running server.
pub(super) struct Server {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Holds the pipe whose end tells the watchdog to stop the server.
    _watchdog: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// The server, started by the first who asks.
pub(super) fn running(program: &Path) -> &'static Server {
    match SERVER.get_or_init(|| start(program)) {
        Ok(server) => server,
        Err(why) => panic!("Gitea does not start: {why}"),
    }
}

fn start(program: &Path) -> Result<Server, String> {
    let folder = folder().map_err(|e| e.to_string())?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
    let address = port.map_err(|e| e.to_string())?;
    let data = program.with_file_name("data");
    std::fs::write(folder.join("app.ini"), configuration(&folder, &data, address))
        .map_err(|e| e.to_string())?;
    let mut watchdog = Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .args([program, &folder])
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", &folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C ends the test process; the watchdog has to outlive it.
        .process_group(0)
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut process = String::new();
    let stdout = watchdog.stdout.take().ok_or("no standard output")?;
    BufReader::new(stdout).read_line(&mut process).map_err(|e| e.to_string())?;
    let server = Server { address, _watchdog: watchdog };
    server.wait_until_ready(process.trim(), &folder)?;
    administrator(program, &folder)?;
    Ok(server)
}

/// In memory where there is such a place: the tables are made in a fourth of the time.
fn folder() -> std::io::Result<PathBuf> {
    let make = |parent: &Path| tempfile::Builder::new().prefix("trueline-gitea-").tempdir_in(parent);
    let folder = make(Path::new("/dev/shm")).or_else(|_| make(&std::env::temp_dir()))?;
    // The watchdog removes it, however this process ends.
    Ok(folder.keep())
}

fn configuration(folder: &Path, data: &Path, address: SocketAddr) -> String {
    let (folder, data, port) = (folder.display(), data.display(), address.port());
    format!(
        "RUN_MODE = prod\n\
         I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true\n\
         WORK_PATH = {folder}\n\
         [server]\n\
         HTTP_ADDR = 127.0.0.1\n\
         HTTP_PORT = {port}\n\
         ROOT_URL = http://127.0.0.1:{port}/\n\
         STATIC_ROOT_PATH = {data}\n\
         DISABLE_SSH = true\n\
         OFFLINE_MODE = true\n\
         LFS_START_SERVER = false\n\
         [database]\n\
         DB_TYPE = sqlite3\n\
         PATH = {folder}/gitea.db\n\
         [repository]\n\
         DEFAULT_BRANCH = main\n\
         [security]\n\
         INSTALL_LOCK = true\n\
         PASSWORD_HASH_ALGO = pbkdf2$1$50\n\
         [service]\n\
         DISABLE_REGISTRATION = true\n\
         [queue]\n\
         TYPE = channel\n\
         [indexer]\n\
         ISSUE_INDEXER_TYPE = db\n\
         [cron]\n\
         ENABLED = false\n\
         [actions]\n\
         ENABLED = false\n\
         [mailer]\n\
         ENABLED = false\n\
         [session]\n\
         PROVIDER = memory\n\
         [log]\n\
         MODE = console\n\
         LEVEL = Warn\n"
    )
}

fn administrator(program: &Path, folder: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .args(["admin", "user", "create", "--admin", "--must-change-password=false"])
        .args(["--username", ADMINISTRATOR, "--email", "root1@acme.dev", "--password", PASSWORD])
        .arg("--config")
        .arg(folder.join("app.ini"))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

impl Server {
    fn wait_until_ready(&self, process: &str, folder: &Path) -> Result<(), String> {
        let begun = Instant::now();
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        while begun.elapsed() < READY_LIMIT {
            let answer = wire::exchange(self.address, ("GET", "/api/v1/version"), &[], b"");
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if !Path::new("/proc").join(process).exists() {
                return Err(format!("it ended:\n{}", log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("it is not ready within {} s:\n{}", READY_LIMIT.as_secs(), log()))
    }

    /// Calls the interface as the administrator.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{ADMINISTRATOR}:{PASSWORD}"));
        let authorization = format!("Basic {pair}");
        let headers: [(&str, &[u8]); 2] =
            [("authorization", authorization.as_bytes()), ("content-type", b"application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        let target = format!("/api/v1{path}");
        let reply = wire::exchange(self.address, (method, &target), &headers, body.as_bytes());
        let reply = reply.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }
}
