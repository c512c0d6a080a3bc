//! Taking away what an application runs at a place, when it is deleted: the cluster's objects first. A cluster that is
//! away is waited for, unless a person says that what runs there is left to itself.

use std::sync::Arc;
use std::time::Duration;

use deploy::apply::{Guard, Reason, Waiting, apply};
use model::cluster::Place;
use model::deployment::Failure;
use store::{Claim, Work};

use super::failure::{self, CONFIRM};
use super::{Site, applied};
use crate::audit::Note;
use crate::cluster::WITH_DATA;
use crate::deployer::{Stop, wait, waiting};
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
    let mut guard = Guard::default();
    loop {
        let outcome = apply(&site.client, &site.release, Vec::new(), &guard, &|_| {}).await;
        match outcome.map_err(|error| failure::of(site, error))?.waiting {
            None => return Ok(()),
            // That all of it goes is what was asked for; what holds data goes only when that was said.
            Some(waiting) if guard.confirmed.is_none() && may_go(place, &waiting) => {
                guard.confirmed = Some(waiting.digest);
            }
            Some(waiting) => return Err(holds(&waiting)),
        }
    }
}

fn may_go(place: &Place, waiting: &Waiting) -> bool {
    let is_plain = |reason: &Reason| match reason {
        Reason::Many { .. } | Reason::Share { .. } => true,
        Reason::HoldsData(_) | Reason::Marked(..) => false,
    };
    place.confirmed.as_deref() == Some(WITH_DATA) || waiting.reasons.iter().all(is_plain)
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
