//! Values that people write: immutable versions, drafts until a deployment commits them.

use crate::{ApplicationId, EnvironmentId, Timestamp, ValuesId};

/// One immutable version of one of an application's inputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Values {
    /// Its identity.
    pub id: ValuesId,
    /// The application that it belongs to.
    pub application: ApplicationId,
    /// Which input it is.
    pub slot: Slot,
    /// Counts up from 1 within application and slot.
    pub number: i64,
    /// The YAML as written, at most [`Values::LIMIT`] bytes; of secret values the sealed file.
    pub yaml: String,
    /// Git blob id (SHA-1, hexadecimal) of `yaml`.
    pub blob: String,
    /// How it lies over the base values; of an override alone, otherwise always [`MergeMode::Merge`].
    pub merge: MergeMode,
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

/// The inputs that an application has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slot {
    /// Base values: for all environments.
    Base,
    /// What an environment overrides of them.
    Override(EnvironmentId),
    /// An environment's secret values, as a sealed file in the format of SOPS.
    Secrets(EnvironmentId),
}

impl Slot {
    /// The base values, or an environment's override.
    pub fn plain(environment: Option<EnvironmentId>) -> Self {
        environment.map_or(Self::Base, Self::Override)
    }

    /// The environment that it is for; `None` for all.
    pub fn environment(self) -> Option<EnvironmentId> {
        match self {
            Self::Base => None,
            Self::Override(environment) | Self::Secrets(environment) => Some(environment),
        }
    }

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Override(_) => "override",
            Self::Secrets(_) => "secrets",
        }
    }
}

/// How an environment's override lies over the base values.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum MergeMode {
    /// Over them: what it does not name is as in the base values.
    #[default]
    Merge,
    /// Instead of them: what it does not name is as in the chart's defaults.
    Replace,
}

impl MergeMode {
    /// The word on the wire, in the database and in `release.yaml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Replace => "replace",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Merge, Self::Replace].into_iter().find(|m| m.as_str() == text)
    }
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
