//! What one provider's simulated host says and allows, and the calls and answers that it says it with.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::listener::reply;
use super::presented::Presented;
use crate::contract::Amendment;

/// What one provider's host says and allows; the value is its state.
pub trait Dialect: Default + Send + 'static {
    /// The provider's name, for people.
    const NAME: &'static str;
    /// The file of its official description.
    const DESCRIPTION: &'static str;
    /// What the description lacks, and why that is right: see [`Contract::open`].
    const UNLISTED: &'static [(&'static str, &'static str)];
    /// Where the description is wrong, and why.
    const AMENDED: &'static [Amendment] = &[];
    /// Where its interface begins below the host's address: `/api/v3`, or nothing.
    const API: &'static str;
    /// The scopes of a token that may do everything.
    const SCOPES: &'static [&'static str];
    /// How many calls its rate budget has.
    const RATE: u64;
    /// The field of the GitOps configuration that its scope is entered in.
    const SCOPE_FIELD: &'static str;

    /// Answers a call to the interface.
    fn rest(&mut self, ground: &Ground, request: &Request<'_>) -> Answer;

    /// The bare repository that a call over Git may use, or the refusal.
    fn git_access(&mut self, ground: &Ground, access: &GitAccess<'_>) -> Result<PathBuf, Answer>;

    /// What is said when nothing is left of the rate budget.
    fn throttled(&self) -> Answer;

    /// The headers that tell of the rate budget.
    fn rate_headers(&self, left: u64) -> Vec<(&'static str, String)>;

    /// Whether answers to reading carry an `ETag`, and one that still holds is answered with 304.
    const ETAGS: bool = false;

    /// What is said when too many calls come in too short a time.
    fn exceeded(&self) -> Answer {
        Answer::new(429, serde_json::json!({ "message": "Too many requests" })).with("retry-after", "60")
    }

    /// The path as the description has it. By default the one below [`Dialect::API`].
    fn described(path: &str) -> Cow<'_, str> {
        Cow::Borrowed(below(Self::API, path))
    }

    /// The token and how it was sent. By default of `Authorization` and `PRIVATE-TOKEN`.
    fn presented(headers: &HeaderMap) -> Option<Presented> {
        Presented::read(headers)
    }

    /// What is entered as the host's address, from the address that it listens at.
    fn entered_host(web: &str) -> String {
        web.to_owned()
    }

    /// What is entered as user name.
    fn entered_username(user: &str) -> String {
        user.to_owned()
    }

    /// The user name that goes with a token over Git.
    fn git_username(user: &str) -> String {
        user.to_owned()
    }

    /// What `trueline serve` has to be told so that it asks this host: environment variables and values.
    fn settings(web: &str) -> Vec<(&'static str, String)> {
        let _ = web;
        Vec::new()
    }

    /// Adds an organisation, group, project or workspace and a user that may do everything in it.
    fn furnish(&mut self, ground: &Ground, scope: &str, user: &str);

    /// Adds a token of a user.
    fn token(&mut self, ground: &Ground, text: &str, user: &str, scopes: &[&str]);

    /// Ends a token.
    fn expire(&mut self, text: &str);

    /// The names of all repositories, with the scope before them.
    fn repositories(&self) -> Vec<String>;

    /// The names of what was deleted and is kept apart from them.
    fn kept(&self) -> Vec<String> {
        Vec::new()
    }

    /// Renames a repository, as its owner would on the host's page.
    fn rename(&mut self, scope: &str, name: &str, to: &str);

    /// Lets a rule refuse every push to repositories of a scope that are made from now on.
    fn refuse_pushes(&mut self, scope: &str, lines: &[&str]);
}

/// What a dialect stands on: the same for every provider.
pub struct Ground {
    /// The host's address with the path below which it lies.
    pub web: String,
    /// Where bare repositories go.
    pub folder: PathBuf,
    /// The default branch of new repositories.
    pub default_branch: String,
    /// How many calls do not see a new repository: over REST and over Git.
    pub lag: (u32, u32),
    /// Calls left of the rate budget.
    pub rate_left: u64,
    pub(super) next: AtomicU64,
}

impl Ground {
    /// A new number, the same for no two things.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A call to the interface.
pub struct Request<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// The path below the interface's beginning, segment by segment, decoded: `g%2Fsub` is one segment.
    pub segments: Vec<&'a str>,
    /// The query's pairs, decoded.
    pub query: &'a [(String, String)],
    /// The body, if it is JSON.
    pub body: Option<&'a Value>,
    /// The body as it came.
    pub bytes: &'a [u8],
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The token, if one was sent.
    pub presented: Option<&'a Presented>,
}

impl Request<'_> {
    /// The query's value of that name.
    pub fn asked(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The query's number of that name, at least 1.
    pub fn asked_number(&self, key: &str, otherwise: usize) -> usize {
        self.asked(key).and_then(|t| t.parse().ok()).unwrap_or(otherwise).max(1)
    }

    /// The body's field of that name.
    pub fn field(&self, key: &str) -> Option<&Value> {
        self.body?.get(key)
    }

    /// The body's text of that name.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.field(key)?.as_str()
    }
}

/// A call over Git.
pub struct GitAccess<'a> {
    /// The repository's path below the host's address, decoded, without `.git`.
    pub path: &'a str,
    /// The token, if one was sent.
    pub presented: Option<&'a Presented>,
    /// Whether it writes.
    pub pushing: bool,
}

/// An answer before it becomes HTTP.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub content: Content,
    /// Its further headers.
    pub headers: Vec<(&'static str, String)>,
}

/// The body of an answer.
pub enum Content {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// Something else: its kind and its text.
    Text(&'static str, String),
}

impl Answer {
    /// JSON with a status.
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, content: Content::Json(body), headers: Vec::new() }
    }

    /// A status without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, content: Content::Empty, headers: Vec::new() }
    }

    /// Something that is not JSON.
    pub fn text(status: u16, kind: &'static str, text: impl Into<String>) -> Self {
        Self { status, content: Content::Text(kind, text.into()), headers: Vec::new() }
    }

    /// With a further header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_http(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.status).expect("a status");
        let mut out = match self.content {
            Content::Empty => Response::builder().status(status).body(Body::empty()).expect("a valid answer"),
            Content::Json(body) => reply(status, "application/json; charset=utf-8", body.to_string().into()),
            Content::Text(kind, text) => reply(status, kind, text.into()),
        };
        for (name, value) in &self.headers {
            out.headers_mut().append(*name, value.parse().expect("a header's value"));
        }
        out
    }
}

/// The path below the interface's beginning; itself where it does not lie there.
pub(super) fn below<'a>(api: &str, path: &'a str) -> &'a str {
    path.strip_prefix(api).filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
}
