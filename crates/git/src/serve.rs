//! The processes of the built-in Git host: `git upload-pack` and `git receive-pack`, fed and read as streams.
//!
//! Knows folders, not repositories' names; who may do what is decided elsewhere.

mod gunzip;
mod process;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::Semaphore;

use crate::error::Error;
pub use process::Output;

/// The oldest version that can be used: the first with `--http-backend-info-refs`.
const OLDEST: (u32, u32) = (2, 34);

/// After how many pushes a repository is looked at; Git itself packs from about 6,700 loose objects on.
const TIDY_EVERY: u64 = 8;

/// The two things that Git does over the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Service {
    /// Reading: clone and fetch.
    UploadPack,
    /// Writing: push.
    ReceivePack,
}

impl Service {
    /// Reads its name in Git's protocol, such as `git-upload-pack`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "git-upload-pack" => Some(Self::UploadPack),
            "git-receive-pack" => Some(Self::ReceivePack),
            _ => None,
        }
    }

    /// Its name in Git's protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::UploadPack => "git-upload-pack",
            Self::ReceivePack => "git-receive-pack",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::UploadPack => "upload-pack",
            Self::ReceivePack => "receive-pack",
        }
    }
}

/// Bounds on what the processes may take and how long they may run.
#[derive(Clone, Debug)]
pub struct ServeLimits {
    /// Bytes of a request, after decompression.
    pub request_bytes: usize,
    /// Time for one exchange.
    pub exchange: Duration,
    /// Processes at once; more requests wait.
    pub processes: usize,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self { request_bytes: 256 << 20, exchange: Duration::from_secs(300), processes: 16 }
    }
}

/// The `git` program, found and new enough.
#[derive(Clone, Debug)]
pub struct GitProgram {
    path: PathBuf,
    limits: Arc<ServeLimits>,
    room: Arc<Semaphore>,
    /// Pushes so far, to tidy up after some of them.
    pushes: Arc<AtomicU64>,
}

impl GitProgram {
    /// Finds the program: at `path`, else by its name where programs usually lie.
    ///
    /// # Errors
    /// [`Error::GitProgram`] when it is missing, cannot be run or is too old; it says what to do.
    pub async fn find(path: Option<&Path>, limits: ServeLimits) -> Result<Self, Error> {
        let path = path.unwrap_or(Path::new("git")).to_owned();
        let program = Self {
            room: Arc::new(Semaphore::new(limits.processes)),
            limits: Arc::new(limits),
            path,
            pushes: Arc::default(),
        };
        let text = program.run(&["version"]).await.map_err(|error| {
            Error::GitProgram(format!(
                "{error}. The built-in Git host needs Git {}.{} or newer: install it (package `git`), name its path \
                 in the setting `git`, or choose another Git host",
                OLDEST.0, OLDEST.1
            ))
        })?;
        let mut numbers = text
            .trim()
            .trim_start_matches("git version ")
            .split(['.', ' ', '-'])
            .map_while(|part| part.parse::<u32>().ok());
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if version < OLDEST {
            let what =
                format!("{} is older than {}.{}; install a newer Git", text.trim(), OLDEST.0, OLDEST.1);
            return Err(Error::GitProgram(what));
        }
        Ok(program)
    }

    /// Makes an empty repository without working copy. The folder must not exist; it appears as a whole.
    ///
    /// # Errors
    /// [`Error::Folder`] when the file system does not let it, [`Error::GitProgram`] when Git fails.
    pub async fn init_bare(&self, folder: &Path, default_branch: &str) -> Result<(), Error> {
        crate::refs::check_branch(default_branch)?;
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source: std::io::Error| Error::Folder { path, source: Arc::new(source) }
        };
        let parent = folder.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(parent).await.map_err(failed(parent))?;
        if tokio::fs::try_exists(folder).await.map_err(failed(folder))? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(Error::RepositoryExists { name });
        }
        let name = format!(".new-{}", uuid::Uuid::now_v7());
        let new = parent.join(name);
        let branch = format!("--initial-branch={default_branch}");
        let path = new.to_string_lossy();
        let result = async {
            let options =
                ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", &branch, "--", &path];
            self.run(&options).await.map_err(Error::GitProgram)?;
            let config = new.join("config");
            tokio::fs::write(&config, CONFIG).await.map_err(failed(&config))?;
            tokio::fs::rename(&new, folder).await.map_err(failed(folder))
        };
        let result = result.await;
        if result.is_err() {
            let _ = tokio::fs::remove_dir_all(&new).await;
        }
        result
    }

    /// The answer to `GET info/refs?service=…`.
    ///
    /// # Errors
    /// [`Error::GitProgram`] when the process cannot be started.
    pub async fn advertise(
        &self,
        folder: &Path,
        service: Service,
        protocol: Option<&str>,
    ) -> Result<Output, Error> {
        let request = process::Request {
            program: self,
            folder,
            service,
            // Pushing has no version 2; asked for it, Git would leave out the first line.
            protocol: protocol.filter(|_| service == Service::UploadPack),
            advertise: true,
        };
        request.start(futures_util::stream::empty::<std::io::Result<Bytes>>(), false).await
    }

    /// The answer to `POST git-upload-pack` or `git-receive-pack`. `gzip` says that the body is compressed.
    ///
    /// A push that has begun is carried through also when the one who pushes goes away.
    ///
    /// # Errors
    /// [`Error::GitProgram`] when the process cannot be started.
    pub async fn rpc<S, E>(
        &self,
        folder: &Path,
        service: Service,
        protocol: Option<&str>,
        body: (S, bool),
    ) -> Result<Output, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        let request = process::Request { program: self, folder, service, protocol, advertise: false };
        request.start(body.0, body.1).await
    }

    /// Packs a repository once it has become untidy, after one push in a few.
    async fn tidy(&self, folder: &str) {
        if self.pushes.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            let mut command = process::command(&self.path);
            command
                .arg("-c")
                .arg(format!("safe.directory={folder}"))
                .args(["-C", folder, "gc", "--auto", "--quiet"]);
            command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
            command.stderr(std::process::Stdio::null());
            let ended = tokio::time::timeout(self.limits.exchange, command.status()).await;
            tracing::debug!(folder, ?ended, "looked whether the repository needs packing");
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = process::command(&self.path);
        command.args(arguments).stdin(std::process::Stdio::null());
        let output = tokio::time::timeout(Duration::from_secs(20), command.output())
            .await
            .map_err(|_| "it does not answer within 20 s".to_owned())?
            .map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => format!("{} is not there", self.path.display()),
                _ => format!("{}: {e}", self.path.display()),
            })?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().chars().take(500).collect()),
        }
    }
}

/// Set-up of a repository of the built-in host. Objects are checked as they come; clients may leave out and
/// ask for single objects; packing waits until a push was answered, and never outlives the host.
const CONFIG: &str = "\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\tfsckObjects = true
\tautogc = false
[gc]
\tautoDetach = false
[transfer]
\tunpackLimit = 200
[pack]
\tthreads = 1
";
