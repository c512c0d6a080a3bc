//! Says what an error means and what to do about it, where no provider knows better.

use model::check::{Diagnosis, Facts};

use crate::error::ProxyFailure;
use crate::{Certificate, Error, Refusal, Stranger, Unreached};

/// Makes a diagnosis without scope and link.
pub(crate) fn plain(code: &str, sentence: impl Into<String>) -> Diagnosis {
    Diagnosis { code: code.into(), sentence: sentence.into(), missing: None, link: None }
}

impl Error {
    /// What the error means for people, as far as it can be told without knowing the provider.
    pub fn diagnosis(&self) -> Diagnosis {
        of(self)
    }
}

/// What deserves attention when the credential belongs to another account than was entered.
pub(crate) fn other_identity(facts: &Facts, expected: &str) -> Option<Diagnosis> {
    let identity = facts.identity.as_deref()?;
    (!identity.eq_ignore_ascii_case(expected) && !expected.is_empty()).then(|| {
        plain(
            "other_identity",
            format!(
                "The token belongs to {identity}, not to {expected}: everything will be done as {identity}."
            ),
        )
    })
}

/// The diagnosis of an error that every provider shares.
pub fn of(error: &Error) -> Diagnosis {
    match error {
        Error::Input { code, sentence, .. } => plain(code, sentence),
        Error::Insecure { host } => plain(
            "insecure_address",
            format!(
                "The token would travel unencrypted to {host}: use an address that begins with https://."
            ),
        ),
        Error::Unreachable { host, cause, detail } => unreachable(host, *cause, detail),
        Error::Tls { host, chain, reason } => tls(host, chain, reason),
        Error::ClientCertificate { host, given, reason } => client_certificate(host, *given, reason),
        Error::Proxy { proxy, host, cause, detail } => behind_proxy(proxy, host, cause, detail),
        Error::Unauthorized(r)
        | Error::Forbidden(r)
        | Error::NotFound(r)
        | Error::Conflict(r)
        | Error::Gone(r)
        | Error::Unprocessable(r)
        | Error::HostFailed(r)
        | Error::Unexpected(r) => refused(error, r),
        Error::RateLimited { host, after } => plain(
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
        Error::Stranger { host, what, status } => stranger(host, *what, *status),
        Error::Redirected { host, to } => plain(
            "redirected",
            format!(
                "{host} points to another address, {to}. Secrets are not sent there: enter the right address."
            ),
        ),
        Error::RepositoryExists { name } => plain(
            "repository_exists",
            format!(
                "A repository {name} exists already and is not Trueline's: choose another name or prefix."
            ),
        ),
        Error::TooLarge { what, limit } => {
            plain("too_large", format!("{what} is larger than the limit of {limit}."))
        }
        other => of_git(other),
    }
}

/// The answers with a status that says no.
fn refused(error: &Error, r: &Refusal) -> Diagnosis {
    let (host, said) = (&r.host, said(r));
    let (code, sentence) = match error {
        Error::Unauthorized(_) => (
            "token_rejected",
            format!("{host} does not accept the token: it is wrong, expired or revoked.{said}"),
        ),
        Error::Forbidden(_) => {
            ("forbidden", format!("{host} does not allow this to the token's account.{said}"))
        }
        Error::NotFound(_) => (
            "not_visible",
            format!(
                "{host} does not show this to the token's account: the name is wrong, or the account has no \
                 right to see it.{said}"
            ),
        ),
        Error::Conflict(_) => {
            ("conflict", format!("{host} reports a conflict with its present state.{said}"))
        }
        Error::Gone(_) => (
            "gone",
            format!(
                "{host} answers that this is gone for good: the repository, or this way to sign in.{said}"
            ),
        ),
        Error::Unprocessable(_) => ("refused", format!("{host} refused the request.{said}")),
        Error::HostFailed(_) => (
            "host_failed",
            format!("{host} has a problem of its own (status {}): try again later.{said}", r.status),
        ),
        _ => (
            "unexpected_answer",
            format!("{host} gave an answer that was not expected (status {}).{said}", r.status),
        ),
    };
    plain(code, sentence)
}

/// The errors of fetch and push.
fn of_git(error: &Error) -> Diagnosis {
    match error {
        Error::Rejected { refname, reason, remote_text } => {
            let branch = refname.trim_start_matches("refs/heads/");
            let words = if remote_text.is_empty() { reason } else { remote_text };
            plain("push_refused", format!("The host refused the push to {branch}: {words}"))
        }
        Error::PathsMoved { paths } => plain(
            "changed_in_git",
            format!("Changed in Git by someone else since it was last read: {}.", paths.join(", ")),
        ),
        Error::BaseGone { branch, base } => plain(
            "history_rewritten",
            format!(
                "The history of {branch} was rewritten: commit {} is no longer part of it. A person has to \
                 look at the branch.",
                base.get(..10).unwrap_or(base)
            ),
        ),
        Error::EndUnknown { branch, cause } => {
            let cause = of(cause);
            let sentence = format!(
                "{} A push to {branch} was begun before, and may have come through: it is looked for again.",
                cause.sentence
            );
            Diagnosis { sentence, ..cause }
        }
        Error::TooManyRaces { branch, attempts } => plain(
            "branch_busy",
            format!("{branch} was changed by others during each of {attempts} attempts: try again."),
        ),
        Error::UnsupportedObjectFormat { format } => plain(
            "object_format_unsupported",
            format!("The repository uses {format} object ids; only SHA-1 repositories are supported."),
        ),
        Error::Protocol { host, what } => {
            plain("unusable_answer", format!("{host} gave an answer that cannot be used: {what}."))
        }
        Error::Stopped => plain("stopped", "Trueline was stopped before this was done."),
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
                "{host} answered with a page to sign in at (status {status}): a gateway stands in between, or \
                 the token was not accepted."
            ),
        ),
        Stranger::Html => plain(
            "not_a_git_host",
            format!(
                "{host} answered with a web page (status {status}) where the Git host's interface was \
                 expected: check the address."
            ),
        ),
        Stranger::NotJson | Stranger::OtherJson => plain(
            "not_a_git_host",
            format!(
                "{host} answered (status {status}), but not as this kind of Git host does: check the address."
            ),
        ),
    }
}

/// What the host said, as one more sentence.
pub(crate) fn said(refusal: &Refusal) -> String {
    let message = refusal.message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!(" It says: {message}.") }
}

fn period(seconds: u64) -> String {
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

    fn refusal(status: u16) -> Box<Refusal> {
        Box::new(Refusal {
            host: "git.acme.dev".into(),
            status,
            message: "Nope.".into(),
            ..Refusal::default()
        })
    }

    #[test]
    fn every_kind_of_failure_has_its_own_word() {
        let host = || "git.acme.dev".to_owned();
        let unreached = |cause| Error::Unreachable { host: host(), cause, detail: "?".into() };
        let behind = |cause| Error::Proxy {
            proxy: "proxy.acme.dev:3128".into(),
            host: host(),
            cause,
            detail: String::new(),
        };
        let errors = vec![
            Error::Unauthorized(refusal(401)),
            Error::Forbidden(refusal(403)),
            Error::NotFound(refusal(404)),
            Error::Conflict(refusal(409)),
            Error::Gone(refusal(410)),
            Error::Unprocessable(refusal(422)),
            Error::HostFailed(refusal(502)),
            Error::Unexpected(refusal(418)),
            Error::RateLimited { host: host(), after: None },
            Error::Stranger { host: host(), what: Stranger::SignInPage, status: 203 },
            Error::Stranger { host: host(), what: Stranger::Html, status: 200 },
            Error::Redirected { host: host(), to: "https://elsewhere".into() },
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
        ];
        let count = errors.len();
        let words: std::collections::BTreeSet<_> = errors.iter().map(|e| of(e).code).collect();
        assert_eq!(words.len(), count, "{words:?}");
        for error in &errors {
            let diagnosis = of(error);
            assert!(diagnosis.sentence.contains("git.acme.dev"), "{diagnosis:?}");
            assert!(!diagnosis.sentence.contains("does not exist"), "{diagnosis:?}");
        }
    }
}
