//! The worker that looks at clusters, one at a time, and again when its time has come: often at one that is away, so
//! that what waits for it goes on soon.

use std::sync::Arc;
use std::time::Duration;

use model::cluster::ClusterState;
use model::{ClusterId, Timestamp};
use store::{Tx, Work};

use crate::workers::{Progress, jittered};
use crate::{Control, Error};

/// Seconds between two looks at a cluster that is here.
const EVERY: u64 = 300;
/// Seconds between two looks at one that is not.
const AGAIN: u64 = 10;
/// Seconds that a look takes at most; then another process may take it over.
const LEASE: i64 = 120;

/// One look: the cluster whose time has come.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let claimed = control.store.claim(Work::ClusterLook, &owner, now.plus_seconds(LEASE), now).await?;
    let Some(claim) = claimed else { return Ok(Progress::Idle) };
    let id: ClusterId =
        claim.id.parse().map_err(|_| Error::Bug(format!("{} is no id of a cluster", claim.id)))?;
    let found = control.store.cluster(id).await?;
    let looked = match &found {
        Some(cluster) => Some(super::standing::look(&control, cluster, &|_| ()).await),
        None => None,
    };
    let tx = control.store.begin().await?;
    match looked {
        None => tx.release(&claim).await?,
        Some(looked) => {
            let is_here = looked.as_ref().is_ok_and(|standing| standing.state == ClusterState::Here);
            if let Err(error) = looked {
                tracing::warn!(cluster = claim.id, error = %error.chain(), "could not be looked at");
            }
            tx.postpone(&claim, next(&control, is_here)).await?;
        }
    }
    tx.commit().await?;
    Ok(Progress::Worked)
}

/// When to look next.
pub(super) fn next(control: &Control, is_here: bool) -> Timestamp {
    let wait = jittered(Duration::from_secs(if is_here { EVERY } else { AGAIN })).as_secs();
    control.now().plus_seconds(i64::try_from(wait).unwrap_or(i64::MAX))
}

/// Lets what waits for a cluster go on.
pub(super) async fn hasten(tx: &Tx, cluster: ClusterId) -> Result<(), Error> {
    for place in tx.places_of_cluster(cluster).await? {
        tx.hasten(Work::Release, &place.id.to_string()).await?;
    }
    Ok(())
}
