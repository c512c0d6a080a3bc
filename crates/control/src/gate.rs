//! The gate: without a GitOps configuration nothing is deployed. There is no silent way around.

use model::Outcome;
use model::application::Application;
use model::gitops_config::GitopsConfig;

use crate::{Control, Error, Refusal};

/// Where the gate is opened.
pub const LINK: &str = "/configuration/gitops";

/// The configuration that an application is deployed through: its own, else the active one.
///
/// # Errors
/// `gitops_not_configured` when there is none.
pub async fn demand(control: &Control, application: &Application) -> Result<GitopsConfig, Error> {
    let found = match application.gitops_config {
        Some(own) => control.store.gitops_config(own).await?,
        None => control.store.active_gitops_config().await?,
    };
    found.ok_or_else(closed)
}

/// The refusal of a closed gate.
pub(crate) fn closed() -> Error {
    Error::Refused(Box::new(Refusal {
        outcome: Outcome::Conflict,
        code: "gitops_not_configured",
        sentence: "No Git account is configured, and nothing is deployed that is not in Git first. An \
                   administrator sets one up at Global configuration > GitOps."
            .into(),
        link: Some(LINK),
    }))
}
