//! How Rollouts are led, on the wire.

use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// A Rollout, and what it is told.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leading {
    /// The Rollout's name.
    #[garde(length(min = 1, max = 300))]
    pub name: String,
    /// Its namespace; needed where several are meant.
    #[garde(length(max = 300))]
    pub namespace: Option<String>,
    /// What it is told.
    #[garde(skip)]
    pub step: RolloutStep,
}

/// What a Rollout is told: `promote` to go on where it waits, `promote_fully` to leave out all that is left, `abort` to give all
/// requests to the version before again, `retry` to try the one once more from which it went back.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RolloutStep {
    Promote,
    PromoteFully,
    Abort,
    Retry,
}

impl From<RolloutStep> for control::rollout::Step {
    fn from(step: RolloutStep) -> Self {
        match step {
            RolloutStep::Promote => Self::Promote,
            RolloutStep::PromoteFully => Self::PromoteFully,
            RolloutStep::Abort => Self::Abort,
            RolloutStep::Retry => Self::Retry,
        }
    }
}
