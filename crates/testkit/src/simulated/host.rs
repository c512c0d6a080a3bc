//! What every simulated host shares: its socket, the calls it has seen, faults, latency, the rate budget, real
//! Git, and the check of every request and answer against the provider's official description. What one
//! provider says and allows is its [`Dialect`].

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::Value;
use sha2::Digest as _;

use super::fault::{Fault, Faults};
use super::git_http;
use super::listener::{self, Answering, Host, Incoming, Listener, reply};
use super::presented::Presented;
use super::secondary::{self, Secondary};
use crate::contract::{Contract, Counts, Exchange};
use crate::tls::PrivateTls;

use super::dialect::below;
pub use super::dialect::{Answer, Content, Dialect, GitAccess, Ground, Request};

/// A call that the host has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `METHOD /path`, below the interface's beginning, without query.
    pub call: String,
    /// The token that came with it.
    pub token: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

/// A simulated host; it ends when the last clone is dropped.
pub struct Simulated<D: Dialect> {
    /// Its address: `http://127.0.0.1:PORT`; see [`Simulated::entered`].
    pub url: String,
    /// Its authority's certificate, if it speaks TLS.
    pub ca_pem: Option<String>,
    inner: Arc<Inner<D>>,
    _listener: Arc<Listener>,
}

impl<D: Dialect> Clone for Simulated<D> {
    fn clone(&self) -> Self {
        Self {
            url: self.url.clone(),
            ca_pem: self.ca_pem.clone(),
            inner: Arc::clone(&self.inner),
            _listener: Arc::clone(&self._listener),
        }
    }
}

struct Inner<D> {
    /// The path below which the host lies: `/gitlab`, or nothing.
    prefix: String,
    state: Mutex<(D, Ground)>,
    faults: Faults,
    latency: AtomicU64,
    secondary: Arc<Secondary>,
    seen: Mutex<Vec<Seen>>,
    contract: Option<Contract>,
    /// Whether calls come that are meant for hosts of another kind.
    strangers: AtomicBool,
    _folder: tempfile::TempDir,
}

impl<D: Dialect> Simulated<D> {
    /// Starts an empty host on a free port.
    pub async fn start() -> Self {
        Self::listen("127.0.0.1:0", false).await.expect("a free port")
    }

    /// Starts an empty host with a certificate of a private authority.
    pub async fn start_tls() -> Self {
        Self::listen("127.0.0.1:0", true).await.expect("a free port")
    }

    /// Starts an empty host below a path, such as `/gitlab`.
    pub async fn start_below(prefix: &str) -> Self {
        Self::serve("127.0.0.1:0", None, prefix).await.expect("a free port")
    }

    /// Starts a host with the scope `acme`, its owner `acme-bot`, and the bot's token with all scopes.
    pub async fn acme(token: &str) -> Self {
        let host = Self::start().await;
        host.furnish("acme", "acme-bot");
        host.token(token, "acme-bot", D::SCOPES);
        host
    }

    /// Starts an empty host at an address.
    pub async fn listen(address: &str, tls: bool) -> std::io::Result<Self> {
        Self::serve(address, tls.then(crate::tls::private), "").await
    }

    /// Starts an empty host at an address, with a certificate where one is given, below a path or at the root.
    pub async fn serve(address: &str, tls: Option<PrivateTls>, prefix: &str) -> std::io::Result<Self> {
        let (ca_pem, server) = tls.map(|t| (t.ca_pem, t.server)).unzip();
        let scheme = if server.is_some() { "https" } else { "http" };
        let web = |address: SocketAddr| format!("{scheme}://{address}{prefix}");
        let (listener, inner) =
            listener::listen(address, server, |a| Arc::new(Inner::<D>::new(web(a), prefix))).await?;
        Ok(Self { url: web(listener.address), ca_pem, inner, _listener: Arc::new(listener) })
    }

    /// The address as it is entered as host.
    pub fn entered(&self) -> String {
        D::entered_host(&self.url)
    }

    /// Adds an organisation, group, project or workspace and a user that may do everything in it.
    pub fn furnish(&self, scope: &str, user: &str) {
        self.with(|state, ground| state.furnish(ground, scope, user));
    }

    /// Adds a token of a user.
    pub fn token(&self, text: &str, user: &str, scopes: &[&str]) {
        self.with(|state, ground| state.token(ground, text, user, scopes));
    }

    /// Ends a token.
    pub fn expire(&self, text: &str) {
        self.with(|state, _| state.expire(text));
    }

    /// The names of all repositories, with the scope before them.
    pub fn repositories(&self) -> Vec<String> {
        self.with(|state, _| state.repositories())
    }

    /// The names of what was deleted and is kept apart from them, as in a recycle bin.
    pub fn kept(&self) -> Vec<String> {
        self.with(|state, _| state.kept())
    }

    /// Renames a repository, as its owner would on the host's page.
    pub fn rename(&self, scope: &str, name: &str, to: &str) {
        self.with(|state, _| state.rename(scope, name, to));
    }

    /// Lets a rule refuse every push to repositories of a scope that are made from now on.
    pub fn refuse_pushes(&self, scope: &str, lines: &[&str]) {
        self.with(|state, _| state.refuse_pushes(scope, lines));
    }

    /// How many calls do not see a new repository, over REST and over Git.
    pub fn lag(&self, rest: u32, git: u32) {
        self.with(|_, ground| ground.lag = (rest, git));
    }

    /// The default branch of repositories that are made from now on.
    pub fn default_branch(&self, branch: &str) {
        self.with(|_, ground| ground.default_branch = branch.to_owned());
    }

    /// Sets what is left of the rate budget; at zero every call is refused.
    pub fn rate_left(&self, calls: u64) {
        self.with(|_, ground| ground.rate_left = calls);
    }

    /// Refuses what is beyond these limits from now on.
    pub fn enforce_limits(&self, limits: secondary::Limits) {
        self.inner.secondary.enforce(limits);
    }

    /// The calls that were beyond the limits.
    pub fn breaches(&self) -> Vec<String> {
        self.inner.secondary.breaches()
    }

    /// The most calls to the interface that were open at the same time.
    pub fn most_at_once(&self) -> usize {
        self.inner.secondary.most()
    }

    /// Waits this long before every answer.
    pub fn latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.inner.latency.store(micros, Ordering::Relaxed);
    }

    /// Lets the next `times` calls that begin with `on` (`GET /user`, `POST /orgs`, or nothing for all) fail.
    pub fn fault(&self, on: &str, fault: Fault, times: usize) {
        self.inner.faults.plan(on, fault, times);
    }

    /// Lets `percent` of the calls meet a fault that passes, chosen by chance from a seed.
    pub fn faults_by_chance(&self, seed: u64, percent: u64) {
        self.inner.faults.by_chance(seed, percent);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Says that a test talks to this host as if it were of another kind: from now on its calls are not held against
    /// the description, and not counted.
    pub fn expect_strangers(&self) {
        self.inner.strangers.store(true, Ordering::Relaxed);
    }

    /// The calls seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().expect("not poisoned").clone()
    }

    /// What the description says of the calls so far; `None` where it is not at hand.
    pub fn contract(&self) -> Option<Counts> {
        self.inner.contract.as_ref().map(Contract::counts)
    }

    /// Fails the test if a request or an answer breaks the description; prints the counts.
    pub fn assert_contract(&self) {
        match self.contract() {
            Some(counts) => {
                eprintln!("{}: {}", D::NAME, counts.line());
                assert!(counts.invalid.is_empty(), "{:#?}", counts.invalid);
            }
            None => {
                crate::skip(&format!("contracts: {}", D::NAME), "the official descriptions are not at hand")
            }
        }
    }

    /// Looks at the state, or changes it.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut D, &mut Ground) -> T) -> T {
        let mut state = self.inner.state();
        let (dialect, ground) = &mut *state;
        act(dialect, ground)
    }
}

impl<D: Dialect> Inner<D> {
    fn new(web: String, prefix: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ground = Ground {
            web,
            folder: folder.path().to_owned(),
            default_branch: "main".into(),
            lag: (0, 0),
            rate_left: D::RATE,
            next: AtomicU64::new(1000),
        };
        Self {
            prefix: prefix.to_owned(),
            state: Mutex::new((D::default(), ground)),
            faults: Faults::default(),
            latency: AtomicU64::new(0),
            secondary: Arc::default(),
            seen: Mutex::default(),
            contract: Contract::open(D::DESCRIPTION, D::UNLISTED, D::AMENDED),
            strangers: AtomicBool::new(false),
            _folder: folder,
        }
    }

    fn state(&self) -> MutexGuard<'_, (D, Ground)> {
        self.state.lock().expect("not poisoned")
    }

    /// The path below the host's own, if it lies there.
    fn path<'a>(&self, head: &'a http::request::Parts) -> Option<&'a str> {
        head.uri.path().strip_prefix(self.prefix.as_str())
    }

    fn call(&self, head: &http::request::Parts) -> String {
        let path = self.path(head).unwrap_or_else(|| head.uri.path());
        format!("{} {}", head.method, below(D::API, path))
    }

    fn note(&self, head: &http::request::Parts, status: u16) {
        let token = D::presented(&head.headers).map(|p| p.secret);
        let seen = Seen { call: self.call(head), token, status };
        self.seen.lock().expect("not poisoned").push(seen);
    }

    async fn respond(&self, incoming: Incoming) -> Response<Body> {
        let presented = D::presented(&incoming.head.headers);
        let answer = match self.path(&incoming.head) {
            None => {
                reply(StatusCode::NOT_FOUND, "text/html", "<html><body>Nothing here</body></html>".into())
            }
            Some(path) => match git_service(path) {
                Some((repository, service)) => {
                    self.git(&incoming, repository, service, presented.as_ref()).await
                }
                None => self.rest(&incoming, path, presented.as_ref()),
            },
        };
        self.note(&incoming.head, answer.status().as_u16());
        answer
    }

    fn rest(&self, incoming: &Incoming, path: &str, presented: Option<&Presented>) -> Response<Body> {
        let below = below(D::API, path);
        if matches!(below, "" | "/") && incoming.head.method != http::Method::OPTIONS {
            let page = format!("<!DOCTYPE html><html><body>{}</body></html>", D::NAME);
            return reply(StatusCode::OK, "text/html; charset=utf-8", page.into());
        }
        let method = incoming.head.method.as_str();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(incoming.head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let body: Option<Value> = serde_json::from_slice(&incoming.body).ok();
        let decoded: Vec<String> = below.trim_matches('/').split('/').map(decoded).collect();
        let request = Request {
            method,
            segments: decoded.iter().map(String::as_str).collect(),
            query: &query,
            body: body.as_ref(),
            bytes: &incoming.body,
            headers: &incoming.head.headers,
            presented,
        };
        let mut answer = self.within_budget(&request, &self.call(&incoming.head));
        if let Some(contract) = &self.contract
            && !self.strangers.load(Ordering::Relaxed)
        {
            contract.check(&Exchange {
                method,
                path: &D::described(path),
                query: query.clone(),
                body: body.as_ref(),
                status: answer.status,
                answer: if let Content::Json(body) = &answer.content { Some(body) } else { None },
            });
        }
        if D::ETAGS
            && method == "GET"
            && let (200, Content::Json(body)) = (answer.status, &answer.content)
        {
            let etag = etag(body);
            let asked = incoming.head.headers.get("if-none-match").and_then(|v| v.to_str().ok());
            if asked == Some(etag.as_str()) {
                // The answer that still holds costs nothing of the budget (docs.github.com, 2026).
                self.state().1.rate_left += 1;
                (answer.status, answer.content) = (304, Content::Empty);
            }
            answer = answer.with("etag", etag);
        }
        let state = self.state();
        answer.headers.extend(state.0.rate_headers(state.1.rate_left));
        drop(state);
        answer.into_http()
    }

    fn within_budget(&self, request: &Request<'_>, call: &str) -> Answer {
        let mut state = self.state();
        let (dialect, ground) = &mut *state;
        match ground.rate_left.checked_sub(1) {
            None => dialect.throttled(),
            Some(_) if self.secondary.count(call) => dialect.exceeded(),
            Some(left) => {
                ground.rate_left = left;
                dialect.rest(ground, request)
            }
        }
    }

    async fn git(
        &self,
        incoming: &Incoming,
        repository: &str,
        service: &str,
        presented: Option<&Presented>,
    ) -> Response<Body> {
        let query = incoming.head.uri.query().unwrap_or_default();
        let pushing = service == "git-receive-pack" || query.contains("git-receive-pack");
        let path = decoded(repository);
        let allowed = {
            let mut state = self.state();
            let (dialect, ground) = &mut *state;
            dialect.git_access(ground, &GitAccess { path: &path, presented, pushing })
        };
        let folder = match allowed {
            Ok(folder) => folder,
            Err(refusal) => return refusal.into_http(),
        };
        match (incoming.head.method.as_str(), service) {
            ("GET", "info/refs") => {
                let service = query.strip_prefix("service=").unwrap_or_default();
                git_http::advertise(&folder, service, &incoming.head.headers).await
            }
            ("POST", "git-upload-pack" | "git-receive-pack") => {
                let program = service.trim_start_matches("git-");
                git_http::rpc(&folder, program, &incoming.head.headers, incoming.body.clone()).await
            }
            _ => reply(StatusCode::NOT_FOUND, "text/plain", "Not Found\n".into()),
        }
    }
}

impl<D: Dialect> Host for Inner<D> {
    fn fault(&self, head: &http::request::Parts) -> Option<Fault> {
        let fault = self.faults.take(&self.call(head))?;
        // The host never answers these itself, so they are noted here.
        if !matches!(fault, Fault::DropAfter | Fault::Slow(_)) {
            self.note(head, 0);
        }
        Some(fault)
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        Box::pin(async move {
            // Calls over Git are counted elsewhere.
            let _under_way = git_service(incoming.head.uri.path()).is_none().then(|| self.secondary.begin());
            let latency = self.latency.load(Ordering::Relaxed);
            if latency > 0 {
                tokio::time::sleep(Duration::from_micros(latency)).await;
            }
            self.respond(incoming).await
        })
    }
}

/// Repository and service of a call over Git.
fn git_service(path: &str) -> Option<(&str, &str)> {
    ["info/refs", "git-upload-pack", "git-receive-pack"].into_iter().find_map(|service| {
        let repository = path.strip_suffix(service)?.strip_suffix('/')?.strip_prefix('/')?;
        Some((repository.strip_suffix(".git").unwrap_or(repository), service))
    })
}

fn etag(body: &Value) -> String {
    use std::fmt::Write as _;
    let digest = sha2::Sha256::digest(body.to_string().as_bytes());
    let hex = digest.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("W/\"{hex}\"")
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
