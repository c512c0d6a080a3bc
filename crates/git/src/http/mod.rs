//! The one way to talk HTTP to a Git host: trust, time limits, retries, redirects, sizes, redaction, traces.
//!
//! Knows no provider. Judging what an answer means for a provider is left to the provider.

mod answer;
pub mod budget;
mod client_certificate;
mod failure;
mod known;
mod proxy;
mod redact;
mod retry;
mod tally;
mod trust;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use model::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;
use url::Url;

pub use answer::Answer;
pub use budget::{Budget, Budgets, Pace};
pub use redact::Redactor;
pub use tally::Tally;
pub use trust::Trust;

use crate::{Error, GitCredential, Unreached};

/// The bounds of all calls of a client.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// For one attempt, from connecting to the last byte of the answer.
    pub attempt: Duration,
    /// For all attempts of one call and the pauses between them.
    pub total: Duration,
    /// Attempts of one call.
    pub attempts: u32,
    /// The first pause before another attempt; it doubles each time.
    pub pause: Duration,
    /// The longest `Retry-After` that is waited for; a longer one ends the call.
    pub retry_after: Duration,
    /// Bytes of an answer, after decompression.
    pub answer_bytes: usize,
    /// Depth of nested lists and objects in JSON.
    pub json_depth: usize,
    /// Redirects followed within the host.
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(8),
            attempt: Duration::from_secs(15),
            total: Duration::from_secs(40),
            attempts: 4,
            pause: Duration::from_millis(250),
            retry_after: Duration::from_secs(10),
            answer_bytes: 8 * 1024 * 1024,
            json_depth: 64,
            redirects: 4,
        }
    }
}

/// The most pages of a list that are read.
const PAGES: usize = 50;

/// A client for one trust setting. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: reqwest::Client,
    limits: Arc<Limits>,
    way: Arc<Way>,
    known: Arc<known::Known>,
    counters: Arc<tally::Counters>,
    budgets: Budgets,
    pace: Pace,
    lane: budget::Lane,
}

/// What lies between us and the host.
struct Way {
    proxy: Option<proxy::Proxy>,
    shown: Arc<client_certificate::Shown>,
    /// Secrets of the way itself.
    hidden: Vec<Secret>,
}

impl Way {
    fn redactor(&self, credential: &GitCredential) -> Redactor {
        Redactor::new([credential.forms(), self.hidden.clone()].concat())
    }
}

/// One call, as often as it is attempted.
pub struct Call<'a> {
    /// The method; GET, HEAD, PUT, DELETE and OPTIONS are taken as repeatable.
    pub method: Method,
    /// The address, without credentials in it.
    pub url: Url,
    /// Headers beside `Authorization`.
    pub headers: HeaderMap,
    /// What to show the host.
    pub credential: &'a GitCredential,
    /// The body; empty for none.
    pub body: Bytes,
}

impl<'a> Call<'a> {
    /// A call without body.
    pub fn new(method: Method, url: Url, credential: &'a GitCredential) -> Self {
        Self { method, url, headers: HeaderMap::new(), credential, body: Bytes::new() }
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a body of JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(body).map_err(|e| Error::Bug(format!("request body: {e}")))?;
        self.body = bytes.into();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// Method and path, for people and logs.
    pub fn named(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    fn repeatable(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS)
    }
}

/// Host and port of an address in a text; the text itself where it is none.
pub fn host_in(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| host_of(&url))
}

/// Host and port of an address, as people write it.
pub fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

/// Whether an address points to this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

impl HttpClient {
    /// Makes a client. Takes no proxy and no address from the environment.
    pub fn new(trust: &Trust, limits: Limits) -> Result<Self, Error> {
        let (tls, shown) = trust.config()?;
        let proxy = proxy::Proxy::read(trust, Some(&tls))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(limits.connect)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("trueline/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = &proxy {
            builder = builder.proxy(proxy.client()?);
        }
        let inner = builder.build().map_err(|e| Error::Bug(format!("HTTP client: {}", e.without_url())))?;
        let mut hidden = proxy.as_ref().map(proxy::Proxy::forms).unwrap_or_default();
        if let Some(key) = &trust.client_key_pem {
            hidden.push(key.clone());
            hidden.extend(
                key.reveal().lines().filter(|l| l.len() >= 16 && !l.starts_with("--")).map(Secret::new),
            );
        }
        Ok(Self {
            inner,
            limits: Arc::new(limits),
            way: Arc::new(Way { proxy, shown, hidden }),
            known: Arc::default(),
            counters: Arc::default(),
            budgets: Budgets::default(),
            pace: Pace::UNKNOWN,
            lane: budget::Lane::Rest,
        })
    }

    /// The same connections with other bounds; the time to connect stays as it was.
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { limits: Arc::new(limits), ..self.clone() }
    }

    /// The same client within the budgets of the process, at the pace that this kind of host allows.
    pub fn paced(self, budgets: &Budgets, pace: Pace) -> Self {
        Self { budgets: budgets.clone(), pace, ..self }
    }

    /// The same client for Git itself: hosts do not count it among the calls to their interface.
    pub fn for_git(self) -> Self {
        Self { lane: budget::Lane::Git, ..self }
    }

    /// What is left of a credential's budget at a host.
    pub fn budget(&self, url: &Url, credential: &GitCredential) -> Option<Budget> {
        Some(self.budgets.of(url, credential, self.pace)?.budget(Instant::now()))
    }

    /// The calls of this client and its clones.
    pub fn tally(&self) -> Tally {
        self.counters.tally()
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Calls, and reads the whole answer. Repeats what may be repeated. Every status is an answer, but for
    /// throttling, which is [`Error::RateLimited`] once waiting is out of bounds.
    pub async fn call(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let started = Instant::now();
        let meter = self.budgets.of(&call.url, call.credential, self.pace);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let left = self.limits.total.saturating_sub(started.elapsed());
            let place = match &meter {
                None => None,
                Some(meter) => {
                    let bound = self.limits.retry_after.min(left);
                    meter.enter(self.lane, &call.method, bound).await.map_err(|after| {
                        self.counters.held();
                        Error::RateLimited { host: host_of(&call.url), after: Some(after) }
                    })?
                }
            };
            let left = self.limits.total.saturating_sub(started.elapsed());
            let result = self.once(call, attempt, self.limits.attempt.min(left)).await;
            drop(place);
            self.counters.ended(&result);
            if let (Some(meter), Ok(answer)) = (&meter, &result) {
                meter.learn(self.lane, answer);
            }
            let plan = retry::plan(&result, call.repeatable(), attempt, &self.limits);
            match plan {
                Some(wait) if started.elapsed() + wait < self.limits.total => tokio::time::sleep(wait).await,
                _ => {
                    return match result {
                        Ok(answer) => answer.unless_throttled(meter.and_then(|m| m.waits(Instant::now()))),
                        Err(failed) => Err(self.hop(call, failed.error).await),
                    };
                }
            }
        }
    }

    /// Calls and reads JSON of a success; any other status is an error.
    pub async fn json<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Error> {
        self.call(call).await?.success()?.json()
    }

    /// Reads the pages of a list, following `Link: <…>; rel="next"` within the host, until `limit` items.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a list that goes on for more pages than any host needs, such as empty ones.
    pub async fn pages<T: DeserializeOwned>(&self, call: Call<'_>, limit: usize) -> Result<Vec<T>, Error> {
        let mut items: Vec<T> = Vec::new();
        let mut call = call;
        for _ in 0..PAGES {
            let answer = self.call(&call).await?.success()?;
            items.extend(answer.json::<Vec<T>>()?);
            match answer.next_page()? {
                Some(next) if items.len() < limit => call.url = next,
                _ => {
                    items.truncate(limit);
                    return Ok(items);
                }
            }
        }
        Err(Error::TooLarge { what: format!("The list {}", call.named()), limit: format!("{PAGES} pages") })
    }

    /// Calls once and hands the answer out before its body is read: for Git's own protocol. No retry; the
    /// caller limits time and size of the body. Redirects are followed within the host only; the address in
    /// the end is the response's `url()`.
    pub async fn open(&self, call: &Call<'_>) -> Result<reqwest::Response, Error> {
        match self.send(call, None).await {
            Ok(response) => Ok(response),
            Err(failed) => Err(self.hop(call, failed.error).await),
        }
    }

    /// The error of the hop that failed, where a proxy lies in between.
    async fn hop(&self, call: &Call<'_>, error: Error) -> Error {
        let (Some(proxy), Error::Unreachable { .. } | Error::Tls { .. } | Error::Protocol { .. }) =
            (&self.way.proxy, &error)
        else {
            return error;
        };
        let redactor = self.redactor(call.credential);
        proxy.examine(&call.url, self.limits.connect, &redactor).await.unwrap_or(error)
    }

    /// What to take out of any text that comes from the other side of a call.
    pub fn redactor(&self, credential: &GitCredential) -> Redactor {
        self.way.redactor(credential)
    }

    async fn once(&self, call: &Call<'_>, attempt: u32, limit: Duration) -> Result<Answer, Failed> {
        let host = host_of(&call.url);
        let span = tracing::debug_span!(
            "http", method = %call.method, host = %host, path = call.url.path(), attempt,
            status = tracing::field::Empty, milliseconds = tracing::field::Empty
        );
        let begun = Instant::now();
        let work = async {
            let known = if self.lane == budget::Lane::Rest { self.known.of(call) } else { None };
            let response = self.send(call, known.as_ref().map(known::Entry::etag)).await?;
            let answer = Answer::read(response, call, &self.limits, &self.way).await?;
            match known {
                Some(entry) if answer.status == StatusCode::NOT_MODIFIED => Ok(answer.held(entry)),
                _ => {
                    if self.lane == budget::Lane::Rest {
                        self.known.keep(call, &answer);
                    }
                    Ok(answer)
                }
            }
        };
        let result = match tokio::time::timeout(limit, work.instrument(span.clone())).await {
            Ok(result) => result,
            Err(_) => Err(Failed::late(Error::Unreachable {
                host,
                cause: Unreached::TimedOut,
                detail: format!("no complete answer within {} s", limit.as_secs_f32().round()),
            })),
        };
        span.record("milliseconds", begun.elapsed().as_millis() as u64);
        if let Ok(answer) = &result {
            span.record("status", answer.status.as_u16());
        }
        let _entered = span.enter();
        match &result {
            Ok(_) => tracing::debug!("answered"),
            Err(failed) => tracing::debug!(error = %failed.error, "failed"),
        }
        result
    }

    async fn send(&self, call: &Call<'_>, etag: Option<HeaderValue>) -> Result<reqwest::Response, Failed> {
        let mut url = call.url.clone();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failed::late(Error::Bug(format!("scheme {} is not for HTTP", url.scheme()))));
        }
        let authorization = call.credential.header().map_err(Failed::late)?;
        if authorization.is_some() && url.scheme() != "https" && !is_loopback(&url) {
            return Err(Failed::late(Error::Insecure { host: host_of(&url) }));
        }
        let redactor = self.redactor(call.credential);
        for _ in 0..=self.limits.redirects {
            let mut request = self
                .inner
                .request(call.method.clone(), url.clone())
                .headers(call.headers.clone())
                .body(call.body.clone());
            if let Some(value) = &authorization {
                request = request.header(AUTHORIZATION, value.clone());
            }
            if let Some(etag) = &etag {
                request = request.header(IF_NONE_MATCH, etag.clone());
            }
            let sent = request.send().await;
            let response = sent.map_err(|e| failure::from_reqwest(&url, e, &redactor, &self.way.shown))?;
            self.way.shown.answered();
            if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) =
                (&self.way.proxy, response.status())
            {
                return Err(Failed::late(proxy.unauthenticated(&url)));
            }
            match redirect_target(&response, &call.method)? {
                None => return Ok(response),
                Some(target) if same_origin(&url, &target) => url = target,
                Some(mut target) => {
                    target.set_query(None);
                    target.set_fragment(None);
                    let _ = target.set_username("");
                    let _ = target.set_password(None);
                    return Err(Failed::late(Error::Redirected {
                        host: host_of(&url),
                        to: redactor.clean(target.as_str()),
                    }));
                }
            }
        }
        Err(Failed::late(Error::Protocol {
            host: host_of(&url),
            what: format!("more than {} redirects", self.limits.redirects),
        }))
    }
}

/// Where an answer points to, if it is to be followed: reads anywhere, changes only where the method stays.
fn redirect_target(response: &reqwest::Response, method: &Method) -> Result<Option<Url>, Failed> {
    let read = matches!(*method, Method::GET | Method::HEAD);
    let follow = match response.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => read,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => false,
    };
    if !follow {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
    let target = location.and_then(|l| response.url().join(l).ok());
    target.map(Some).ok_or_else(|| {
        Failed::late(Error::Protocol {
            host: host_of(response.url()),
            what: "a redirect without a usable address".into(),
        })
    })
}

/// An attempt that gave no answer, and whether the host cannot have seen it.
pub(crate) struct Failed {
    pub(crate) error: Error,
    /// The connection never stood, so even a call that must not be repeated may be.
    pub(crate) unseen: bool,
}

impl Failed {
    fn late(error: Error) -> Self {
        Self { error, unseen: false }
    }
}
