//! What stops a deployment, in words for its timeline: an error's outcome decides whether it is tried again.

use std::time::Duration;

use model::Outcome;
use model::deployment::Failure;

use super::Stop;
use crate::Error;

impl Stop {
    /// Stops for good.
    pub(crate) fn failed(code: &str, sentence: impl Into<String>) -> Self {
        Self::Failed(failure(code, sentence, ""))
    }

    /// Sorts a failure by what its error means.
    fn of(outcome: Outcome, failure: Failure) -> Self {
        match outcome {
            Outcome::RetryLater { after } => Self::Later { after, cause: failure },
            Outcome::Invalid
            | Outcome::NotFound
            | Outcome::Conflict
            | Outcome::Forbidden
            | Outcome::NeedsHuman
            | Outcome::Bug => Self::Failed(failure),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(store::Error::Stale) => Self::Changed,
            Error::Git(error) => error.into(),
            error => {
                let outcome = error.outcome();
                if outcome == Outcome::Bug {
                    tracing::error!(error = %error.chain(), "deployment");
                }
                let lines: Vec<_> = error.errors().into_iter().map(|e| e.message).collect();
                Self::of(outcome, failure(&error.code(), error.sentence(), lines.join("\n")))
            }
        }
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Error::Store(error).into()
    }
}

impl From<git::Error> for Stop {
    fn from(error: git::Error) -> Self {
        let outcome = error.outcome();
        if outcome == Outcome::Bug {
            tracing::error!(%error, "deployment");
        }
        Self::of(outcome, of_git(&error))
    }
}

fn failure(code: &str, sentence: impl Into<String>, detail: impl Into<String>) -> Failure {
    Failure { code: code.into(), sentence: sentence.into(), detail: detail.into() }
}

/// The failure that an error of a Git host makes.
fn of_git(error: &git::Error) -> Failure {
    let diagnosis = error.diagnosis();
    match error {
        git::Error::Rejected { refname, reason, remote_text } => {
            let branch = refname.trim_start_matches("refs/heads/");
            let sentence = format!(
                "The host refused the push to {branch}: {reason}. A rule of the branch forbids it: let \
                 Trueline's account push there, or give the environment another branch."
            );
            failure(&diagnosis.code, sentence, remote_text.trim())
        }
        git::Error::Unusable { cause, .. } => of_git(cause),
        git::Error::EndUnknown { cause, .. } => Failure { sentence: diagnosis.sentence, ..of_git(cause) },
        git::Error::PathTaken { path, by } => {
            let sentence =
                format!("{path} cannot be written: {by} is in the way. Remove it in Git and deploy again.");
            failure("path_taken", sentence, "")
        }
        git::Error::Unauthorized(said)
        | git::Error::Forbidden(said)
        | git::Error::NotFound(said)
        | git::Error::Conflict(said)
        | git::Error::Gone(said)
        | git::Error::Unprocessable(said)
        | git::Error::HostFailed(said)
        | git::Error::Unexpected(said) => failure(&diagnosis.code, diagnosis.sentence, said.message.clone()),
        _ => failure(&diagnosis.code, diagnosis.sentence, ""),
    }
}

/// A time for people: `3 s`, `2 min`.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64().ceil() as u64 {
        seconds @ 0..=119 => format!("{} s", seconds.max(1)),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}
