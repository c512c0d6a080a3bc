//! Serves a folder of bare repositories as the program does for its built-in host.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use git::built_in::BuiltInHost;
use http::{Response, StatusCode};
use testkit::simulated::listener::{self, Answering, Host, Incoming, Listener, reply};
use testkit::simulated::{Fault, git_http};

const TOKEN: &str = "start-token-of-this-test";

/// The folder, its listener and how a provider reaches it.
pub(crate) struct FolderHost {
    pub(crate) host: BuiltInHost,
    _folder: tempfile::TempDir,
    _listener: Listener,
}

struct Inner(PathBuf);

impl FolderHost {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("repositories");
        let inner = Arc::new(Inner(path.clone()));
        let (listener, _) = listener::listen("127.0.0.1:0", None, |_| inner).await.expect("a free port");
        let url = format!("http://{}", listener.address);
        let host = BuiltInHost {
            folder: path,
            git: None,
            loopback_url: url.clone(),
            public_url: url,
            username: "trueline".into(),
            token: model::Secret::new(TOKEN),
        };
        Self { host, _folder: folder, _listener: listener }
    }
}

impl Host for Inner {
    fn fault(&self, _: &http::request::Parts) -> Option<Fault> {
        None
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        Box::pin(async move { respond(&self.0, incoming).await })
    }
}

async fn respond(folder: &Path, incoming: Incoming) -> Response<Body> {
    let text = |status, message: &'static str| reply(status, "text/plain", message.into());
    let wanted = base64::engine::general_purpose::STANDARD.encode(format!("trueline:{TOKEN}"));
    let given = incoming.head.headers.get("authorization").and_then(|v| v.to_str().ok());
    if given != Some(&format!("Basic {wanted}")) {
        return text(StatusCode::UNAUTHORIZED, "sign in");
    }
    let path = incoming.head.uri.path().to_owned();
    let Some((name, service)) = path.strip_prefix("/git/").and_then(|p| p.split_once(".git/")) else {
        return text(StatusCode::NOT_FOUND, "no repository");
    };
    let repository = git::built_in::path_of(folder, name).expect("a name");
    if !repository.exists() {
        return text(StatusCode::NOT_FOUND, "no repository");
    }
    let query = incoming.head.uri.query().unwrap_or_default();
    let pushing = service.contains("receive-pack") || query.contains("receive-pack");
    if pushing && git::built_in::is_archived(&repository).expect("readable facts") {
        return text(StatusCode::FORBIDDEN, "archived");
    }
    match service {
        "info/refs" => {
            let service = query.strip_prefix("service=").unwrap_or_default();
            git_http::advertise(&repository, service, &incoming.head.headers).await
        }
        _ => {
            let program = service.trim_start_matches("git-");
            git_http::rpc(&repository, program, &incoming.head.headers, incoming.body).await
        }
    }
}
