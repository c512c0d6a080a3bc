//! The releaser: lets clusters follow what is in Git. It takes one place at a time, an application in an
//! environment: the newest deployment there that is in Git is applied, from the files that were committed, and
//! waited for until it is healthy. It looks only at what is stored, so it may die at any point.

mod applied;
pub(crate) mod bounds;
mod failure;
mod healthy;
mod leaving;
pub(crate) mod objects;

use std::sync::Arc;
use std::time::Duration;

use deploy::apply::Release;
use deploy::watch::Watches;
use model::PlaceId;
use model::cluster::{Cluster, Place};
use model::deployment::{Deployment, End, Failure, Stage};
use model::layout::ObjectKey;
use store::{Claim, SecretKind, Work};
use tokio_util::sync::CancellationToken;

use crate::deployer::{Job, Stop, micros, times, wait};
use crate::workers::{Progress, Worker};
use crate::{Control, Error, failpoint};

/// How long a place is one worker's alone, unless it says that it still lives.
const LEASE_SECONDS: i64 = 60;
/// How often it says so.
const RENEW: Duration = Duration::from_secs(15);
/// How often it looks whether a newer deployment wants the place.
const LOOK: Duration = Duration::from_millis(500);
/// The longest wait for a cluster that is away: the look that finds it back wakes those who wait.
const LONGEST_AWAY: Duration = Duration::from_secs(30);

/// What belongs to a place.
pub(crate) struct Site {
    pub(crate) cluster: Cluster,
    pub(crate) client: deploy::Cluster,
    pub(crate) watches: Watches,
    pub(crate) place: Place,
    pub(crate) release: Release,
}

/// Takes one place and does what there is to do.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let claimed = control.store.claim(Work::Release, &owner, now.plus_seconds(LEASE_SECONDS), now).await?;
    let Some(claim) = claimed else { return Ok(Progress::Idle) };
    // There may be more to do than the wakes that were kept: another loop takes a look as well.
    control.wake(Worker::Releaser);
    let id: PlaceId = claim.id.parse().map_err(|_| Error::Bug(format!("{} is no place", claim.id)))?;
    let Some(place) = control.store.place(id).await? else { return Ok(Progress::Worked) };
    let result = tokio::select! {
        result = drive(&control, &claim, place) => result,
        lost = keep(&control, &claim) => lost,
    };
    give_back(&control, &claim, result).await?;
    Ok(Progress::Worked)
}

/// Keeps the lease for as long as the work takes; ends only when it is lost.
async fn keep(control: &Control, claim: &Claim) -> Result<(), Stop> {
    loop {
        tokio::time::sleep(RENEW).await;
        match control.store.renew(claim, control.now().plus_seconds(LEASE_SECONDS)).await {
            Ok(true) => {}
            Ok(false) => return Err(Stop::Changed),
            Err(error) => tracing::warn!(place = claim.id, %error, "lease not renewed"),
        }
    }
}

/// What there is to do at a place: to take away what runs there, or to release the newest deployment.
async fn drive(control: &Arc<Control>, claim: &Claim, place: Place) -> Result<(), Stop> {
    if place.leaving_at.is_some() {
        return leaving::pass(control, claim, place).await;
    }
    let Some(newest) = newest(control, &place).await? else { return Ok(()) };
    supersede(control, &place, &newest).await?;
    let Some(mut job) = Job::load(control, newest.id, 1).await? else { return Ok(()) };
    let number = job.deployment.number;
    let stop = CancellationToken::new();
    let work = release(&mut job, claim, (place.clone(), &stop));
    let mut work = std::pin::pin!(work);
    tokio::select! {
        result = &mut work => return result,
        () = newer(control, &place, number) => stop.cancel(),
    }
    // A call on its way must not land after those of the newer one.
    work.await
}

/// Moves a deployment from stage to stage until it ends or has to stop.
async fn release(
    job: &mut Job,
    claim: &Claim,
    (place, stop): (Place, &CancellationToken),
) -> Result<(), Stop> {
    let control = Arc::clone(&job.control);
    let site = Site::open(&control, place).await;
    while job.deployment.end.is_none() && !stop.is_cancelled() {
        job.began = control.now();
        let passed = match (&site, job.deployment.stage) {
            (Err(_), _) => Err(failure::unopened(&site)),
            (Ok(site), Stage::Committed) => applied::pass(job, site, stop).await,
            (Ok(site), Stage::Released) => healthy::pass(job, site).await,
            (Ok(_), Stage::Requested | Stage::Rendered | Stage::Finished) => Err(Stop::Changed),
        };
        match passed {
            // The newer one has the place.
            Err(_) if stop.is_cancelled() => return Ok(()),
            Ok(()) => failpoint::hit(&control, &format!("after-cluster-{}", job.deployment.stage.as_str())),
            Err(Stop::Failed(failure)) => return job.fail(failure).await,
            Err(Stop::Later { after, cause }) => return later(job, claim, after, cause).await,
            Err(Stop::Changed) => return Err(Stop::Changed),
        }
    }
    Ok(())
}

/// Shows what is waited for at the deployment.
async fn later(job: &mut Job, claim: &Claim, after: Option<Duration>, cause: Failure) -> Result<(), Stop> {
    let limit = i64::from(job.control.settings.deployment_tries);
    // What is away or waits for a person comes back some day; all else is given up some day.
    if claim.tries >= limit && !failure::WAITS.contains(&cause.code.as_str()) {
        let sentence =
            format!("{} Given up after it was tried {}: deploy again.", cause.sentence, times(claim.tries));
        return job.fail(Failure { sentence, ..cause }).await;
    }
    if job.deployment.release.message != cause.sentence {
        let sentence = cause.sentence.clone();
        job.save(|d| d.release.message = sentence).await?;
    }
    Err(Stop::Later { after, cause })
}

/// The newest deployment of a place that is in Git and has not ended.
async fn newest(control: &Control, place: &Place) -> Result<Option<Deployment>, Stop> {
    let unfinished = control.store.unfinished_deployments(place.application, place.environment).await?;
    Ok(unfinished.into_iter().rev().find(|d| matches!(d.stage, Stage::Committed | Stage::Released)))
}

/// Ends as soon as a newer deployment than this one is in Git, which is to have the place, or this one was ended.
async fn newer(control: &Control, place: &Place, number: i64) {
    loop {
        tokio::time::sleep(LOOK).await;
        match newest(control, place).await {
            Ok(Some(newest)) if newest.number <= number => {}
            Ok(_) => return,
            Err(_) => {}
        }
    }
}

/// Ends the older deployments of a place that wait for the cluster.
async fn supersede(control: &Arc<Control>, place: &Place, newest: &Deployment) -> Result<(), Stop> {
    let unfinished = control.store.unfinished_deployments(place.application, place.environment).await?;
    for older in unfinished.into_iter().filter(|d| d.number < newest.number && d.commit.is_some()) {
        let Some(mut job) = Job::load(control, older.id, 1).await? else { continue };
        let (at, number) = (control.now(), newest.number);
        let note = format!("Deployment {number} took its place.");
        job.save(|d| d.finish(End::Superseded, at, note)).await?;
    }
    Ok(())
}

async fn give_back(control: &Control, claim: &Claim, result: Result<(), Stop>) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    match result {
        Ok(()) => tx.release(claim).await?,
        Err(Stop::Changed) => tx.postpone(claim, control.now().plus_seconds(1)).await?,
        Err(Stop::Failed(failure)) => return Err(Error::Bug(format!("not stored: {failure:?}"))),
        Err(Stop::Later { after, cause }) => {
            let wait = match (cause.code.as_str(), after) {
                (failure::PROGRESSING, Some(after)) => after,
                (failure::AWAY, _) => wait(claim.tries, None).min(LONGEST_AWAY),
                (_, after) => wait(claim.tries, after),
            };
            let until = model::Timestamp(control.now().0.saturating_add(micros(wait)));
            tx.postpone(claim, until).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

impl Site {
    /// What belongs to a place. Nothing is sent yet.
    pub(crate) async fn open(control: &Control, place: Place) -> Result<Self, Error> {
        let cluster = crate::cluster::by_id(control, place.cluster).await?;
        let (client, watches) = crate::cluster::client(control, &cluster).await?;
        let key = control.store.secret(SecretKind::Place, &place.id.to_string()).await?;
        let key = key.ok_or_else(|| Error::Bug(format!("the place {} has no key", place.id)))?;
        let installation = control.store.installation().id;
        let release = Release {
            name: place.release.to_string(),
            namespace: place.namespace.to_string(),
            id: format!("{installation}/{}/{}", place.application, place.environment),
            key,
        };
        Ok(Self { cluster, client, watches, place, release })
    }
}

pub(crate) use healthy::word;

/// An object as people name it: `Deployment shop/web`.
pub(crate) fn said(object: &ObjectKey) -> String {
    match &object.namespace {
        Some(namespace) => format!("{} {namespace}/{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    }
}

/// An object as the model has it.
pub(crate) fn key(key: &deploy::Key) -> ObjectKey {
    ObjectKey {
        group: key.group.clone(),
        kind: key.kind.clone(),
        namespace: Some(key.namespace.clone()).filter(|n| !n.is_empty()),
        name: key.name.clone(),
    }
}
