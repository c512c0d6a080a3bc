//! Versions of values on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One version of an application's base values or of an environment's override.
#[derive(Serialize, ToSchema)]
pub(crate) struct Values {
    /// Counts up from 1; the ETag.
    pub number: i64,
    /// The environment whose override it is; null for base values.
    pub environment: Option<String>,
    /// The YAML as written.
    pub yaml: String,
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
}

/// What to take in from Git.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValuesImport {
    /// The environment whose override it is; base values if left out.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub environment: Option<String>,
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
