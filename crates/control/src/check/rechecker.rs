//! The worker that looks every day whether stored credentials still work. It only reads at the host.

use std::sync::Arc;

use model::gitops_config::{GitopsConfig, RepositorySource};
use store::Page;

use super::candidate::Candidate;
use crate::workers::Progress;
use crate::{Call, Control, Error};

/// Time between two checks of a configuration.
const EVERY_SECONDS: i64 = 86_400;
/// Configurations looked at in one go.
const PAGE: u32 = 100;

/// Asks for the check of one configuration whose last one is a day old.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let mut page = Page { limit: PAGE, cursor: None };
    loop {
        let listed = control.store.gitops_configs(&page).await?;
        for config in &listed.items {
            if due(&control, config).await? {
                recheck(&control, config).await?;
                return Ok(Progress::Worked);
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(Progress::Idle),
        }
    }
}

async fn due(control: &Control, config: &GitopsConfig) -> Result<bool, Error> {
    let name = config.name.as_str();
    let now = control.now();
    let fresh = now.plus_seconds(-EVERY_SECONDS);
    if control.store.latest_check(name).await?.is_some_and(|check| check.created_at > fresh) {
        return Ok(false);
    }
    // One process does it, and a failure is not repeated all day.
    let owner = crate::random::id().to_string();
    let job = format!("recheck {}", config.id);
    Ok(control.store.claim_job(&job, &owner, now.plus_seconds(EVERY_SECONDS / 2), now).await?)
}

async fn recheck(control: &Control, config: &GitopsConfig) -> Result<(), Error> {
    let mut candidate = Candidate::stored(control, config).await?;
    candidate.rules.source = RepositorySource::Ask;
    super::request(control, &Call::system(), config.name.as_str(), &candidate).await?;
    Ok(())
}
