//! The `helm` program: found, and run shut off from everything but one private folder.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use model::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};

use crate::Error;

/// The `helm` program and the limits that it runs under.
#[derive(Clone, Debug)]
pub struct Helm {
    program: PathBuf,
    timeout: Duration,
    output_limit: usize,
    /// Where charts are laid out; the system's temporary folder when it is not named.
    work: Option<PathBuf>,
}

/// What a run of the program gave.
pub(crate) struct Run {
    pub(crate) succeeded: bool,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// What surrounds a run beside its folder.
#[derive(Clone, Copy, Default)]
pub(crate) struct Around<'a> {
    /// Text for its standard input.
    pub(crate) input: Option<&'a Secret>,
    /// The file of its local time zone; UTC without one.
    pub(crate) zone: Option<&'a Path>,
}

/// The most bytes of error text that are read.
const ERRORS_LIMIT: usize = 256 * 1024;

impl Helm {
    /// How long one rendering may take.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// The most bytes that one chart may render to.
    pub const OUTPUT_LIMIT: usize = 64 * 1024 * 1024;

    /// Finds the program: at `path`, else as `helm` in the folders of `search` (the form of `PATH`). An error
    /// says where it was looked for.
    pub fn find(path: Option<&Path>, search: Option<&std::ffi::OsStr>) -> Result<Self, Error> {
        let usable = |p: &PathBuf| p.is_file();
        let found = match path {
            Some(path) => Some(path.to_path_buf()).filter(usable),
            None => search.and_then(|s| std::env::split_paths(s).map(|dir| dir.join("helm")).find(usable)),
        };
        let looked = match path {
            Some(path) => format!("looked for {}", path.display()),
            None => "looked for `helm` in the folders of PATH".into(),
        };
        let program = found.ok_or(Error::HelmMissing { looked })?;
        let program = std::path::absolute(&program).map_err(|source| Error::Io {
            what: "find",
            path: program,
            source,
        })?;
        Ok(Self { program, timeout: Self::TIMEOUT, output_limit: Self::OUTPUT_LIMIT, work: None })
    }

    /// The same, laying charts out in a folder of our own: it is made with mode 0700, and what a process that
    /// was killed has left there is removed. Nothing else may be kept in it.
    pub fn working_in(self, folder: PathBuf) -> Result<Self, Error> {
        let failed = |what| {
            let path = folder.clone();
            move |source| Error::Io { what, path, source }
        };
        match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed("empty")(e)),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&folder).map_err(failed("make"))?;
        let work = std::path::absolute(&folder).map_err(failed("find"))?;
        Ok(Self { work: Some(work), ..self })
    }

    /// A new folder for one run, which is gone with the value.
    pub(crate) fn folder(&self) -> Result<tempfile::TempDir, Error> {
        let parent = self.work.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::Builder::new()
            .prefix("trueline-render-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .map_err(|source| Error::Io { what: "make a folder in", path: parent, source })
    }

    /// The same with other limits: the longest run, and the most bytes of output.
    #[must_use]
    pub fn limited(self, timeout: Duration, output_limit: usize) -> Self {
        Self { timeout, output_limit, ..self }
    }

    /// The program's file.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs the program in `folder`, which also is its home. It inherits no environment, so no plugin, no
    /// registry login and no cluster of whoever started Trueline is within its reach.
    /// `input` goes to its standard input, which is closed otherwise.
    pub(crate) async fn run(
        &self,
        folder: &Path,
        arguments: &[String],
        around: Around<'_>,
    ) -> Result<Run, Error> {
        let missing = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => {
                Error::HelmMissing { looked: format!("{} does not start: {source}", self.program.display()) }
            }
            _ => Error::Io { what: "start", path: self.program.clone(), source },
        };
        let home = |name: &str| folder.join("home").join(name);
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", home(""))
            .env("TMPDIR", home("tmp"))
            .env("HELM_CACHE_HOME", home("cache"))
            .env("HELM_CONFIG_HOME", home("config"))
            .env("HELM_DATA_HOME", home("data"))
            .env("HELM_PLUGINS", home("plugins"))
            .env("KUBECONFIG", home("no-cluster"))
            .env("GOMEMLIMIT", "1GiB")
            // It ends before collecting often pays: a seventh less work, measured with the shipped charts.
            .env("GOGC", "200")
            .env("TZ", around.zone.map_or("UTC".into(), |file| file.as_os_str().to_owned()))
            .stdin(if around.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(missing)?;
        memory::limit(&child);
        let (output, errors, input) = (child.stdout.take(), child.stderr.take(), child.stdin.take());
        let work = async {
            let (output, errors, ()) = tokio::join!(
                read(output, self.output_limit, "the rendered chart"),
                read(errors, ERRORS_LIMIT, "helm's error text"),
                write(input, around.input)
            );
            let (output, errors) = (output?, errors?);
            let status = child.wait().await.map_err(|source| self.io("wait for", source))?;
            Ok(Run { succeeded: status.success(), output, errors })
        };
        tokio::time::timeout(self.timeout, work).await.map_err(|_| Error::Timeout(self.timeout))?
    }

    fn io(&self, what: &'static str, source: std::io::Error) -> Error {
        Error::Io { what, path: self.program.clone(), source }
    }
}

/// Writes text and closes the pipe. A program that ends without reading has its own reason, which it tells.
async fn write(to: Option<ChildStdin>, text: Option<&Secret>) {
    if let (Some(mut to), Some(text)) = (to, text) {
        let _closed_early = to.write_all(text.reveal().as_bytes()).await;
    }
}

#[cfg(target_os = "linux")]
mod memory {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    /// The most private memory that the program may take. The collector's own limit, `GOMEMLIMIT`, makes it slow
    /// long before; this one ends it.
    const BYTES: u64 = 4 * 1024 * 1024 * 1024;

    /// Limits a process that has just been started. Where the system refuses, the collector's limit remains.
    pub(super) fn limit(child: &tokio::process::Child) {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let most = Rlimit { current: Some(BYTES), maximum: Some(BYTES) };
        if let Some(Err(error)) = id.map(|id| prlimit(Some(id), Resource::Data, most)) {
            tracing::debug!(%error, "helm's memory is not limited");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod memory {
    /// Nothing: only Linux limits another process.
    pub(super) fn limit(_: &tokio::process::Child) {}
}

/// Reads everything up to a limit; dropping the child on the way out kills it.
async fn read(from: Option<impl AsyncRead + Unpin>, limit: usize, what: &str) -> Result<String, Error> {
    let Some(from) = from else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most)
        .read_to_end(&mut bytes)
        .await
        .map_err(|e| Error::Output(format!("{what} could not be read: {e}")))?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { what: what.into(), limit: format!("{limit} bytes") });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
