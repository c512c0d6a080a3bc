//! The worker that looks whether stored credentials still work: every day, and ahead of their end. It only reads
//! at the host.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::gitops_config::GitopsConfig;
use store::Page;

use super::candidate::{Candidate, Trial};
use super::credential;
use crate::workers::Progress;
use crate::{Call, Control, Error};

/// For so long a look that was asked for is not asked for again.
const AGAIN_SECONDS: i64 = 43_200;
/// Configurations looked at in one go.
const PAGE: u32 = 100;

/// Notes how all credentials stand, and asks for the check of one that is due.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let mut page = Page { limit: PAGE, cursor: None };
    let mut standings = BTreeMap::new();
    let mut wanted = None;
    loop {
        let listed = control.store.gitops_configs(&page).await?;
        for config in listed.items {
            let checks = credential::checks(&control, &config).await?;
            standings.insert(config.name.to_string(), credential::of(&checks, control.now()));
            let due = credential::due(&checks, control.now()).filter(|_| wanted.is_none());
            if let Some(why) = due
                && taken(&control, &config, &why).await?
            {
                wanted = Some(config);
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    control.standings.replace(standings);
    match wanted {
        Some(config) => {
            recheck(&control, &config).await?;
            Ok(Progress::Worked)
        }
        None => Ok(Progress::Idle),
    }
}

/// One process does it, and a failure is not repeated all day.
async fn taken(control: &Control, config: &GitopsConfig, why: &str) -> Result<bool, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let job = format!("recheck {} {why}", config.id);
    Ok(control.store.claim_job(&job, &owner, now.plus_seconds(AGAIN_SECONDS), now).await?)
}

async fn recheck(control: &Control, config: &GitopsConfig) -> Result<(), Error> {
    let mut candidate = Candidate::stored(control, config).await?;
    candidate.trial = Trial::Recheck;
    super::request(control, &Call::system(), config.name.as_str(), &candidate).await?;
    Ok(())
}
