//! Waiting for the cluster: asked at growing intervals, within a bound.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::plan::Planned;
use super::run::{AT_ONCE, Run};
use super::{Event, Guard};
use crate::cluster::{Cluster, JSON, METADATA, Request};
use crate::health::{Status, health};
use crate::order::established;
use crate::{Error, Key, Refusal, Resource, Why};

/// The first pause between two looks, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

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
        if Instant::now() + pause > end {
            return Ok(None);
        }
        sleep(guard, pause).await?;
        pause = (pause * 3 / 2).min(PAUSE.1);
    }
}

/// Sleeps, unless the apply is to stop.
async fn sleep(guard: &Guard, pause: Duration) -> Result<(), Error> {
    match guard.stop.run_until_cancelled(tokio::time::sleep(pause)).await {
        Some(()) => Ok(()),
        None => Err(Error::Stopped),
    }
}

/// Waits until the kinds of definitions can be used: all of them within the run's patience.
pub(super) async fn definitions(run: &Run<'_>, definitions: &[Planned]) -> Result<(), Error> {
    let end = Instant::now() + run.guard.patience;
    for planned in definitions {
        let request = Request::get(planned.resource.path(&planned.key), JSON);
        let left = end.saturating_duration_since(Instant::now());
        let within = (run.guard, left);
        let ready =
            until(within, || async { Ok(run.cluster.find(&request).await?.filter(established).map(|_| ())) });
        if ready.await?.is_none() {
            let what = format!("{} is not established", planned.key);
            return Err(Error::NotReady { what, limit: run.guard.patience });
        }
    }
    Ok(())
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

/// Waits until objects are healthy, all of them within the run's patience: the next wave needs them.
pub(super) async fn wave(run: &Run<'_>, objects: Vec<Planned>) -> Result<(), Error> {
    let end = Instant::now() + run.guard.patience;
    let waits = stream::iter(objects).map(Ok).try_for_each_concurrent(AT_ONCE, |planned| async move {
        (run.tell)(Event::AwaitsReady(planned.key.clone()));
        ready(run, &planned, end).await
    });
    waits.await
}

async fn ready(run: &Run<'_>, planned: &Planned, end: Instant) -> Result<(), Error> {
    let request = Request::get(planned.resource.path(&planned.key), JSON);
    let is = |group: &str, kind: &str| planned.key.group == group && planned.key.kind == kind;
    let mut pause = PAUSE.0;
    let last = loop {
        let Some(live) = run.cluster.find(&request).await? else {
            // Taken away after its end (`ttlSecondsAfterFinished`).
            if is("batch", "Job") {
                return Ok(());
            }
            break "it is gone".into();
        };
        let now = health(&live);
        match now.status {
            Status::Healthy | Status::Suspended | Status::Unknown => return Ok(()),
            // Many a class gives it a volume only with the first pod that uses it, which may be of a later wave.
            Status::Progressing if is("", "PersistentVolumeClaim") => return Ok(()),
            Status::Progressing | Status::Degraded => {}
        }
        if Instant::now() + pause > end {
            break now.message;
        }
        sleep(run.guard, pause).await?;
        pause = (pause * 3 / 2).min(PAUSE.1);
    };
    let what = format!("{} is not healthy ({last})", planned.key);
    Err(Error::NotReady { what, limit: run.guard.patience })
}
