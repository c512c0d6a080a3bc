//! Taking away what an application runs at a place, when it is deleted: the cluster's objects first. A cluster that is
//! away is waited for, unless a person says that what runs there is left to itself.

use std::sync::Arc;
use std::time::Duration;

use deploy::apply::{Change, Consent, Guard, Reason, Waiting};
use deploy::remove::remove;
use deploy::{Error as DeployError, Key, Object, Owner, Why};
use model::cluster::Place;
use model::deployment::Failure;
use store::{Claim, Work};
use tokio_util::sync::CancellationToken;

use super::failure::{self, CONFIRM, Waits};
use super::{Site, applied, bounds, objects};
use crate::audit::Note;
use crate::cluster::{Data, Said};
use crate::deployer::{Job, Stop, wait, waiting};
use crate::workers::Worker;
use crate::{Call, Control};

/// Until a word that nobody has said is looked for again; whoever says it wakes the place.
const WORD: Duration = Duration::from_secs(3600);

/// What was taken away, as far as people are to know more of it.
#[derive(Default)]
struct Taken {
    /// What stays in the cluster.
    kept: Vec<String>,
    /// Why no hook was run.
    without_hooks: Option<String>,
    /// Whether all of it stays, since the cluster is away.
    abandoned: bool,
}

/// Takes it away, then forgets the place.
pub(super) async fn pass(
    control: &Arc<Control>,
    claim: &Claim,
    place: Place,
    stop: &CancellationToken,
) -> Result<(), Stop> {
    match take_away_or_abandon(control, &place, stop).await {
        Ok(taken) => forget(control, claim, &place, taken).await,
        // Each try runs it anew.
        Err(Stop::Failed(cause)) if cause.code == failure::HOOK => {
            note(control, claim, &place, (Some(failure::PAUSE), cause)).await
        }
        Err(Stop::Failed(cause)) => note(control, claim, &place, (None, cause)).await,
        Err(Stop::Later { after, cause }) => note(control, claim, &place, (after, cause)).await,
        Err(Stop::Changed) => Err(Stop::Changed),
    }
}

/// Takes away what runs. Where it was said that this ends without a cluster that is away, and it is: nothing.
async fn take_away_or_abandon(
    control: &Arc<Control>,
    place: &Place,
    stop: &CancellationToken,
) -> Result<Taken, Stop> {
    match take_away(control, place, stop).await {
        Err(Stop::Later { cause, .. })
            if place.abandoned_by.is_some()
                && cause.code == failure::AWAY
                && is_out_of_reach(control, place).await? =>
        {
            Ok(Taken { abandoned: true, ..Taken::default() })
        }
        done => done,
    }
}

/// Whether a look found that the cluster cannot be used: one call that failed is not enough to leave what runs there.
async fn is_out_of_reach(control: &Control, place: &Place) -> Result<bool, Stop> {
    let cluster = crate::cluster::by_id(control, place.cluster).await?;
    Ok(crate::cluster::kept_out(control, &cluster).await?.is_some())
}

async fn take_away(control: &Arc<Control>, place: &Place, stop: &CancellationToken) -> Result<Taken, Stop> {
    let site = Site::open(control, place.clone()).await;
    let Ok(site) = &site else { return Err(failure::unopened(&site, Waits::Deletion)) };
    failure::kept_out(control, site, Waits::Deletion).await?;
    let said = Said::at(place);
    let (objects, mut without_hooks) = hooks(control, place).await?;
    let change = if said.skips_hooks { Change::Nothing } else { Change::default() };
    if said.skips_hooks {
        without_hooks = Some("Whoever deleted it has said so.".into());
    }
    let data = match said.data {
        None => Consent::Ask,
        Some(Data::Goes) => Consent::Goes,
        Some(Data::Stays) => Consent::Stays,
    };
    let (confirmed, stop) = (said.digest.clone(), stop.clone());
    let guard = Guard { confirmed, data, change, hold: bounds::HOLD, stop, ..Guard::default() };
    let done = match remove((&site.client, &site.release), objects, &guard, &|_| {}).await {
        Ok(done) => done,
        // What is there is another's: nothing of this application runs there.
        Err(error) if is_anothers(&error) => return Ok(Taken { without_hooks, ..Taken::default() }),
        Err(error) => {
            let stop = failure::told(site, error, Waits::Deletion);
            if let Stop::Later { cause, .. } = &stop {
                failure::doubted(control, site, cause).await?;
            }
            return Err(stop);
        }
    };
    match done.waiting {
        Some(waiting) => Err(holds(&waiting, &said)),
        None if !done.unseen.is_empty() => Err(failure::later("unseen", unseen(&done.unseen), None)),
        None => {
            let kept = done.kept.iter().chain(&done.claims).map(ToString::to_string).collect();
            Ok(Taken { kept, without_hooks, abandoned: false })
        }
    }
}

/// Whether the inventory at the place is another release's.
fn is_anothers(error: &DeployError) -> bool {
    let others = |why: &Why| matches!(why, Why::Owned(Owner::Trueline(_)));
    matches!(error, DeployError::Refused { refusals, before: true } if refusals.iter().all(|r| others(&r.why)))
}

/// What was deployed last, for the hooks in it; or why they cannot be run: what lay in Git is gone for good.
async fn hooks(control: &Arc<Control>, place: &Place) -> Result<(Vec<Object>, Option<String>), Stop> {
    let last = control.store.last_committed_deployment(place.application, Some(place.environment)).await?;
    let Some(last) = last else { return Ok((Vec::new(), None)) };
    let Some(job) = Job::load(control, last.id, 1).await? else { return Ok((Vec::new(), None)) };
    match objects::read(&job).await {
        Ok(objects) => Ok((objects, None)),
        Err(Stop::Failed(cause)) => Ok((Vec::new(), Some(cause.sentence))),
        Err(Stop::Later { after, cause }) => {
            let sentence =
                format!("What was deployed cannot be read now, for the hooks in it: {}", cause.sentence);
            Err(Stop::Later { after, cause: Failure { sentence, ..cause } })
        }
        Err(stop) => Err(stop),
    }
}

fn unseen(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().take(5).map(ToString::to_string).collect();
    format!("The cluster does not say now whether these are there: {}.", names.join(", "))
}

fn holds(waiting: &Waiting, said: &Said) -> Stop {
    let asked = waiting.reasons.iter().filter(|reason| match reason {
        Reason::HoldsData(_) => said.data.is_none(),
        Reason::Marked(..) => true,
        Reason::Many { .. } | Reason::All { .. } | Reason::Share { .. } | Reason::Changed => false,
    });
    let reasons: Vec<String> = asked.map(applied::reason).collect();
    let changed = match said.digest {
        Some(_) => "What would be deleted is no longer what was confirmed. ",
        None => "",
    };
    let is_marked = waiting.reasons.iter().any(|reason| matches!(reason, Reason::Marked(..)));
    let todo = match (is_marked, said.data) {
        (true, _) => "Look at what would be deleted and confirm exactly that",
        (false, _) => "Delete the application again and say whether its data goes too or stays",
    };
    let sentence = format!("{changed}{} {todo}, or leave what runs there to itself.", reasons.join(" "));
    failure::later(CONFIRM, sentence.trim(), Some(WORD))
}

/// Says with the place why it is still there, and tries again later.
async fn note(
    control: &Control,
    claim: &Claim,
    place: &Place,
    (after, cause): (Option<Duration>, Failure),
) -> Result<(), Stop> {
    let mut noted = place.clone();
    (noted.note, noted.note_code) = (cause.sentence.clone(), cause.code.clone());
    if noted != *place {
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

async fn forget(control: &Control, claim: &Claim, place: &Place, taken: Taken) -> Result<(), Stop> {
    let application = control.store.application(place.application).await?;
    let environment = control.store.environment(place.environment).await?;
    let tx = control.store.begin().await?;
    tx.delete_place(place.id).await?;
    tx.release(claim).await?;
    tx.hasten(Work::ApplicationDeletion, &place.application.to_string()).await?;
    if let Some(application) = &application {
        if taken.abandoned {
            tx.note_left_behind(&super::release_id(control, place), application.project, control.now())
                .await?;
        }
        let done = if taken.abandoned { "place.abandoned" } else { "place.removed" };
        Note::of(&Call::system(), done, format!("application/{}", application.name))
            .in_project(application.project)
            .change("environment", environment.map(|e| e.name.to_string()), None)
            .change("namespace", Some(place.namespace.to_string()), None)
            .change("abandoned_by", None, place.abandoned_by.clone().filter(|_| taken.abandoned))
            .change("kept", None, Some(taken.kept.join(", ")).filter(|kept| !kept.is_empty()))
            .change("hooks_not_run", None, taken.without_hooks)
            .write(control, &tx)
            .await?;
    }
    tx.commit().await?;
    control.followed.forget(place.id);
    if let Some(application) = &application {
        crate::application::publish(control, application);
    }
    control.wake(Worker::Remover);
    Ok(())
}
