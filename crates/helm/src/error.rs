//! What can go wrong between us and a chart repository, and what it means for people.

use model::Outcome;
use model::check::Diagnosis;

use crate::repository::oci::RegistryError;
use crate::{ArchiveError, IndexError};

/// An error of this room. Every address in it is shown without credentials and query.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was entered is no address of a chart repository.
    #[error("{sentence}")]
    Address {
        /// A stable word for programs.
        code: &'static str,
        /// What was wrong and what would be right.
        sentence: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// The way to the server.
    #[error("{0}")]
    Net(#[from] net::Error),
    /// The server wants another credential, or one at all.
    #[error("{url} answers {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// 401 or 403.
        status: u16,
        /// Whether a credential was shown.
        given: bool,
    },
    /// There is nothing at the address.
    #[error("there is nothing at {url}")]
    Missing {
        /// What was asked for.
        url: String,
        /// The address of a chart repository that was found nearby.
        suggestion: Option<String>,
    },
    /// A site for people answers.
    #[error("{url} answers with a web page")]
    Page {
        /// What was asked for.
        url: String,
        /// The address of a chart repository that was found nearby.
        suggestion: Option<String>,
    },
    /// The server fails.
    #[error("{url} answers {status}")]
    Failing {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The index cannot be used.
    #[error("{error} ({url})")]
    Index {
        /// Where it is.
        url: String,
        /// Why.
        error: IndexError,
    },
    /// The archive cannot be used.
    #[error("{error} ({url})")]
    Archive {
        /// Where it is.
        url: String,
        /// Why.
        error: ArchiveError,
    },
    /// The archive is not the one that the index tells of.
    #[error("the archive at {url} has the SHA-256 {found} instead of {listed}")]
    Digest {
        /// Where it is.
        url: String,
        /// What the index tells.
        listed: String,
        /// What came.
        found: String,
    },
    /// The registry does not give what was asked for.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The way on is not known.
    #[error("{0}")]
    Unsupported(String),
}

impl Error {
    /// What the error means for whoever has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Address { .. } => Outcome::Invalid,
            Self::Net(error) => error.outcome(),
            Self::Registry(error) => error.outcome(),
            Self::Refused { .. }
            | Self::Missing { .. }
            | Self::Page { .. }
            | Self::Index { .. }
            | Self::Archive { .. }
            | Self::Digest { .. }
            | Self::Unsupported(_) => Outcome::NeedsHuman,
            Self::Failing { .. } => Outcome::RetryLater { after: None },
        }
    }

    /// What was probably meant instead of the address that was entered.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Address { suggestion, .. }
            | Self::Missing { suggestion, .. }
            | Self::Page { suggestion, .. } => suggestion.as_deref(),
            _ => None,
        }
    }

    /// What failed, for people and programs.
    pub fn diagnosis(&self) -> Diagnosis {
        let plain = |code: &str, sentence: String| Diagnosis {
            code: code.into(),
            sentence,
            missing: None,
            link: None,
        };
        match self {
            Self::Address { code, sentence, .. } => plain(code, sentence.clone()),
            Self::Net(error) => error.diagnosis(),
            Self::Registry(error) => error.diagnosis(),
            Self::Refused { url, status, given } => {
                plain("chart_repository_refused", refused(url, *status, *given))
            }
            Self::Missing { url, suggestion } => {
                plain("chart_index_missing", missing(url, suggestion.as_deref()))
            }
            Self::Page { url, suggestion } => {
                let hint = match suggestion {
                    Some(there) => format!("A chart repository is at {there}."),
                    None => "Enter the address under which index.yaml lies, as its makers give it for \
                             `helm repo add`."
                        .into(),
                };
                plain(
                    "chart_index_is_page",
                    format!("{url} answers with a web page for people instead of an index of charts. {hint}"),
                )
            }
            Self::Failing { url, status } => plain(
                "chart_repository_failing",
                format!(
                    "{url} answers with the error {status}. It is the server's own failure; try again later."
                ),
            ),
            Self::Index { url, error } => plain(error.code(), format!("{error}. It was read from {url}.")),
            Self::Archive { url, error } => {
                plain(error.code(), format!("{} ({url}).", capital(&error.to_string())))
            }
            Self::Digest { url, listed, found } => plain(
                "chart_digest_differs",
                format!(
                    "The archive at {url} has the SHA-256 {found}, but its repository's index tells {listed}. \
                     Nothing was taken from it: ask who publishes the chart which of them is right."
                ),
            ),
            Self::Unsupported(sentence) => plain("chart_source_unsupported", sentence.clone()),
        }
    }
}

fn refused(url: &str, status: u16, given: bool) -> String {
    match (status, given) {
        (401, false) => format!("{url} asks for a user name and a password. Enter them."),
        (401, true) => format!("{url} does not accept this user name and password."),
        (_, true) => format!("{url} knows this user, but does not let it read (403)."),
        (_, false) => format!("{url} does not let everybody read (403). Enter a user name and a password."),
    }
}

fn missing(url: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(there) if there.starts_with("oci://") => {
            format!("There is no chart index at {url}, but the server is an OCI registry: enter {there}.")
        }
        Some(there) => format!(
            "There is no chart index at {url}, but there is one at {there}/index.yaml: enter {there}."
        ),
        None => format!(
            "There is no chart index at {url}. Enter the address under which index.yaml lies, as its makers give it \
             for `helm repo add`."
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}
