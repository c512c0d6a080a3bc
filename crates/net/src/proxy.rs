//! The proxy between us and a host: how its address is read, and which hop failed when no answer came.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use model::Secret;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use crate::address::host_of;
use crate::{Error, ProxyFailure, Redactor, Trust, Unreached, failure};

/// The most bytes of a proxy's answer to CONNECT that are read.
const HEAD_LIMIT: usize = 16 * 1024;

/// A proxy that every call of a client goes through.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Without user name.
    url: Url,
    user: String,
    password: Secret,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Proxy {
    /// Reads the address; the error names the field.
    pub(crate) fn read(trust: &Trust, tls: Option<&rustls::ClientConfig>) -> Result<Option<Self>, Error> {
        let wrong = |code, sentence: String| Err(Error::Input { field: "proxy", code, sentence });
        let Some(text) = trust.proxy.as_deref().map(str::trim).filter(|t| !t.is_empty()) else {
            return match &trust.proxy_password {
                Some(_) => wrong("required", "A password for a proxy was given, but no proxy.".into()),
                None => Ok(None),
            };
        };
        let right = "http://proxy.acme.dev:3128 would be right";
        let url = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
            Ok(url) if text.contains("://") => {
                let scheme = url.scheme();
                return wrong(
                    "invalid_scheme",
                    format!("{scheme}:// is no way to a proxy here, only http:// and https:// are: {right}."),
                );
            }
            _ if !text.contains("://") => {
                return wrong("scheme_missing", format!("The proxy's address lacks its scheme: {right}."));
            }
            _ => return wrong("invalid_address", format!("This is no address of a proxy: {right}.")),
        };
        if url.password().is_some() {
            return wrong(
                "password_in_address",
                "The proxy's address contains a password: it has its own field, where it is kept sealed."
                    .into(),
            );
        }
        if !url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
            return wrong("path_in_address", format!("The proxy's address ends after its port: {right}."));
        }
        let user = decoded(url.username());
        if user.is_empty() && trust.proxy_password.is_some() {
            return wrong(
                "user_missing",
                "The proxy's password needs a user name, in the address: http://user@proxy.acme.dev:3128."
                    .into(),
            );
        }
        let mut bare = url.clone();
        let _ = bare.set_username("");
        let tls = tls.map(|tls| {
            let mut tls = tls.clone();
            tls.alpn_protocols.clear();
            Arc::new(tls)
        });
        let password = trust.proxy_password.clone().unwrap_or_else(|| Secret::new(""));
        Ok(Some(Self { url: bare, user, password, tls }))
    }

    /// The same for the HTTP client.
    pub(crate) fn client(&self) -> Result<reqwest::Proxy, Error> {
        let proxy = reqwest::Proxy::all(self.url.clone())
            .map_err(|e| Error::Bug(format!("proxy: {}", e.without_url())))?;
        Ok(match self.user.is_empty() {
            true => proxy,
            false => proxy.basic_auth(&self.user, self.password.reveal()),
        })
    }

    /// Every form in which its password could come back in a text.
    pub(crate) fn forms(&self) -> Vec<Secret> {
        if self.password.reveal().is_empty() {
            return Vec::new();
        }
        vec![self.password.clone(), self.pair()]
    }

    /// That the proxy answered 407 instead of the host.
    pub(crate) fn unauthenticated(&self, target: &Url) -> Error {
        self.failed(target, ProxyFailure::Unauthenticated { user: self.user.clone() }, String::new())
    }

    /// Goes the way to a host once more, as far as the tunnel: what fails before it is the proxy's.
    pub(crate) async fn examine(&self, target: &Url, limit: Duration, redactor: &Redactor) -> Option<Error> {
        match tokio::time::timeout(limit, self.way(target, redactor)).await {
            Ok(result) => result.err(),
            Err(_) => {
                let cause = ProxyFailure::Unreachable(Unreached::TimedOut);
                Some(self.failed(target, cause, "it did not answer in time".into()))
            }
        }
    }

    async fn way(&self, target: &Url, redactor: &Redactor) -> Result<(), Error> {
        let name = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(80);
        let unreached = |e: &std::io::Error| {
            let cause = failure::by_kind(e).unwrap_or(Unreached::Name);
            self.failed(target, ProxyFailure::Unreachable(cause), redactor.clean(&e.to_string()))
        };
        let tcp =
            TcpStream::connect((name.trim_matches(['[', ']']), port)).await.map_err(|e| unreached(&e))?;
        let Some(tls) = self.tls.as_ref().filter(|_| self.url.scheme() == "https") else {
            return self.tunnel(tcp, target, redactor).await;
        };
        let server = ServerName::try_from(name.trim_matches(['[', ']']).to_owned())
            .map_err(|_| Error::Bug(format!("{name:?} is no name for TLS")))?;
        let tls = tokio_rustls::TlsConnector::from(Arc::clone(tls)).connect(server, tcp).await;
        let tls = tls.map_err(|e| match failure::find::<rustls::Error>(&e) {
            Some(found) => failure::tls_error(format!("the proxy {}", host_of(&self.url)), found),
            None => unreached(&e),
        })?;
        self.tunnel(tls, target, redactor).await
    }

    /// Asks for the tunnel. A host without TLS needs none: then it is enough that the proxy is there.
    async fn tunnel(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        target: &Url,
        redactor: &Redactor,
    ) -> Result<(), Error> {
        if target.scheme() != "https" {
            return Ok(());
        }
        let port = target.port_or_known_default().unwrap_or(443);
        let place = format!("{}:{port}", target.host_str().unwrap_or_default());
        let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n");
        if !self.user.is_empty() {
            head += &format!("Proxy-Authorization: Basic {}\r\n", self.pair().reveal());
        }
        head += "\r\n";
        let broken = |e: &std::io::Error| {
            let cause = failure::by_kind(e).unwrap_or(Unreached::Closed);
            self.failed(target, ProxyFailure::Unreachable(cause), redactor.clean(&e.to_string()))
        };
        stream.write_all(head.as_bytes()).await.map_err(|e| broken(&e))?;
        let mut answer = Vec::new();
        let mut chunk = [0; 2048];
        while !answer.windows(4).any(|w| w == b"\r\n\r\n") && answer.len() < HEAD_LIMIT {
            match stream.read(&mut chunk).await.map_err(|e| broken(&e))? {
                0 => break,
                n => answer.extend_from_slice(&chunk[..n]),
            }
        }
        let text = String::from_utf8_lossy(&answer);
        let line = text.lines().next().unwrap_or_default();
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
        let said = redactor.clean(line.splitn(3, ' ').nth(2).unwrap_or_default());
        match status {
            Some(200..=299) => Ok(()),
            Some(407) => Err(self.unauthenticated(target)),
            Some(status) => Err(self.failed(target, ProxyFailure::Refused(status), said)),
            None => Err(self.failed(target, ProxyFailure::NoProxy, redactor.clean(line))),
        }
    }

    fn failed(&self, target: &Url, cause: ProxyFailure, detail: String) -> Error {
        Error::Proxy { proxy: host_of(&self.url), host: host_of(target), cause, detail }
    }

    fn pair(&self) -> Secret {
        let pair = Secret::new(format!("{}:{}", self.user, self.password.reveal()));
        Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.reveal()))
    }
}

/// The text behind `%40` and the like.
fn decoded(text: &str) -> String {
    let pair = format!("u={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str, password: Option<&str>) -> Result<Option<Proxy>, Error> {
        let trust = Trust {
            proxy: Some(address.to_owned()),
            proxy_password: password.map(Secret::new),
            ..Trust::default()
        };
        Proxy::read(&trust, None)
    }

    #[test]
    fn addresses_of_proxies_are_read_or_explained() {
        for (address, password, want) in [
            ("", None, ""),
            ("http://proxy.acme.dev:3128", None, ""),
            (" https://bot%40acme@proxy.acme.dev:3129/ ", Some("pa:ss"), ""),
            ("", Some("pass"), "required"),
            ("proxy.acme.dev:3128", None, "scheme_missing"),
            ("socks5://proxy.acme.dev:1080", None, "invalid_scheme"),
            ("http://bot:hunter22@proxy.acme.dev:3128", None, "password_in_address"),
            ("http://proxy.acme.dev:3128/proxy.pac", None, "path_in_address"),
            ("http://proxy.acme.dev:3128", Some("hunter22"), "user_missing"),
            ("http://", None, "invalid_address"),
        ] {
            match read(address, password) {
                Ok(_) => assert_eq!(want, "", "{address}"),
                Err(Error::Input { field, code, sentence }) => {
                    assert_eq!((field, code), ("proxy", want), "{address}: {sentence}");
                    assert!(!sentence.contains("hunter22"), "{sentence}");
                }
                Err(other) => panic!("{other}"),
            }
        }
        let proxy = read("http://bot%40acme@proxy.acme.dev:3128", Some("x")).unwrap().unwrap();
        assert_eq!((proxy.user.as_str(), host_of(&proxy.url)), ("bot@acme", "proxy.acme.dev:3128".into()));
    }
}
