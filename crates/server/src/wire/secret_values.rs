//! Secret values on the wire: their places go out, their values only come in.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::Secret;
use super::values::Origin;

/// One version of an environment's secret values, without any value.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretValues {
    /// Counts up from 1; the ETag.
    pub number: i64,
    /// The environment that they are for.
    pub environment: String,
    /// Places of the values, such as `database.password`.
    pub keys: Vec<String>,
    /// The Git blob id of the sealed file.
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

impl SecretValues {
    /// A version with the name of its environment.
    pub(crate) fn new(version: model::values::Values, environment: &str) -> Result<Self, control::Error> {
        Ok(Self {
            number: version.number,
            environment: environment.to_owned(),
            keys: control::secret_values::keys(&version)?,
            blob: version.blob,
            author: version.author,
            message: version.message,
            origin: version.origin.into(),
            created_at: super::time::text(version.created_at),
        })
    }
}

/// What to change of secret values.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValuesChange {
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
    /// Why; at most 4000 characters.
    #[garde(length(max = 20_000))]
    #[serde(default)]
    pub message: String,
}

/// What to take in from Git.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValuesImport {
    /// The environment that they are for.
    #[garde(length(max = 200))]
    pub environment: String,
    /// Whether to take Git's file although what was saved and is not deployed yet would be lost.
    #[garde(skip)]
    #[serde(default)]
    pub replace: bool,
}
