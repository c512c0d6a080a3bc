//! The gate on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether deploying is possible.
#[derive(Serialize, ToSchema)]
pub(crate) struct Gate {
    /// Whether it is: a GitOps configuration is active.
    pub(crate) open: bool,
    /// The active configuration's name.
    pub(crate) active: Option<String>,
    /// What to do while it is closed.
    pub(crate) sentence: Option<String>,
    /// The names of those who can configure it.
    pub(crate) administrators: Vec<String>,
}

impl From<control::gitops_config::Gate> for Gate {
    fn from(gate: control::gitops_config::Gate) -> Self {
        Self {
            open: gate.active.is_some(),
            active: gate.active,
            sentence: gate.sentence,
            administrators: gate.administrators,
        }
    }
}
