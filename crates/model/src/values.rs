//! Values that people write: immutable versions, drafts until a deployment commits them.

use crate::{ApplicationId, EnvironmentId, Timestamp, ValuesId};

/// One immutable version of the base values (no environment) or of one environment's override.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Values {
    /// Its identity.
    pub id: ValuesId,
    /// The application that it belongs to.
    pub application: ApplicationId,
    /// `None` for base values, else the environment that it overrides them for.
    pub environment: Option<EnvironmentId>,
    /// Counts up from 1 within application and environment.
    pub number: i64,
    /// The YAML as written, at most [`Values::LIMIT`] bytes.
    pub yaml: String,
    /// Git blob id (SHA-1, hexadecimal) of `yaml`.
    pub blob: String,
    /// Who saved it.
    pub author: String,
    /// The author's address.
    pub author_email: String,
    /// Why, in the author's words; may be empty.
    pub message: String,
    /// Where it came from.
    pub origin: Origin,
    /// When it was saved.
    pub created_at: Timestamp,
}

impl Values {
    /// The most bytes that one version may have.
    pub const LIMIT: usize = 1024 * 1024;
}

/// Where a version of values came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Saved through Trueline.
    Saved,
    /// Taken in from a hand-made commit.
    Git,
}

impl Origin {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Git => "git",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Saved, Self::Git].into_iter().find(|o| o.as_str() == text)
    }
}
