//! Says what an error on the way to a server means and what to do about it.

use model::check::Diagnosis;

use crate::{Certificate, Error, ProxyFailure, Stranger, Unreached};

/// Makes a diagnosis without scope and link.
fn plain(code: &str, sentence: impl Into<String>) -> Diagnosis {
    Diagnosis { code: code.into(), sentence: sentence.into(), missing: None, link: None }
}

impl Error {
    /// What the error means for people, as far as it can be told without knowing the service.
    pub fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Input { code, sentence, .. } => plain(code, sentence),
            Self::Insecure { host } => plain(
                "insecure_address",
                format!(
                    "The token would travel unencrypted to {host}: use an address that begins with https://."
                ),
            ),
            Self::Unreachable { host, cause, detail } => unreachable(host, *cause, detail),
            Self::Tls { host, chain, reason } => tls(host, chain, reason),
            Self::ClientCertificate { host, given, reason } => client_certificate(host, *given, reason),
            Self::Proxy { proxy, host, cause, detail } => behind_proxy(proxy, host, cause, detail),
            Self::Redirected { .. } | Self::Downgraded { .. } | Self::Private { .. } => elsewhere(self),
            Self::RateLimited { host, after } => plain(
                "rate_limited",
                match after {
                    Some(after) => {
                        format!(
                            "{host} limits the rate of calls: try again in {}.",
                            period(after.as_secs_f64().ceil() as u64)
                        )
                    }
                    None => format!("{host} limits the rate of calls: try again in a few minutes."),
                },
            ),
            Self::Stranger { host, what, status } => stranger(host, *what, *status),
            Self::TooLarge { what, limit } => {
                plain("too_large", format!("{what} is larger than the limit of {limit}."))
            }
            Self::Protocol { host, what } => {
                plain("unusable_answer", format!("{host} gave an answer that cannot be used: {what}."))
            }
            Self::Bug(_) => plain("internal", self.to_string()),
        }
    }
}

/// The errors of answers that lead somewhere else.
fn elsewhere(error: &Error) -> Diagnosis {
    match error {
        Error::Redirected { host, to } => plain(
            "redirected",
            format!(
                "{host} points to another address, {to}. Secrets are not sent there: enter the right address."
            ),
        ),
        Error::Downgraded { host, to } => plain(
            "redirected_unencrypted",
            format!(
                "{host} points to {to}, which is not encrypted, although {host} itself is asked over https://: it \
                 is not followed. The host's own set-up has to name an address that begins with https://."
            ),
        ),
        Error::Private { host, to, address } => plain(
            "private_address",
            format!(
                "{host} points to {to}, which is at {address}, an address of a private network: it is not \
                 followed, because an answer could lead into the network that Trueline runs in. If it is right, \
                 the operator can let it in with the setting outgoing_private_addresses."
            ),
        ),
        other => plain("internal", other.to_string()),
    }
}

fn unreachable(host: &str, cause: Unreached, detail: &str) -> Diagnosis {
    match cause {
        Unreached::Name => plain(
            "host_unknown",
            format!("No host with the name {host} is known: check the spelling, or the name server."),
        ),
        Unreached::Refused => plain(
            "connection_refused",
            format!("{host} refused the connection: nothing answers on this port."),
        ),
        Unreached::NoRoute => plain(
            "host_unreachable",
            format!("There is no way to {host} from here: check the network and the firewall."),
        ),
        Unreached::TimedOut => plain(
            "timed_out",
            format!(
                "{host} did not answer in time: a firewall may swallow the connection, or the host hangs."
            ),
        ),
        Unreached::Closed => plain(
            "connection_closed",
            format!("{host} closed the connection before its answer was complete."),
        ),
        Unreached::Other => plain("host_unreachable", format!("{host} cannot be reached: {detail}.")),
    }
}

fn tls(host: &str, chain: &[Certificate], reason: &str) -> Diagnosis {
    if chain.is_empty() {
        return plain("tls_failed", format!("No encrypted connection to {host} came about: {reason}."));
    }
    let shown: Vec<String> = chain
        .iter()
        .enumerate()
        .map(|(i, c)| format!("{}. {} (issued by {}, until {})", i + 1, c.subject, c.issuer, c.not_after))
        .collect();
    let mut diagnosis = plain(
        "certificate_untrusted",
        format!("The certificate of {host} is not trusted: {reason}. The host showed: {}.", shown.join("; ")),
    );
    if reason.contains("authority") {
        diagnosis.missing = Some("CA certificate".into());
    }
    diagnosis
}

fn client_certificate(host: &str, given: bool, reason: &str) -> Diagnosis {
    if given {
        return plain(
            "client_certificate_refused",
            format!(
                "{host} asks for a client certificate and does not accept the one that was shown: {reason}."
            ),
        );
    }
    Diagnosis {
        missing: Some("client certificate".into()),
        ..plain(
            "client_certificate_required",
            format!(
                "{host} asks for a client certificate and none is configured: enter one with its private key."
            ),
        )
    }
}

/// Says which hop failed: the way to the proxy, the proxy itself, or its way to the host.
fn behind_proxy(proxy: &str, host: &str, cause: &ProxyFailure, detail: &str) -> Diagnosis {
    let said = if detail.is_empty() { String::new() } else { format!(" It says: {detail}.") };
    match cause {
        ProxyFailure::Unreachable(cause) => {
            let why = match cause {
                Unreached::Name => "no host of this name is known".to_owned(),
                Unreached::Refused => "nothing answers on this port".to_owned(),
                Unreached::NoRoute => "there is no way to it from here".to_owned(),
                Unreached::TimedOut => "it did not answer in time".to_owned(),
                Unreached::Closed => "it closed the connection".to_owned(),
                Unreached::Other => detail.to_owned(),
            };
            plain(
                "proxy_unreachable",
                format!("The proxy {proxy} cannot be reached: {why}. {host} was not asked."),
            )
        }
        ProxyFailure::Unauthenticated { user } if user.is_empty() => Diagnosis {
            missing: Some("user name and password for the proxy".into()),
            ..plain(
                "proxy_authentication_required",
                format!(
                    "The proxy {proxy} wants a user name and a password (status 407): enter the user name in the \
                     proxy's address and the password beside it. {host} was not asked."
                ),
            )
        },
        ProxyFailure::Unauthenticated { user } => plain(
            "proxy_authentication_rejected",
            format!(
                "The proxy {proxy} does not accept the password of its user {user} (status 407). {host} was not \
                 asked."
            ),
        ),
        ProxyFailure::Refused(status @ 500..) => plain(
            "proxy_target_unreachable",
            format!(
                "The proxy {proxy} answers, but cannot reach {host} itself (status {status}): the second hop \
                 fails.{said}"
            ),
        ),
        ProxyFailure::Refused(status) => plain(
            "proxy_refused",
            format!(
                "The proxy {proxy} does not let Trueline connect to {host} (status {status}): its rules have to \
                 allow this host.{said}"
            ),
        ),
        ProxyFailure::NoProxy => plain(
            "not_a_proxy",
            format!("{proxy} answers, but not as a proxy does: check the proxy's address and its scheme."),
        ),
    }
}

fn stranger(host: &str, what: Stranger, status: u16) -> Diagnosis {
    match what {
        Stranger::SignInPage => plain(
            "sign_in_page",
            format!(
                "{host} answered with a page to sign in at (status {status}): a gateway stands in between."
            ),
        ),
        Stranger::Html => plain(
            "web_page",
            format!("{host} answered with a web page (status {status}): check the address."),
        ),
        Stranger::NotJson | Stranger::OtherJson => plain(
            "unusable_answer",
            format!(
                "{host} answered (status {status}), but not as this kind of server does: check the address."
            ),
        ),
    }
}

/// A time in words, rounded up: `40 seconds`, `3 minutes`.
pub fn period(seconds: u64) -> String {
    match seconds {
        0..=1 => "a second".into(),
        2..=119 => format!("{seconds} seconds"),
        120..=7_199 => format!("{} minutes", seconds.div_ceil(60)),
        7_200..=172_799 => format!("{} hours", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_failure_has_its_own_word() {
        let host = || "charts.acme.dev".to_owned();
        let to = || "http://elsewhere.acme.dev".to_owned();
        let unreached = |cause| Error::Unreachable { host: host(), cause, detail: "?".into() };
        let behind = |cause| Error::Proxy {
            proxy: "proxy.acme.dev:3128".into(),
            host: host(),
            cause,
            detail: String::new(),
        };
        let errors = vec![
            Error::RateLimited { host: host(), after: None },
            Error::Stranger { host: host(), what: Stranger::SignInPage, status: 203 },
            Error::Stranger { host: host(), what: Stranger::Html, status: 200 },
            Error::Redirected { host: host(), to: to() },
            Error::Downgraded { host: host(), to: to() },
            Error::Private { host: host(), to: to(), address: std::net::Ipv4Addr::LOCALHOST.into() },
            Error::Tls { host: host(), chain: vec![], reason: "?".into() },
            unreached(Unreached::Name),
            unreached(Unreached::Refused),
            unreached(Unreached::NoRoute),
            unreached(Unreached::TimedOut),
            unreached(Unreached::Closed),
            Error::Insecure { host: host() },
            Error::ClientCertificate { host: host(), given: false, reason: "?".into() },
            Error::ClientCertificate { host: host(), given: true, reason: "?".into() },
            behind(ProxyFailure::Unreachable(Unreached::Refused)),
            behind(ProxyFailure::Unauthenticated { user: String::new() }),
            behind(ProxyFailure::Unauthenticated { user: "bot".into() }),
            behind(ProxyFailure::Refused(403)),
            behind(ProxyFailure::Refused(502)),
            Error::Protocol { host: host(), what: "?".into() },
        ];
        let words: std::collections::BTreeSet<_> = errors.iter().map(|e| e.diagnosis().code).collect();
        assert_eq!(words.len(), errors.len(), "{words:?}");
        for error in &errors {
            let sentence = error.diagnosis().sentence;
            assert!(sentence.contains("charts.acme.dev"), "{sentence}");
        }
    }
}
