//! The worker that looks at chart repositories, one look at a repository at a time, and again when its time has
//! come. A repository that fails keeps what it listed last.

use std::sync::Arc;

use helm::index::Entry;
use helm::repository::http::{self, Known};
use helm::repository::oci;
use helm::repository::{Source, Watch};
use model::chart_repository::{ChartRepository, ChartRepositoryKind, Refresh, RefreshFailure};
use model::{ChartRepositoryId, Timestamp};
use store::Work;

use super::{candidate, contents, versions};
use crate::held::{LEASE_SECONDS, held};
use crate::workers::{Progress, Worker};
use crate::{Control, Error, Topic};

/// Seconds between two looks at a repository, a quarter more or less.
const EVERY: u64 = 3_600;
/// Seconds before the first look after a failure; they double with each further one.
const AGAIN: u64 = 60;
/// Seconds until a registry that was just saved is looked at: for what its tags do not tell.
const FIRST: i64 = 1;

/// What a look found.
pub(super) enum Looked {
    /// Nothing has changed.
    Unchanged,
    /// It lists this.
    Changed { entries: Vec<Entry>, left_out: Vec<String>, known: Known },
}

/// One look: the repository whose time has come.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    let now = control.now();
    let owner = crate::random::id().to_string();
    let claimed =
        control.store.claim(Work::ChartRefresh, &owner, now.plus_seconds(LEASE_SECONDS), now).await?;
    let Some(claim) = claimed else { return Ok(Progress::Idle) };
    let id: ChartRepositoryId =
        claim.id.parse().map_err(|_| Error::Bug(format!("{} is no id of a chart repository", claim.id)))?;
    let Some(repository) = control.store.chart_repository(id).await? else {
        let tx = control.store.begin().await?;
        tx.release(&claim).await?;
        tx.commit().await?;
        return Ok(Progress::Worked);
    };
    let Some(done) = held(&control, &claim, read(&control, &repository)).await else {
        return Ok(Progress::Worked);
    };
    let failures = done?;
    // One that was saved anew during this look is looked at again at once.
    let next = failures.map_or_else(|| control.now(), |failures| next_look(&control, failures));
    let tx = control.store.begin().await?;
    tx.postpone(&claim, next).await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    Ok(Progress::Worked)
}

/// Reads what a repository lists; gives how many looks in a row have failed, or nothing when it was saved anew meanwhile.
async fn read(control: &Control, repository: &ChartRepository) -> Result<Option<i64>, Error> {
    let before = control.store.chart_refresh(repository.id).await?;
    let looked = match candidate::source(control, repository).await {
        Ok(source) => look(repository, &source, &before, &|_| {}).await,
        Err(Error::Charts(error)) => Err(error),
        Err(Error::Store(store::Error::Stale)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let failures = keep(control, repository, before, looked).await?;
    if failures != Some(0) || repository.kind != ChartRepositoryKind::Oci {
        return Ok(failures);
    }
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    let is_current = versions::complete(control, repository).await?;
    Ok(failures.filter(|_| is_current))
}

/// When to look next, after so many failures in a row.
pub(super) fn next_look(control: &Control, failures: i64) -> Timestamp {
    let seconds = match failures {
        0 => EVERY,
        more => u32::try_from(more - 1)
            .map_or(EVERY, |n| AGAIN.saturating_mul(2_u64.saturating_pow(n)).min(EVERY)),
    };
    let wait = crate::workers::jittered(std::time::Duration::from_secs(seconds)).as_secs();
    control.now().plus_seconds(i64::try_from(wait).unwrap_or(i64::MAX))
}

/// When a repository is looked at that was just read: of a registry at once, for most is still to be asked there.
pub(super) fn first_look(control: &Control, kind: ChartRepositoryKind) -> Timestamp {
    match kind {
        ChartRepositoryKind::Http => next_look(control, 0),
        ChartRepositoryKind::Oci => control.now().plus_seconds(FIRST),
    }
}

/// Asks a repository what it lists; `watch` hears how far that has come.
pub(super) async fn look(
    repository: &ChartRepository,
    source: &Source,
    before: &Refresh,
    watch: Watch<'_>,
) -> Result<Looked, helm::Error> {
    let known = Known {
        etag: before.etag.clone(),
        last_modified: before.last_modified.clone(),
        digest: before.digest.clone(),
    };
    match repository.kind {
        ChartRepositoryKind::Http => match http::index(source, &known, watch).await {
            Ok(None) => Ok(Looked::Unchanged),
            Ok(Some(fetched)) => Ok(Looked::Changed {
                entries: fetched.index.entries,
                left_out: fetched.index.left_out,
                known: fetched.known,
            }),
            Err(error) => Err(http::explain(source, error).await),
        },
        ChartRepositoryKind::Oci => oci::entries(source, &repository.charts, watch)
            .await
            .map(|entries| Looked::Changed { entries, left_out: Vec::new(), known: Known::default() }),
    }
}

/// Writes what a look found, and how it ended; gives how many looks in a row have failed. A repository that was saved
/// anew or deleted since `repository` was read keeps what the newer save lists: `None`, and it is looked at at once.
pub(super) async fn keep(
    control: &Control,
    repository: &ChartRepository,
    before: Refresh,
    looked: Result<Looked, helm::Error>,
) -> Result<Option<i64>, Error> {
    match write(control, repository, before, looked).await {
        Ok(failures) => Ok(Some(failures)),
        Err(Error::Store(store::Error::Stale)) => {
            let name = repository.name.as_str();
            tracing::info!(repository = name, "a chart repository was saved or deleted during a look at it");
            let tx = control.store.begin().await?;
            tx.hasten(Work::ChartRefresh, &repository.id.to_string()).await?;
            tx.commit().await?;
            control.wake(Worker::Refresher);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn write(
    control: &Control,
    repository: &ChartRepository,
    before: Refresh,
    looked: Result<Looked, helm::Error>,
) -> Result<i64, Error> {
    let now = Some(control.now());
    let after = match looked {
        Ok(Looked::Unchanged) => {
            Refresh { tried_at: now, refreshed_at: now, failure: None, failures: 0, ..before }
        }
        Ok(Looked::Changed { entries, left_out, known }) => {
            contents::keep(control, repository, &entries).await?;
            let Known { etag, last_modified, digest } = known;
            let failure = None;
            Refresh {
                tried_at: now,
                refreshed_at: now,
                failure,
                failures: 0,
                etag,
                last_modified,
                digest,
                left_out,
            }
        }
        Err(error) => {
            let name = repository.name.as_str();
            let failures = before.failures.saturating_add(1);
            tracing::warn!(repository = name, error = %error, failures, "a chart repository could not be read");
            let diagnosis = error.diagnosis();
            let failure = RefreshFailure { code: diagnosis.code, sentence: diagnosis.sentence };
            Refresh { tried_at: now, failure: Some(failure), failures, ..before }
        }
    };
    let failures = after.failures;
    let tx = control.store.begin().await?;
    tx.demand_chart_repository(repository).await?;
    tx.put_chart_refresh(repository.id, &after).await?;
    tx.commit().await?;
    Ok(failures)
}
