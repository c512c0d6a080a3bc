//! Versions of values on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::Secret;

/// One version of an application's base values or of an environment's override.
#[derive(Serialize, ToSchema)]
pub(crate) struct Values {
    /// Counts up from 1; the ETag.
    pub number: i64,
    /// The environment whose override it is; null for base values.
    pub environment: Option<String>,
    /// The YAML as written.
    pub yaml: String,
    /// How it lies over the base values; of base values always `merge`.
    pub merge: MergeMode,
    /// Secret values that were saved with it; only in the answer to saving.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_values: Vec<SavedSecretValues>,
    /// Its Git blob id.
    pub blob: String,
    /// Who wrote it.
    pub author: String,
    /// Why; may be empty.
    pub message: String,
    /// Where it came from.
    pub origin: Origin,
    /// When it was saved.
    pub created_at: String,
}

/// Secret values that were saved together with values.
#[derive(Serialize, ToSchema)]
pub(crate) struct SavedSecretValues {
    /// The environment.
    pub environment: String,
    /// The number of the version.
    pub number: i64,
}

/// How an environment's override lies over the base values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MergeMode {
    /// Over them: what it does not name is as in the base values.
    Merge,
    /// Instead of them: what it does not name is as in the chart's defaults.
    Replace,
}

impl From<model::values::MergeMode> for MergeMode {
    fn from(mode: model::values::MergeMode) -> Self {
        match mode {
            model::values::MergeMode::Merge => Self::Merge,
            model::values::MergeMode::Replace => Self::Replace,
        }
    }
}

impl From<MergeMode> for model::values::MergeMode {
    fn from(mode: MergeMode) -> Self {
        match mode {
            MergeMode::Merge => Self::Merge,
            MergeMode::Replace => Self::Replace,
        }
    }
}

/// Where a version came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// Saved through Trueline.
    Saved,
    /// Taken in from a hand-made commit.
    Git,
}

impl From<model::values::Origin> for Origin {
    fn from(origin: model::values::Origin) -> Self {
        match origin {
            model::values::Origin::Saved => Self::Saved,
            model::values::Origin::Git => Self::Git,
        }
    }
}

impl Values {
    /// A version with the name of its environment.
    pub(crate) fn new(values: model::values::Values, environment: Option<&str>) -> Self {
        Self {
            number: values.number,
            environment: environment.map(str::to_owned),
            yaml: values.yaml,
            merge: values.merge.into(),
            secret_values: Vec::new(),
            blob: values.blob,
            author: values.author,
            message: values.message,
            origin: values.origin.into(),
            created_at: super::time::text(values.created_at),
        }
    }
}

/// A version to be saved.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewValues {
    /// The YAML, at most 1 MiB.
    #[garde(skip)]
    pub yaml: String,
    /// Why; at most 4000 characters.
    #[garde(length(max = 20_000))]
    #[serde(default)]
    pub message: String,
    /// How an override lies over the base values; as the newest version does if left out.
    #[garde(skip)]
    #[serde(default)]
    pub merge: Option<MergeMode>,
    /// Changes of secret values that are saved with it, one for each environment: all of it or nothing.
    #[garde(length(max = 100), dive)]
    #[serde(default)]
    pub secret_values: Vec<SecretValuesBeside>,
}

/// A change of an environment's secret values that is saved together with values.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValuesBeside {
    /// The environment that they are for.
    #[garde(length(max = 200))]
    pub environment: String,
    /// A YAML mapping that is put into them, key by key: what it does not name stays, a list is set as
    /// a whole. Refused (`would_lose`) where a value would be set over others, or below one, unless `remove` names that
    /// place. At most 1 MiB.
    #[garde(skip)]
    #[serde(default)]
    pub set: Option<Secret>,
    /// Places that are removed before that, such as `database.password`.
    #[garde(length(max = 1000))]
    #[serde(default)]
    pub remove: Vec<String>,
    /// The number of the version that was read, 0 for none; not compared if left out.
    #[garde(skip)]
    #[serde(default)]
    pub number: Option<i64>,
}

impl From<SecretValuesBeside> for control::secret_values::Change {
    fn from(change: SecretValuesBeside) -> Self {
        let SecretValuesBeside { environment, set, remove, number } = change;
        Self { environment, set: set.map(Into::into), remove, message: String::new(), expected: number }
    }
}

/// What to take in from Git.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValuesImport {
    /// The environment whose override it is; base values if left out.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub environment: Option<String>,
    /// Whether to take Git's text alone, without what was saved and is not deployed yet.
    #[garde(skip)]
    #[serde(default)]
    pub replace: bool,
}

/// The values in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectiveValues {
    /// As YAML.
    pub yaml: String,
}

/// One thing wrong with values, at its place.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValueProblem {
    /// Path of the value, such as `image.tag`; empty for the whole document.
    pub path: String,
    /// Line, from 1; 0 when nothing that was written sets the value.
    pub line: usize,
    /// Column in characters, from 1; 0 likewise.
    pub column: usize,
    /// What was wrong and what would be right.
    pub message: String,
    /// Which of the layers is wrong: `base values` or `override`.
    pub layer: String,
}

impl From<&control::ValueError> for ValueProblem {
    fn from(error: &control::ValueError) -> Self {
        Self {
            path: error.path.clone(),
            line: error.line,
            column: error.column,
            message: error.message.clone(),
            layer: error.layer.clone(),
        }
    }
}
