//! One repository at a Git host: its address, and the exchanges of Git's smart HTTP protocol with it
//! (gitprotocol-http). Keeps nothing between calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::http::header::{ACCEPT, CONTENT_TYPE};
use ::http::{HeaderName, HeaderValue, Method};
use bytes::Bytes;
use url::Url;

use crate::change::{Refs, Snapshot};
use crate::error::Error;
use crate::fetch::{self, Fetch};
use crate::http::{self, Call, HttpClient};
use crate::limits::Limits;
use crate::object::{Id, Object};
use crate::push::{self, Push, Report};
use crate::refs::{self, Capabilities, Listed};
use crate::view::{self, View};
use crate::{GitCredential, Stranger, Unreached};

/// How often a question that changes nothing is asked when its answer is lost.
const READS: u32 = 3;

/// A repository at a Git host, reached over HTTP.
#[derive(Clone)]
pub struct Remote {
    url: Url,
    credential: GitCredential,
    http: HttpClient,
    limits: Arc<Limits>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Remote({})", self.url)
    }
}

impl Remote {
    /// Takes the address that Git clones from, without credentials in it.
    ///
    /// # Errors
    /// [`Error::Input`] when it is no such address, [`net::Error::Insecure`] when the credential would travel
    /// without TLS to another machine.
    pub fn new(url: &str, credential: GitCredential, http: HttpClient) -> Result<Self, Error> {
        let bad = |why: &str| Error::Input {
            field: "repository",
            code: "invalid_url",
            sentence: format!("The repository's address cannot be used: {why}."),
        };
        let mut url = Url::parse(url.trim()).map_err(|e| bad(&e.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(bad("it has to start with https:// (or http://)"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(
                "it contains a user name or a password; those belong into the GitOps configuration",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("it contains a ? or a #"));
        }
        if url.scheme() == "http" && !credential.is_none() && !http::is_loopback(&url) {
            return Err(net::Error::Insecure { host: http::host_of(&url) }.into());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url, credential, http: http.for_git(), limits: Arc::new(Limits::default()) })
    }

    /// The same repository with other limits.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = Arc::new(limits);
        self
    }

    /// The address without credentials.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The limits in force.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// One word for the repository, whatever the spelling of its address.
    pub(crate) fn key(&self) -> String {
        key(self.url.as_str())
    }

    /// Whether both show the host the same credential.
    pub(crate) fn same_credential(&self, other: &Self) -> bool {
        self.credential.same(&other.credential)
    }

    /// Lists the branches.
    ///
    /// # Errors
    /// What the host or the way to it gives; [`Error::UnsupportedObjectFormat`] for SHA-256.
    pub async fn refs(&self) -> Result<Refs, Error> {
        let session = Session::open(self).await?;
        Ok(session.list(None).await?.into())
    }

    /// Reads files and folders at the tip of a branch.
    ///
    /// # Errors
    /// As [`Remote::refs`]; [`Error::TooLarge`] above the limits.
    pub async fn read(&self, branch: &str, paths: &[&str]) -> Result<Snapshot, Error> {
        refs::check_branch(branch)?;
        let session = Session::open(self).await?;
        let Some(tip) = session.tip(branch).await? else {
            return Ok(Snapshot { tip: None, entries: BTreeMap::new() });
        };
        let (view, blobs) = View::read(&session, tip).await?;
        view.snapshot(&session, paths, blobs).await
    }

    /// Takes a branch away as it is now; says whether there was one.
    ///
    /// # Errors
    /// As [`Remote::refs`]; [`Error::Rejected`] when the host does not let it go, or it moved meanwhile.
    pub async fn remove_branch(&self, branch: &str) -> Result<bool, Error> {
        refs::check_branch(branch)?;
        let session = Session::open(self).await?;
        let Some(tip) = session.tip(branch).await? else { return Ok(false) };
        let refname = format!("refs/heads/{branch}");
        let new = Id::null(gix_hash::Kind::Sha1);
        let report = session.push(&Push { refname: &refname, old: Some(tip), new, objects: &[] }).await?;
        match report.refused {
            None => Ok(true),
            Some(reason) => Err(Error::Rejected { refname, reason, remote_text: report.text }),
        }
    }

    /// Whether a commit is part of a branch's history.
    ///
    /// # Errors
    /// As [`Remote::refs`]; [`Error::TooLarge`] when the branch has too many commits since then to tell.
    pub async fn contains(&self, branch: &str, commit: &str) -> Result<bool, Error> {
        refs::check_branch(branch)?;
        let bad = || Error::Bug(format!("{commit:?} is no commit's id"));
        let wanted = crate::object::parse_id(commit).ok_or_else(bad)?;
        let session = Session::open(self).await?;
        let Some(tip) = session.tip(branch).await? else { return Ok(false) };
        if tip == wanted {
            return Ok(true);
        }
        match view::history(&session, branch, tip, Some(wanted)).await {
            Ok(_) => Ok(true),
            Err(Error::BaseGone { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the host would take a push: asks for what a push begins with, and sends nothing.
    ///
    /// # Errors
    /// As [`Remote::refs`]; a refusal of the push alone is no error.
    pub async fn may_push(&self) -> Result<bool, Error> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/info/refs", self.url.path()));
        url.set_query(Some("service=git-receive-pack"));
        let answer = self.read_call(|| Call::new(Method::GET, url.clone(), &self.credential)).await?;
        match answer.checked("application/x-git-receive-pack-advertisement") {
            Ok(_) => Ok(true),
            Err(Error::Unauthorized(_) | Error::Forbidden(_) | Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, what: impl Into<String>) -> Error {
        Error::Protocol { host: http::host_of(&self.url), what: what.into() }
    }

    /// Names the host in errors that do not know it.
    fn named<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| match error {
            Error::Protocol { host, what } if host.is_empty() => {
                let what = self.http.redactor(&self.credential).clean(&what);
                Error::Protocol { host: http::host_of(&self.url), what }
            }
            other => other,
        })
    }
}

/// A repository whose abilities are known.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) remote: Remote,
    abilities: Arc<Abilities>,
}

/// One word for the repository at an address, whatever its spelling.
pub(crate) fn key(url: &str) -> String {
    model::repository::normalised(url).unwrap_or_else(|| url.to_owned())
}

/// What was learned of a repository when it was first asked.
#[derive(Debug)]
pub(crate) struct Abilities {
    /// The address after redirects within the host.
    base: Url,
    capabilities: Capabilities,
}

impl Session {
    /// Asks what the repository can do.
    pub(crate) async fn open(remote: &Remote) -> Result<Self, Error> {
        let mut url = remote.url.clone();
        url.set_path(&format!("{}/info/refs", remote.url.path()));
        url.set_query(Some("service=git-upload-pack"));
        let answer = remote.read_call(|| {
            let mut call = Call::new(Method::GET, url.clone(), &remote.credential);
            call.headers.insert(GIT_PROTOCOL, VERSION_2);
            call
        });
        let (body, end) = answer.await?.checked("application/x-git-upload-pack-advertisement")?;
        let capabilities = remote.named(refs::read_capabilities(&body))?;
        let path = end.path().strip_suffix("/info/refs");
        let mut base = end.clone();
        base.set_path(
            path.ok_or_else(|| remote.failed("a redirect leads to something else than a repository"))?,
        );
        base.set_query(None);
        Ok(Self { remote: remote.clone(), abilities: Arc::new(Abilities { base, capabilities }) })
    }

    /// Takes up what is known already, with another credential perhaps.
    pub(crate) fn resume(remote: &Remote, abilities: Arc<Abilities>) -> Self {
        Self { remote: remote.clone(), abilities }
    }

    pub(crate) fn abilities(&self) -> Arc<Abilities> {
        self.abilities.clone()
    }

    /// Lists branches: all, or those whose names start with one.
    async fn list(&self, branch: Option<&str>) -> Result<Listed, Error> {
        let body = refs::request(&self.abilities.capabilities, branch);
        let answer = self.ask(body, self.remote.limits.answer_bytes).await?;
        self.remote.named(refs::read(&answer, &self.remote.limits))
    }

    /// The tip of a branch.
    pub(crate) async fn tip(&self, branch: &str) -> Result<Option<Id>, Error> {
        Ok(self.list(Some(branch)).await?.branches.remove(branch))
    }

    /// Fetches objects, in an answer of at most `limit` bytes.
    pub(crate) async fn fetch(&self, fetch: &Fetch, limit: usize) -> Result<Vec<Object>, Error> {
        let answer = self.ask(fetch.request(&self.abilities.capabilities), limit).await?;
        self.remote.named(fetch::read(&answer, &self.remote.limits))
    }

    /// Pushes. An error for which [`unknown_end`] holds may hide a push that came through.
    pub(crate) async fn push(&self, push: &Push<'_>) -> Result<Report, Error> {
        let body = Bytes::from(push.request()?);
        let call = self.post("git-receive-pack", body);
        let answer = self.remote.client(self.remote.limits.answer_bytes.min(4 << 20)).call(&call).await?;
        let (body, _) = Answered(answer).checked("application/x-git-receive-pack-result")?;
        let mut report = self.remote.named(push::read(&body, push.refname, &self.remote.limits))?;
        let redactor = self.remote.http.redactor(&self.remote.credential);
        report.text = report.text.lines().map(|line| redactor.clean(line)).collect::<Vec<_>>().join("\n");
        report.refused = report.refused.map(|reason| redactor.clean(&reason));
        Ok(report)
    }

    async fn ask(&self, body: Vec<u8>, limit: usize) -> Result<Bytes, Error> {
        let body = Bytes::from(body);
        let answer = self.remote.limited_call(limit, || {
            let mut call = self.post("git-upload-pack", body.clone());
            call.headers.insert(GIT_PROTOCOL, VERSION_2);
            call
        });
        Ok(answer.await?.checked("application/x-git-upload-pack-result")?.0)
    }

    fn post(&self, service: &str, body: Bytes) -> Call<'_> {
        let mut url = self.abilities.base.clone();
        url.set_path(&format!("{}/{service}", self.abilities.base.path()));
        let mut call = Call::new(Method::POST, url, &self.remote.credential);
        let header = |end: &str| HeaderValue::from_str(&format!("application/x-{service}-{end}"));
        if let (Ok(request), Ok(result)) = (header("request"), header("result")) {
            call.headers.insert(CONTENT_TYPE, request);
            call.headers.insert(ACCEPT, result);
        }
        call.body = body;
        call
    }
}

const GIT_PROTOCOL: HeaderName = HeaderName::from_static("git-protocol");
const VERSION_2: HeaderValue = HeaderValue::from_static("version=2");

/// Whether the host may have done what was asked although this error came back.
pub(crate) fn unknown_end(error: &Error) -> bool {
    match error {
        Error::Net(net::Error::Unreachable { cause, .. }) => {
            !matches!(cause, Unreached::Name | Unreached::Refused | Unreached::NoRoute)
        }
        Error::HostFailed(_) | Error::Protocol { .. } | Error::TooLarge { .. } | Error::Unexpected(_) => true,
        // A gateway's page in front of a host that took the push.
        Error::Stranger { .. } => true,
        _ => false,
    }
}

impl Remote {
    fn client(&self, answer_bytes: usize) -> HttpClient {
        let bounds = http::Limits {
            attempt: self.limits.exchange,
            total: self.limits.exchange,
            answer_bytes,
            ..self.http.limits().clone()
        };
        self.http.with_limits(bounds)
    }

    /// Asks something that changes nothing.
    async fn read_call<'a>(&'a self, call: impl Fn() -> Call<'a>) -> Result<Answered, Error> {
        self.limited_call(self.limits.answer_bytes, call).await
    }

    async fn limited_call<'a>(
        &'a self,
        limit: usize,
        call: impl Fn() -> Call<'a>,
    ) -> Result<Answered, Error> {
        let client = self.client(limit);
        let mut attempt = 1;
        loop {
            let result = client.call(&call()).await;
            let lost = match &result {
                Err(Error::Net(net::Error::Unreachable { cause, .. })) => *cause == Unreached::Closed,
                Ok(answer) => answer.status.is_server_error(),
                Err(_) => false,
            };
            if !lost || attempt >= READS {
                return result.map(Answered);
            }
            crate::pause::jittered(attempt, self.http.limits().pause).await;
            attempt += 1;
        }
    }
}

/// An answer of any status and type.
struct Answered(http::Answer);

impl Answered {
    /// The body and its address, if the answer is of the expected type.
    fn checked(self, content_type: &str) -> Result<(Bytes, Url), Error> {
        let answer = self.0.success()?;
        let found = answer.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        if !found.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(content_type)) {
            let (host, status) = (http::host_of(&answer.url), answer.status.as_u16());
            return Err(match found.starts_with("text/html") {
                true => Error::Stranger { host, what: Stranger::Html, status },
                false => {
                    Error::Protocol { host, what: "it is no Git repository: another type of answer".into() }
                }
            });
        }
        Ok(answer.into_body())
    }
}
