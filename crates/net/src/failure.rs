//! Names why no answer came, from the chain of errors that the HTTP client gives.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::sync::Arc;

use url::Url;

use crate::address::host_of;
use crate::client_certificate::Shown;
use crate::resolver::OnlyPrivate;
use crate::trust::UntrustedChain;
use crate::{Error, Failed, Redactor, Unreached};

/// What has to be known to name a failure.
pub(crate) struct Scene {
    /// Host and port that a person entered.
    pub(crate) entered: String,
    /// The address that was asked.
    pub(crate) url: Url,
    pub(crate) redactor: Redactor,
    pub(crate) shown: Arc<Shown>,
}

/// Turns the client's error into ours.
pub(crate) fn from_reqwest(scene: &Scene, error: reqwest::Error) -> Failed {
    let Scene { entered, url, redactor, shown } = scene;
    let error = error.without_url();
    let host = host_of(url);
    if let Some(found) = find::<OnlyPrivate>(&error) {
        let (host, to) = (entered.clone(), host);
        return Failed::late(Error::Private { host, to, address: found.address });
    }
    let unseen = error.is_connect();
    if let Some(tls) = find::<rustls::Error>(&error) {
        // A host that refuses what it was shown has not looked at the call.
        if let rustls::Error::AlertReceived(alert) = tls
            && let Some(reason) = shown.judged(*alert)
        {
            let given = shown.given();
            return Failed { error: Error::ClientCertificate { host, given, reason }, unseen: true };
        }
        return Failed { error: tls_error(host, tls), unseen: true };
    }
    let mut cause = if error.is_timeout() { Some(Unreached::TimedOut) } else { None };
    let mut words = Vec::new();
    let mut next: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(e) = next {
        let text = e.to_string();
        if cause.is_none() {
            cause = by_kind(e).or_else(|| by_words(&text));
        }
        words.push(text);
        next = e.source();
    }
    let last = words.pop().unwrap_or_default();
    let detail = redactor.clean(&last);
    if cause.is_none() && error.is_request() && !unseen && looks_unspoken(&detail) {
        return Failed::late(Error::Protocol { host, what: format!("it does not speak HTTP: {detail}") });
    }
    let cause = cause.unwrap_or(Unreached::Other);
    if cause == Unreached::Closed && shown.suspected() {
        let reason = format!("it closed the connection after asking for one: {detail}");
        return Failed {
            error: Error::ClientCertificate { host, given: shown.given(), reason },
            unseen: true,
        };
    }
    Failed { error: Error::Unreachable { host, cause, detail }, unseen }
}

fn looks_unspoken(text: &str) -> bool {
    text.contains("invalid HTTP") || text.contains("invalid status") || text.contains("invalid header")
}

pub(crate) fn by_kind(error: &(dyn StdError + 'static)) -> Option<Unreached> {
    let io = error.downcast_ref::<std::io::Error>()?;
    match io.kind() {
        ErrorKind::ConnectionRefused => Some(Unreached::Refused),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(Unreached::Closed),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some(Unreached::NoRoute),
        ErrorKind::TimedOut => Some(Unreached::TimedOut),
        _ => None,
    }
}

/// The client names these two only in words (hyper 1, hyper-util 0.1).
fn by_words(text: &str) -> Option<Unreached> {
    if text.contains("dns error") || text.contains("failed to lookup address") {
        return Some(Unreached::Name);
    }
    let closed = ["connection closed before message completed", "unexpected EOF", "unexpected end of file"];
    closed.iter().any(|w| text.contains(w)).then_some(Unreached::Closed)
}

/// The error of one kind in a chain of errors.
pub(crate) fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(e) = next {
        if let Some(found) = e.downcast_ref::<E>() {
            return Some(found);
        }
        let io = e.downcast_ref::<std::io::Error>();
        // An I/O error hides what it wraps from `source()`.
        let found = io.and_then(std::io::Error::get_ref).and_then(|inner| find(inner));
        if found.is_some() {
            return found;
        }
        next = e.source();
    }
    None
}

pub(crate) fn tls_error(host: String, error: &rustls::Error) -> Error {
    let untrusted = match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => {
            other.0.downcast_ref::<UntrustedChain>()
        }
        _ => None,
    };
    match untrusted {
        Some(found) => Error::Tls { host, chain: found.chain.clone(), reason: found.reason.clone() },
        None => {
            let reason = match error {
                rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS".to_owned(),
                rustls::Error::AlertReceived(alert) => format!("it ended the handshake with {alert:?}"),
                other => other.to_string(),
            };
            Error::Tls { host, chain: Vec::new(), reason }
        }
    }
}
