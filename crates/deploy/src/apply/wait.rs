//! Waiting for the cluster: asked at growing intervals, within a bound.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Guard;
use crate::cluster::{Cluster, METADATA, Request};
use crate::{Error, Key, Refusal, Resource, Why};

/// The first pause between two looks, and the longest.
pub(super) const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// Looks again and again until there is an answer; `None` when there is none in time.
pub(super) async fn until<T, F>(
    (guard, limit): (&Guard, Duration),
    mut look: impl FnMut() -> F,
) -> Result<Option<T>, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    let end = Instant::now() + limit;
    let mut pause = PAUSE.0;
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        sleep(guard, pause.min(left)).await?;
        pause = (pause * 3 / 2).min(PAUSE.1);
    }
}

/// Sleeps, unless the apply is to stop.
pub(super) async fn sleep(guard: &Guard, pause: Duration) -> Result<(), Error> {
    match guard.stop.run_until_cancelled(tokio::time::sleep(pause)).await {
        Some(()) => Ok(()),
        None => Err(Error::Stopped),
    }
}

/// Waits until an object is gone, whichever way that takes.
///
/// # Errors
/// [`Error::Refused`] with the finalizers that hold it.
pub(super) async fn gone(
    cluster: &Cluster,
    (resource, key): (&Resource, &Key),
    uid: &str,
    within: (&Guard, Duration),
) -> Result<(), Error> {
    let request = Request::get(resource.path(key), METADATA);
    let same = |live: &Value| live["metadata"]["uid"] == uid;
    let gone = until(within, || async {
        let found = cluster.find(&request).await?;
        Ok((!found.is_some_and(|live| same(&live))).then_some(()))
    });
    if gone.await?.is_some() {
        return Ok(());
    }
    let live = cluster.find(&request).await?.filter(same).unwrap_or_default();
    let finalizers = live["metadata"]["finalizers"].as_array().into_iter().flatten();
    let held = finalizers.filter_map(|name| name.as_str().map(Into::into)).collect();
    let refusals = vec![Refusal { object: key.clone(), why: Why::Finalizers(held) }];
    Err(Error::Refused { refusals, before: false })
}
