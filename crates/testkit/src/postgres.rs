//! A real PostgreSQL for tests: one server per test process, a fresh database per test.
//!
//! The server runs as an unprivileged user, listens on a socket in a temporary folder alone, and is stopped
//! and removed by a watchdog when the test process ends, however it ends.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Where Debian's package `postgresql` puts the programs of each version.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// Starts the server, says where its socket is, and stops it when its own standard input ends: the other end
/// of that pipe is held by the test process alone.
const WATCHDOG: &str = r#"
set -eu
programs=$1
folder=$(mktemp -d "$2/trueline-postgres-XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$programs/initdb" -D "$folder/data" -U postgres -E UTF8 --auth=trust --no-sync --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=en-u-ka-shifted >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=400 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB \
    -c autovacuum=off >>"$folder/log" 2>&1 &
server=$!
trap 'kill -QUIT $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
tries=0
until "$programs/pg_isready" -q -h "$folder"; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ] || ! kill -0 $server; then cat "$folder/log" >&2; exit 1; fi
    sleep 0.05
done
echo "$folder"
cat >/dev/null
"#;

struct Server {
    programs: PathBuf,
    folder: PathBuf,
    /// Databases whose tests are over, and the number of the next one.
    state: Mutex<(Vec<String>, u32)>,
    /// Holds the pipe whose end tells the watchdog to stop the server.
    _watchdog: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// A fresh, empty database. It is removed some time after it is dropped.
pub struct Database {
    name: String,
    /// Its address for `store::Settings` and `trueline serve --database`.
    pub url: String,
}

/// Makes a fresh database for the test `name`. Where PostgreSQL is not installed the test is skipped loudly,
/// and there is none.
///
/// # Panics
/// When PostgreSQL is installed but does not start.
pub fn database(name: &str) -> Option<Database> {
    let Some(programs) = programs() else {
        crate::skip(name, "PostgreSQL is not installed (Debian: apt-get install postgresql)");
        return None;
    };
    match SERVER.get_or_init(|| start(&programs)) {
        Ok(server) => Some(server.fresh()),
        Err(why) => panic!("PostgreSQL does not start: {why}"),
    }
}

/// The folder of the newest installed version's programs.
fn programs() -> Option<PathBuf> {
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    std::fs::read_dir(PROGRAMS)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bin/postgres").is_file())
        .max_by_key(|path| number(path))
        .map(|path| path.join("bin"))
}

/// The folder of temporary files, where the unprivileged user may write to it.
fn parent() -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = std::env::temp_dir();
    let is_open = parent.metadata().is_ok_and(|about| about.permissions().mode() & 0o002 != 0);
    if is_open { parent } else { "/tmp".into() }
}

fn start(programs: &Path) -> Result<Server, String> {
    // PostgreSQL refuses to run as root.
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut watchdog = command
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(programs)
        .arg(parent())
        .current_dir("/")
        .env_remove("TMPDIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C ends the test process; the watchdog has to outlive it.
        .process_group(0)
        .spawn()
        .map_err(|e| e.to_string())?;
    let stdout = watchdog.stdout.take().ok_or("no standard output")?;
    let mut folder = String::new();
    BufReader::new(stdout).read_line(&mut folder).map_err(|e| e.to_string())?;
    if folder.trim().is_empty() {
        return Err("see its own words above".into());
    }
    Ok(Server {
        programs: programs.to_owned(),
        folder: folder.trim().into(),
        state: Mutex::new((Vec::new(), 0)),
        _watchdog: watchdog,
    })
}

impl Server {
    fn fresh(&self) -> Database {
        let (over, name) = {
            let mut state = self.state.lock().expect("no test panics while it holds this");
            state.1 += 1;
            (std::mem::take(&mut state.0), format!("test_{}", state.1))
        };
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"])
            .arg(&self.folder);
        for old in over {
            psql.arg("-c").arg(format!("DROP DATABASE {old} WITH (FORCE)"));
        }
        let output = psql.arg("-c").arg(format!("CREATE DATABASE {name}")).output().expect("psql starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = self.folder.display().to_string().replace('/', "%2F");
        Database { url: format!("postgres://postgres@localhost/{name}?host={folder}"), name }
    }
}

impl Database {
    /// The folder of the server that runs it: `data` with the write-ahead log in `pg_wal`, and `log`.
    pub fn server_folder(&self) -> &Path {
        match SERVER.get() {
            Some(Ok(server)) => &server.folder,
            _ => unreachable!("a database comes from a server"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(Ok(server)) = SERVER.get()
            && let Ok(mut state) = server.state.lock()
        {
            state.0.push(std::mem::take(&mut self.name));
        }
    }
}
