//! One process of Git: its environment, its streams, its end.

use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use super::gunzip::Body;
use super::{GitProgram, Service};
use crate::error::Error;

/// Bytes read from a process at once.
const CHUNK: usize = 64 << 10;
/// Bytes kept of what a process says on its standard error.
const STDERR: u64 = 4 << 10;
/// Bytes that a push may have beside its pack: names of branches and tags.
const COMMANDS: usize = 1 << 20;
/// How long a process may take to clean up when it is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What a process answers, as it comes.
#[derive(Debug)]
pub struct Output(mpsc::Receiver<std::io::Result<Bytes>>);

impl Stream for Output {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// A command in an environment that holds nothing of ours and nothing of the user's.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .kill_on_drop(true);
    command
}

/// What is to be run.
pub(super) struct Request<'a> {
    pub(super) program: &'a GitProgram,
    pub(super) folder: &'a Path,
    pub(super) service: Service,
    pub(super) protocol: Option<&'a str>,
    pub(super) advertise: bool,
}

impl Request<'_> {
    /// Starts the process and everything that feeds and reads it.
    pub(super) async fn start<S, E>(&self, body: S, gzip: bool) -> Result<Output, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        let room = self.program.room.clone().acquire_owned().await.map_err(|_| Error::Stopped)?;
        let mut child = self.spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Bug("a process without streams".into()));
        };
        let (out, output) = mpsc::channel(4);
        if self.advertise && (self.service == Service::ReceivePack || !version_2(self.protocol)) {
            let line = format!("# service={}\n", self.service.name());
            let first = format!("{:04x}{line}0000", line.len() + 4);
            let _ = out.try_send(Ok(first.into()));
        }
        let exchange = Exchange {
            child,
            service: self.service,
            program: self.program.clone(),
            folder: self.folder.display().to_string(),
        };
        let pushed = self.service == Service::ReceivePack && !self.advertise;
        let (program, folder) = (self.program.clone(), self.folder.display().to_string());
        tokio::spawn(async move {
            exchange.run(Box::pin(body), Body::new(gzip), (stdin, stdout), out).await;
            if pushed {
                program.tidy(&folder).await;
            }
            drop(room);
        });
        Ok(Output(output))
    }

    fn spawn(&self) -> Result<Child, Error> {
        let mut command = command(&self.program.path);
        // The folder may belong to another user than the process, in a container for instance.
        command.arg("-c").arg(format!("safe.directory={}", self.folder.display()));
        if self.service == Service::ReceivePack {
            // Git says itself, in words for people, that a push is too large.
            command.arg("-c").arg(format!("receive.maxInputSize={}", self.program.limits.request_bytes));
        }
        command.arg(self.service.command()).arg("--stateless-rpc");
        if self.advertise {
            command.arg("--http-backend-info-refs");
        }
        if let Some(protocol) = self.protocol.filter(|text| text.len() <= 200 && text.is_ascii()) {
            command.env("GIT_PROTOCOL", protocol);
        }
        command.arg("--").arg(self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|e| Error::GitProgram(format!("{}: {e}", self.program.path.display())))
    }
}

fn version_2(protocol: Option<&str>) -> bool {
    protocol.is_some_and(|text| text.split(':').any(|word| word == "version=2"))
}

/// A process at work.
struct Exchange {
    child: Child,
    service: Service,
    program: GitProgram,
    folder: String,
}

type Sender = mpsc::Sender<std::io::Result<Bytes>>;

impl Exchange {
    async fn run<S, E>(mut self, body: S, how: Body, streams: (ChildStdin, ChildStdout), out: Sender)
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        let (stdin, stdout) = streams;
        let mut said = String::new();
        let stderr = self.child.stderr.take();
        let limit = self.program.limits.clone();
        let work = async {
            let listen = async {
                if let Some(stderr) = stderr {
                    let _ = stderr.take(STDERR).read_to_string(&mut said).await;
                }
            };
            // Commands come before a pack, which Git itself measures.
            let commands = if self.service == Service::ReceivePack { COMMANDS } else { 0 };
            let feed = feed(body, how, stdin, limit.request_bytes.saturating_add(commands));
            // A broken body ends the process at once; the rest ends by itself.
            let ((), fed, read) = tokio::join!(listen, feed, self.read(stdout, &out));
            fed.and(read)
        };
        let ended = tokio::time::timeout(limit.exchange, work).await;
        let result = match ended {
            Ok(result) => result,
            Err(_) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "the exchange took too long")),
        };
        if let Err(error) = &result {
            tracing::warn!(folder = self.folder, service = self.service.name(), %error, "Git was stopped");
            let _ = out.try_send(Err(std::io::Error::new(error.kind(), error.to_string())));
        }
        self.stop(result.is_err(), &said).await;
    }

    /// Hands on what the process writes. When nobody listens any more, a reading process is of no use; a
    /// writing one goes on to its end.
    async fn read(&self, mut stdout: ChildStdout, out: &Sender) -> std::io::Result<()> {
        let mut listening = true;
        loop {
            let mut buffer = BytesMut::with_capacity(CHUNK);
            if stdout.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            if listening && out.send(Ok(buffer.freeze())).await.is_err() {
                listening = false;
                if self.service == Service::UploadPack {
                    return Ok(());
                }
            }
        }
    }

    /// Sees the process end: by itself, else told so (then Git removes its lock files), else by force.
    async fn stop(&mut self, broken: bool, said: &str) {
        if broken {
            self.terminate();
        }
        let status = match tokio::time::timeout(GRACE, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.terminate();
                match tokio::time::timeout(GRACE, self.child.wait()).await {
                    Ok(status) => status,
                    Err(_) => self.child.kill().await.and(self.child.wait().await),
                }
            }
        };
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => {
                let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                tracing::info!(folder = self.folder, service = self.service.name(), %status, said, "Git failed");
            }
            Err(error) => tracing::warn!(folder = self.folder, %error, "a process cannot be waited for"),
        }
    }

    fn terminate(&self) {
        let pid =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

/// Hands a body to the process. Once the process does not want more, the rest is dropped.
async fn feed<S, E>(mut body: S, mut how: Body, mut stdin: ChildStdin, limit: usize) -> std::io::Result<()>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut total = 0;
    while let Some(piece) = body.next().await {
        let piece = how.take(&piece.map_err(std::io::Error::other)?)?;
        total += piece.len();
        if total > limit {
            return Err(std::io::Error::other(format!(
                "the request is larger than the {limit} bytes allowed"
            )));
        }
        if stdin.write_all(&piece).await.is_err() {
            return Ok(());
        }
    }
    let rest = how.end()?;
    if stdin.write_all(&rest).await.is_ok() {
        let _ = stdin.shutdown().await;
    }
    Ok(())
}
