//! A real OCI registry (the distribution project's), over TLS with a private authority, for one user or for all.
//!
//! Each test starts its own: it is up in some ten milliseconds. A watchdog stops it and removes its files when the
//! test process ends, however it ends.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::tls::Authority;
use crate::tools;

/// The user of a registry that lets in nobody else.
pub const USER: &str = "chart-bot";
/// Its password.
pub const PASSWORD: &str = "registry-Secret-4711";
/// The user as `htpasswd` writes it: bcrypt with few rounds, the only kind that the registry reads.
const HTPASSWD: &str = "chart-bot:$2a$04$ZizDZOXAZHl1Y9AjmEuSuufx3aG/D4Nrvjj5rPWKJTKkDFlicJvqm\n";
/// How long it may take until it listens.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// Starts the server and stops it when its own standard input ends: the other end of that pipe is held by the
/// test process alone.
const WATCHDOG: &str = r#"
set -eu
program=$1
folder=$2
"$program" serve "$folder/config.yml" >>"$folder/log" 2>&1 </dev/null &
server=$!
trap 'kill -KILL $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >/dev/null
"#;

/// A running registry.
pub struct Registry {
    address: SocketAddr,
    folder: PathBuf,
    /// The authority that its certificate is of, PEM.
    pub ca_pem: String,
    watchdog: Child,
}

/// Starts a registry that asks for [`USER`] and [`PASSWORD`], or lets everybody in. `None` when the program was not
/// built; the test command builds it.
///
/// # Panics
/// When it does not start.
pub fn start(private: bool) -> Option<Registry> {
    let program = tools::registry()?;
    Some(
        Registry::start(&program, private).unwrap_or_else(|why| panic!("the registry does not start: {why}")),
    )
}

impl Registry {
    fn start(program: &Path, private: bool) -> Result<Self, String> {
        let text = |e: std::io::Error| e.to_string();
        let folder = tempfile::Builder::new().prefix("trueline-registry-").tempdir().map_err(text)?.keep();
        let authority = Authority::new("Acme Registries");
        let identity = authority.identity("registry.acme.test");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
        let address = port.map_err(text)?;
        let files = [
            ("tls.crt", identity.certificate_pem.as_str()),
            ("tls.key", &identity.key_pem),
            ("ca.crt", &authority.ca_pem),
            ("htpasswd", HTPASSWD),
            ("config.yml", &configuration(&folder, address, private)),
        ];
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).map_err(text)?;
        }
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .args([program, &folder])
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Ctrl-C ends the test process; the watchdog has to outlive it.
            .process_group(0)
            .spawn()
            .map_err(text)?;
        let registry = Self { address, folder, ca_pem: authority.ca_pem.clone(), watchdog };
        registry.wait_until_ready()?;
        Ok(registry)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let begun = Instant::now();
        while begun.elapsed() < READY_LIMIT {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(std::fs::read_to_string(self.folder.join("log")).unwrap_or_default())
    }

    /// Host and port.
    pub fn place(&self) -> String {
        self.address.to_string()
    }

    /// The address of a folder of charts: `oci://127.0.0.1:PORT/PATH`.
    pub fn url(&self, path: &str) -> String {
        format!("oci://{}/{path}", self.address)
    }

    /// Runs the real `helm` with this registry's authority and user, in the registry's own folder.
    pub fn helm(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).env_clear().env("HOME", &self.folder);
        command.stdin(Stdio::null());
        if matches!(arguments.first(), Some(&("push" | "pull" | "show"))) {
            command.args(["--ca-file", "ca.crt", "--username", USER, "--password", PASSWORD]);
        }
        command.output().expect("helm can be run")
    }

    /// Pushes a chart's archive with the real `helm`.
    ///
    /// # Panics
    /// When that fails.
    pub fn push(&self, program: &Path, archive: &Path, path: &str) {
        let archive = archive.to_str().expect("a path of UTF-8");
        let output = self.helm(program, &["push", archive, &self.url(path)]);
        assert!(output.status.success(), "helm push: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Where the registry keeps its files; they go with it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it, and removes what it kept.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.end();
    }
}

fn configuration(folder: &Path, address: SocketAddr, private: bool) -> String {
    let folder = folder.display();
    let auth = if private {
        format!("auth:\n  htpasswd:\n    realm: Acme\n    path: {folder}/htpasswd\n")
    } else {
        String::new()
    };
    format!(
        "version: 0.1\n\
         log:\n  level: warn\n  accesslog:\n    disabled: true\n\
         storage:\n  filesystem:\n    rootdirectory: {folder}/data\n  delete:\n    enabled: true\n\
         http:\n  addr: {address}\n  secret: of-a-test\n  tls:\n    certificate: {folder}/tls.crt\n    key: {folder}/tls.key\n\
         {auth}"
    )
}
