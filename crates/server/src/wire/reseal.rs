//! Sealing anew on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// How far sealing anew is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reseal {
    /// How many environments of applications are part of it.
    pub total: usize,
    /// How many of them are sealed for the recipients of today.
    pub done: usize,
    /// Those that could not be sealed anew: ask again once what each says is put right.
    pub failed: Vec<Unsealed>,
    /// Whether nothing is left to try.
    pub ended: bool,
    /// Who asked for it; null when nobody ever did.
    pub requested_by: Option<String>,
    /// When it was asked for.
    pub requested_at: Option<String>,
}

/// An environment of an application that could not be sealed anew.
#[derive(Serialize, ToSchema)]
pub(crate) struct Unsealed {
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// The number of the deployment that failed; null when it did not come to one.
    pub deployment: Option<i64>,
    /// What, where, why, and what to do.
    pub reason: String,
}

impl From<control::reseal::Resealing> for Reseal {
    fn from(resealing: control::reseal::Resealing) -> Self {
        let unsealed = |failed: control::reseal::Unsealed| Unsealed {
            application: failed.application,
            environment: failed.environment,
            deployment: failed.deployment,
            reason: failed.sentence,
        };
        let ended = resealing.has_ended();
        let (by, at) = resealing.asked.unzip();
        Self {
            total: resealing.total,
            done: resealing.done,
            failed: resealing.failed.into_iter().map(unsealed).collect(),
            ended,
            requested_by: by,
            requested_at: at.map(super::time::text),
        }
    }
}
