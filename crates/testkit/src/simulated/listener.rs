//! The socket of a simulated host: accepts, speaks HTTP/1.1 with or without TLS, breaks connections on demand.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use http::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::fault::Fault;

/// The most bytes of a request's body that are read.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// A call as a host sees it.
pub struct Incoming {
    /// Method, address and headers.
    pub head: http::request::Parts,
    /// The whole body.
    pub body: Bytes,
}

/// The future of an answer.
pub type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A host behind a listener.
pub trait Host: Send + Sync + 'static {
    /// The fault that the call meets, if one waits for it.
    fn fault(&self, head: &http::request::Parts) -> Option<Fault>;

    /// Answers a call.
    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering;
}

/// A running listener; it ends when this is dropped.
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

/// Listens on `address` for `make(address)`.
pub async fn listen<H: Host>(
    address: &str,
    tls: Option<Arc<rustls::ServerConfig>>,
    make: impl FnOnce(SocketAddr) -> Arc<H>,
) -> std::io::Result<(Listener, Arc<H>)> {
    let socket = TcpListener::bind(address).await?;
    let address = socket.local_addr()?;
    let host = make(address);
    let acceptor = tls.map(tokio_rustls::TlsAcceptor::from);
    let task = tokio::spawn(accept(socket, acceptor, Arc::clone(&host)));
    Ok((Listener { address, _task: AbortOnDropHandle::new(task) }, host))
}

async fn accept<H: Host>(socket: TcpListener, acceptor: Option<tokio_rustls::TlsAcceptor>, host: Arc<H>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let Ok(handle) = stream.into_std().and_then(|s| s.try_clone().map(|c| (s, c))) else { continue };
        let Ok(stream) = tokio::net::TcpStream::from_std(handle.0) else { continue };
        let breaker = Arc::new(handle.1);
        let (host, acceptor) = (Arc::clone(&host), acceptor.clone());
        connections.spawn(async move {
            match acceptor {
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, breaker, host).await;
                    }
                }
                None => serve(stream, breaker, host).await,
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve<S, H>(stream: S, breaker: Arc<std::net::TcpStream>, host: Arc<H>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Host,
{
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (host, breaker) = (Arc::clone(&host), Arc::clone(&breaker));
        async move { one(request, host, &breaker).await }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// A broken connection: hyper closes it when the service fails.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken on purpose")]
struct Broken;

async fn one<H: Host>(
    request: Request<hyper::body::Incoming>,
    host: Arc<H>,
    breaker: &std::net::TcpStream,
) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let fault = host.fault(&head);
    if matches!(fault, Some(Fault::Reset)) {
        let _ = rustix::net::sockopt::set_socket_linger(breaker, Some(Duration::ZERO));
        return Err(Broken);
    }
    let body = axum::body::to_bytes(Body::new(body), BODY_LIMIT).await.map_err(|_| Broken)?;
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::DropAfter) => {
            let _ = host.answer(Incoming { head, body }).await;
            Err(Broken)
        }
        Some(Fault::Slow(pause)) => Ok(slowly(host.answer(Incoming { head, body }).await, pause).await),
        Some(Fault::EndlessPages) => Ok(empty_page(&head.uri)),
        Some(fault) => Ok(instead(fault)),
        None => Ok(host.answer(Incoming { head, body }).await),
    }
}

async fn slowly(answer: Response<Body>, pause: Duration) -> Response<Body> {
    let (head, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let stream = futures_util::stream::iter(0..bytes.len()).then(move |i| {
        let byte = bytes.slice(i..=i);
        async move {
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(byte)
        }
    });
    Response::from_parts(head, Body::from_stream(stream))
}

fn instead(fault: Fault) -> Response<Body> {
    let html = |status: u16, text: &'static str| {
        reply(StatusCode::from_u16(status).expect("a status"), "text/html; charset=utf-8", text.into())
    };
    match fault {
        Fault::Status(status, headers, message) => {
            let body = serde_json::json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
            let status = StatusCode::from_u16(status).expect("a status");
            let mut answer = reply(status, "application/json; charset=utf-8", body.to_string().into());
            for (name, value) in headers {
                answer.headers_mut().insert(name, value.parse().expect("a header's value"));
            }
            answer
        }
        Fault::SignIn => html(203, "<html><body><form><input type=\"password\"></form></body></html>"),
        Fault::Huge => {
            let chunk = Bytes::from(vec![b' '; 1 << 20]);
            let stream = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone()));
            reply(StatusCode::OK, "application/json", Body::from_stream(stream))
        }
        Fault::Deep(levels) => {
            let text = "[".repeat(levels) + &"]".repeat(levels);
            reply(StatusCode::OK, "application/json", text.into())
        }
        Fault::Redirect(to) => {
            let mut answer = reply(StatusCode::FOUND, "text/plain", Body::empty());
            answer.headers_mut().insert("location", to.parse().expect("an address"));
            answer
        }
        Fault::Html
        | Fault::Hang
        | Fault::Reset
        | Fault::DropAfter
        | Fault::Slow(_)
        | Fault::EndlessPages => {
            html(200, "<!DOCTYPE html><html><body><h1>Welcome to Acme</h1></body></html>")
        }
    }
}

/// A page without entries, and the next one at the same address: as a header, in the body, as a token.
fn empty_page(uri: &http::Uri) -> Response<Body> {
    let bare = uri.path().contains("/2.0/") || uri.path().contains("/_apis/");
    let body = if bare {
        serde_json::json!({ "values": [], "value": [], "count": 0, "next": uri.to_string() })
    } else {
        serde_json::json!([])
    };
    let mut answer = reply(StatusCode::OK, "application/json", body.to_string().into());
    let link = format!("<{uri}>; rel=\"next\"");
    answer.headers_mut().insert("link", link.parse().expect("a header's value"));
    answer.headers_mut().insert("x-ms-continuationtoken", "more".parse().expect("a header's value"));
    answer
}

/// An answer of one kind of content.
pub fn reply(status: StatusCode, kind: &str, body: Body) -> Response<Body> {
    Response::builder().status(status).header("content-type", kind).body(body).expect("a valid answer")
}
