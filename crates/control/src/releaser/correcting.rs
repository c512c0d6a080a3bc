//! Looking whether a cluster still is as Git says, and putting right what somebody changed, where the environment says so:
//! a watch tells when one of the objects is touched, and a look now and then finds what it missed. Whoever changes the same
//! again and again is answered less and less often.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deploy::drift::{self, Drift};
use deploy::{Error as DeployError, Key, Object};
use model::cluster::Place;
use model::deployment::Stage;
use model::environment::DriftRule;
use tokio_util::sync::CancellationToken;

use super::failure::{self, GUARDED, Waits};
use super::{Site, bounds, drifting, objects};
use crate::audit::Note;
use crate::deployer::{Job, Stop};
use crate::{Call, Control, Error};

/// Until the next look when nothing was heard, where drift is put right.
const AGAIN: Duration = Duration::from_secs(300);
/// The same where it is only shown: without a watch, unless somebody looks at what runs.
const SELDOM: Duration = Duration::from_secs(1800);
/// Between two corrections, doubled each time.
const BETWEEN: Duration = Duration::from_secs(15);
/// The longest time between two; without one for so long all is as at first.
const LONGEST: Duration = Duration::from_secs(3600);

/// One look, and a correction if the environment says so and it is time for one.
pub(super) async fn pass(
    control: &Arc<Control>,
    place: &Place,
    stop: &CancellationToken,
) -> Result<(), Stop> {
    let last = control.store.last_committed_deployment(place.application, Some(place.environment)).await?;
    let Some(last) = last else { return Err(failure::later(GUARDED, "", Some(SELDOM))) };
    let was_released = last.passed_at(Stage::Released).is_some();
    let Some(job) = Job::load(control, last.id, 1).await? else {
        return Err(failure::later(GUARDED, "", Some(SELDOM)));
    };
    let again = match job.environment.drift {
        DriftRule::Correct => AGAIN,
        DriftRule::Show => SELDOM,
    };
    // What was refused half way is nothing to go back to.
    if !was_released {
        return Err(failure::later(GUARDED, "", Some(again)));
    }
    match look(&job, place, stop).await {
        Ok(()) => Err(failure::later(GUARDED, "", Some(again))),
        // Nobody waits for it: it is looked at again.
        Err(Stop::Failed(cause)) => {
            tracing::warn!(place = %place.id, code = cause.code, "no look at drift: {}", cause.sentence);
            Err(failure::later(GUARDED, cause.sentence, Some(again)))
        }
        Err(Stop::Later { after, cause }) => {
            let after = after.filter(|_| cause.code == GUARDED).unwrap_or(again);
            Err(failure::later(GUARDED, cause.sentence, Some(after)))
        }
        Err(Stop::Changed) => Err(Stop::Changed),
    }
}

async fn look(job: &Job, place: &Place, stop: &CancellationToken) -> Result<(), Stop> {
    let control = &job.control;
    let site = Site::open(control, place.clone()).await?;
    failure::kept_out(control, &site, Waits::Correction).await?;
    let corrects = job.environment.drift == DriftRule::Correct;
    if corrects {
        let names = (job.application.name.as_str(), job.environment.name.as_str());
        match crate::resources::follow(control, &site, place, names).await {
            Ok(_followed) => {}
            Err(Error::Deploy(error)) => return Err(told(control, &site, error).await),
            Err(error) => return Err(error.into()),
        }
    }
    let objects = objects::read(job).await?;
    let found = match drift::look(&site.client, &site.release, objects.clone()).await {
        Ok(found) => found,
        Err(error) => return Err(told(control, &site, error).await),
    };
    if stop.is_cancelled() {
        return Ok(());
    }
    if found.is_empty() || !corrects {
        return drifting::note(job, place, (found.len(), None)).await;
    }
    let left = left(control, place);
    if !left.is_zero() {
        let refused = control.store.drift_of_place(place.id).await?.and_then(|drift| drift.refused);
        drifting::note(job, place, (found.len(), refused)).await?;
        return Err(failure::later(GUARDED, "It was put right a moment ago.", Some(left)));
    }
    let mut next = place.clone();
    next.corrections = if is_quiet(control, place) { 1 } else { place.corrections + 1 };
    next.corrected_at = Some(control.now());
    let tx = control.store.begin().await?;
    tx.update_place(&next).await?;
    tx.commit().await?;
    match correct(job, &site, (objects, &found), stop).await {
        Ok(()) => drifting::note(job, place, (0, None)).await,
        Err(Stop::Failed(cause)) => {
            drifting::note(job, place, (found.len(), Some(drifting::told(&cause)))).await?;
            Err(Stop::Failed(cause))
        }
        // Nobody else tells of it while it is tried again.
        Err(Stop::Later { after, cause }) if cause.code == failure::WEBHOOK => {
            drifting::note(job, place, (found.len(), Some(drifting::told(&cause)))).await?;
            Err(Stop::Later { after, cause })
        }
        Err(stop) => Err(stop),
    }
}

/// What an error of the cluster means for a look. One that does not answer is looked at itself before all its places are.
async fn told(control: &Control, site: &Site, error: DeployError) -> Stop {
    let stop = failure::told(site, error, Waits::Correction);
    match &stop {
        Stop::Later { cause, .. } => match failure::doubted(control, site, cause).await {
            Ok(()) => stop,
            Err(error) => error.into(),
        },
        Stop::Changed | Stop::Failed(_) => stop,
    }
}

/// Applies what differs again, and writes down what that was.
async fn correct(
    job: &Job,
    site: &Site,
    (objects, found): (Vec<Object>, &[Drift]),
    stop: &CancellationToken,
) -> Result<(), Stop> {
    let control = &job.control;
    let mut guard = bounds::guard(job, site, stop).await?;
    (guard.adopt, guard.recreate) = (Default::default(), false);
    let keys: Vec<Key> = found.iter().map(|drift| drift.object.clone()).collect();
    let done = drift::correct((&site.client, &site.release), objects, &keys, &guard, &|_| {}).await;
    done.map_err(|error| failure::told(site, error, Waits::Correction))?;
    let said: Vec<String> = found.iter().map(|drift| super::said(&super::key(&drift.object))).collect();
    let who: BTreeSet<&str> = found
        .iter()
        .flat_map(|drift| &drift.differences)
        .filter_map(|difference| Some(difference.who.as_ref()?.manager.as_str()))
        .collect();
    let who: Vec<&str> = who.into_iter().collect();
    let tx = control.store.begin().await?;
    Note::of(&Call::system(), "drift.corrected", format!("application/{}", job.application.name))
        .in_project(job.application.project)
        .set("environment", job.environment.name.as_str())
        .set("objects", said.join(", "))
        .change("changed_by", None, Some(who.join(", ")).filter(|who| !who.is_empty()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.counts.drift_corrected(keys.len());
    crate::resources::publish(job);
    Ok(())
}

/// Whether nothing was put right for long.
fn is_quiet(control: &Control, place: &Place) -> bool {
    passed(control, place).is_none_or(|passed| passed >= LONGEST * 2)
}

fn passed(control: &Control, place: &Place) -> Option<Duration> {
    place.corrected_at.map(|at| Duration::from_millis(control.now().milliseconds_since(at)))
}

/// The time until something may be put right again.
fn left(control: &Control, place: &Place) -> Duration {
    let Some(passed) = passed(control, place) else { return Duration::ZERO };
    between(place.corrections).saturating_sub(passed)
}

/// The least time from one correction to the next.
fn between(corrections: i64) -> Duration {
    let doublings = u32::try_from(corrections.clamp(1, 12) - 1).unwrap_or(0);
    (BETWEEN * 2_u32.pow(doublings)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarrel_becomes_rare() {
        let seconds = [1, 2, 3, 8, 9, 1_000].map(|count| between(count).as_secs());
        assert_eq!(seconds, [15, 30, 60, 1920, 3600, 3600]);
    }
}
