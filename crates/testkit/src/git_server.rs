//! A Git host over the real `git` program: repositories in a temporary folder, counters, faults on demand.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use git::serve::{GitProgram, ServeLimits, Service};
use tokio::net::TcpListener;

use crate::counted::{Listener, Traffic};
use crate::git_cli::GitCli;
use crate::tls::PrivateTls;

/// What goes wrong with the next matching request.
pub enum Fault {
    /// The request is carried out, and the connection closed instead of an answer.
    DropAnswer,
    /// The request is carried out, and a gateway answers that it got none.
    BadGateway,
    /// No answer ever.
    Hang,
    /// An answer that does not end.
    Endless,
    /// This status with this text.
    Status(u16, &'static str),
    /// A redirect to this address.
    Redirect(String),
    /// Something else happens first.
    Before(Box<dyn FnOnce() + Send>),
}

/// Which requests a fault is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// What the repository can do.
    Info,
    /// Reading.
    Upload,
    /// Pushing.
    Receive,
}

/// A Git host on this machine; gone when dropped.
pub struct GitServer {
    /// Its address, without a trailing slash.
    pub url: String,
    /// The real program.
    pub cli: GitCli,
    /// The certificate of its authority, PEM, when it speaks TLS.
    pub ca_pem: Option<String>,
    folder: tempfile::TempDir,
    state: Arc<State>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What a host is like.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether it speaks TLS, with a certificate of its own authority.
    pub tls: bool,
    /// What `Authorization` has to be.
    pub authorization: Option<String>,
    /// Time that passes before each request is handled.
    pub delay: Duration,
}

struct State {
    root: PathBuf,
    program: GitProgram,
    settings: Settings,
    faults: Mutex<VecDeque<(Target, Fault)>>,
    traffic: Arc<Traffic>,
    pushes: AtomicU64,
    requests: AtomicU64,
}

impl Drop for GitServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl GitServer {
    /// Starts a host that lets everybody in.
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// Starts a host.
    pub async fn with(settings: Settings) -> Self {
        let tls = settings.tls.then(crate::tls::private);
        Self::with_tls(settings, tls).await
    }

    /// Starts a host with this certificate, or without one.
    pub async fn with_tls(settings: Settings, tls: Option<PrivateTls>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let limits = ServeLimits { processes: 64, ..ServeLimits::default() };
        let program = GitProgram::find(None, limits).await.expect("the git program is installed");
        let traffic = Arc::new(Traffic::default());
        let state = Arc::new(State {
            root: folder.path().to_owned(),
            program,
            settings: settings.clone(),
            faults: Mutex::default(),
            traffic: traffic.clone(),
            pushes: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        });
        let tcp = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        tcp.set_nonblocking(true).expect("sockets can be set so");
        let port = tcp.local_addr().expect("it is bound").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (tls, ca_pem) = tls.map(|tls| (tokio_rustls::TlsAcceptor::from(tls.server), tls.ca_pem)).unzip();
        let url = format!("{scheme}://localhost:{port}");
        let shared = state.clone();
        let app = Router::new().fallback(move |request: Request| {
            let state = shared.clone();
            async move { handle(state, request).await }
        });
        // Its own threads: a test that waits for the real program does not stop it.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be started");
        runtime.spawn(async move {
            let tcp = TcpListener::from_std(tcp).expect("it does not block");
            let _ = axum::serve(Listener::new(tcp, tls, traffic), app).await;
        });
        Self { url, cli: GitCli::new(), ca_pem, folder, state, runtime: Some(runtime) }
    }

    /// Makes an empty repository and gives its folder.
    pub async fn create(&self, name: &str) -> PathBuf {
        let folder = self.folder(name);
        self.state.program.init_bare(&folder, "main").await.expect("a repository can be made");
        folder
    }

    /// Makes a repository with one commit of these files and gives its folder.
    pub async fn create_with(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.create(name).await;
        let work = self.cli.clone(&folder.to_string_lossy(), &format!("first-{name}"));
        self.cli.commit(&work, files, "first");
        self.cli.run(&work, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
        folder
    }

    /// Where a repository lies.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.git"))
    }

    /// The address of a repository.
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}.git", self.url)
    }

    /// Makes something go wrong, once.
    pub fn fault(&self, target: Target, fault: Fault) {
        lock(&self.state.faults).push_back((target, fault));
    }

    /// Refuses pushes by a hook, a shell script that may read the updates from its input.
    pub fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.folder(name).join("hooks");
        std::fs::create_dir_all(&folder).expect("folders can be made");
        let path = folder.join("pre-receive");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("files can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("modes can be set");
    }

    /// Bytes sent by and to clients so far, headers and all.
    pub fn traffic(&self) -> &Traffic {
        &self.state.traffic
    }

    /// Requests so far, those to push among them.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Pushes so far, refused ones included.
    pub fn pushes(&self) -> u64 {
        self.state.pushes.load(Ordering::Relaxed)
    }
}

async fn handle(state: Arc<State>, request: Request) -> Response {
    state.requests.fetch_add(1, Ordering::Relaxed);
    if !state.settings.delay.is_zero() {
        tokio::time::sleep(state.settings.delay).await;
    }
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if state.settings.authorization.as_deref().is_some_and(|wanted| given != Some(wanted)) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")])
            .into_response();
    }
    let path = request.uri().path().to_owned();
    let Some((repository, rest)) = path[1..].split_once(".git/") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let folder = state.root.join(format!("{repository}.git"));
    if repository.contains("..") || !folder.is_dir() {
        return (StatusCode::NOT_FOUND, "Repository not found.").into_response();
    }
    let target = match rest {
        "info/refs" => Target::Info,
        "git-upload-pack" => Target::Upload,
        "git-receive-pack" => Target::Receive,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    if target == Target::Receive {
        state.pushes.fetch_add(1, Ordering::Relaxed);
    }
    let fault = {
        let mut faults = lock(&state.faults);
        let place = faults.iter().position(|(of, _)| *of == target);
        place.and_then(|place| faults.remove(place)).map(|(_, fault)| fault)
    };
    match fault {
        None => serve(&state, &folder, target, request).await,
        Some(fault) => broken(fault, &state, (&folder, target), request).await,
    }
}

async fn broken(
    fault: Fault,
    state: &State,
    (folder, target): (&Path, Target),
    request: Request,
) -> Response {
    match fault {
        Fault::DropAnswer | Fault::BadGateway => {
            let answer = serve(state, folder, target, request).await;
            let mut body = answer.into_body().into_data_stream();
            while body.next().await.is_some() {}
            if matches!(fault, Fault::BadGateway) {
                return (StatusCode::BAD_GATEWAY, "upstream is gone").into_response();
            }
            let error =
                futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped")) });
            Body::from_stream(error).into_response()
        }
        Fault::Hang => std::future::pending().await,
        Fault::Endless => {
            let zeros = Bytes::from_static(&[b'0'; 4096]);
            let stream = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(zeros.clone()));
            ([(header::CONTENT_TYPE, content_type(target, "result"))], Body::from_stream(stream))
                .into_response()
        }
        Fault::Status(status, text) => {
            let status = StatusCode::from_u16(status).expect("a test names a real status");
            (status, text).into_response()
        }
        Fault::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
        Fault::Before(work) => {
            tokio::task::spawn_blocking(work).await.expect("what a test does first succeeds");
            serve(state, folder, target, request).await
        }
    }
}

async fn serve(state: &State, folder: &Path, target: Target, request: Request) -> Response {
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let protocol = text(request.headers(), "git-protocol");
    let (output, kind) = match target {
        Target::Info => {
            let query = request.uri().query().unwrap_or_default();
            let Some(service) = query.strip_prefix("service=").and_then(Service::parse) else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            let kind = format!("application/x-{}-advertisement", service.name());
            (state.program.advertise(folder, service, protocol.as_deref()).await, kind)
        }
        Target::Upload | Target::Receive => {
            let service = if target == Target::Upload { Service::UploadPack } else { Service::ReceivePack };
            let gzip = text(request.headers(), "content-encoding").as_deref() == Some("gzip");
            let body = request.into_body().into_data_stream();
            let output = state.program.rpc(folder, service, protocol.as_deref(), (body, gzip)).await;
            (output, content_type(target, "result"))
        }
    };
    match output {
        Ok(output) => ([(header::CONTENT_TYPE, kind)], Body::from_stream(output)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn content_type(target: Target, what: &str) -> String {
    match target {
        Target::Info | Target::Upload => format!("application/x-git-upload-pack-{what}"),
        Target::Receive => format!("application/x-git-receive-pack-{what}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
