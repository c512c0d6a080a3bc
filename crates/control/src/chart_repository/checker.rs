//! The worker that carries out checks of chart repositories: asks for what is listed, tells how far it has come, and
//! saves the repository with its charts if all of it works.

use std::sync::Arc;

use helm::repository::{NetError, Step};
use model::CheckId;
use model::chart_repository::{ChartCheckStage, ChartRepository, ChartRepositoryCheck, Refresh};
use model::check::Diagnosis;
use store::{Claim, SecretKind, Work};
use tokio::sync::watch;

use super::candidate::Candidate;
use super::progress::Progressing;
use super::refresher::{self, Looked};
use crate::held::{LEASE_SECONDS, held};
use crate::workers::Progress;
use crate::{Call, Control, Error, Topic};

/// How often a check is begun that ends in the middle, with its process.
const TRIES: i64 = 3;
/// The code of a check that was begun so often and never ended: whether it saved is not known.
pub(super) const STOPPED: &str = "stopped";

/// Takes one check and carries it out.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let claimed = control.store.claim(Work::ChartRepositoryCheck, &owner, until, now).await?;
    let Some(claim) = claimed else { return Ok(Progress::Idle) };
    let check = match claim.id.parse::<CheckId>() {
        Ok(id) => control.store.chart_repository_check(id).await?,
        Err(_) => None,
    };
    let Some(check) = check else { return Ok(Progress::Worked) };
    let sealed = control.store.secret(SecretKind::CheckCandidate, &claim.id).await?;
    let mut progressing = Progressing::new(&control, check);
    match sealed {
        None => progressing.ended("lost", "The chart repository to check is gone."),
        Some(sealed) => {
            let (candidate, call) = Candidate::unsealed(&control, &sealed)?;
            if claim.tries > TRIES {
                given_up(&control, &candidate, &mut progressing).await?;
                return ended(&control, &claim, progressing).await;
            }
            let work = carry_out(&control, (&candidate, &call), &mut progressing);
            let Some(done) = held(&control, &claim, work).await else { return Ok(Progress::Worked) };
            // If the repository was deleted meanwhile, this check was with it: it ends here.
            if let Err(error) = done
                && control.store.chart_repository_check(progressing.id()).await?.is_some()
            {
                return Err(error);
            }
        }
    }
    ended(&control, &claim, progressing).await
}

/// Notes the end of a check that was begun too often: whether it saved is known only while nobody saved after it.
async fn given_up(
    control: &Control,
    candidate: &Candidate,
    progressing: &mut Progressing<'_>,
) -> Result<(), Error> {
    if super::is_stored(control, candidate).await? {
        progressing.passes();
    } else {
        progressing.ended(STOPPED, &stopped(progressing));
    }
    Ok(())
}

/// Stores the end of a check, and tells it.
async fn ended(control: &Control, claim: &Claim, progressing: Progressing<'_>) -> Result<Progress, Error> {
    let check = progressing.finished();
    let tx = control.store.begin().await?;
    let is_there = match tx.update_chart_repository_check(&check).await {
        Ok(()) => true,
        Err(store::Error::Stale) => false,
        Err(error) => return Err(error.into()),
    };
    tx.delete_secret(SecretKind::CheckCandidate, &claim.id).await?;
    tx.release(claim).await?;
    tx.commit().await?;
    if is_there {
        tell(control, &check);
    }
    Ok(Progress::Worked)
}

/// What is told of a check that was given up. The save may be done: only what comes after it may be missing.
fn stopped(progressing: &Progressing<'_>) -> String {
    let name = progressing.repository();
    format!(
        "Trueline began this check {TRIES} times and never came to its end. The chart repository {name} may or may \
         not have been saved: look at it, and save it again if it is not as you want it."
    )
}

fn tell(control: &Control, check: &ChartRepositoryCheck) {
    let name = check.repository.clone();
    control.publish(Topic::ChartRepositoryCheck { name: name.clone() });
    if check.failed().is_none() {
        control.publish(Topic::ChartRepository { name });
    }
}

/// Looks, and saves what works. The repository's failures are noted; an error is one of our own.
async fn carry_out(
    control: &Control,
    (candidate, call): (&Candidate, &Call),
    progressing: &mut Progressing<'_>,
) -> Result<(), Error> {
    progressing.begins(ChartCheckStage::Reach);
    progressing.write().await?;
    let looked = match look(candidate, progressing).await? {
        Ok(looked) => looked,
        // Saved before, by an activation that died after it: what it lists is read by the refresher.
        Err(_) if super::is_stored(control, candidate).await? => {
            progressing.passes();
            return Ok(());
        }
        Err(error) => {
            let suggestion = error.suggestion().map(str::to_owned);
            progressing.fails(stage_of(&error, progressing.is_answered()), error.diagnosis(), suggestion);
            return Ok(());
        }
    };
    let (charts, versions) = counts(&looked);
    progressing.begins(ChartCheckStage::Charts);
    progressing.entitle(ChartCheckStage::Charts, format!("Keep {charts} charts with {versions} versions"));
    progressing.write().await?;
    let version = match super::store(control, call, candidate, progressing.id()).await {
        Ok(version) => version,
        // Someone else was faster: that is to be looked at by a person.
        Err(error @ Error::Stale { .. }) => {
            let (code, sentence) = (error.code().into_owned(), error.sentence());
            let diagnosis = Diagnosis { code, sentence, ..Diagnosis::default() };
            progressing.fails(ChartCheckStage::Charts, diagnosis, None);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    // What it lists is known already: the worker need not ask again.
    let stored = ChartRepository { version, ..candidate.repository.clone() };
    refresher::keep(control, &stored, Refresh::default(), Ok(looked)).await?;
    progressing.passes();
    Ok(())
}

/// Asks the repository while what is heard of it is written down.
async fn look(
    candidate: &Candidate,
    progressing: &mut Progressing<'_>,
) -> Result<Result<Looked, helm::Error>, Error> {
    let (sender, mut steps) = watch::channel(Step::Begun);
    let watch = move |step| {
        sender.send_replace(step);
    };
    let nothing = Refresh::default();
    let look = refresher::look(&candidate.repository, &candidate.source, &nothing, &watch);
    let mut look = std::pin::pin!(look);
    loop {
        tokio::select! {
            looked = &mut look => return Ok(looked),
            Ok(()) = steps.changed() => {
                let step = *steps.borrow_and_update();
                progressing.hears(step).await?;
            }
        }
    }
}

fn counts(looked: &Looked) -> (usize, usize) {
    match looked {
        Looked::Unchanged => (0, 0),
        Looked::Changed { entries, .. } => {
            (entries.chunk_by(|a, b| a.chart == b.chart).count(), entries.len())
        }
    }
}

/// At which stage it failed, by what failed and whether there was an answer before.
fn stage_of(error: &helm::Error, answered: bool) -> ChartCheckStage {
    use helm::Error as E;
    use helm::repository::oci::RegistryError as R;
    match error {
        E::Net(NetError::Tls { .. } | NetError::ClientCertificate { .. }) => ChartCheckStage::Tls,
        E::Net(_) if !answered => ChartCheckStage::Reach,
        E::Refused { .. } | E::Registry(R::ForeignTokenServer { .. } | R::UnknownChallenge { .. }) => {
            ChartCheckStage::Authenticate
        }
        _ => ChartCheckStage::Index,
    }
}
