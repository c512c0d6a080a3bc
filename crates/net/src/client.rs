//! The client: one attempt or several, redirects, and who is shown what.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use model::Secret;
use rustls::ClientConfig;
use tracing::Instrument as _;
use url::{Host, Url};

use crate::address::{host_of, is_localhost, is_loopback, same_origin, shown};
use crate::client_certificate::Shown;
use crate::failure::{self, Scene};
use crate::proxy::Proxy;
use crate::resolver::{Aliased, Guarded};
use crate::retry::{self, Attempt};
use crate::{
    Alias, Answer, Body, Call, Credential, Error, Failed, Limits, PrivateAddresses, Redactor, Trust,
    Unreached,
};

/// A client for one trust setting. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    /// To the address that a person entered.
    home: Arc<Door>,
    /// To others, where the client goes there.
    abroad: Option<Arc<Abroad>>,
    limits: Arc<Limits>,
    way: Arc<Way>,
}

/// How far a client goes.
#[derive(Clone, Default)]
pub struct Reach {
    /// Where answers may lead to: redirects and addresses in them. `None` for nowhere but the host and port that a
    /// person entered. Elsewhere no credential and no client certificate is shown.
    pub elsewhere: Option<PrivateAddresses>,
    /// Whether bodies are handed out as they come, for files whose digest is known. Otherwise the host is offered
    /// to compress them.
    pub raw: bool,
}

/// Connections of one kind.
struct Door {
    client: reqwest::Client,
    shown: Arc<Shown>,
    alias: Option<Alias>,
}

impl Door {
    /// The address by which a host is asked; its own stands in the head then.
    fn address(&self, url: &Url, headers: &mut HeaderMap) -> Url {
        let mut asked = url.clone();
        let alias = self.alias.as_ref().filter(|alias| url.host_str() == Some(&alias.host));
        if let Some(alias) = alias
            && let Ok(own) = HeaderValue::from_str(&host_of(url))
            && asked.set_host(Some(&alias.name)).is_ok()
        {
            headers.insert(HOST, own);
        }
        asked
    }
}

struct Abroad {
    door: Door,
    rule: PrivateAddresses,
}

/// What lies between us and the host.
struct Way {
    proxy: Option<Proxy>,
    /// Secrets of the way itself.
    hidden: Vec<Secret>,
}

impl Client {
    /// Makes a client that stays at the host that was entered. Takes no proxy and no address from the environment.
    ///
    /// # Errors
    /// [`Error::Input`] for the field of the trust setting that cannot be used.
    pub fn new(trust: &Trust, limits: Limits) -> Result<Self, Error> {
        Self::reaching(trust, limits, &Reach::default())
    }

    /// The same with its reach.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn reaching(trust: &Trust, limits: Limits, reach: &Reach) -> Result<Self, Error> {
        let set_up = trust.config()?;
        let proxy = Proxy::read(trust, Some(&set_up.0))?;
        let alias = trust.alias.as_ref().filter(|_| proxy.is_none());
        let plan = Plan { proxy: proxy.as_ref(), alias, connect: limits.connect, raw: reach.raw };
        let home = plan.door(set_up, None)?;
        let abroad = match &reach.elsewhere {
            None => None,
            Some(rule) => {
                let bare = Trust { client_certificate_pem: None, client_key_pem: None, ..trust.clone() };
                let door = plan.door(bare.config()?, Some(Guarded(rule.clone())))?;
                Some(Arc::new(Abroad { door, rule: rule.clone() }))
            }
        };
        let mut hidden = proxy.as_ref().map(Proxy::forms).unwrap_or_default();
        if let Some(key) = &trust.client_key_pem {
            hidden.push(key.clone());
            hidden.extend(
                key.reveal().lines().filter(|l| l.len() >= 16 && !l.starts_with("--")).map(Secret::new),
            );
        }
        Ok(Self {
            home: Arc::new(home),
            abroad,
            limits: Arc::new(limits),
            way: Arc::new(Way { proxy, hidden }),
        })
    }

    /// The same connections with other bounds; the time to connect stays as it was.
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { limits: Arc::new(limits), ..self.clone() }
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What to take out of any text that comes from the other side of a call.
    pub fn redactor(&self, credential: &Credential) -> Redactor {
        Redactor::new([credential.forms(), self.way.hidden.clone()].concat())
    }

    /// Calls, and reads the whole answer. Repeats what may be repeated. Every status is an answer, but for 429,
    /// which is [`Error::RateLimited`] once waiting is out of bounds.
    ///
    /// # Errors
    /// Any of this room but [`Error::Stranger`].
    pub async fn call(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let left = self.limits.total.saturating_sub(started.elapsed());
            let result = self.once(call, attempt, self.limits.attempt.min(left)).await;
            let became = match &result {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    Attempt::Throttled(retry::asked(&answer.headers))
                }
                Ok(answer) => Attempt::Answered(answer.status, &answer.headers),
                Err(failed) => Attempt::Failed(failed),
            };
            match retry::plan(&became, call.repeatable(), attempt, &self.limits) {
                Some(wait) if started.elapsed() + wait < self.limits.total => tokio::time::sleep(wait).await,
                _ => {
                    return match result {
                        Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                            let after = retry::asked(&answer.headers);
                            Err(Error::RateLimited { host: host_of(&answer.url), after })
                        }
                        Ok(answer) => Ok(answer),
                        Err(failed) => Err(self.explain(call, failed.error).await),
                    };
                }
            }
        }
    }

    /// Calls once and hands the answer out before its body is read. No attempt is repeated. The whole, until the
    /// last byte of the body, takes [`Limits::total`] at most.
    ///
    /// # Errors
    /// As [`Client::call`], but 429 is an answer here.
    pub async fn open(&self, call: &Call<'_>) -> Result<Body, Error> {
        let end = tokio::time::Instant::now() + self.limits.total;
        let limit = self.limits.attempt.min(self.limits.total);
        match tokio::time::timeout(limit, self.send(call)).await {
            Ok(Ok(body)) => Ok(body.until(end)),
            Ok(Err(failed)) => Err(self.explain(call, failed.error).await),
            Err(_) => Err(self.explain(call, late(&call.url, limit)).await),
        }
    }

    /// Calls once, within a time, and reads the whole answer: for those who judge themselves what is repeated.
    ///
    /// # Errors
    /// As [`Client::call`], but any status is an answer. [`Client::explain`] tells more about the last one.
    pub async fn once(&self, call: &Call<'_>, attempt: u32, limit: Duration) -> Result<Answer, Failed> {
        let span = tracing::debug_span!(
            "http", method = %call.method, host = %host_of(&call.url), path = call.url.path(), attempt,
            status = tracing::field::Empty, milliseconds = tracing::field::Empty
        );
        let begun = Instant::now();
        let work = async { Answer::read(self.send(call).await?).await };
        let result = match tokio::time::timeout(limit, work.instrument(span.clone())).await {
            Ok(result) => result,
            Err(_) => Err(Failed::late(late(&call.url, limit))),
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

    /// The error of the hop that failed, where a proxy lies in between.
    pub async fn explain(&self, call: &Call<'_>, error: Error) -> Error {
        let (Some(proxy), Error::Unreachable { .. } | Error::Tls { .. } | Error::Protocol { .. }) =
            (&self.way.proxy, &error)
        else {
            return error;
        };
        let redactor = self.redactor(call.credential);
        proxy.examine(&call.url, self.limits.connect, &redactor).await.unwrap_or(error)
    }

    async fn send(&self, call: &Call<'_>) -> Result<Body, Failed> {
        let mut url = call.url.clone();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failed::late(match call.entered {
                None => Error::Bug(format!("scheme {} is not for HTTP", url.scheme())),
                Some(_) => unusable(call, format!("it points to {}, which is no web address", shown(&url))),
            }));
        }
        let authorization = call.credential.header().map_err(Failed::late)?;
        let redactor = self.redactor(call.credential);
        let mut left = false;
        for _ in 0..=self.limits.redirects {
            let abroad = call.is_abroad(&url);
            // Who is led away and back again follows a stranger's address: nothing is shown there either.
            left |= abroad && !(call.trusted && same_origin(&call.url, &url));
            if !left && authorization.is_some() && url.scheme() != "https" && !is_loopback(&url) {
                return Err(Failed::late(Error::Insecure { host: host_of(&url) }));
            }
            let door = if abroad { self.elsewhere(call, &url, &redactor)? } else { &self.home };
            let mut headers = call.headers.clone();
            if left {
                headers.remove(AUTHORIZATION);
                headers.remove(COOKIE);
            } else if let Some(value) = &authorization {
                headers.insert(AUTHORIZATION, value.clone());
            }
            let asked = door.address(&url, &mut headers);
            let request = door.client.request(call.method.clone(), asked);
            let sent = request.headers(headers).body(call.body.clone()).send().await;
            let scene = Scene {
                entered: host_of(call.entered()),
                url: url.clone(),
                redactor: redactor.clone(),
                shown: Arc::clone(&door.shown),
            };
            let response = sent.map_err(|e| failure::from_reqwest(&scene, e))?;
            door.shown.answered();
            if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) =
                (&self.way.proxy, response.status())
            {
                return Err(Failed::late(proxy.unauthenticated(&url)));
            }
            match redirect_target(&response, &call.method)? {
                None => return Ok(Body::new(response, scene, call.named(), &self.limits)),
                Some(target) => url = target,
            }
        }
        Err(Failed::late(Error::Protocol {
            host: host_of(&url),
            what: format!("more than {} redirects", self.limits.redirects),
        }))
    }

    /// The way to another place than the one that was entered, if this call may go there.
    fn elsewhere(&self, call: &Call<'_>, url: &Url, redactor: &Redactor) -> Result<&Door, Failed> {
        let host = || host_of(call.entered());
        let to = || redactor.clean(&shown(url));
        let goes = matches!(call.method, Method::GET | Method::HEAD) || *url == call.url;
        let Some(abroad) = self.abroad.as_ref().filter(|_| goes) else {
            return Err(Failed::late(Error::Redirected { host: host(), to: to() }));
        };
        match url.scheme() {
            "https" => {}
            "http" if call.entered().scheme() == "http" => {}
            "http" => return Err(Failed::late(Error::Downgraded { host: host(), to: to() })),
            _ => {
                return Err(Failed::late(unusable(
                    call,
                    format!("it points to {}, which is no web address", to()),
                )));
            }
        }
        let literal = match url.host() {
            Some(Host::Ipv4(four)) => Some(IpAddr::V4(four)),
            Some(Host::Ipv6(six)) => Some(IpAddr::V6(six)),
            // Behind a proxy no name is looked up here.
            Some(Host::Domain(name)) if is_localhost(name) => Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
            Some(Host::Domain(_)) | None => None,
        };
        match literal.filter(|address| !abroad.rule.allow(*address)) {
            Some(address) => Err(Failed::late(Error::Private { host: host(), to: host_of(url), address })),
            None => Ok(&abroad.door),
        }
    }
}

/// What the connections of a client have in common.
struct Plan<'a> {
    proxy: Option<&'a Proxy>,
    alias: Option<&'a Alias>,
    connect: Duration,
    raw: bool,
}

impl Plan<'_> {
    fn door(&self, (tls, shown): (ClientConfig, Arc<Shown>), guard: Option<Guarded>) -> Result<Door, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .referer(false)
            .gzip(!self.raw)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("trueline/", env!("CARGO_PKG_VERSION")));
        // Elsewhere every host has its own name.
        let alias = self.alias.filter(|_| guard.is_none()).cloned();
        match (self.proxy, guard, &alias) {
            // A proxy looks the names up, by its own rules; its own name was entered by a person.
            (Some(proxy), ..) => builder = builder.proxy(proxy.client()?),
            (None, Some(guard), _) => builder = builder.dns_resolver(guard),
            (None, None, Some(alias)) => builder = builder.dns_resolver(Aliased(alias.clone())),
            (None, None, None) => {}
        }
        let client = builder.build().map_err(|e| Error::Bug(format!("HTTP client: {}", e.without_url())))?;
        Ok(Door { client, shown, alias })
    }
}

fn late(url: &Url, limit: Duration) -> Error {
    Error::Unreachable {
        host: host_of(url),
        cause: Unreached::TimedOut,
        detail: format!("no complete answer within {} s", limit.as_secs_f32().round()),
    }
}

fn unusable(call: &Call<'_>, what: String) -> Error {
    Error::Protocol { host: host_of(call.entered()), what }
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
