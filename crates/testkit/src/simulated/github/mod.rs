//! A simulated GitHub: organizations and users, tokens with scopes, repositories with real Git inside.
//!
//! Serves the interface of github.com at its root and that of an Enterprise Server below `/api/v3`; every
//! request and answer is held against GitHub's official description.

mod answers;
mod rest;
mod state;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use base64::Engine as _;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::fault::{Fault, Faults};
use super::git_http;
use super::listener::{self, Answering, Host, Incoming, Listener, reply};
use crate::contract::{Contract, Counts, Exchange};

use state::{Account, State, Token};
pub use state::{Kind, Member, Repo, SingleSignOn};

/// What the description lacks and why that is right.
const UNLISTED: &[(&str, &str)] = &[
    ("GET /repositories/{id}", "works on the host since its first version, is in no description"),
    ("* 401", "a rejected token is described for few calls"),
    ("* 403", "single sign-on, missing rights and rate limits are described for few calls"),
    ("* 404", "what may not be seen is described for few calls"),
];

/// A call that the host has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `METHOD /path`, without query.
    pub call: String,
    /// The token that came with it.
    pub token: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

/// The simulated host; it ends when the last clone is dropped.
#[derive(Clone)]
pub struct GitHub {
    /// Its address, as entered as host: `http://127.0.0.1:PORT`.
    pub url: String,
    /// Its authority's certificate, if it speaks TLS.
    pub ca_pem: Option<String>,
    inner: Arc<Inner>,
    _listener: Arc<Listener>,
}

struct Inner {
    web: String,
    folder: tempfile::TempDir,
    state: Mutex<State>,
    faults: Faults,
    seen: Mutex<Vec<Seen>>,
    contract: Option<Contract>,
}

impl GitHub {
    /// Starts an empty host on a free port.
    pub async fn start() -> Self {
        Self::listen("127.0.0.1:0", false).await.expect("a free port")
    }

    /// Starts an empty host with a certificate of a private authority.
    pub async fn start_tls() -> Self {
        Self::listen("127.0.0.1:0", true).await.expect("a free port")
    }

    /// Starts a host with the organization `acme`, its owner `acme-bot`, and the bot's token with `repo` and
    /// `delete_repo`.
    pub async fn acme(token: &str) -> Self {
        let host = Self::start().await;
        host.furnish("acme", "acme-bot");
        host.token(token, "acme-bot", &["repo", "delete_repo"]);
        host
    }

    /// Starts an empty host at an address.
    pub async fn listen(address: &str, tls: bool) -> std::io::Result<Self> {
        let tls = tls.then(crate::tls::private);
        let (ca_pem, server) = tls.map(|t| (t.ca_pem, t.server)).unzip();
        let scheme = if server.is_some() { "https" } else { "http" };
        let make = |address: SocketAddr| Arc::new(Inner::new(format!("{scheme}://{address}")));
        let (listener, inner) = listener::listen(address, server, make).await?;
        Ok(Self { url: inner.web.clone(), ca_pem, inner, _listener: Arc::new(listener) })
    }

    /// Adds an organization and a user that owns it.
    pub fn furnish(&self, organization: &str, user: &str) {
        self.account(organization, Kind::Organization);
        self.account(user, Kind::User);
        self.member(organization, user, Member::Owner);
    }

    /// Adds an account.
    pub fn account(&self, login: &str, kind: Kind) {
        let mut state = self.state();
        let account = Account {
            id: state.number(),
            login: login.to_owned(),
            kind,
            members: HashMap::new(),
            sso: SingleSignOn::Off,
            deleting: true,
            rule: None,
        };
        state.accounts.insert(login.to_lowercase(), account);
    }

    /// Makes a user a member of an organization.
    pub fn member(&self, organization: &str, user: &str, as_: Member) {
        self.change(organization, |a| {
            a.members.insert(user.to_owned(), as_);
        });
    }

    /// Sets how an organization hides from tokens that are not authorised.
    pub fn single_sign_on(&self, organization: &str, sso: SingleSignOn) {
        self.change(organization, |a| a.sso = sso);
    }

    /// Forbids members to delete repositories, owners excepted.
    pub fn forbid_deleting(&self, organization: &str) {
        self.change(organization, |a| a.deleting = false);
    }

    /// Lets a rule refuse every push to repositories that are made from now on.
    pub fn refuse_pushes(&self, organization: &str, lines: &[&str]) {
        self.change(organization, |a| a.rule = Some(lines.iter().map(|l| (*l).to_owned()).collect()));
    }

    /// Adds a token of a user.
    pub fn token(&self, text: &str, user: &str, scopes: &[&str]) {
        let token = Token {
            login: user.to_owned(),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            expires: None,
            expired: false,
            authorised: HashSet::new(),
        };
        self.state().tokens.insert(text.to_owned(), token);
    }

    /// Says when a token ends, in the host's form `2026-12-01 09:30:00 UTC`.
    pub fn token_expires(&self, text: &str, at: &str) {
        self.state().tokens.get_mut(text).expect("the token").expires = Some(at.to_owned());
    }

    /// Ends a token.
    pub fn expire(&self, text: &str) {
        self.state().tokens.get_mut(text).expect("the token").expired = true;
    }

    /// Makes a repository.
    pub fn repository(&self, owner: &str, name: &str, private: bool) -> Repo {
        let folder = self.inner.folder.path().to_owned();
        self.state().create(&folder, owner, name, private)
    }

    /// Renames a repository, as its owner would on the host's page.
    pub fn rename(&self, owner: &str, name: &str, to: &str) {
        let mut state = self.state();
        let id = state.repo(owner, name).expect("the repository").id;
        let repo = state.repos.get_mut(&id).expect("the repository");
        let former = std::mem::replace(&mut repo.name, to.to_owned());
        repo.former.push(former);
    }

    /// The names of all repositories, with owner.
    pub fn repositories(&self) -> Vec<String> {
        self.state().repos.values().map(|r| format!("{}/{}", r.owner, r.name)).collect()
    }

    /// A repository by its present name.
    pub fn find(&self, owner: &str, name: &str) -> Option<Repo> {
        self.state().repo(owner, name).cloned()
    }

    /// How many calls do not see a new repository, over REST and over Git.
    pub fn lag(&self, rest: u32, git: u32) {
        self.state().lag = (rest, git);
    }

    /// The default branch of repositories that are made from now on.
    pub fn default_branch(&self, branch: &str) {
        self.state().default_branch = branch.to_owned();
    }

    /// Sets what is left of the rate budget; at zero every call is refused.
    pub fn rate_left(&self, calls: u64) {
        self.state().rate_left = calls;
    }

    /// Lets the next `times` calls that begin with `on` (`GET /user`, `POST /orgs`, or nothing for all) fail.
    pub fn fault(&self, on: &str, fault: Fault, times: usize) {
        self.inner.faults.plan(on, fault, times);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
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
                eprintln!("{}", counts.line());
                assert!(counts.invalid.is_empty(), "{:#?}", counts.invalid);
            }
            None => crate::skip("contracts: GitHub", "the official descriptions are not at hand"),
        }
    }

    fn change(&self, login: &str, change: impl FnOnce(&mut Account)) {
        change(self.state().accounts.get_mut(&login.to_lowercase()).expect("the account"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("not poisoned")
    }
}

impl Inner {
    fn new(web: String) -> Self {
        Self {
            web,
            folder: tempfile::tempdir().expect("a temporary folder"),
            state: Mutex::new(State { rate_left: 5000, default_branch: "main".into(), ..State::default() }),
            faults: Faults::default(),
            seen: Mutex::default(),
            contract: Contract::open("github.trimmed.json", UNLISTED),
        }
    }

    async fn respond(&self, incoming: Incoming) -> Response<Body> {
        let path = incoming.head.uri.path().to_owned();
        let token = token_of(&incoming.head.headers);
        let method = incoming.head.method.as_str().to_owned();
        let answer = match path.split_once(".git/") {
            Some((repository, service)) => {
                self.git(&incoming, repository.trim_start_matches('/'), service, token.as_deref()).await
            }
            None => self.rest(&incoming, &path, token.as_deref()),
        };
        let call = format!("{method} {}", path.strip_prefix("/api/v3").unwrap_or(&path));
        let status = answer.status().as_u16();
        self.seen.lock().expect("not poisoned").push(Seen { call, token, status });
        answer
    }

    fn rest(&self, incoming: &Incoming, path: &str, token: Option<&str>) -> Response<Body> {
        let below = path.strip_prefix("/api/v3").unwrap_or(path);
        if below.is_empty() || below == "/" {
            let page = "<!DOCTYPE html><html><body>GitHub</body></html>";
            return reply(StatusCode::OK, "text/html; charset=utf-8", page.into());
        }
        let mut state = self.state.lock().expect("not poisoned");
        let left = state.rate_left;
        if left == 0 {
            let mut answer =
                http_answer(&rest::Answer::message(403, "API rate limit exceeded for user ID 1."));
            rate_headers(answer.headers_mut(), 0);
            return answer;
        }
        state.rate_left = left - 1;
        let method = incoming.head.method.as_str();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(incoming.head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let body: Option<Value> = serde_json::from_slice(&incoming.body).ok();
        let segments: Vec<&str> = below.trim_matches('/').split('/').collect();
        let request = rest::Request { method, segments, query: query.clone(), body: body.clone(), token };
        let answer = rest::answer(&mut state, self.folder.path(), &self.web, &request);
        drop(state);
        if let Some(contract) = &self.contract {
            let answered = (answer.status != 204).then_some(&answer.body);
            contract.check(&Exchange {
                method,
                path: below,
                query,
                body: body.as_ref(),
                status: answer.status,
                answer: answered,
            });
        }
        let mut answer = http_answer(&answer);
        rate_headers(answer.headers_mut(), left - 1);
        answer
    }

    async fn git(
        &self,
        incoming: &Incoming,
        name: &str,
        service: &str,
        token: Option<&str>,
    ) -> Response<Body> {
        let text = |status, message: &'static str| reply(status, "text/plain", message.into());
        let query = incoming.head.uri.query().unwrap_or_default();
        let pushing = service == "git-receive-pack" || query.contains("git-receive-pack");
        let path = {
            let mut state = self.state.lock().expect("not poisoned");
            let known = match token {
                None => None,
                Some(token) => match state.tokens.get(token).filter(|t| !t.expired).cloned() {
                    Some(token) => Some(token),
                    None => return unauthorized("Invalid username or token."),
                },
            };
            let found = name.split_once('/').and_then(|(o, n)| state.repo(o, n)).cloned();
            let Some(repo) = found else { return text(StatusCode::NOT_FOUND, "Repository not found.\n") };
            let (pull, push, _) = state.rights(known.as_ref(), &repo);
            if known.is_none() && (!pull || pushing) {
                return unauthorized("Authentication required.");
            }
            if !pull {
                return text(StatusCode::NOT_FOUND, "Repository not found.\n");
            }
            if repo.hidden_git > 0 {
                state.repos.get_mut(&repo.id).expect("it is there").hidden_git -= 1;
                return text(StatusCode::NOT_FOUND, "Repository not found.\n");
            }
            if pushing && repo.archived {
                return text(StatusCode::FORBIDDEN, "This repository was archived so it is read-only.\n");
            }
            if pushing && !push {
                return text(StatusCode::FORBIDDEN, "Write access to repository not granted.\n");
            }
            repo.path
        };
        match (incoming.head.method.as_str(), service) {
            ("GET", "info/refs") => {
                let service = query.strip_prefix("service=").unwrap_or_default();
                git_http::advertise(&path, service, &incoming.head.headers).await
            }
            ("POST", "git-upload-pack" | "git-receive-pack") => {
                let program = service.trim_start_matches("git-");
                git_http::rpc(&path, program, &incoming.head.headers, incoming.body.clone()).await
            }
            _ => text(StatusCode::NOT_FOUND, "Not Found\n"),
        }
    }
}

impl Host for Inner {
    fn fault(&self, head: &http::request::Parts) -> Option<Fault> {
        let path = head.uri.path();
        let call = format!("{} {}", head.method, path.strip_prefix("/api/v3").unwrap_or(path));
        let fault = self.faults.take(&call)?;
        // The host never answers these itself, so they are noted here.
        if !matches!(fault, Fault::DropAfter | Fault::Slow(_)) {
            let token = token_of(&head.headers);
            self.seen.lock().expect("not poisoned").push(Seen { call, token, status: 0 });
        }
        Some(fault)
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        Box::pin(async move { self.respond(incoming).await })
    }
}

fn token_of(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("authorization")?.to_str().ok()?;
    let (kind, rest) = text.split_once(' ')?;
    match kind.to_lowercase().as_str() {
        "bearer" | "token" => Some(rest.to_owned()),
        "basic" => {
            let pair = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
            String::from_utf8(pair).ok()?.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}

fn unauthorized(message: &'static str) -> Response<Body> {
    let mut answer = reply(StatusCode::UNAUTHORIZED, "text/plain", message.into());
    answer.headers_mut().insert("www-authenticate", http::HeaderValue::from_static("Basic realm=\"GitHub\""));
    answer
}

fn http_answer(answer: &rest::Answer) -> Response<Body> {
    let body = if answer.status == 204 { Body::empty() } else { answer.body.to_string().into() };
    let status = StatusCode::from_u16(answer.status).expect("a status");
    let mut out = reply(status, "application/json; charset=utf-8", body);
    for (name, value) in &answer.headers {
        out.headers_mut().append(*name, value.parse().expect("a header's value"));
    }
    out
}

fn rate_headers(headers: &mut HeaderMap, left: u64) {
    for (name, value) in [
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-used", (5000 - left.min(5000)).to_string()),
        ("x-ratelimit-reset", "4000000000".to_owned()),
        ("x-ratelimit-resource", "core".to_owned()),
    ] {
        headers.insert(name, value.parse().expect("a header's value"));
    }
}
