//! The worker that runs checks.

use std::sync::Arc;

use model::CheckId;
use model::check::{Check, Diagnosis, StageState};
use model::role::Actor;
use store::{Claim, SecretKind, Work};

use super::candidate::Candidate;
use super::credential;
use super::stages::Run;
use crate::audit::Note;
use crate::held::{LEASE_SECONDS, held};
use crate::workers::{Progress, Worker};
use crate::{Call, Control, Error, Topic};

/// Takes one check and runs it.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let Some(claim) = control.store.claim(Work::Check, &owner, until, now).await? else {
        return Ok(Progress::Idle);
    };
    // Of several wakes at once one alone may have been kept: another loop takes a look as well.
    control.wake(Worker::Checker);
    let check = match claim.id.parse::<CheckId>() {
        Ok(id) => control.store.check(id).await?,
        Err(_) => None,
    };
    let Some(check) = check else { return Ok(Progress::Worked) };
    let sealed = control.store.secret(SecretKind::CheckCandidate, &claim.id).await?;
    let done = match sealed {
        // Another process had it and ended in the middle: nobody waits for it any more.
        Some(_) if claim.tries > 1 => ended(check, "stopped", "Trueline was stopped during this check."),
        Some(sealed) => {
            let candidate = Candidate::unsealed(&sealed)?;
            let run = Run::new(&control, &candidate, check)?;
            match held(&control, &claim, run.go()).await {
                Some(done) => done?,
                None => return Ok(Progress::Worked),
            }
        }
        None => Check { test_repository: None, ..ended(check, "lost", "The account to check is gone.") },
    };
    finish(&control, &claim, done).await?;
    Ok(Progress::Worked)
}

async fn finish(control: &Control, claim: &Claim, mut check: Check) -> Result<(), Error> {
    check.finished_at = Some(control.now());
    let stopped = stopped_working(control, &check).await?;
    let tx = control.store.begin().await?;
    tx.update_check(&check).await?;
    if let Some(cause) = &stopped {
        Note::of(
            &Call::system(),
            "gitops_config.credential_failed",
            format!("gitops-config/{}", check.config),
        )
        .set("cause", cause)
        .write(control, &tx)
        .await?;
    }
    // The sweeper still needs the account to remove what was left.
    if check.test_repository.is_none() {
        tx.delete_secret(SecretKind::CheckCandidate, &check.id.to_string()).await?;
    }
    tx.release(claim).await?;
    tx.commit().await?;
    control.counts.check_ended(check.report.failed());
    if check.test_repository.is_some() {
        control.wake(Worker::Sweeper);
    }
    if check.requested_by == Actor::system().name {
        control.wake(Worker::Rechecker);
        control.publish(Topic::GitopsConfig { name: check.config.clone() });
    }
    control.publish(Topic::Check { config: check.config });
    Ok(())
}

/// Why a stored credential does not work any more, if it did until this check of Trueline's own.
async fn stopped_working(control: &Control, check: &Check) -> Result<Option<String>, Error> {
    if check.requested_by != Actor::system().name {
        return Ok(None);
    }
    let config = control.store.gitops_config_by_name(&check.config).await?;
    let Some(config) = config.filter(|config| config.saved_at <= check.created_at) else { return Ok(None) };
    let mut checks = credential::checks(control, &config).await?;
    checks.retain(|other| other.id != check.id);
    let worked = credential::works(&checks) != Some(false);
    if !worked || credential::works(std::slice::from_ref(check)) != Some(false) {
        return Ok(None);
    }
    let failed = check.report.stages.iter().find(|line| line.state == StageState::Failed);
    Ok(failed.and_then(|line| line.diagnosis.as_ref()).map(|d| d.sentence.clone()))
}

/// A check that ends before its stages do.
fn ended(mut check: Check, code: &str, sentence: &str) -> Check {
    let mut said = false;
    for stage in &mut check.report.stages {
        let open = matches!(stage.state, StageState::Waiting | StageState::Running);
        if open && !said {
            stage.state = StageState::Failed;
            stage.diagnosis =
                Some(Diagnosis { code: code.into(), sentence: sentence.into(), ..Diagnosis::default() });
            said = true;
        } else if open {
            stage.state = StageState::Skipped;
        }
    }
    check
}
