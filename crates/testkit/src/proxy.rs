//! A proxy for HTTP: tunnels by CONNECT, with or without TLS of its own, a password, rules and interception.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::task::AbortOnDropHandle;

use crate::tls::{self, PrivateTls};

/// What a proxy is like.
#[derive(Clone, Default)]
pub struct Settings {
    /// The TLS that it speaks itself; with it, its address begins with https.
    pub tls: Option<PrivateTls>,
    /// The user name and the password that it asks for.
    pub user: Option<(String, String)>,
    /// Beginnings of `host:port` that it makes no connection to.
    pub refused: Vec<String>,
    /// It reads along: ends TLS itself, with this certificate, and trusts hosts of this authority (PEM).
    pub intercepts: Option<(PrivateTls, String)>,
}

/// A running proxy; it ends when this is dropped.
pub struct Proxy {
    /// Its address, such as `http://localhost:PORT`.
    pub url: String,
    seen: Arc<Mutex<Vec<String>>>,
    _task: AbortOnDropHandle<()>,
}

/// Anything that bytes go through.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}
type Stream = Pin<Box<dyn Wire>>;

impl Proxy {
    /// Starts a proxy on a free port.
    pub async fn start(settings: Settings) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = socket.local_addr().expect("it is bound").port();
        let scheme = if settings.tls.is_some() { "https" } else { "http" };
        let seen = Arc::new(Mutex::default());
        let (settings, log) = (Arc::new(settings), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let Ok((stream, _)) = socket.accept().await else { continue };
                let (settings, log) = (Arc::clone(&settings), Arc::clone(&log));
                connections.spawn(async move {
                    let _ = serve(stream, &settings, &log).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { url: format!("{scheme}://localhost:{port}"), seen, _task: AbortOnDropHandle::new(task) }
    }

    /// The address with a user name in it.
    pub fn url_for(&self, user: &str) -> String {
        self.url.replace("://", &format!("://{user}@"))
    }

    /// The first lines of what it was asked, those it refused included.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(tcp: TcpStream, settings: &Settings, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let _ = tcp.set_nodelay(true);
    let mut stream: Stream = match &settings.tls {
        Some(tls) => Box::pin(TlsAcceptor::from(Arc::clone(&tls.server)).accept(tcp).await?),
        None => Box::pin(tcp),
    };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what comes after the head is not the proxy's.
        head.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    log.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {target}"));
    let tunnel = method == "CONNECT";
    let place = if tunnel { target.to_owned() } else { place_of(target) };
    if !let_in(settings, &text) {
        let asks = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"";
        return refuse(stream, asks).await;
    }
    if settings.refused.iter().any(|start| place.starts_with(start)) {
        return refuse(stream, "403 Blocked by policy").await;
    }
    let Ok(mut host) = TcpStream::connect(&place).await else {
        return refuse(stream, "502 Bad Gateway").await;
    };
    if !tunnel {
        // The host understands the absolute form of the address.
        host.write_all(&head).await?;
        copy_bidirectional(&mut stream, &mut host).await?;
        return Ok(());
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    stream.flush().await?;
    match &settings.intercepts {
        None => copy_bidirectional(&mut stream, &mut host).await?,
        Some((own, ca_pem)) => {
            let mut inner = TlsAcceptor::from(Arc::clone(&own.server)).accept(stream).await?;
            let name = place.rsplit_once(':').map_or(place.as_str(), |(name, _)| name).to_owned();
            let name = rustls::pki_types::ServerName::try_from(name).map_err(std::io::Error::other)?;
            let mut host = TlsConnector::from(tls::client(ca_pem)).connect(name, host).await?;
            copy_bidirectional(&mut inner, &mut host).await?
        }
    };
    Ok(())
}

fn let_in(settings: &Settings, head: &str) -> bool {
    let Some((user, password)) = &settings.user else { return true };
    let wanted = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    head.lines().any(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization") && value.trim() == format!("Basic {wanted}")
        })
    })
}

/// Host and port of an absolute address.
fn place_of(address: &str) -> String {
    let Ok(url) = url::Url::parse(address) else { return String::new() };
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80))
}

async fn refuse(mut stream: Stream, status: &str) -> std::io::Result<()> {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
