//! Having a place: it is one worker's while a lease is renewed. Work whose lease is lost, or may be over since the
//! database cannot be reached, is asked to stop and comes to its end: a call on its way must not land after those of
//! whoever goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::cluster::Place;
use store::{Claim, Work};
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

/// How long a place is one worker's alone, unless it says that it still lives.
pub(super) const SECONDS: i64 = 60;
/// How often it says so.
const RENEW: Duration = Duration::from_secs(15);

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
/// it. A caller who goes away does not end it in the middle.
///
/// # Errors
/// When the place cannot be taken.
pub(crate) async fn alone<T, F>(
    control: &Arc<Control>,
    place: &Place,
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<Option<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let now = control.now();
    let owner = crate::random::id().to_string();
    let id = place.id.to_string();
    let times = (now.plus_seconds(SECONDS), now);
    let Some(claim) = control.store.claim_one((Work::Release, &id), &owner, times).await? else {
        return Ok(None);
    };
    let unfinished = control.store.unfinished_deployments(place.application, place.environment).await?;
    let is_free = !unfinished.iter().any(super::is_in_git);
    let stop = CancellationToken::new();
    let work = is_free.then(|| work(stop.clone()));
    let control = Arc::clone(control);
    let task = tokio::spawn(async move {
        let done = match work {
            Some(work) => Some(kept(&control, &claim, &stop, work).await.0),
            None => None,
        };
        let tx = control.store.begin().await?;
        tx.release(&claim).await?;
        tx.commit().await?;
        control.wake(crate::Worker::Releaser);
        Ok(done)
    });
    task.await.map_err(|error| Error::Bug(format!("the work at a place: {error}")))?
}
