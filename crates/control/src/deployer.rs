//! The deployer: takes deployments that have not ended, one environment of an application at a time, and moves
//! each from stage to stage until it ends. It looks only at what is stored, so it may die at any point: the
//! next one goes on from the last stage.

mod committed;
mod failure;
mod files;
mod inputs;
mod rendered;
mod repository;
mod restored;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, End, Failure, Stage};
use model::environment::Environment;
use model::{DeploymentId, Timestamp};
use store::{Claim, Tx, Work};

use crate::plan::told;
use crate::workers::{Progress, jittered};
use crate::{Control, Error, failpoint};

/// How long a deployment is one worker's alone, unless it says that it still lives.
const LEASE_SECONDS: i64 = 60;
/// How often it says so.
const RENEW: Duration = Duration::from_secs(15);
/// Seconds until it is looked again whether the first deployment of a place is in the cluster.
const LOOK_SECONDS: i64 = 1;
/// The longest wait between two tries, unless the other side asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that the other side is granted.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// A deployment at work, with what it belongs to.
pub(crate) struct Job {
    pub(crate) control: Arc<Control>,
    pub(crate) deployment: Deployment,
    pub(crate) application: Application,
    pub(crate) environment: Environment,
    /// The files, if they were rendered in this activation; else they are read from the store.
    files: Vec<(String, Bytes)>,
    /// When the stage at hand was begun.
    pub(crate) began: Timestamp,
    /// How many tries it took so far, and what the last one failed of.
    tried: Option<String>,
}

/// Why a deployment does not go on now.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Someone else changed it meanwhile.
    Changed,
    /// It can never go on as it is.
    Failed(Failure),
    /// It may go on later.
    Later { after: Option<Duration>, cause: Failure },
}

/// Takes one deployment and moves it as far as it goes.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let until = now.plus_seconds(LEASE_SECONDS);
    let Some(claim) = control.store.claim(Work::Deployment, &owner, until, now).await? else {
        return Ok(Progress::Idle);
    };
    // There may be more to do than the wakes that were kept: another loop takes a look as well.
    control.wake(crate::workers::Worker::Deployer);
    let result = tokio::select! {
        result = drive(&control, &claim) => result,
        lost = keep(&control, &claim) => lost,
    };
    if let Err(error) = give_back(&control, &claim, result).await {
        tracing::warn!(deployment = claim.id, error = %error.chain(), "could not be given back");
        return Err(error);
    }
    Ok(Progress::Worked)
}

/// Keeps the lease for as long as the work takes; ends only when it is lost.
async fn keep(control: &Control, claim: &Claim) -> Result<(), Stop> {
    loop {
        tokio::time::sleep(RENEW).await;
        let until = control.now().plus_seconds(LEASE_SECONDS);
        match control.store.renew(claim, until).await {
            Ok(true) => {}
            Ok(false) => return Err(Stop::Changed),
            Err(error) => tracing::warn!(deployment = claim.id, %error, "lease not renewed"),
        }
    }
}

/// Moves the deployment until it ends or has to stop; a failure is stored as its end.
async fn drive(control: &Arc<Control>, claim: &Claim) -> Result<(), Stop> {
    let Some(mut job) = Job::load(control, deployment_id(claim)?, claim.tries).await? else { return Ok(()) };
    if job.deployment.stage == Stage::Requested {
        failpoint::hit(control, "after-requested");
    }
    while job.deployment.end.is_none() {
        job.began = control.now();
        let passed = match job.deployment.stage {
            Stage::Requested => rendered::pass(&mut job).await,
            Stage::Rendered => committed::pass(&mut job).await,
            // From here on it is the releaser's.
            Stage::Committed | Stage::Released if job.environment.cluster.is_some() => {
                return hand_over(&mut job).await;
            }
            Stage::Committed => released(&mut job).await,
            Stage::Released => finished(&mut job).await,
            Stage::Finished => Err(Stop::Changed),
        };
        match passed {
            Ok(()) => failpoint::hit(control, &format!("after-{}", job.deployment.stage.as_str())),
            Err(Stop::Failed(failure)) => return job.fail(failure).await,
            Err(Stop::Later { cause, .. })
                if claim.tries >= i64::from(control.settings.deployment_tries)
                    && cause.code != told::FIRST =>
            {
                let tries = times(claim.tries);
                let sentence =
                    format!("{} Given up after it was tried {tries}: deploy again.", cause.sentence);
                return job.fail(Failure { sentence, ..cause }).await;
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

/// Gives the deployment to the releaser: its place is there, also where the environment got its cluster meanwhile, and
/// is looked at at once.
async fn hand_over(job: &mut Job) -> Result<(), Stop> {
    let control = Arc::clone(&job.control);
    let tx = control.store.begin().await?;
    match crate::cluster::claim(&control, &tx, &job.application, job.environment.id).await {
        Ok(()) => tx.commit().await?,
        Err(error) => {
            drop(tx);
            return match Stop::from(error) {
                Stop::Failed(failure) => job.fail(failure).await,
                stop => Err(stop),
            };
        }
    }
    control.wake(crate::workers::Worker::Releaser);
    Ok(())
}

/// The environment has no engine: the state counts as released as soon as it is in Git.
async fn released(job: &mut Job) -> Result<(), Stop> {
    job.pass(Stage::Released, |_| {}, "").await
}

/// The environment has no engine: the deployment ends as stored.
async fn finished(job: &mut Job) -> Result<(), Stop> {
    let at = job.control.now();
    job.save(|d| d.finish(End::Stored, at, "")).await
}

async fn give_back(control: &Control, claim: &Claim, result: Result<(), Stop>) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    let mut waits = None;
    match result {
        Ok(()) => tx.release(claim).await?,
        // Mostly it has ended. If not, a short rest keeps a mistake of ours from turning into a hot loop.
        Err(Stop::Changed) => tx.postpone(claim, control.now().plus_seconds(1)).await?,
        Err(Stop::Failed(failure)) => return Err(Error::Bug(format!("not stored: {failure:?}"))),
        // No try has failed: it is looked at again until it is known.
        Err(Stop::Later { cause, .. }) if cause.code == told::FIRST => {
            tx.wait(claim, control.now().plus_seconds(LOOK_SECONDS)).await?;
            waits = note_wait(&tx, claim, cause.sentence).await?;
        }
        Err(Stop::Later { after, cause }) => {
            let wait = wait(claim.tries, after);
            let until = Timestamp(control.now().0.saturating_add(micros(wait)));
            tx.postpone(claim, until).await?;
            waits = note_wait(&tx, claim, waiting(&cause.sentence, claim.tries, wait)).await?;
        }
    }
    tx.commit().await?;
    if let Some(deployment) = waits
        && let Some(application) = control.store.application(deployment.application).await?
    {
        crate::deployment::publish(control, &application, deployment.number);
    }
    Ok(())
}

/// Shows in the timeline what is waited for.
async fn note_wait(tx: &Tx, claim: &Claim, note: String) -> Result<Option<Deployment>, Error> {
    let found = tx.deployment(deployment_id(claim)?).await?;
    let says = |d: &Deployment| d.timeline.last().is_some_and(|entry| entry.note == note);
    let Some(mut deployment) = found.filter(|d| d.end.is_none() && !says(d)) else { return Ok(None) };
    deployment.wait(note);
    match tx.update_deployment(&deployment).await {
        Ok(_) => Ok(Some(deployment)),
        // It gave way to a newer one just now.
        Err(store::Error::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Says what something waits for, how often it was tried and when it is tried again.
pub(crate) fn waiting(cause: &str, tries: i64, wait: Duration) -> String {
    format!("{cause} Tried {}; next in {}.", times(tries), failure::seconds(wait))
}

pub(crate) fn times(tries: i64) -> String {
    if tries == 1 { "once".into() } else { format!("{tries} times") }
}

/// The time until the next try: 1 s doubled each time up to a minute, or what the other side asked for.
pub(crate) fn wait(tries: i64, asked: Option<Duration>) -> Duration {
    let doublings = u32::try_from(tries.clamp(1, 10) - 1).unwrap_or(0);
    let own = jittered(Duration::from_secs(1) * 2_u32.pow(doublings)).min(LONGEST_WAIT);
    asked.map_or(own, |asked| asked.min(LONGEST_ASKED).max(own))
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn deployment_id(claim: &Claim) -> Result<DeploymentId, Error> {
    claim.id.parse().map_err(|_| Error::Bug(format!("{:?} is leased as a deployment", claim.id)))
}

impl Job {
    /// Reads the deployment and what it belongs to; nothing if it is gone.
    pub(crate) async fn load(
        control: &Arc<Control>,
        deployment: DeploymentId,
        tries: i64,
    ) -> Result<Option<Self>, Stop> {
        let store = &control.store;
        let Some(deployment) = store.deployment(deployment).await? else { return Ok(None) };
        let application = store.application(deployment.application).await?;
        let environment = store.environment(deployment.environment).await?;
        let (Some(application), Some(environment)) = (application, environment) else { return Ok(None) };
        let waited = deployment.timeline.last().map(|entry| entry.note.clone()).unwrap_or_default();
        let environment = crate::cluster::fitted(control, environment).await?;
        let tried = (tries > 1 && !waited.is_empty()).then(|| {
            let cause = waited.split(" Tried ").next().unwrap_or_default();
            format!("{tries} tries; before: {cause}")
        });
        let control = Arc::clone(control);
        let (files, began) = (Vec::new(), control.now());
        Ok(Some(Self { control, deployment, application, environment, files, began, tried }))
    }

    /// Stores a change of the deployment, if nobody else changed it, and tells who watches.
    pub(crate) async fn save(&mut self, change: impl FnOnce(&mut Deployment)) -> Result<(), Stop> {
        let tx = self.control.store.begin().await?;
        let mut next = self.deployment.clone();
        change(&mut next);
        next.version = tx.update_deployment(&next).await?;
        tx.commit().await?;
        if let Some(end) = next.end {
            self.control.counts.deployment_ended(end);
            if next.reseals {
                self.control.wake(crate::workers::Worker::Resealer);
            }
        }
        self.took(next);
        Ok(())
    }

    /// Stores that a stage was passed.
    pub(crate) async fn pass(
        &mut self,
        stage: Stage,
        change: impl FnOnce(&mut Deployment),
        note: impl Into<String>,
    ) -> Result<(), Stop> {
        let (at, took) = self.clock();
        self.save(|d| {
            change(d);
            d.pass(stage, at, took, note);
        })
        .await
    }

    /// The present time, and the milliseconds since the stage was begun.
    fn clock(&self) -> (Timestamp, u64) {
        let at = self.control.now();
        (at, at.milliseconds_since(self.began))
    }

    /// Goes on with what was just stored.
    fn took(&mut self, stored: Deployment) {
        let known = self.deployment.timeline.len();
        for entry in stored.timeline.iter().skip(known) {
            self.control.counts.stage_passed(entry.stage, Duration::from_millis(entry.milliseconds));
        }
        self.deployment = stored;
        crate::deployment::publish(&self.control, &self.application, self.deployment.number);
    }

    pub(crate) async fn fail(&mut self, failure: Failure) -> Result<(), Stop> {
        tracing::info!(
            application = self.application.name.as_str(),
            deployment = self.deployment.number,
            code = failure.code,
            detail = failure.detail,
            "deployment failed: {}",
            failure.sentence
        );
        let at = self.control.now();
        self.save(|d| d.fail(failure, at)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_obey_the_other_side() {
        for (tries, asked, from, to) in [
            (1, None, 750, 1250),
            (3, None, 3000, 5000),
            (36, None, 60_000, 60_000),
            (1, Some(30), 30_000, 30_000),
            (1, Some(86_400), 3_600_000, 3_600_000),
            (10, Some(1), 60_000, 60_000),
        ] {
            let got = wait(tries, asked.map(Duration::from_secs)).as_millis();
            assert!((from..=to).contains(&got), "{tries} {asked:?}: {got}");
        }
    }
}
