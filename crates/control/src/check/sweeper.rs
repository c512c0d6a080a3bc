//! The worker that removes test repositories which a check, or a crash during one, has left on a host.

use std::sync::Arc;

use model::CheckId;
use model::check::Check;
use store::{Claim, SecretKind, Work};
use tokio::time::Instant;

use super::candidate::Candidate;
use super::made::{cleaning, deleted};
use super::stages::CLEANING;
use crate::workers::Progress;
use crate::{Control, Error};

/// How long one attempt may take.
const LEASE_SECONDS: i64 = 60;
/// Attempts before it is left to people; the pauses between them add up to about three days.
const TRIES: i64 = 17;
/// So long after its check a host may show a repository for the first time whose creation ended unclearly.
const APPEARS_SECONDS: i64 = 300;
/// The longest pause between two attempts.
const LONGEST_PAUSE_SECONDS: i64 = 12 * 3600;

/// Takes one leftover and tries to remove it.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let Some(claim) = control.store.claim(Work::CheckLeftover, &owner, until, now).await? else {
        return Ok(Progress::Idle);
    };
    let check = match claim.id.parse::<CheckId>() {
        Ok(id) => control.store.check(id).await?,
        Err(_) => None,
    };
    let Some(check) = check else { return Ok(Progress::Worked) };
    let Some(name) = check.test_repository.clone() else { return Ok(Progress::Worked) };
    match remove(&control, &check, &name).await {
        Ok(Left::Nothing) => settle(&control, &claim, check).await?,
        Ok(Left::Unseen) => {
            let since = check.finished_at.map_or(0, |at| control.now().seconds() - at.seconds());
            if since >= APPEARS_SECONDS {
                settle(&control, &claim, check).await?;
            } else {
                let pause = claim.tries.max(1).saturating_mul(60).min(APPEARS_SECONDS - since);
                postpone(&control, &claim, pause).await?;
            }
        }
        Err(error) if claim.tries >= TRIES => {
            tracing::error!(repository = name, error = %error.chain(), "gave up removing a test repository");
            settle(&control, &claim, check).await?;
        }
        Err(error) => {
            tracing::warn!(repository = name, error = %error.chain(), tries = claim.tries, "test repository left");
            let pause = (5_i64 << claim.tries.clamp(0, 20)).min(LONGEST_PAUSE_SECONDS);
            postpone(&control, &claim, pause).await?;
        }
    }
    Ok(Progress::Worked)
}

async fn postpone(control: &Control, claim: &Claim, seconds: i64) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    tx.postpone(claim, control.now().plus_seconds(seconds)).await?;
    tx.commit().await?;
    Ok(())
}

/// What an attempt came to.
enum Left {
    /// There is nothing any more.
    Nothing,
    /// Nothing of the repository is shown: it may appear yet.
    Unseen,
}

async fn remove(control: &Control, check: &Check, name: &str) -> Result<Left, Error> {
    let sealed = control.store.secret(SecretKind::CheckCandidate, &check.id.to_string()).await?;
    let Some(sealed) = sealed else { return Ok(Left::Nothing) };
    let provider = Candidate::unsealed(&sealed)?.open(control)?;
    if let Some((url, branch)) = name.split_once(super::BRANCH_MARK) {
        let repository = provider.repository_by_url(url).await?;
        provider.remote(&repository)?.remove_branch(branch).await?;
        return Ok(Left::Nothing);
    }
    let (left, shown) = match &check.known_repository {
        // What is not shown is deleted all the same: its id may still lead to it.
        Some(known) => (Some(known.clone()), provider.repository_by_id(&known.id).await?.is_some()),
        // The name's end is random and was stored before the repository was made: it can only be ours.
        None => (provider.find_repository(name).await?, true),
    };
    let Some(repository) = left else { return Ok(Left::Unseen) };
    if check.known_repository.is_none() {
        // An attempt whose answer is lost may take the name from it: then only the id leads there.
        let known = Check { known_repository: Some(repository.clone()), ..check.clone() };
        let tx = control.store.begin().await?;
        tx.update_check(&known).await?;
        tx.commit().await?;
    }
    cleaning(Instant::now() + CLEANING, deleted(&*provider, &repository)).await?;
    if !shown {
        return Ok(Left::Unseen);
    }
    tracing::info!(repository = name, "removed a test repository that was left");
    Ok(Left::Nothing)
}

async fn settle(control: &Control, claim: &Claim, mut check: Check) -> Result<(), Error> {
    check.test_repository = None;
    let tx = control.store.begin().await?;
    tx.update_check(&check).await?;
    tx.delete_secret(SecretKind::CheckCandidate, &check.id.to_string()).await?;
    tx.release(claim).await?;
    tx.commit().await?;
    Ok(())
}
