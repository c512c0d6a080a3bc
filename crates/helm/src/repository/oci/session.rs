//! Requests to one registry, with the tokens that it wants for each chart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::http::header::{ACCEPT, LINK, WWW_AUTHENTICATE};
use ::http::{HeaderValue, Method, StatusCode};
use model::Secret;
use net::address::{host_of, is_loopback, same_origin, shown};
use net::{Answer, Call, Client, Credential, Limits, Reach};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::RegistryError;
use super::challenge::{self, Challenge};
use super::manifest::File;
use crate::Error;
use crate::archive::hex;
use crate::repository::Source;

/// A registry seen through one source.
pub(super) struct Session<'a> {
    source: &'a Source,
    client: Client,
    /// Scheme, host and port.
    base: Url,
    /// The path of the source, with a slash at its end; empty for none.
    prefix: String,
    /// What each chart is asked with: learned from the first refusal.
    learned: Mutex<HashMap<String, Credential>>,
}

impl<'a> Session<'a> {
    /// Makes one. Only this machine itself is asked whether it speaks TLS; every other registry has to.
    pub(super) async fn open(source: &'a Source) -> Result<Self, Error> {
        let limits = Limits {
            attempt: Duration::from_secs(60),
            total: Duration::from_secs(100),
            answer_bytes: 4 * 1024 * 1024,
            ..Limits::default()
        };
        let reach = Reach { elsewhere: Some(source.private.clone()), raw: true };
        let client = Client::reaching(&source.trust, limits, &reach)?;
        let rest = source.url.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let bad = || Error::Unsupported(format!("{} is no address of a registry.", shown(&source.url)));
        let mut base = Url::parse(&format!("https://{rest}")).map_err(|_| bad())?;
        let path = base.path().trim_matches('/').to_owned();
        let prefix = if path.is_empty() { path } else { path + "/" };
        base.set_path("/");
        let mut session = Self { source, client, base, prefix, learned: Mutex::default() };
        if is_loopback(&session.base) {
            let call = Call::new(Method::GET, session.url(&[], None), &Credential::None);
            if let Err(net::Error::Tls { chain, .. }) = session.client.call(&call).await
                && chain.is_empty()
            {
                session.base = Url::parse(&format!("http://{rest}")).map_err(|_| bad())?;
                session.base.set_path("/");
            }
        }
        Ok(session)
    }

    /// Host and port.
    pub(super) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// The path of the source, with a slash at its end; empty for none.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A chart's whole address.
    pub(super) fn shown(&self, chart: &str) -> String {
        format!("oci://{}/{}{chart}", self.host(), self.prefix)
    }

    /// An address of the interface.
    pub(super) fn url(&self, parts: &[&str], page: Option<usize>) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{}", parts.join("/")));
        if let Some(size) = page {
            url.set_query(Some(&format!("n={size}")));
        }
        url
    }

    /// An address of a chart's.
    pub(super) fn of_chart(&self, chart: &str, parts: &[&str], page: Option<usize>) -> Url {
        let name = format!("{}{chart}", self.prefix);
        self.url(&[&[name.as_str()], parts].concat(), page)
    }

    /// Refuses what is no name of a repository (distribution specification 1.1): it would change the address.
    pub(super) fn check_name(&self, chart: &str) -> Result<(), Error> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-'))
        };
        if chart.len() <= 255 && chart.split('/').all(part) {
            return Ok(());
        }
        Err(RegistryError::InvalidName { chart: chart.chars().take(255).collect() }.into())
    }

    /// Asks about a chart; anything but a success is an error.
    pub(super) async fn get(&self, chart: &str, url: &Url, accept: &'static str) -> Result<Answer, Error> {
        let answer = self.ask((Method::GET, chart), url, accept).await?;
        self.judged(answer, chart)
    }

    /// The digest that the registry tells of a manifest without sending it; none where it does not tell.
    pub(super) async fn digest(&self, chart: &str, url: &Url, accept: &'static str) -> Option<String> {
        // Whatever is wrong is told by the request that follows.
        let answer = self.ask((Method::HEAD, chart), url, accept).await.ok()?;
        let told = answer.status.is_success().then(|| answer.header("docker-content-digest"))??;
        Some(told.strip_prefix("sha256:")?.to_ascii_lowercase())
    }

    /// A page of the catalogue; none where the registry has none or does not show it.
    pub(super) async fn catalogue(&self, url: &Url) -> Result<Option<Answer>, Error> {
        let answer = match self.ask((Method::GET, ""), url, "").await {
            Err(Error::Refused { .. }) if self.source.secret.is_none() => return Ok(None),
            result => result?,
        };
        match answer.status {
            StatusCode::OK if !answer.is_html() => Ok(Some(answer)),
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED
                if !answer.is_html() =>
            {
                Ok(None)
            }
            _ => self.judged(answer, "").map(Some),
        }
    }

    /// A file, compared with its digest and its size; of at most so many bytes.
    pub(super) async fn blob(&self, chart: &str, file: &File, limit: usize) -> Result<Vec<u8>, Error> {
        let (told, what) = (format!("sha256:{}", file.sha256), file.what.to_owned());
        let url = self.of_chart(chart, &["blobs", &told], None);
        let most = usize::try_from(file.size).map_or(limit, |size| size.min(limit));
        // One byte more than told is enough to know that it does not fit.
        let limits = Limits { answer_bytes: most + 1, ..self.client.limits().clone() };
        let credential = self.known(chart);
        let client = self.client.with_limits(limits);
        let mut body = client.open(&Call::new(Method::GET, url.clone(), &credential)).await?;
        if body.status == StatusCode::UNAUTHORIZED {
            let asked = body.header(WWW_AUTHENTICATE.as_str()).unwrap_or_default().to_owned();
            let credential = self.learn(chart, &url, &asked).await?;
            body = client.open(&Call::new(Method::GET, url.clone(), &credential)).await?;
        }
        let chart = self.shown(chart);
        match body.status.as_u16() {
            200 => {}
            404 => {
                return Err(RegistryError::Malformed { chart, what: format!("{what} is missing") }.into());
            }
            status => return Err(self.refused(&url, status)),
        }
        let bytes = match body.whole().await {
            Ok(bytes) => bytes,
            Err(net::Error::TooLarge { .. }) => {
                return Err(
                    RegistryError::Size { what, chart, told: file.size, found: most as u64 + 1 }.into()
                );
            }
            Err(error) => return Err(error.into()),
        };
        if bytes.len() as u64 != file.size {
            let found = bytes.len() as u64;
            return Err(RegistryError::Size { what, chart, told: file.size, found }.into());
        }
        let found = hex(&Sha256::digest(&bytes));
        if found != file.sha256 {
            return Err(RegistryError::Digest { what, chart, told, found: format!("sha256:{found}") }.into());
        }
        Ok(bytes.to_vec())
    }

    /// JSON of an answer; a page for people is no registry's.
    pub(super) fn json<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        answer.json().map_err(|error| match error {
            net::Error::Stranger { host, status, .. } => {
                RegistryError::NoRegistry { host, status, page: answer.is_html() }.into()
            }
            other => other.into(),
        })
    }

    /// The address of the next page, which has to be at the registry.
    pub(super) fn next_page(&self, answer: &Answer) -> Result<Option<Url>, Error> {
        let link = answer.header(LINK.as_str()).filter(|link| link.contains("rel=\"next\""));
        let Some((address, _)) = link.and_then(|link| link.trim().strip_prefix('<')?.split_once('>')) else {
            return Ok(None);
        };
        match answer.url.join(address) {
            Ok(next) if same_origin(&next, &self.base) => Ok(Some(next)),
            Ok(next) => Err(net::Error::Redirected { host: self.host(), to: shown(&next) }.into()),
            Err(_) => {
                let what = "a link to the next page that is no address".to_owned();
                Err(RegistryError::Malformed { chart: self.host(), what }.into())
            }
        }
    }

    /// That a list has more entries than are read.
    pub(super) fn too_many(&self, what: &str, limit: usize, unit: &str) -> net::Error {
        net::Error::TooLarge { what: format!("{what} at {}", self.host()), limit: format!("{limit} {unit}") }
    }

    async fn ask(
        &self,
        (method, chart): (Method, &str),
        url: &Url,
        accept: &'static str,
    ) -> Result<Answer, Error> {
        let send = async |credential: &Credential| {
            let mut call = Call::new(method.clone(), url.clone(), credential);
            if !accept.is_empty() {
                call = call.header(ACCEPT, HeaderValue::from_static(accept));
            }
            self.client.call(&call).await
        };
        let answer = send(&self.known(chart)).await?;
        if answer.status != StatusCode::UNAUTHORIZED || answer.is_html() {
            return Ok(answer);
        }
        let asked = answer.header(WWW_AUTHENTICATE.as_str()).unwrap_or_default().to_owned();
        let credential = self.learn(chart, url, &asked).await?;
        let again = send(&credential).await?;
        match again.status {
            StatusCode::UNAUTHORIZED => Err(self.refused(url, 401)),
            _ => Ok(again),
        }
    }

    /// What the status of an answer means.
    fn judged(&self, answer: Answer, chart: &str) -> Result<Answer, Error> {
        let status = answer.status.as_u16();
        if answer.is_html() && status < 500 {
            return Err(RegistryError::NoRegistry { host: self.host(), status, page: true }.into());
        }
        match status {
            200 => Ok(answer),
            // A registry says why in JSON; what else says 404 is none.
            404 if answer.json::<serde_json::Value>().is_ok() => {
                Err(RegistryError::NoChart { chart: self.shown(chart) }.into())
            }
            400 | 404 => Err(RegistryError::NoRegistry { host: self.host(), status, page: false }.into()),
            _ => Err(self.refused(&answer.url, status)),
        }
    }

    fn refused(&self, url: &Url, status: u16) -> Error {
        match status {
            401 | 403 => Error::Refused { url: shown(url), status, given: self.source.secret.is_some() },
            _ => Error::Failing { url: shown(url), status },
        }
    }

    /// What the registry is shown for a chart, as far as it is known.
    fn known(&self, chart: &str) -> Credential {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get(chart).cloned().unwrap_or(Credential::None)
    }

    /// Does what the registry asks for, and keeps what came of it.
    async fn learn(&self, chart: &str, url: &Url, asked: &str) -> Result<Credential, Error> {
        let own = self.source.credential();
        let credential = match challenge::read(asked) {
            Challenge::Basic if own.is_none() => return Err(self.refused(url, 401)),
            Challenge::Basic => own,
            // A token without a user name is one already.
            Challenge::Bearer { .. } if matches!(own, Credential::Bearer(_)) => own,
            Challenge::Bearer { realm, service, scope } => {
                self.token(&own, &realm, [("service", service), ("scope", scope)]).await?
            }
            Challenge::Other(scheme) => {
                return Err(RegistryError::UnknownChallenge { host: self.host(), scheme }.into());
            }
        };
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.insert(chart.to_owned(), credential.clone());
        Ok(credential)
    }

    /// A token of the registry's token server. The password goes there only if it belongs to the registry's domain.
    async fn token(
        &self,
        own: &Credential,
        realm: &str,
        wanted: [(&str, Option<String>); 2],
    ) -> Result<Credential, Error> {
        #[derive(Deserialize)]
        struct Token {
            token: Option<Hidden>,
            /// As OAuth 2 calls it.
            access_token: Option<Hidden>,
        }
        let bad = |what: &str| RegistryError::Malformed { chart: self.host(), what: what.to_owned() };
        let mut url = Url::parse(realm).map_err(|_| bad("its token server has no usable address"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("the address of its token server contains a user").into());
        }
        for (name, value) in wanted {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        if !own.is_none() && !challenge::may_know(&self.base, &url) {
            return Err(RegistryError::ForeignTokenServer { host: self.host(), realm: shown(&url) }.into());
        }
        let call = Call::new(Method::GET, url.clone(), own).trusted_by(&self.base);
        let answer = self.client.call(&call).await?;
        match answer.status.as_u16() {
            200 => {}
            status @ (401 | 403) => return Err(self.refused(&url, status)),
            status => return Err(Error::Failing { url: shown(&url), status }),
        }
        let token: Token = self.json(&answer)?;
        let token =
            token.token.or(token.access_token).ok_or_else(|| bad("its token server gives no token"))?;
        Ok(Credential::Bearer(token.0))
    }
}

/// A secret in JSON.
struct Hidden(Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}
