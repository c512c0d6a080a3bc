//! The client of one cluster: bounded, patient, counted.

mod exec;
mod kubeconfig;
mod lines;
mod pace;
mod request;
mod signer;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use net::retry::{self, Attempt};
use net::{Answer, Body, Call, Limits};
use serde_json::Value;
use tokio::sync::RwLock;
use url::Url;

pub use exec::{Plugin, Programs};
pub use kubeconfig::Kubeconfig;
pub use lines::Lines;
pub use pace::Bounds;
use pace::Pace;
pub(crate) use request::{APPLY, JSON, MERGE, METADATA, METADATA_LIST, Request};
use signer::{Shown, Signer};

use crate::health::Rules;
use crate::{Discovery, Error, Kind, Resource};

/// How long one call may take: an admission webhook may take 30 s of it.
const ATTEMPT: Duration = Duration::from_secs(35);
/// The shortest time that a read is given where nothing has answered for long: what is slow may still answer.
const SHORTEST: Duration = Duration::from_secs(10);

/// Letters of a long message that are kept from its beginning, and from its end.
const HEAD: usize = 400;
const TAIL: usize = 150;

/// How long a namespace that was there is taken to be there still.
const NAMESPACE_SEEN: Duration = Duration::from_secs(30);

/// What an internal error of the API server (most often a webhook that fails) is worth: it may not pass.
const INTERNAL_ATTEMPTS: u32 = 3;

/// How the API server's messages about a field that is unknown, of a wrong type, there twice or unreadable begin:
/// internal errors by their status (Kubernetes 1.36, seen 2026-11-23), the manifest's fault by their words.
const UNTYPED: [&str; 2] = ["failed to create typed patch object", "failed to convert new object"];

/// The client of one cluster. Cheap to clone; clones share connections, bounds and what is known of the cluster.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
    rules: Rules,
}

struct Inner {
    server: Url,
    signer: Signer,
    pace: Pace,
    discovery: RwLock<Option<Arc<Discovery>>>,
    namespaces: Mutex<HashMap<String, Instant>>,
    reads: AtomicU64,
    writes: AtomicU64,
}

/// How many calls were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Those that change nothing, reviews of rights among them.
    pub reads: u64,
    /// Applies and deletions.
    pub writes: u64,
}

impl Cluster {
    /// Makes a client. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Net`] for a certificate, key or proxy that cannot be used.
    pub fn new(config: Kubeconfig, bounds: Bounds) -> Result<Self, Error> {
        let limits = Limits {
            attempt: ATTEMPT,
            total: bounds.patience,
            attempts: u32::MAX,
            pause: Duration::from_millis(100),
            retry_after: Duration::from_secs(30),
            answer_bytes: 64 * 1024 * 1024,
            // A definition of a custom resource holds a schema; `serde_json` stops at 128.
            json_depth: 120,
            redirects: 0,
            ..Limits::default()
        };
        let inner = Inner {
            server: config.server,
            signer: Signer::new((config.trust, limits), config.credential, config.plugin)?,
            pace: Pace::new(&bounds),
            discovery: RwLock::new(None),
            namespaces: Mutex::default(),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        };
        Ok(Self { inner: Arc::new(inner), rules: Rules::default() })
    }

    /// The same, whose objects are as these rules say, as far as they say something.
    pub fn judged_by(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// The rules by which its objects are judged.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Comes with the credential of this kubeconfig from now on, if it is for the same API server with the same
    /// authority; whether that is so. Connections, watches and what is known of the cluster stay. For a token that
    /// somebody renews.
    pub fn renew(&self, config: Kubeconfig) -> bool {
        let same = config.server == self.inner.server && self.inner.signer.trusts(&config.trust);
        if same {
            self.inner.signer.renew(config.credential);
        }
        same
    }

    /// The API server's address.
    pub fn server(&self) -> &str {
        self.inner.server.as_str()
    }

    /// How many calls were answered since the client was made.
    pub fn counts(&self) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { reads: count(&self.inner.reads), writes: count(&self.inner.writes) }
    }

    /// What the cluster serves; asked once, until [`Cluster::forget`].
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn discovery(&self) -> Result<Arc<Discovery>, Error> {
        if let Some(known) = self.inner.discovery.read().await.clone() {
            return Ok(known);
        }
        let mut place = self.inner.discovery.write().await;
        if let Some(known) = place.clone() {
            return Ok(known);
        }
        let found = Arc::new(Discovery::ask(self).await?);
        *place = Some(Arc::clone(&found));
        Ok(found)
    }

    /// Forgets what the cluster serves: something new may have been installed.
    pub async fn forget(&self) {
        *self.inner.discovery.write().await = None;
    }

    /// Whether a namespace is there. One that was there a moment ago is not asked for again: where it is gone since,
    /// the applies say so.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) async fn has_namespace(&self, name: &str) -> Result<bool, Error> {
        let known = || self.inner.namespaces.lock().expect("nothing panics while it holds this");
        if known().get(name).is_some_and(|at| at.elapsed() < NAMESPACE_SEEN) {
            return Ok(true);
        }
        let there = match self.find(&Request::get(format!("api/v1/namespaces/{name}"), METADATA)).await {
            // What may not be looked at may be there all the same: the applies will tell.
            Err(error) if error.status() == Some(403) => true,
            found => match found? {
                // It will be gone, and can be made again then.
                Some(live) if live["metadata"]["deletionTimestamp"].is_string() => {
                    let what = format!("the namespace {name}, which is being deleted, is not gone");
                    return Err(Error::NotReady { what, limit: Duration::ZERO });
                }
                found => found.is_some(),
            },
        };
        let mut known = known();
        known.retain(|_, at| at.elapsed() < NAMESPACE_SEEN);
        if there {
            known.insert(name.to_owned(), Instant::now());
        }
        Ok(there)
    }

    /// Forgets that a namespace was there.
    pub(crate) fn forget_namespace(&self, name: &str) {
        self.inner.namespaces.lock().expect("nothing panics while it holds this").remove(name);
    }

    /// How the cluster serves a kind. What is not known is asked for once more.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn resource(&self, kind: &Kind) -> Result<Option<Resource>, Error> {
        Ok(self.exactly(&BTreeSet::from([kind.clone()])).await?.remove(kind))
    }

    /// How the cluster serves kinds, each in its version. What is not known is asked for once more, for all together.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) async fn exactly(&self, kinds: &BTreeSet<Kind>) -> Result<HashMap<Kind, Resource>, Error> {
        let mut known = self.discovery().await?;
        if kinds.iter().any(|kind| known.find(kind).is_none()) {
            {
                let mut place = self.inner.discovery.write().await;
                if place.as_ref().is_some_and(|now| Arc::ptr_eq(now, &known)) {
                    *place = None;
                }
            }
            known = self.discovery().await?;
        }
        let found = kinds.iter().filter_map(|kind| Some((kind.clone(), known.find(kind)?.clone())));
        Ok(found.collect())
    }

    /// The same; of a kind that is not served in its version the version that is preferred.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) async fn served(&self, kinds: &BTreeSet<Kind>) -> Result<HashMap<Kind, Resource>, Error> {
        let mut found = self.exactly(kinds).await?;
        let known = self.discovery().await?;
        for kind in kinds.iter().filter(|kind| known.find(kind).is_none()) {
            if let Some(resource) = known.preferred(&kind.group, &kind.kind) {
                found.insert(kind.clone(), resource.clone());
            }
        }
        Ok(found)
    }

    /// Calls, and repeats it while the API server is away, restarts or throttles: every call of this room may be
    /// sent twice.
    ///
    /// # Errors
    /// [`Error::Answered`] with the server's words, [`Error::Net`] when no answer comes.
    pub(crate) async fn call(&self, request: &Request) -> Result<Value, Error> {
        let (answer, shown) = self.answer(request).await?;
        if answer.status.is_success() {
            return Ok(answer.json()?);
        }
        Err(refused(&answer.request, (answer.status, &answer.body), &shown))
    }

    /// Calls once and hands the answer out before its body is read: for what goes on for long, or must not be
    /// repeated here. `limit` is for the whole, until the last byte. Takes no part in the bound of calls at once.
    ///
    /// # Errors
    /// As [`Cluster::call`]; what throttles is an answer here.
    pub(crate) async fn open(&self, request: &Request, limit: Duration) -> Result<Body, Error> {
        let signer = &self.inner.signer;
        self.inner.pace.go().await;
        let mut shown = signer.shown().await?;
        let mut body = self.opened(request, &shown, limit).await?;
        if body.status == StatusCode::UNAUTHORIZED && signer.refused(&shown).await {
            shown = signer.shown().await?;
            body = self.opened(request, &shown, limit).await?;
        }
        if body.status == StatusCode::TOO_MANY_REQUESTS {
            let asked = body.header("retry-after").and_then(|text| text.trim().parse().ok());
            self.inner.pace.throttled(asked.map(|seconds: u64| Duration::from_secs(seconds.min(30))));
        }
        self.inner.reads.fetch_add(1, Ordering::Relaxed);
        if body.status.is_success() {
            self.inner.pace.answered();
            return Ok(body);
        }
        let status = body.status;
        let text = body.whole().await.unwrap_or_default();
        let named = self.addressed(request, &shown)?.named();
        Err(refused(&named, (status, &text), &shown))
    }

    async fn opened(&self, request: &Request, shown: &Shown, limit: Duration) -> Result<Body, Error> {
        let limits = shown.client.limits().clone();
        let limits = Limits { total: limit, answer_bytes: usize::MAX, ..limits };
        let client = shown.client.with_limits(limits);
        Ok(client.open(&self.addressed(request, shown)?).await?)
    }

    /// The same, where an object that is not there is an answer. Only the API server's own word for it is one: what
    /// it does not serve, or somebody on the way does not know, says nothing about an object.
    pub(crate) async fn find(&self, request: &Request) -> Result<Option<Value>, Error> {
        match self.call(request).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Answered { status: 404, reason, .. }) if reason == "NotFound" => Ok(None),
            Err(error) => {
                if error.status() == Some(404) {
                    self.forget().await;
                }
                Err(error)
            }
        }
    }

    /// The answer, and what was shown for it.
    async fn answer(&self, request: &Request) -> Result<(Answer, Arc<Shown>), Error> {
        let (signer, pace) = (&self.inner.signer, &self.inner.pace);
        let (mut shown, limits) = (signer.shown().await?, signer.limits());
        let begun = Instant::now();
        let (mut attempt, mut renewed) = (0, false);
        loop {
            attempt += 1;
            let call = self.addressed(request, &shown)?;
            let permit = pace.turn().await;
            // What is slow is not away: a change has the time that the API server gives it.
            let limit = match request.changes() {
                true => limits.attempt,
                false => limits.total.saturating_sub(pace.troubled()).clamp(SHORTEST, limits.attempt),
            };
            let result = shown.client.once(&call, attempt, limit).await;
            drop(permit);
            let refused = matches!(&result, Ok(answer) if answer.status == StatusCode::UNAUTHORIZED);
            if refused && !renewed && signer.refused(&shown).await {
                // What a program gave may have been taken back before its time.
                renewed = true;
                shown = signer.shown().await?;
                continue;
            }
            let wait = match &result {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    let asked = retry::asked(&answer.headers);
                    pace.throttled(asked.filter(|asked| *asked <= limits.retry_after));
                    // All wait for it in their turn.
                    let wait = retry::plan(&Attempt::Throttled(asked), true, attempt, limits);
                    wait.map(|wait| (Duration::ZERO, wait))
                }
                Ok(answer) => {
                    let internal = answer.status == StatusCode::INTERNAL_SERVER_ERROR;
                    let again =
                        !internal || (attempt < INTERNAL_ATTEMPTS && !untyped(&message(&answer.body)));
                    let became = Attempt::Answered(answer.status, &answer.headers);
                    retry::plan(&became, again, attempt, limits).map(|wait| (wait, wait))
                }
                Err(failed) => retry::plan(&Attempt::Failed(failed), true, attempt, limits).map(|w| (w, w)),
            };
            let fails = wait.is_some() || result.is_err();
            let passed = if fails { pace.trouble().max(begun.elapsed()) } else { Duration::ZERO };
            match (wait, result) {
                (Some((pause, wait)), _) if passed + wait < limits.total => tokio::time::sleep(pause).await,
                (_, Ok(answer)) => {
                    if !fails {
                        pace.answered();
                    }
                    let writes = request.changes() && !request.path.contains("dryRun=All");
                    let counter = if writes { &self.inner.writes } else { &self.inner.reads };
                    counter.fetch_add(1, Ordering::Relaxed);
                    return Ok((answer, shown));
                }
                (_, Err(failed)) => return Err(shown.client.explain(&call, failed.error).await.into()),
            }
        }
    }

    fn addressed<'a>(&self, request: &Request, shown: &'a Shown) -> Result<Call<'a>, Error> {
        let url =
            self.inner.server.join(&request.address()).map_err(|e| {
                net::Error::Bug(format!("no address of an API server: {}: {e}", request.path))
            })?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        if !request.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.kind));
        }
        let call = Call::new(request.method.clone(), url, &shown.credential);
        Ok(Call { headers, body: request.body.clone(), ..call })
    }
}

/// What an answer says that is none of success.
fn refused(request: &str, (code, body): (StatusCode, &[u8]), shown: &Shown) -> Error {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |field: &str| status[field].as_str().unwrap_or_default().to_owned();
    let message = match text("message") {
        message if message.is_empty() => String::from_utf8_lossy(body).chars().take(300).collect(),
        message => message,
    };
    Error::Answered {
        request: request.into(),
        status: code.as_u16(),
        reason: text("reason"),
        message: shown.client.redactor(&shown.credential).clean(&shortened(&message)),
    }
}

/// A long message without its middle: the API server writes a whole object there, and what is wrong with it behind. It
/// is cut between words, so that no secret is cut.
fn shortened(message: &str) -> String {
    let (head, tail) = (message.char_indices().nth(HEAD), message.char_indices().rev().nth(TAIL));
    let (Some((head, _)), Some((tail, _))) = (head, tail) else { return message.to_owned() };
    let head = message[..head].rfind(' ').unwrap_or(0);
    let tail = message[tail..].find(' ').map_or(message.len(), |space| tail + space);
    if head == 0 || head >= tail {
        message.to_owned()
    } else {
        format!("{} …{}", &message[..head], &message[tail..])
    }
}

/// Whether a message is about a manifest that no repetition makes better.
pub(crate) fn untyped(message: &str) -> bool {
    UNTYPED.iter().any(|beginning| message.starts_with(beginning))
}

/// The message of an answer.
fn message(body: &[u8]) -> String {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    status["message"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_message_the_end_is_kept() {
        let long = format!("Job is invalid: {}field is immutable", "{\"a\": 1} ".repeat(200));
        let short = shortened(&long);
        assert!(short.starts_with("Job is invalid: {") && short.ends_with("} field is immutable"), "{short}");
        assert!(short.chars().count() < 600);
        for whole in ["no", &"é".repeat(3_000), &"word ".repeat(100)] {
            assert_eq!(shortened(whole), whole);
        }
    }

    #[test]
    fn what_does_not_fit_the_schema_is_not_sent_again() {
        let body =
            br#"{"kind":"Status","code":500,"message":"failed to create typed patch object (a/b; v1): .c"}"#;
        assert!(untyped(&message(body)));
        for body in [&br#"{"message":"failed calling webhook"}"#[..], b"", b"upstream away"] {
            assert!(!untyped(&message(body)));
        }
    }
}
