//! Taking away what an application runs at a place, when it is deleted: the cluster's objects first. A cluster that is
//! away is waited for, unless a person says that what runs there is left to itself.

use std::sync::Arc;
use std::time::Duration;

use deploy::apply::{Guard, Reason, Waiting};
use deploy::remove::remove;
use deploy::{Key, Object};
use model::cluster::Place;
use model::deployment::Failure;
use store::{Claim, Work};

use super::failure::{self, CONFIRM};
use super::{Site, applied, objects};
use crate::audit::Note;
use crate::cluster::WITH_DATA;
use crate::deployer::{Job, Stop, wait, waiting};
use crate::workers::Worker;
use crate::{Call, Control};

/// Takes it away, then forgets the place.
pub(super) async fn pass(control: &Arc<Control>, claim: &Claim, place: Place) -> Result<(), Stop> {
    let done = match &place.abandoned_by {
        Some(_) => Ok(()),
        None => take_away(control, &place).await,
    };
    match done {
        Ok(()) => forget(control, claim, &place).await,
        Err(Stop::Failed(cause)) => note(control, claim, &place, (None, cause)).await,
        Err(Stop::Later { after, cause }) => note(control, claim, &place, (after, cause)).await,
        Err(Stop::Changed) => Err(Stop::Changed),
    }
}

async fn take_away(control: &Arc<Control>, place: &Place) -> Result<(), Stop> {
    let site = Site::open(control, place.clone()).await;
    let Ok(site) = &site else { return Err(failure::unopened(&site)) };
    let objects = hooks(control, place).await;
    let mut guard = Guard::default();
    loop {
        let done = remove((&site.client, &site.release), objects.clone(), &guard, &|_| {}).await;
        let done = done.map_err(|error| failure::of(site, error))?;
        match done.waiting {
            None if done.unseen.is_empty() => return Ok(()),
            None => return Err(failure::later("unseen", unseen(&done.unseen), None)),
            // What holds data goes only when that was said.
            Some(waiting) if guard.confirmed.is_none() && place.confirmed.as_deref() == Some(WITH_DATA) => {
                guard.confirmed = Some(waiting.digest);
            }
            Some(waiting) => return Err(holds(&waiting)),
        }
    }
}

/// What was deployed last, for the hooks in it; nothing where that cannot be had any more.
async fn hooks(control: &Arc<Control>, place: &Place) -> Vec<Object> {
    let last = control.store.last_committed_deployment(place.application, Some(place.environment)).await;
    let Ok(Some(last)) = last else { return Vec::new() };
    match Job::load(control, last.id, 1).await {
        Ok(Some(job)) => objects::read(&job).await.unwrap_or_default(),
        Ok(None) | Err(_) => Vec::new(),
    }
}

fn unseen(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().take(5).map(ToString::to_string).collect();
    format!("The cluster does not say now whether these are there: {}.", names.join(", "))
}

fn holds(waiting: &Waiting) -> Stop {
    let reasons: Vec<String> = waiting
        .reasons
        .iter()
        .filter(|reason| matches!(reason, Reason::HoldsData(_) | Reason::Marked(..)))
        .map(applied::reason)
        .collect();
    let sentence = format!(
        "{} Delete the application again and say that its data goes too, or leave what runs there to itself.",
        reasons.join(" ")
    );
    failure::later(CONFIRM, sentence, Some(Duration::from_secs(3600)))
}

/// Says with the place why it is still there, and tries again later.
async fn note(
    control: &Control,
    claim: &Claim,
    place: &Place,
    (after, cause): (Option<Duration>, Failure),
) -> Result<(), Stop> {
    let mut noted = place.clone();
    noted.note = cause.sentence.clone();
    if noted.note != place.note {
        let tx = control.store.begin().await?;
        tx.update_place(&noted).await?;
        // It says so with the application.
        tx.hasten(Work::ApplicationDeletion, &place.application.to_string()).await?;
        tx.commit().await?;
        control.wake(Worker::Remover);
    }
    tracing::info!(
        place = %place.id,
        "{}",
        waiting(&cause.sentence, claim.tries, wait(claim.tries, after))
    );
    Err(Stop::Later { after, cause })
}

async fn forget(control: &Control, claim: &Claim, place: &Place) -> Result<(), Stop> {
    let application = control.store.application(place.application).await?;
    let environment = control.store.environment(place.environment).await?;
    let tx = control.store.begin().await?;
    tx.delete_place(place.id).await?;
    tx.release(claim).await?;
    tx.hasten(Work::ApplicationDeletion, &place.application.to_string()).await?;
    if let Some(application) = &application {
        let done = match &place.abandoned_by {
            Some(_) => "place.abandoned",
            None => "place.removed",
        };
        Note::of(&Call::system(), done, format!("application/{}", application.name))
            .in_project(application.project)
            .change("environment", environment.map(|e| e.name.to_string()), None)
            .change("namespace", Some(place.namespace.to_string()), None)
            .change("abandoned_by", None, place.abandoned_by.clone())
            .write(control, &tx)
            .await?;
    }
    tx.commit().await?;
    if let Some(application) = &application {
        crate::application::publish(control, application);
    }
    control.wake(Worker::Remover);
    Ok(())
}
