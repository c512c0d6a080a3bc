//! What stands between one test and the server: passes everything on, and looks at it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::Value;

use super::wire::{self, Reply};
use crate::contract::{Amendment, Contract, Exchange};
use crate::simulated::fault::{Fault, Faults};
use crate::simulated::host::Seen;
use crate::simulated::listener::{Answering, Host, Incoming, reply};
use crate::simulated::presented::Presented;

/// Where the interface begins.
const API: &str = "/api/v1";
/// What the descriptions lack, and why that is right.
const UNLISTED: &[(&str, &str)] = &[
    ("GET /api/v1/repositories/{id}", "is in the full description, not in the part that is at hand"),
    ("GET /api/v1/notifications/new", "is in the full description, not in the part that is at hand"),
    ("GET /api/v1/repos/{owner}/{repo}/branches/{branch} 500", "for a moment after the first push, 1.26.0"),
    ("* 301", "a renamed repository is described nowhere"),
];

/// Where the descriptions are wrong.
const AMENDED: &[Amendment] = &[Amendment::Nullable {
    property: "status_check_contexts",
    reason: "null of a branch that has a rule without them, 1.26.0",
}];

/// The front of one test.
pub(super) struct Front {
    server: SocketAddr,
    /// The path below which the host lies, or nothing.
    prefix: String,
    pub(super) faults: Faults,
    pub(super) seen: Mutex<Vec<Seen>>,
    pub(super) contracts: Vec<(&'static str, Contract)>,
}

impl Front {
    pub(super) fn new(server: SocketAddr, prefix: &str) -> Self {
        let files = [("Gitea", "gitea.trimmed.json"), ("Forgejo", "forgejo.trimmed.json")];
        let contracts = files
            .into_iter()
            .filter_map(|(name, file)| Some((name, Contract::open(file, UNLISTED, AMENDED)?)));
        Self {
            server,
            prefix: prefix.to_owned(),
            faults: Faults::default(),
            seen: Mutex::default(),
            contracts: contracts.collect(),
        }
    }

    /// The path below the host's own, if it lies there.
    fn path<'a>(&self, head: &'a http::request::Parts) -> Option<&'a str> {
        head.uri.path().strip_prefix(self.prefix.as_str())
    }

    /// `METHOD /path` below the interface's beginning.
    fn call(&self, head: &http::request::Parts) -> String {
        let path = self.path(head).unwrap_or_else(|| head.uri.path());
        format!("{} {}", head.method, path.strip_prefix(API).unwrap_or(path))
    }

    async fn pass_on(&self, incoming: &Incoming) -> Option<Reply> {
        let path = self.path(&incoming.head)?;
        let target = match incoming.head.uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let (server, method) = (self.server, incoming.head.method.clone());
        let (headers, body) = (incoming.head.headers.clone(), incoming.body.clone());
        let work = move || {
            let own = ["connection", "content-length", "transfer-encoding", "accept-encoding"];
            let headers: Vec<(&str, &[u8])> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .filter(|(name, _)| !own.contains(name))
                .collect();
            wire::exchange(server, (method.as_str(), &target), &headers, &body)
        };
        tokio::task::spawn_blocking(work).await.ok()?.ok()
    }

    fn check(&self, incoming: &Incoming, reply: &Reply) {
        let Some(path) = self.path(&incoming.head).filter(|path| path.starts_with(API)) else { return };
        let query = incoming.head.uri.query().unwrap_or_default();
        let body: Option<Value> = serde_json::from_slice(&incoming.body).ok();
        let answer: Option<Value> = serde_json::from_slice(&reply.body).ok();
        for (_, contract) in &self.contracts {
            contract.check(&Exchange {
                method: incoming.head.method.as_str(),
                path,
                query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
                body: body.as_ref(),
                status: reply.status,
                answer: answer.as_ref(),
            });
        }
    }

    fn note(&self, head: &http::request::Parts, status: u16) {
        let token = Presented::read(&head.headers).map(|p| p.secret);
        self.seen.lock().expect("not poisoned").push(Seen { call: self.call(head), token, status });
    }

    /// The answer as it goes to the client; an address on the host itself lies below the front's path.
    fn answered(&self, from: Reply) -> Response<Body> {
        let mut to = Response::new(Body::from(from.body));
        *to.status_mut() = StatusCode::from_u16(from.status).expect("a status");
        for (name, value) in from.headers {
            if ["connection", "content-length"].contains(&name.as_str()) {
                continue;
            }
            let value = if name == "location" && value.starts_with('/') {
                format!("{}{value}", self.prefix)
            } else {
                value
            };
            let name: http::HeaderName = name.parse().expect("a header's name");
            to.headers_mut().append(name, value.parse().expect("a header's value"));
        }
        to
    }
}

impl Host for Front {
    fn fault(&self, head: &http::request::Parts) -> Option<Fault> {
        self.faults.take(&self.call(head))
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        Box::pin(async move {
            if self.path(&incoming.head).is_none() {
                let page = "<!DOCTYPE html><html><body>Nothing here</body></html>";
                return reply(StatusCode::NOT_FOUND, "text/html", page.into());
            }
            let Some(found) = self.pass_on(&incoming).await else {
                return reply(StatusCode::BAD_GATEWAY, "text/plain", "nothing is here".into());
            };
            self.note(&incoming.head, found.status);
            self.check(&incoming, &found);
            self.answered(found)
        })
    }
}
