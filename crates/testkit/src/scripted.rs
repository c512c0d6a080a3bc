//! A server that answers as a test says: for what no well-behaved server does.

use std::sync::{Arc, Mutex, PoisonError};

pub use axum::body::{Body, Bytes};
pub use axum::response::{IntoResponse, Response};
use http::request::Parts;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server on `127.0.0.1`, without TLS.
pub struct Scripted {
    /// Its address, such as `http://127.0.0.1:4711`.
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

/// A request that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Path and query.
    pub target: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

impl Scripted {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(answer: impl Fn(&Parts) -> Response + Clone + Send + Sync + 'static) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let notes = Arc::clone(&seen);
        let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let (head, _) = request.into_parts();
            let text = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            notes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Seen { target: head.uri.to_string(), authorization: text("authorization") });
            std::future::ready(answer(&head))
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, seen, task }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same place under another name: `localhost` instead of `127.0.0.1`.
    pub fn by_name(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A redirect (302) to an address.
pub fn redirect(to: &str) -> Response {
    (http::StatusCode::FOUND, [(http::header::LOCATION, to.to_owned())]).into_response()
}

/// A body of so many bytes, made as it is read; announced or not.
pub fn huge(bytes: usize, announced: bool) -> Response {
    const PART: usize = 64 * 1024;
    let part = Bytes::from(vec![b'x'; PART]);
    let parts = std::iter::repeat_n(part, bytes / PART).map(Ok::<_, std::io::Error>);
    let mut response = Body::from_stream(futures_util::stream::iter(parts)).into_response();
    if announced {
        response.headers_mut().insert(http::header::CONTENT_LENGTH, (bytes / PART * PART).into());
    }
    response
}
