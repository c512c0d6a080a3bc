//! Says what an error means and what to do about it, where no provider knows better.

use model::check::{Diagnosis, Facts};

use crate::{Error, Refusal, Stranger};

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
        Error::Net(error) => error.diagnosis(),
        Error::Unusable { cause, .. } => of(cause),
        Error::Unauthorized(r)
        | Error::Forbidden(r)
        | Error::NotFound(r)
        | Error::Conflict(r)
        | Error::Gone(r)
        | Error::Unprocessable(r)
        | Error::HostFailed(r)
        | Error::Unexpected(r) => refused(error, r),
        Error::RateLimited { host, after } => {
            net::Error::RateLimited { host: host.clone(), after: *after }.diagnosis()
        }
        Error::Stranger { host, what, status } => stranger(host, *what, *status),
        Error::RepositoryExists { name } => plain(
            "repository_exists",
            format!(
                "A repository {name} exists already and is not Trueline's: choose another name or prefix."
            ),
        ),
        Error::TooLarge { what, limit } => {
            net::Error::TooLarge { what: what.clone(), limit: limit.clone() }.diagnosis()
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
        Error::Forbidden(_) => (
            "forbidden",
            format!(
                "{host} does not allow this to the token's account: give it the right, or use the token of one that has it.{said}"
            ),
        ),
        Error::NotFound(_) => (
            "not_visible",
            format!(
                "{host} does not show this to the token's account: the name is wrong, or the account has no \
                 right to see it.{said}"
            ),
        ),
        Error::Conflict(_) => {
            ("conflict", format!("{host} reports a conflict with its present state: try again.{said}"))
        }
        Error::Gone(_) => (
            "gone",
            format!(
                "{host} answers that this is gone for good: the repository, or this way to sign in. Look whether it names another.{said}"
            ),
        ),
        Error::Unprocessable(_) => ("refused", format!("{host} refused the request.{said}")),
        Error::HostFailed(_) => (
            "host_failed",
            format!("{host} has a problem of its own (status {}): try again later.{said}", r.status),
        ),
        _ => (
            "unexpected_answer",
            format!(
                "{host} gave an answer that was not expected (status {}): check the address, and whether a gateway answers for it.{said}",
                r.status
            ),
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
            net::Error::Protocol { host: host.clone(), what: what.clone() }.diagnosis()
        }
        Error::Stopped => plain("stopped", "Trueline was stopped before this was done."),
        other => plain("internal", other.to_string()),
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
