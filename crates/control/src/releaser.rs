//! The releaser: lets clusters follow what is in Git. It takes one place at a time, an application in an
//! environment: the newest deployment there that is in Git is applied, from the files that were committed, and
//! waited for until it is healthy. It looks only at what is stored, so it may die at any point.

mod applied;
pub(crate) mod bounds;
mod correcting;
mod drifting;
mod failure;
mod healthy;
pub(crate) mod lease;
mod leaving;
mod left_behind;
pub(crate) mod objects;
mod seats;

use std::sync::Arc;
use std::time::Duration;

use deploy::apply::Release;
use deploy::watch::Watches;
use model::cluster::{Cluster, ClusterState, Place};
use model::deployment::{Deployment, End, Failure, Stage};
use model::environment::DriftRule;
use model::layout::ObjectKey;
use model::{PlaceId, Timestamp};
use store::{Claim, SecretKind, Tx, View};
use tokio_util::sync::CancellationToken;

pub(crate) use applied::confirmation;
pub(crate) use failure::HOOK as HOOK_FAILED;
pub(crate) use healthy::word;
#[expect(unused_imports, reason = "what a person asks for at a place")]
pub(crate) use lease::alone;
pub(crate) use seats::{LOOPS, Seats};

use self::failure::Waits;
use crate::deployer::{Job, Stop, micros, times, wait};
use crate::workers::{Progress, Worker, jittered};
use crate::{Control, Error, failpoint};

/// How often it looks whether a newer deployment wants the place.
const LOOK: Duration = Duration::from_millis(500);

/// What belongs to a place.
pub(crate) struct Site {
    pub(crate) cluster: Cluster,
    pub(crate) client: deploy::Cluster,
    pub(crate) watches: Watches,
    /// Which client of the cluster that is: another kubeconfig makes another one.
    pub(crate) generation: u64,
    pub(crate) place: Place,
    pub(crate) release: Release,
}

/// Takes one place and does what there is to do.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let (claim, place, seen, _seat) = {
        let _one_at_a_time = control.seats.looking.lock().await;
        let (now, owner) = (control.now(), crate::random::id().to_string());
        let times = (now.plus_seconds(lease::SECONDS), now);
        let Some(claim) = control.store.claim_place(&owner, times, &control.seats.full()).await? else {
            return Ok(Progress::Idle);
        };
        let id: PlaceId = claim.id.parse().map_err(|_| Error::Bug(format!("{} is no place", claim.id)))?;
        let Some(place) = control.store.place(id).await? else { return Ok(Progress::Worked) };
        let newest = newest_of(&control.store, &place).await?;
        let seat = control.seats.take(place.cluster, newest.is_none() && place.leaving_at.is_none());
        let said = Said::of(&control.store, &place).await?;
        let seen = Seen { place: place.id, said, newest, at: now };
        (claim, place, seen, seat)
    };
    // There may be more to do than the wakes that were kept: another loop takes a look as well.
    control.wake(Worker::Releaser);
    let stop = CancellationToken::new();
    let (result, is_ours) = lease::kept(&control, &claim, &stop, drive(&control, &claim, place, &stop)).await;
    if is_ours {
        give_back(&control, &claim, (Some(&seen), result)).await?;
    }
    Ok(Progress::Worked)
}

/// What there is to do at a place: to take away what runs there, to release the newest deployment, or to put right what
/// somebody changed.
async fn drive(
    control: &Arc<Control>,
    claim: &Claim,
    place: Place,
    stop: &CancellationToken,
) -> Result<(), Stop> {
    if place.leaving_at.is_some() {
        return leaving::pass(control, claim, place, stop).await;
    }
    let Some(newest) = newest(control, &place).await? else {
        return correcting::pass(control, &place, stop).await;
    };
    supersede(control, &place, &newest).await?;
    let Some(mut job) = Job::load(control, newest.id, 1).await? else { return Ok(()) };
    let number = job.deployment.number;
    let work = release(&mut job, claim, (place.clone(), stop));
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
            (Err(_), _) => Err(failure::unopened(&site, Waits::Deployment)),
            (Ok(site), stage @ (Stage::Committed | Stage::Released)) => {
                match (failure::kept_out(&control, site, Waits::Deployment).await, stage) {
                    (Err(away), _) => Err(away),
                    (Ok(()), Stage::Committed) => applied::pass(job, site, stop).await,
                    (Ok(()), _) => healthy::pass(job, site).await,
                }
            }
            (Ok(_), Stage::Requested | Stage::Rendered | Stage::Finished) => Err(Stop::Changed),
        };
        match passed {
            // The newer one has the place.
            Err(_) if stop.is_cancelled() => return Ok(()),
            Ok(()) => failpoint::hit(&control, &format!("after-cluster-{}", job.deployment.stage.as_str())),
            Err(Stop::Failed(failure)) => return job.fail(failure).await,
            Err(Stop::Later { after, cause }) => {
                if let Ok(site) = &site {
                    failure::doubted(&control, site, &cause).await?;
                }
                return later(job, claim, after, cause).await;
            }
            Err(Stop::Changed) => return Err(Stop::Changed),
        }
    }
    Ok(())
}

/// Shows what is waited for at the deployment.
async fn later(job: &mut Job, claim: &Claim, after: Option<Duration>, cause: Failure) -> Result<(), Stop> {
    let limit = i64::from(job.control.settings.deployment_tries);
    // What is away or waits for a person comes back some day; all else is given up some day.
    if claim.tries >= limit && !failure::is_wait(&cause) {
        let sentence =
            format!("{} Given up after it was tried {}: deploy again.", cause.sentence, times(claim.tries));
        return job.fail(Failure { sentence, ..cause }).await;
    }
    if cause.code == failure::PROGRESSING
        && let Some(place) = job.control.store.place_of(job.application.id, job.environment.id).await?
    {
        job.control.followed.wait(place.id);
    }
    if job.deployment.release.message != cause.sentence {
        let sentence = cause.sentence.clone();
        job.save(|d| d.release.message = sentence).await?;
    }
    Err(Stop::Later { after, cause })
}

/// Whether a deployment that has not ended is one for the cluster.
fn is_in_git(deployment: &Deployment) -> bool {
    matches!(deployment.stage, Stage::Committed | Stage::Released)
}

/// The newest deployment of a place that is in Git and has not ended.
async fn newest(control: &Control, place: &Place) -> Result<Option<Deployment>, Stop> {
    let unfinished = control.store.unfinished_deployments(place.application, place.environment).await?;
    Ok(unfinished.into_iter().rev().find(is_in_git))
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

/// What was seen of a place before the work there began.
struct Seen {
    place: PlaceId,
    said: Said,
    newest: Option<i64>,
    at: Timestamp,
}

/// What people have said of a place; what the work itself writes down there is none of it.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    leaving_at: Option<Timestamp>,
    abandoned_by: Option<String>,
    confirmed: Option<String>,
    created_at: Timestamp,
    drift: Option<DriftRule>,
}

impl Said {
    async fn of(view: &View, place: &Place) -> Result<Self, store::Error> {
        let Place { leaving_at, abandoned_by, confirmed, created_at, .. } = place.clone();
        let drift = view.environment(place.environment).await?.map(|environment| environment.drift);
        Ok(Self { leaving_at, abandoned_by, confirmed, created_at, drift })
    }
}

/// The number of the newest deployment of a place that is in Git and has not ended.
async fn newest_of(view: &View, place: &Place) -> Result<Option<i64>, store::Error> {
    let unfinished = view.unfinished_deployments(place.application, place.environment).await?;
    Ok(unfinished.iter().filter(|d| is_in_git(d)).map(|d| d.number).max())
}

/// Whether somebody said something meanwhile that the work did not see: nobody wakes a place that is at work.
async fn is_outdated(tx: &Tx, seen: &Seen, result: &Result<(), Stop>) -> Result<bool, store::Error> {
    let Some(place) = tx.place(seen.place).await? else { return Ok(false) };
    if Said::of(tx, &place).await? != seen.said || newest_of(tx, &place).await? != seen.newest {
        return Ok(true);
    }
    let Err(Stop::Later { cause, .. }) = result else { return Ok(false) };
    if cause.code == failure::AWAY {
        // The look that found it back woke those who waited for it, not who was at work.
        let standing = tx.cluster_standing(place.cluster).await?;
        let is_back = standing.since.is_some_and(|since| since >= seen.at);
        return Ok(standing.state == ClusterState::Here && is_back);
    }
    // Who confirms takes the question away.
    let unfinished = tx.unfinished_deployments(place.application, place.environment).await?;
    let newest = unfinished.iter().rev().find(|d| is_in_git(d));
    Ok(cause.code == failure::CONFIRM && newest.is_some_and(|d| d.release.confirm.is_none()))
}

/// Gives the place back. What is waited for is no try that failed: it may take as long as it takes.
async fn give_back(
    control: &Control,
    claim: &Claim,
    (seen, result): (Option<&Seen>, Result<(), Stop>),
) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    // What comes into Git from here on finds the place given back.
    tx.hold_claim(claim).await?;
    let at = |wait: Duration| Timestamp(control.now().0.saturating_add(micros(wait)));
    let is_outdated = match seen {
        Some(seen) => is_outdated(&tx, seen, &result).await?,
        None => false,
    };
    match result {
        Ok(()) => tx.release(claim).await?,
        Err(Stop::Later { .. }) if is_outdated => tx.wait(claim, at(Duration::ZERO)).await?,
        Err(Stop::Changed) => tx.wait(claim, at(Duration::from_secs(1))).await?,
        Err(Stop::Failed(failure)) => return Err(Error::Bug(format!("not stored: {failure:?}"))),
        Err(Stop::Later { after, cause }) if failure::is_wait(&cause) => {
            let pause = after.unwrap_or(failure::PAUSE);
            tx.wait(claim, at(jittered(pause))).await?;
        }
        Err(Stop::Later { after, .. }) => tx.postpone(claim, at(wait(claim.tries, after))).await?,
    }
    tx.commit().await?;
    if is_outdated {
        control.wake(Worker::Releaser);
    }
    Ok(())
}

impl Site {
    /// What belongs to a place. Nothing is sent yet.
    pub(crate) async fn open(control: &Control, place: Place) -> Result<Self, Error> {
        let cluster = crate::cluster::by_id(control, place.cluster).await?;
        crate::health_rule::hear(control).await?;
        let opened = crate::cluster::client(control, &cluster).await?;
        let key = control.store.secret(SecretKind::Place, &place.id.to_string()).await?;
        let key = key.ok_or_else(|| Error::Bug(format!("the place {} has no key", place.id)))?;
        let release = Release {
            name: place.release.to_string(),
            namespace: place.namespace.to_string(),
            id: release_id(control, &place),
            former: Vec::new(),
            key,
        };
        let (client, watches, generation) = opened;
        Ok(Self { cluster, client, watches, generation, place, release })
    }
}

/// What the inventory of a place is known by.
fn release_id(control: &Control, place: &Place) -> String {
    format!("{}/{}/{}", control.store.installation().id, place.application, place.environment)
}

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

#[cfg(test)]
pub(crate) mod tests;
