//! Why a use case did not do what was asked: what it means, its stable code, the sentence for people and,
//! apart from it, the chain of causes for the log.

use std::borrow::Cow;
use std::time::Duration;

use model::role::{Role, Scope};
use model::{FieldError, Outcome};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks rules.
    #[error("the input breaks {} rule(s): {}", .0.len(), first(.0))]
    Invalid(Vec<FieldError>),
    /// The thing does not exist, or the actor may not know of it.
    #[error("there is no {what} {name:?}")]
    NotFound {
        /// The noun, such as `project`.
        what: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// The actor's roles do not allow it.
    #[error("needs {} in {scope:?}", .needed.as_str())]
    Forbidden {
        /// The least role that would do.
        needed: Role,
        /// Where it would have to hold.
        scope: Scope,
    },
    /// Name and password do not belong together, or the user is disabled; which of them is not told.
    #[error("sign-in failed")]
    SignInFailed,
    /// Nobody is signed in, or no longer.
    #[error("not signed in")]
    NotSignedIn,
    /// Something was changed by someone else since the caller read it.
    #[error("{what} {name:?} was changed meanwhile")]
    Stale {
        /// The noun.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A rule forbids it in the present state.
    #[error("refused ({}): {}", .0.code, .0.sentence)]
    Refused(Box<Refusal>),
    /// The process is about to end.
    #[error("the process is stopping")]
    Stopping,
    /// The database.
    #[error("the database")]
    Store(#[from] store::Error),
    /// A Git host or repository.
    #[error("Git")]
    Git(#[from] git::Error),
    /// Rendering.
    #[error("rendering")]
    Render(#[from] render::Error),
    /// Sealing, or opening what is sealed.
    #[error("sealing")]
    Seal(#[from] seal::Error),
    /// A cluster.
    #[error("the cluster")]
    Deploy(#[from] deploy::Error),
    /// A chart repository or what it serves.
    #[error("charts")]
    Charts(#[from] helm::Error),
    /// A mistake of Trueline's own.
    #[error("a mistake of Trueline: {0}")]
    Bug(String),
}

/// A refusal by a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What it means.
    pub outcome: Outcome,
    /// A stable word for programs, such as `gitops_not_configured`.
    pub code: &'static str,
    /// What, where, why, and what to do.
    pub sentence: String,
    /// The page of Trueline's own where it can be put right, such as `/configuration/gitops`.
    pub link: Option<&'static str>,
}

fn first(errors: &[FieldError]) -> String {
    errors.first().map(|e| format!("{}: {}", e.field, e.message)).unwrap_or_default()
}

impl Error {
    /// A thing that does not exist, or that the actor may not see.
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Self::NotFound { what, name: name.into() }
    }

    /// A thing that was changed by someone else since the caller read it.
    pub fn stale(what: &'static str, name: impl Into<String>) -> Self {
        Self::Stale { what, name: name.into() }
    }

    /// A thing that someone saved just now, while it was about to be used; the next try sees what was saved.
    pub(crate) fn saved_meanwhile(what: &str, name: &str) -> Self {
        Self::Refused(Box::new(Refusal {
            outcome: Outcome::RetryLater { after: Some(Duration::from_secs(1)) },
            code: "saved_meanwhile",
            sentence: format!("The {what} \"{name}\" was saved just now. Try again."),
            link: None,
        }))
    }

    /// One field that breaks a rule.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }

    /// The same with its fields below another one.
    pub(crate) fn below(self, field: &str) -> Self {
        match self {
            Self::Invalid(errors) => {
                let below = |e: FieldError| FieldError { field: format!("{field}.{}", e.field), ..e };
                Self::Invalid(errors.into_iter().map(below).collect())
            }
            other => other,
        }
    }

    /// The same with another name for a field.
    pub(crate) fn at_field(self, from: &str, to: &str) -> Self {
        match self {
            Self::Invalid(errors) => {
                let renamed = |e: FieldError| match e.field == from {
                    true => FieldError { field: to.to_owned(), ..e },
                    false => e,
                };
                Self::Invalid(errors.into_iter().map(renamed).collect())
            }
            other => other,
        }
    }

    /// What an error of the database means for the thing at hand.
    pub fn about(error: store::Error, what: &'static str, name: &str) -> Self {
        match error {
            store::Error::Stale => Self::stale(what, name),
            store::Error::Duplicate { what: field } => {
                let code = if field == "name" { "name_taken" } else { "duplicate" };
                Self::conflict(code, format!("The {field} of the {what} \"{name}\" is taken."))
            }
            store::Error::InUse { by } => {
                let by = if by.is_empty() { "others".to_owned() } else { by.join(", ") };
                Self::conflict("in_use", format!("The {what} \"{name}\" is in use by {by}."))
            }
            error => Self::Store(error),
        }
    }

    /// A refusal because of the present state of things.
    pub fn conflict(code: &'static str, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self::Refused(Box::new(Refusal { outcome: Outcome::Conflict, code, sentence, link: None }))
    }

    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Invalid(_) => Outcome::Invalid,
            Self::NotFound { .. } => Outcome::NotFound,
            Self::Forbidden { .. } | Self::SignInFailed | Self::NotSignedIn => Outcome::Forbidden,
            Self::Stale { .. } => Outcome::Conflict,
            Self::Refused(refusal) => refusal.outcome.clone(),
            Self::Stopping => Outcome::RetryLater { after: Some(Duration::from_secs(5)) },
            Self::Store(error) => error.outcome(),
            Self::Git(error) => error.outcome(),
            Self::Render(error) => error.outcome(),
            Self::Seal(error) => error.outcome(),
            Self::Charts(error) => error.outcome(),
            Self::Deploy(error) => error.outcome(),
            Self::Bug(_) => Outcome::Bug,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Git(error) => return error.diagnosis().code.into(),
            Self::Charts(error) => return error.diagnosis().code.into(),
            Self::Deploy(error) => return crate::cluster::diagnosis(error).code.into(),
            Self::Render(error) => error.code(),
            Self::Invalid(_) => "invalid",
            Self::NotFound { .. } => "not_found",
            Self::Forbidden { .. } => "forbidden",
            Self::SignInFailed => "sign_in_failed",
            Self::NotSignedIn => "not_signed_in",
            Self::Stale { .. } => "stale",
            Self::Refused(refusal) => refusal.code,
            Self::Stopping => "stopping",
            Self::Store(error) => store_code(&error.outcome()),
            Self::Seal(error) => error.code(),
            Self::Bug(_) => "internal",
        })
    }

    /// One or two sentences for people: what, where, why, and what to do. Nothing internal.
    pub fn sentence(&self) -> String {
        match self {
            Self::Invalid(errors) => match errors.as_slice() {
                [one] => one.message.clone(),
                many => format!("{} fields are not valid.", many.len()),
            },
            Self::NotFound { what, name } => {
                format!("There is no {what} \"{name}\", or you may not see it.")
            }
            Self::Forbidden { needed, scope } => forbidden(*needed, *scope),
            Self::SignInFailed => "The name or the password is wrong, or the user is disabled.".into(),
            Self::NotSignedIn => "Sign in, or send an API token that has not ended.".into(),
            Self::Stale { what, name } => format!(
                "The {what} \"{name}\" was changed by someone else since you read it. Read it again and repeat your change."
            ),
            Self::Refused(refusal) => refusal.sentence.clone(),
            Self::Stopping => "Trueline is restarting. Try again in a few seconds.".into(),
            Self::Store(error) => store_sentence(error),
            Self::Git(error) => error.diagnosis().sentence,
            Self::Charts(error) => error.diagnosis().sentence,
            Self::Deploy(error) => crate::cluster::diagnosis(error).sentence,
            Self::Render(error) => sentence_of(error),
            Self::Seal(error) => sentence_of(error),
            Self::Bug(_) => {
                "Something went wrong inside Trueline. The log says more under the request id.".into()
            }
        }
    }

    /// The fields that break rules.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors.clone(),
            Self::Render(render::Error::Values(problems)) => {
                problems.iter().map(|p| FieldError::new("yaml", "invalid_values", p.to_string())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is wrong with values, at its place.
    pub fn problems(&self) -> &[render::ValueError] {
        match self {
            Self::Render(render::Error::Values(problems)) => problems,
            _ => &[],
        }
    }

    /// The page of Trueline's own where it can be put right.
    pub fn link(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.link,
            _ => None,
        }
    }

    /// The whole chain of causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

fn store_code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Invalid => "invalid",
        Outcome::NotFound => "not_found",
        Outcome::Conflict => "conflict",
        Outcome::Forbidden => "forbidden",
        Outcome::RetryLater { .. } => "database_unavailable",
        Outcome::NeedsHuman => "database_needs_care",
        Outcome::Bug => "internal",
    }
}

/// An error's own text as a sentence.
fn sentence_of(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    // A path is written as it is.
    if text.split_whitespace().next().is_some_and(|word| word.contains('/')) {
        return format!("{}.", text.trim_end_matches('.'));
    }
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn store_sentence(error: &store::Error) -> String {
    match error.outcome() {
        Outcome::Invalid | Outcome::Conflict | Outcome::NotFound | Outcome::Forbidden => sentence_of(error),
        Outcome::RetryLater { .. } => "The database does not answer. Try again in a few seconds.".into(),
        Outcome::NeedsHuman => {
            "The database needs an operator's care. The log says more under the request id.".into()
        }
        Outcome::Bug => {
            "Something went wrong inside Trueline. The log says more under the request id.".into()
        }
    }
}

fn forbidden(needed: Role, scope: Scope) -> String {
    let place = match scope {
        Scope::Installation => "on the installation",
        Scope::Project(_) => "in this project",
    };
    format!("This needs the role {} {place}. Ask an administrator for it.", needed.as_str())
}
