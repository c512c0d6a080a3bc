//! What an API server calls: a kubelet that has logs, and a webhook that has a say in every object. Plain HTTP over
//! TLS, one request a connection.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use crate::tls::private;

/// A connection with a request that was read.
pub(super) struct Asked {
    /// Path and query.
    pub(super) path: String,
    /// The body.
    pub(super) body: Vec<u8>,
    /// Where the answer goes.
    pub(super) stream: TlsStream<TcpStream>,
}

/// A server at a port of loopback; it ends when this is dropped.
pub(super) struct Callee {
    /// Its port.
    pub(super) port: u16,
    /// The authority of its certificate, PEM.
    pub(super) ca_pem: String,
    _task: AbortOnDropHandle<()>,
}

impl Callee {
    /// Listens; each request is answered by `answer`.
    pub(super) async fn start<F>(answer: impl Fn(Asked) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let tls = private();
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.server));
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = socket.accept().await else { continue };
                let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    if let Some(asked) = read(stream).await {
                        let _ = answer(asked).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port, ca_pem: tls.ca_pem, _task: AbortOnDropHandle::new(task) }
    }
}

async fn read(mut stream: TlsStream<TcpStream>) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 8192];
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if bytes.len() - end - 4 < length.unwrap_or(0) {
            continue;
        }
        let path = head.split_whitespace().nth(1)?.to_owned();
        return Some(Asked { path, body: bytes.split_off(end + 4), stream });
    }
}

impl Asked {
    /// Answers with a whole body.
    pub(super) async fn reply(mut self, kind: &str, body: &[u8]) -> std::io::Result<()> {
        let length = format!("content-length: {}\r\n", body.len());
        self.head(kind, &length).await?;
        self.stream.write_all(body).await?;
        self.stream.shutdown().await
    }

    /// Refuses with a status, such as `400 Bad Request`, and words.
    pub(super) async fn refuse(mut self, status: &str, words: &str) -> std::io::Result<()> {
        let length = words.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{words}"
        );
        self.stream.write_all(answer.as_bytes()).await?;
        self.stream.shutdown().await
    }

    /// Begins an answer.
    pub(super) async fn head(&mut self, kind: &str, more: &str) -> std::io::Result<()> {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{more}connection: close\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        self.stream.flush().await
    }
}

/// What a webhook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// It lets everything in.
    Yes,
    /// It refuses, in these words.
    No(&'static str),
    /// It gives no answer.
    Nothing,
}

/// A webhook for admissions that does as it is told.
pub struct Webhook {
    callee: Callee,
    say: Arc<Mutex<Say>>,
}

impl Webhook {
    /// Starts one.
    pub async fn start(say: Say) -> Self {
        let say = Arc::new(Mutex::new(say));
        let now = Arc::clone(&say);
        let callee = Callee::start(move |asked| {
            let say = *now.lock().expect("not poisoned");
            review(asked, say)
        });
        Self { callee: callee.await, say }
    }

    /// Changes what it does.
    pub fn says(&self, say: Say) {
        *self.say.lock().expect("not poisoned") = say;
    }

    /// How the API server finds it, for `clientConfig`.
    pub fn config(&self) -> serde_json::Value {
        serde_json::json!({
            "url": format!("https://127.0.0.1:{}/", self.callee.port),
            "caBundle": super::kubeconfig::base64(&self.callee.ca_pem),
        })
    }
}

async fn review(asked: Asked, say: Say) -> std::io::Result<()> {
    let review: serde_json::Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let (allowed, message) = match say {
        Say::Yes => (true, ""),
        Say::No(words) => (false, words),
        Say::Nothing => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            return Ok(());
        }
    };
    let answer = serde_json::json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {
            "uid": review["request"]["uid"], "allowed": allowed, "status": { "message": message },
        },
    });
    asked.reply("application/json", answer.to_string().as_bytes()).await
}
