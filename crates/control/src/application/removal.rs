//! The remover: carries out what is to happen to the repository of an application that goes, and then forgets
//! the application. Each step may be repeated.

use std::sync::Arc;
use std::time::Duration;

use model::application::Application;
use model::deployment::{End, Failure};
use model::gitops_config::Deletion;
use model::{ApplicationId, Outcome};
use store::{Claim, Work};

use crate::audit::Note;
use crate::held::{LEASE_SECONDS, held};
use crate::workers::{Progress, Worker, jittered};
use crate::{Call, Control, Error, Refusal};

/// The longest time between two tries.
const LONGEST_WAIT_SECONDS: i64 = 600;

/// Takes one application that is to go, and lets it go.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let Some(claim) = control.store.claim(Work::ApplicationDeletion, &owner, until, now).await? else {
        return Ok(Progress::Idle);
    };
    let Some(removed) = held(&control, &claim, remove(&control, &claim)).await else {
        return Ok(Progress::Worked);
    };
    match removed {
        Ok(()) => Ok(Progress::Worked),
        Err(error) => {
            let tries = u32::try_from(claim.tries.clamp(0, 12)).unwrap_or(12);
            let seconds = 2_i64.saturating_pow(tries).min(LONGEST_WAIT_SECONDS);
            let wait = jittered(Duration::from_secs(seconds.unsigned_abs()));
            tracing::warn!(application = claim.id, error = %error.chain(), "not removed yet");
            postpone(&control, &claim, &error, wait).await?;
            Ok(Progress::Worked)
        }
    }
}

/// Puts the removal off, and says with the application why.
async fn postpone(control: &Control, claim: &Claim, error: &Error, wait: Duration) -> Result<(), Error> {
    let application = match claim.id.parse::<ApplicationId>() {
        Ok(id) => control.store.application(id).await?,
        Err(_) => None,
    };
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(LONGEST_WAIT_SECONDS);
    let tx = control.store.begin().await?;
    tx.postpone(claim, control.now().plus_seconds(seconds)).await?;
    if let Some(application) = &application {
        let told = Application {
            deletion_failure: Some(crate::deployer::waiting(&error.sentence(), claim.tries, wait)),
            deletion_failure_code: Some(error.code().into_owned()),
            ..application.clone()
        };
        tx.update_application(&told).await?;
    }
    tx.commit().await?;
    if let Some(application) = &application {
        super::publish(control, application);
    }
    Ok(())
}

async fn remove(control: &Control, claim: &Claim) -> Result<(), Error> {
    let id: ApplicationId =
        claim.id.parse().map_err(|_| Error::Bug(format!("{:?} is no application", claim.id)))?;
    let Some(application) = control.store.application(id).await? else {
        return forget(control, claim, None, "").await;
    };
    end_deployments(control, &application).await?;
    demand_nothing_runs(control, &application).await?;
    let done = carry_out(control, &application).await?;
    forget(control, claim, Some(&application), done).await
}

/// What it runs in clusters goes first; that is the releaser's work.
async fn demand_nothing_runs(control: &Control, application: &Application) -> Result<(), Error> {
    let places = control.store.places_of(application.id).await?;
    if places.is_empty() {
        return Ok(());
    }
    if places.iter().any(|place| place.leaving_at.is_none()) {
        let tx = control.store.begin().await?;
        let leaving = crate::cluster::Leaving::default();
        crate::cluster::leave(control, &tx, &Call::system(), application, &leaving).await?;
        tx.commit().await?;
    }
    control.wake(Worker::Releaser);
    let notes: Vec<&str> = places.iter().map(|p| p.note.as_str()).filter(|n| !n.is_empty()).collect();
    let sentence = match notes.as_slice() {
        [] => "What it runs in its cluster is being taken away.".to_owned(),
        some => some.join(" "),
    };
    let hook = places.iter().any(|place| place.note_code == crate::releaser::HOOK_FAILED);
    Err(Error::Refused(Box::new(Refusal {
        outcome: Outcome::RetryLater { after: None },
        code: if hook { crate::releaser::HOOK_FAILED } else { "cluster_first" },
        sentence,
        link: None,
    })))
}

/// Deployments that have not ended fail: nothing is pushed for an application that goes.
async fn end_deployments(control: &Control, application: &Application) -> Result<(), Error> {
    let mut page = store::Page { limit: 200, cursor: None };
    loop {
        let listed = control.store.deployments(application.id, None, &page).await?;
        for mut deployment in listed.items.into_iter().filter(|d| d.end.is_none()) {
            let failure = Failure {
                code: "application_deleted".into(),
                sentence: "The application was deleted before this deployment ended.".into(),
                detail: String::new(),
            };
            deployment.failure = Some(failure);
            deployment.finish(End::Failed, control.now(), "");
            let tx = control.store.begin().await?;
            match tx.update_deployment(&deployment).await {
                Ok(_) => tx.commit().await?,
                // The deployer was faster; the next look sees what it made of it.
                Err(store::Error::Stale) => {
                    return Err(Error::stale("deployment", deployment.number.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Does to the repository what the rule says; gives the word of what was done.
async fn carry_out(control: &Control, application: &Application) -> Result<&'static str, Error> {
    let kept = Deletion::Keep.as_str();
    let (Some(repository), Some(config)) = (&application.repository, application.gitops_config) else {
        return Ok(kept);
    };
    let Some(config) = control.store.gitops_config(config).await? else { return Ok(kept) };
    // The configuration's rule is for repositories that Trueline made; one that a person named is theirs, and
    // goes only when a person says so.
    let rule = match (application.deletion, &application.wanted_repository) {
        (Some(chosen), _) => chosen,
        (None, None) => config.rules.deletion,
        (None, Some(_)) => Deletion::Keep,
    };
    let sharing = control.store.applications_of_repository(config.id, &repository.id).await?;
    if rule == Deletion::Keep || sharing.iter().any(|other| other.id != application.id) {
        return Ok(kept);
    }
    let host = crate::hosts::open(control, &config).await?;
    let result = match rule {
        Deletion::Keep => Ok(()),
        Deletion::Archive => host.archive_repository(repository).await,
        Deletion::Delete => host.delete_repository(repository).await.map(drop),
    };
    match result {
        Err(error) if error.outcome() == Outcome::NotFound => Ok(rule.as_str()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(rule.as_str()),
    }
}

async fn forget(
    control: &Control,
    claim: &Claim,
    application: Option<&Application>,
    done: &str,
) -> Result<(), Error> {
    if let Some(application) = application {
        // A long history goes little by little: others wait to write.
        loop {
            let tx = control.store.begin().await?;
            let gone = tx.delete_some_deployments(application.id).await?;
            tx.commit().await?;
            if gone == 0 {
                break;
            }
        }
    }
    let tx = control.store.begin().await?;
    if let Some(application) = application {
        tx.delete_application(application.id).await?;
        let system = Call::system();
        Note::of(&system, "application.removed", format!("application/{}", application.name))
            .in_project(application.project)
            .set("repository", done)
            .write(control, &tx)
            .await?;
    }
    tx.release(claim).await?;
    tx.commit().await?;
    if let Some(application) = application {
        if let Some(repository) = &application.repository {
            control.writers.forget(&repository.clone_url);
        }
        super::publish(control, application);
    }
    Ok(())
}
