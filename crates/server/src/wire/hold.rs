//! Holds on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stop on an environment of an application: nothing is deployed there until it is released.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hold {
    /// The name of who placed it.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
    /// The number of the deployment that rolled back and brought it along; null when it was placed by hand.
    pub deployment: Option<i64>,
    /// Since when it stands.
    pub created_at: String,
}

impl From<model::hold::Hold> for Hold {
    fn from(hold: model::hold::Hold) -> Self {
        Self {
            by: hold.by,
            reason: hold.reason,
            deployment: hold.deployment,
            created_at: super::time::text(hold.created_at),
        }
    }
}

/// A hold to be placed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// Why, in one line; at most 1000 characters.
    #[garde(length(max = 8000))]
    #[serde(default)]
    pub reason: String,
}
