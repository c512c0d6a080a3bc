//! The resealer: looks at one environment of an application after the other, and asks for a deployment that seals anew
//! where the branch holds something for others than the recipients of today. It looks only at what is stored, so it
//! may die at any point.

use std::sync::Arc;

use model::DeploymentId;
use model::application::Application;
use model::deployment::{Deployment, End, Stage};
use model::layout;
use model::release::Release;
use model::reseal::{Progress, Reseal};
use store::{Claim, Work};

use crate::audit::Note;
use crate::held::{LEASE_SECONDS, held};
use crate::workers::{Progress as Looked, Worker};
use crate::{Call, Control, Error, age_identity, committed, failpoint, sealed_files};

/// Time until a deployment under way is looked at again.
const LOOK_SECONDS: i64 = 1;
/// The longest time between two tries when something does not answer.
const LONGEST_WAIT_SECONDS: i64 = 60;

/// Takes a look at one environment.
pub(crate) async fn step(control: Arc<Control>) -> Result<Looked, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let Some(claim) = control.store.claim(Work::Reseal, &owner, until, now).await? else {
        return Ok(Looked::Idle);
    };
    let wrong = || Error::Bug(format!("{:?} is leased as a reseal", claim.id));
    let found = control.store.reseal(claim.id.parse().map_err(|_| wrong())?).await?;
    let Some(mut reseal) = found else { return leave(&control, &claim, None, None).await };
    // A look may read from Git for long.
    let looked = held(&control, &claim, look(&control, &mut reseal)).await;
    let Some(looked) = looked else { return Ok(Looked::Worked) };
    match looked {
        Ok(wait) => leave(&control, &claim, Some(&reseal), wait).await,
        Err(error) if matches!(error.outcome(), model::Outcome::RetryLater { .. }) => {
            tracing::warn!(reseal = claim.id, error = %error.chain(), "not sealed anew yet");
            let seconds = 2_i64.saturating_pow(u32::try_from(claim.tries).unwrap_or(6).min(6));
            leave(&control, &claim, None, Some(seconds.min(LONGEST_WAIT_SECONDS))).await
        }
        Err(error) => {
            tracing::warn!(reseal = claim.id, error = %error.chain(), "cannot be sealed anew");
            reseal.progress = Progress::Failed;
            reseal.failure = Some(error.sentence());
            leave(&control, &claim, Some(&reseal), None).await
        }
    }
}

/// Stores what came of a look, and when the next one is due.
async fn leave(
    control: &Control,
    claim: &Claim,
    reseal: Option<&Reseal>,
    seconds: Option<i64>,
) -> Result<Looked, Error> {
    let tx = control.store.begin().await?;
    let is_current = match reseal {
        Some(reseal) => tx.update_reseal(reseal).await?,
        None => true,
    };
    // Asked for anew meanwhile, perhaps for other recipients.
    let seconds = if is_current { seconds } else { Some(0) };
    match seconds {
        Some(seconds) => tx.postpone(claim, control.now().plus_seconds(seconds)).await?,
        None => tx.release(claim).await?,
    }
    tx.commit().await?;
    Ok(Looked::Worked)
}

/// Looks how far it is; gives the seconds until the next look while there is something to wait for.
async fn look(control: &Control, reseal: &mut Reseal) -> Result<Option<i64>, Error> {
    let store = &control.store;
    let application = store.application(reseal.application).await?.filter(|a| a.deleting_at.is_none());
    let environment = store.environment(reseal.environment).await?;
    let last = store.last_committed_deployment(reseal.application, Some(reseal.environment)).await?;
    let (Some(application), Some(environment), Some(last)) = (application, environment, last) else {
        reseal.progress = Progress::Done;
        return Ok(None);
    };
    if let (Progress::Running, Some(number)) = (reseal.progress, reseal.deployment)
        && let Some(ours) = store.deployment_by_number(application.id, number).await?
        && !over(reseal, &ours)
    {
        return Ok(Some(LOOK_SECONDS));
    }
    if reseal.progress == Progress::Failed {
        return Ok(None);
    }
    reseal.progress = Progress::Waiting;
    // What is under way writes something else soon, and may seal for the recipients of today itself.
    if !store.unfinished_deployments(application.id, environment.id).await?.is_empty() {
        return Ok(Some(LOOK_SECONDS));
    }
    let keys = age_identity::seal_keys(control, &environment).await?;
    let folder = layout::environment(environment.name.as_str());
    let mut files = committed::files(control, &application, &last, &folder).await?;
    super::lay_over(&mut files, super::taken_in(control, &application, &environment, &last).await?);
    if sealed_files::are_outdated(&files, &keys) {
        if last.reseals && reseal.deployment == Some(last.number) && last.created_at >= reseal.created_at {
            reseal.progress = Progress::Failed;
            reseal.failure = Some(format!(
                "Deployment {} sealed the files anew, and they are not for the recipients of today: the recipients \
                 changed meanwhile, or a Trueline of an earlier release carried it out. Ask again once all run the \
                 same release.",
                last.number
            ));
            return Ok(None);
        }
        ask(control, reseal, (&application, environment.name.as_str()), &last).await?;
        return Ok(Some(LOOK_SECONDS));
    }
    reseal.progress = Progress::Done;
    Ok(None)
}

/// Whether our deployment has ended, and what that means: what gave way to another one is looked at again.
fn over(reseal: &mut Reseal, ours: &Deployment) -> bool {
    match ours.end {
        None => return false,
        Some(End::Stored | End::Healthy | End::Degraded | End::Superseded) => {
            reseal.progress = Progress::Waiting
        }
        // The cluster may refuse what it refused before: in Git it is sealed anew.
        Some(End::Failed) if ours.commit.is_some() => reseal.progress = Progress::Waiting,
        Some(End::Failed) => match &ours.failure {
            // Somebody placed a hold before it began; it does not stand in its way.
            Some(failure) if failure.code == "held" => reseal.progress = Progress::Waiting,
            failure => {
                reseal.progress = Progress::Failed;
                reseal.failure = failure.as_ref().map(|failure| failure.sentence.clone());
            }
        },
    }
    true
}

/// Asks for a deployment that brings the last state back, sealed anew. Does nothing if another one came between.
async fn ask(
    control: &Control,
    reseal: &mut Reseal,
    (application, environment): (&Application, &str),
    last: &Deployment,
) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    // Counting up also makes requests for one application wait for one another.
    let number = tx.next_deployment_number(application.id).await?;
    let waiting = tx.unfinished_deployments(application.id, last.environment).await?;
    let newest = tx.last_committed_deployment(application.id, Some(last.environment)).await?;
    if !waiting.is_empty() || newest.is_none_or(|newest| newest.id != last.id) {
        return Ok(());
    }
    let deployment = made(control, reseal, last, number);
    // The environment may have its cluster since.
    crate::cluster::claim(control, &tx, application, last.environment).await?;
    tx.insert_deployment(&deployment).await?;
    let next = Reseal { progress: Progress::Running, deployment: Some(number), ..reseal.clone() };
    if !tx.update_reseal(&next).await? {
        return Ok(());
    }
    Note::of(&Call::system(), "deployment.requested", format!("application/{}", application.name))
        .in_project(application.project)
        .set("number", number.to_string())
        .set("environment", environment)
        .set("reseals", last.number.to_string())
        .set("asked_by", &reseal.by)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    *reseal = next;
    failpoint::hit(control, "after-reseal-requested");
    crate::deployment::publish(control, application, number);
    control.wake(Worker::Deployer);
    Ok(())
}

fn made(control: &Control, reseal: &Reseal, last: &Deployment, number: i64) -> Deployment {
    let at = control.now();
    let mut deployment = Deployment {
        id: DeploymentId(crate::random::id()),
        number,
        message: "Sealed anew for the recipients of today; nothing else changes.".into(),
        author: reseal.by.clone(),
        author_email: reseal.email.clone(),
        restores: Some(last.number),
        reseals: true,
        anew: false,
        expected_digest: None,
        stage: Stage::Requested,
        end: None,
        failure: None,
        rendered: None,
        attempt: None,
        commit: None,
        release: Release::default(),
        timeline: Vec::new(),
        created_at: at,
        version: 1,
        ..last.clone()
    };
    deployment.pass(Stage::Requested, at, 0, "");
    deployment
}
