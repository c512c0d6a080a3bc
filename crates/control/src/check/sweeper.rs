//! The worker that removes test repositories which a check, or a crash during one, has left on a host.

use std::sync::Arc;

use model::CheckId;
use model::check::Check;
use store::{Claim, SecretKind, Work};

use super::candidate::Candidate;
use crate::workers::Progress;
use crate::{Control, Error};

/// How long one attempt may take.
const LEASE_SECONDS: i64 = 60;
/// Attempts before it is left to people; the pauses between them add up to about three days.
const TRIES: i64 = 17;
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
        Ok(()) => settle(&control, &claim, check).await?,
        Err(error) if claim.tries >= TRIES => {
            tracing::error!(repository = name, error = %error.chain(), "gave up removing a test repository");
            settle(&control, &claim, check).await?;
        }
        Err(error) => {
            tracing::warn!(repository = name, error = %error.chain(), tries = claim.tries, "test repository left");
            let pause = (5_i64 << claim.tries.clamp(0, 20)).min(LONGEST_PAUSE_SECONDS);
            let tx = control.store.begin().await?;
            tx.postpone(&claim, control.now().plus_seconds(pause)).await?;
            tx.commit().await?;
        }
    }
    Ok(Progress::Worked)
}

async fn remove(control: &Control, check: &Check, name: &str) -> Result<(), Error> {
    let sealed = control.store.secret(SecretKind::CheckCandidate, &check.id.to_string()).await?;
    let Some(sealed) = sealed else { return Ok(()) };
    let provider = Candidate::unsealed(&sealed)?.open(control)?;
    if let Some((url, branch)) = name.split_once(super::BRANCH_MARK) {
        let repository = provider.repository_by_url(url).await?;
        provider.remote(&repository)?.remove_branch(branch).await?;
        return Ok(());
    }
    let left = match &check.known_repository {
        Some(known) => Some(known.clone()),
        // The name's end is random and was stored before the repository was made: it can only be ours.
        None => provider.find_repository(name).await?,
    };
    let Some(repository) = left else { return Ok(()) };
    if check.known_repository.is_none() {
        // An attempt whose answer is lost may take the name from it: then only the id leads there.
        let known = Check { known_repository: Some(repository.clone()), ..check.clone() };
        let tx = control.store.begin().await?;
        tx.update_check(&known).await?;
        tx.commit().await?;
    }
    provider.delete_repository(&repository).await?;
    tracing::info!(repository = name, "removed a test repository that was left");
    Ok(())
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
