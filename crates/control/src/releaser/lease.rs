//! Having a place: it is one worker's while a lease is renewed. Work whose lease is lost, or may be over since the
//! database cannot be reached, is asked to stop and comes to its end: a call on its way must not land after those of
//! whoever goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::DeploymentId;
use model::cluster::Place;
use store::{Claim, Work};
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

/// How long a place is one worker's alone, unless it says that it still lives.
pub(super) const SECONDS: i64 = 60;
/// How often it says so.
const RENEW: Duration = Duration::from_secs(15);
/// How long a person's work waits for a place at which only something is looked at.
const PATIENCE: Duration = Duration::from_secs(15);

/// Works while the lease is renewed. Says whether it was to the end.
pub(super) async fn kept<T>(
    control: &Control,
    claim: &Claim,
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> (T, bool) {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return (done, true),
        () = lost(control, claim, RENEW) => stop.cancel(),
    }
    (work.await, false)
}

/// Renews the lease; ends once another worker has it, or could have it soon.
async fn lost(control: &Control, claim: &Claim, renew: Duration) {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(renew).await;
        let until = control.now().plus_seconds(SECONDS);
        match tokio::time::timeout(renew, control.store.renew(claim, until)).await {
            Ok(Ok(true)) => renewed = Instant::now(),
            Ok(Ok(false)) => return tracing::warn!(place = claim.id, "a lease was lost"),
            Ok(Err(error)) => tracing::warn!(place = claim.id, %error, "a lease was not renewed"),
            Err(_) => {
                tracing::warn!(place = claim.id, "a lease was not renewed: the database does not answer")
            }
        }
        // What is on its way still has to come to its end within the lease.
        if renewed.elapsed() >= renew * 2 {
            return tracing::warn!(place = claim.id, "a lease may be over soon: the work stops");
        }
    }
}

/// Works at a place that no deployment has and no other worker, and keeps them away meanwhile; `None` where one has
/// it, where it is given up, or where something newer than `from` is in Git. A deployment that comes meanwhile asks
/// the work to stop. A caller who goes away does not end it in the middle.
///
/// # Errors
/// When the place cannot be taken.
pub(crate) async fn alone<T, F>(
    control: &Arc<Control>,
    place: &Place,
    from: DeploymentId,
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<Option<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    // Before the lease is taken: whoever waits for the place keeps its turn and what it knows of its tries.
    if !is_free(control, place, from).await? {
        return Ok(None);
    }
    let stop = CancellationToken::new();
    let work = work(stop.clone());
    let (control, place) = (Arc::clone(control), place.clone());
    let task = tokio::spawn(async move {
        let Some(claim) = claimed(&control, &place, from).await? else { return Ok(None) };
        let done = match is_free(&control, &place, from).await {
            Ok(true) => Ok(Some(until_wanted(&control, &claim, (&place, &stop), work).await)),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        let tx = control.store.begin().await?;
        tx.release(&claim).await?;
        tx.commit().await?;
        control.wake(crate::Worker::Releaser);
        done
    });
    task.await.map_err(|error| Error::Bug(format!("the work at a place: {error}")))?
}

/// Takes a place for [`alone`]. Who only looks whether something differs there is soon done, and waited for.
async fn claimed(control: &Control, place: &Place, from: DeploymentId) -> Result<Option<Claim>, Error> {
    let (begun, id) = (Instant::now(), place.id.to_string());
    loop {
        let (now, owner) = (control.now(), crate::random::id().to_string());
        let times = (now.plus_seconds(SECONDS), now);
        if let Some(claim) = control.store.claim_one((Work::Release, &id), &owner, times).await? {
            return Ok(Some(claim));
        }
        if begun.elapsed() >= PATIENCE || !is_free(control, place, from).await? {
            return Ok(None);
        }
        tokio::time::sleep(super::LOOK).await;
    }
}

/// Works to the end, or until a deployment wants the place.
async fn until_wanted<T>(
    control: &Control,
    claim: &Claim,
    (place, stop): (&Place, &CancellationToken),
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(kept(control, claim, stop, work));
    tokio::select! {
        (done, _) = &mut work => return done,
        () = wanted(control, place) => stop.cancel(),
    }
    work.await.0
}

/// Ends once a deployment wants a place.
async fn wanted(control: &Control, place: &Place) {
    loop {
        tokio::time::sleep(super::LOOK).await;
        if matches!(super::newest(control, place).await, Ok(Some(_))) {
            return;
        }
    }
}

/// Whether nothing else is to be done at a place, and `from` is still what Git has for it.
async fn is_free(control: &Control, place: &Place, from: DeploymentId) -> Result<bool, Error> {
    let now = control.store.place(place.id).await?;
    if now.is_none_or(|now| now.leaving_at.is_some()) {
        return Ok(false);
    }
    let unfinished = control.store.unfinished_deployments(place.application, place.environment).await?;
    let last = control.store.last_committed_deployment(place.application, Some(place.environment)).await?;
    Ok(!unfinished.iter().any(super::is_in_git) && last.is_some_and(|last| last.id == from))
}
