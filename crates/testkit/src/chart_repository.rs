//! A Helm HTTP repository of charts of one's own: over HTTP or TLS, below a path, behind a password; what it
//! publishes can be replaced, withdrawn and broken while it runs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Response, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::simulated::fault::Fault;
use crate::simulated::listener::{Answering, Host, Incoming, Listener, listen, reply};
use crate::tls::PrivateTls;

/// How a repository is served.
#[derive(Clone, Default)]
pub struct Settings {
    /// The certificate that it shows; without one it speaks HTTP.
    pub tls: Option<PrivateTls>,
    /// The path below which it lies, such as `/team/charts`; empty for none.
    pub prefix: String,
    /// The user name and password that it asks for.
    pub user: Option<(String, String)>,
}

/// A call as the repository saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The path.
    pub path: String,
    /// Whether a credential was shown.
    pub credential: bool,
    /// The status of the answer.
    pub status: u16,
}

/// One published version.
struct Published {
    archive: Vec<u8>,
    /// Further lines of its entry.
    more: String,
    /// Where it is said to be, if not below the repository.
    url: Option<String>,
}

#[derive(Default)]
struct State {
    charts: BTreeMap<(String, String), Published>,
    /// Served in the place of the index.
    index: Option<Vec<u8>>,
    /// What the next calls of paths meet.
    faults: Vec<(String, Fault)>,
    down: bool,
    seen: Vec<Seen>,
    /// Who reads the index now, and the most who ever did at once.
    reading: usize,
    most: usize,
}

struct Server {
    settings: Settings,
    state: Mutex<State>,
    /// Whether the index is held back.
    held: watch::Sender<bool>,
}

/// A running repository; it ends when this is dropped.
pub struct ChartRepository {
    listener: Listener,
    server: Arc<Server>,
}

impl ChartRepository {
    /// Starts one over HTTP at the root of its address.
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// Starts one as the settings say.
    pub async fn with(settings: Settings) -> Self {
        let tls = settings.tls.as_ref().map(|tls| Arc::clone(&tls.server));
        let make = |_: SocketAddr| {
            Arc::new(Server { settings, state: Mutex::default(), held: watch::channel(false).0 })
        };
        let (listener, server) = listen("127.0.0.1:0", tls, make).await.expect("a free port");
        Self { listener, server }
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> String {
        let scheme = if self.server.settings.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{}", self.listener.address, self.server.settings.prefix)
    }

    /// Publishes a chart with these files beside its `Chart.yaml`; gives the archive's SHA-256.
    pub fn publish(&self, name: &str, version: &str, files: &[(&str, &str)]) -> String {
        self.publish_archive(name, version, packed(name, version, files))
    }

    /// Publishes these bytes as a version of a chart, in the place of those that were; gives their SHA-256.
    pub fn publish_archive(&self, name: &str, version: &str, archive: Vec<u8>) -> String {
        let digest = digest(&archive);
        let published = Published { archive, more: String::new(), url: None };
        self.state().charts.insert((name.into(), version.into()), published);
        digest
    }

    /// Adds lines to a version's entry, such as `deprecated: true`.
    pub fn describe(&self, name: &str, version: &str, more: &str) {
        self.published(name, version, |published| more.clone_into(&mut published.more));
    }

    /// Says that a version's archive is at another address.
    pub fn say_at(&self, name: &str, version: &str, url: &str) {
        self.published(name, version, |published| published.url = Some(url.to_owned()));
    }

    /// Lists and serves a version no more.
    pub fn withdraw(&self, name: &str, version: &str) {
        self.state().charts.remove(&(name.to_owned(), version.to_owned()));
    }

    /// Serves these bytes as the index, whatever is published; `None` ends that.
    pub fn set_index(&self, index: Option<Vec<u8>>) {
        self.state().index = index;
    }

    /// Lets the next call of a path (below the prefix) meet a fault.
    pub fn fail(&self, path: &str, fault: Fault) {
        self.state().faults.push((path.to_owned(), fault));
    }

    /// How many faults nobody has met yet.
    pub fn faults(&self) -> usize {
        self.state().faults.len()
    }

    /// Answers nothing but errors while it is down.
    pub fn down(&self, down: bool) {
        self.state().down = down;
    }

    /// Holds every answer with the index back, until told otherwise.
    pub fn hold(&self, held: bool) {
        self.server.held.send_replace(held);
    }

    /// How many read the index now.
    pub fn reading(&self) -> usize {
        self.state().reading
    }

    /// The most who ever read the index at once.
    pub fn most_at_once(&self) -> usize {
        self.state().most
    }

    /// The calls so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// The index as it is served.
    pub fn index(&self) -> String {
        String::from_utf8_lossy(&self.state().index()).into_owned()
    }

    fn published(&self, name: &str, version: &str, change: impl FnOnce(&mut Published)) {
        let key = (name.to_owned(), version.to_owned());
        change(self.state().charts.get_mut(&key).expect("it was published"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.state()
    }
}

/// A chart's archive as `helm package` makes them: `Chart.yaml` with name and version, and these files.
pub fn packed(name: &str, version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let head = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: The chart {name}\n");
    let own = files.iter().any(|(path, _)| *path == "Chart.yaml");
    let head = (!own).then_some(("Chart.yaml", head.as_str()));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for (path, text) in head.iter().chain(files) {
        let path = format!("{}/{path}", name.rsplit('/').next().unwrap_or(name));
        gzip.write_all(&entry(&path, text.len())).expect("memory takes it");
        gzip.write_all(text.as_bytes()).expect("memory takes it");
        gzip.write_all(&vec![0; (512 - text.len() % 512) % 512]).expect("memory takes it");
    }
    gzip.write_all(&[0; 1024]).expect("memory takes it");
    gzip.finish().expect("memory takes it")
}

/// The header of a plain file in a tar archive (POSIX.1-1988, ustar).
fn entry(path: &str, size: usize) -> [u8; 512] {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, path);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// SHA-256 in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    fn index(&self) -> Vec<u8> {
        if let Some(index) = &self.index {
            return index.clone();
        }
        let mut text = String::from("apiVersion: v1\nentries:");
        if self.charts.is_empty() {
            text.push_str(" {}");
        }
        text.push('\n');
        let mut last = "";
        for ((name, version), published) in &self.charts {
            if name != last {
                text.push_str(&format!("  {name}:\n"));
                last = name;
            }
            let own = format!("{name}-{version}.tgz");
            let url = published.url.as_ref().unwrap_or(&own);
            text.push_str(&format!(
                "  - apiVersion: v2\n    created: \"2026-01-02T03:04:05Z\"\n    digest: {}\n    name: {name}\n    \
                 urls:\n    - {url}\n    version: {version}\n",
                digest(&published.archive)
            ));
            if !published.more.contains("description:") {
                text.push_str(&format!("    description: The chart {name}\n"));
            }
            for line in published.more.lines() {
                text.push_str(&format!("    {line}\n"));
            }
        }
        text.push_str("generated: \"2026-01-02T03:04:05Z\"\n");
        text.into_bytes()
    }

    fn answer(&self, path: &str, known: Option<&str>) -> Response<Body> {
        let plain = |status, text: &'static str| reply(status, "text/plain", text.into());
        if self.down {
            return plain(StatusCode::BAD_GATEWAY, "down");
        }
        if path == "/index.yaml" {
            let index = self.index();
            let tag = format!("\"{}\"", digest(&index));
            let mut answer = if known == Some(tag.as_str()) {
                plain(StatusCode::NOT_MODIFIED, "")
            } else {
                reply(StatusCode::OK, "text/yaml", index.into())
            };
            answer.headers_mut().insert("etag", tag.parse().expect("a header's value"));
            return answer;
        }
        let found = self.charts.iter().find(|((name, version), _)| path == format!("/{name}-{version}.tgz"));
        match found {
            Some((_, published)) => {
                reply(StatusCode::OK, "application/gzip", published.archive.clone().into())
            }
            None => plain(StatusCode::NOT_FOUND, "not found"),
        }
    }
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path<'a>(&self, head: &'a http::request::Parts) -> Option<&'a str> {
        head.uri.path().strip_prefix(self.settings.prefix.as_str())
    }

    fn lets_in(&self, head: &http::request::Parts) -> bool {
        let Some((user, password)) = &self.settings.user else { return true };
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        head.headers.get("authorization").is_some_and(|v| *v == *format!("Basic {pair}"))
    }
}

/// Somebody who reads the index.
struct Reading(Arc<Server>);

impl Reading {
    fn begin(server: &Arc<Server>) -> Self {
        let mut state = server.state();
        state.reading += 1;
        state.most = state.most.max(state.reading);
        Self(Arc::clone(server))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.state().reading -= 1;
    }
}

impl Host for Server {
    fn fault(&self, head: &http::request::Parts) -> Option<Fault> {
        let path = self.path(head)?;
        let mut state = self.state();
        let at = state.faults.iter().position(|(wanted, _)| wanted == path)?;
        let (_, fault) = state.faults.remove(at);
        Some(fault)
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        let head = incoming.head;
        let reading = (self.path(&head) == Some("/index.yaml")).then(|| Reading::begin(&self));
        let mut held = self.held.subscribe();
        let known = head.headers.get("if-none-match").and_then(|v| v.to_str().ok());
        let mut state = self.state();
        let answer = match self.path(&head) {
            _ if !self.lets_in(&head) => {
                let mut answer = reply(StatusCode::UNAUTHORIZED, "text/plain", "who are you?".into());
                answer.headers_mut().insert("www-authenticate", "Basic".parse().expect("a header's value"));
                answer
            }
            Some(path) => state.answer(path, known),
            None => reply(StatusCode::NOT_FOUND, "text/plain", "not found".into()),
        };
        state.seen.push(Seen {
            path: head.uri.path().to_owned(),
            credential: head.headers.contains_key("authorization"),
            status: answer.status().as_u16(),
        });
        drop(state);
        Box::pin(async move {
            if let Some(reading) = reading {
                let _the_repository_ended = held.wait_for(|held| !held).await;
                drop(reading);
            }
            answer
        })
    }
}
