//! The cleaner: a worker that forgets what has expired and what nothing refers to any more, so that the
//! database does not grow with time alone.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Timestamp;

use crate::workers::Progress;
use crate::{Control, Error};

/// How many committed deployments of each application and environment keep their files: what can be compared
/// with, and released again, without asking Git.
const DEPLOYMENTS_WITH_FILES: u32 = 20;
/// Files and leases younger than this are left alone, in seconds.
const LEFT_ALONE_SECONDS: i64 = 86_400;
/// Seconds between two looks at all files.
const LONG_LOOK_SECONDS: i64 = 86_400;
/// For how long one process has the job, in seconds: less than the time between looks.
const JOB_SECONDS: i64 = 300;

/// How long a branch that nothing is written to is remembered: to read it again takes two requests.
const BRANCH_REMEMBERED: Duration = Duration::from_secs(3600);

/// Which files this process has looked at already. A short look is at those that have become old since the last one:
/// older ones are given up with the deployments that needed them. Only a long look, once a day and at the start, finds
/// those whose deployments went with their application.
#[derive(Default)]
pub(crate) struct Cleaned(Mutex<Option<Looks>>);

/// How old what was looked at was at most, at the last look and at the last long one.
#[derive(Clone, Copy)]
struct Looks {
    last: Timestamp,
    long: Timestamp,
}

impl Cleaned {
    /// When what is to be looked at was kept last: before `old`.
    fn ages(&self, old: Timestamp) -> Range<Timestamp> {
        let looks = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let short = looks.filter(|looks| old < looks.long.plus_seconds(LONG_LOOK_SECONDS));
        short.map_or(Timestamp(0), |looks| looks.last)..old
    }

    fn note(&self, ages: &Range<Timestamp>) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let long = looks.filter(|_| ages.start.0 > 0).map_or(ages.end, |looks| looks.long);
        *looks = Some(Looks { last: ages.end, long });
    }
}

/// One look: the processes take turns at what is stored.
pub(crate) async fn step(control: Arc<Control>) -> Result<Progress, Error> {
    control.writers.forget_unused(BRANCH_REMEMBERED);
    let now = control.now();
    let owner = std::process::id().to_string();
    if !control.store.claim_job("cleaning", &owner, now.plus_seconds(JOB_SECONDS), now).await? {
        return Ok(Progress::Idle);
    }
    let idle = now.plus_seconds(-control.settings.session.idle_seconds);
    let old = now.plus_seconds(-LEFT_ALONE_SECONDS);
    let tx = control.store.begin().await?;
    tx.delete_ended_sessions(now, idle).await?;
    tx.delete_answered(now.plus_seconds(-crate::idempotency::KEPT_SECONDS)).await?;
    tx.delete_ended_leases(old).await?;
    tx.commit().await?;
    let ages = control.cleaned.ages(old);
    let collected = control.store.collect_blobs(DEPLOYMENTS_WITH_FILES, ages.clone()).await?;
    control.cleaned.note(&ages);
    if collected != store::Collected::default() {
        tracing::info!(references = collected.references, files = collected.blobs, "files were given up");
    }
    Ok(Progress::Idle)
}

#[cfg(test)]
mod tests {
    use store::{Settings as Opening, Store};

    use super::*;
    use crate::MovableClock;

    #[test]
    fn short_looks_follow_a_long_one_for_a_day() {
        let cleaned = Cleaned::default();
        let at = |hour: i64| Timestamp(0).plus_seconds(hour * 3_600);
        for (hour, from) in [(100, 0), (101, 100), (123, 101), (124, 0), (125, 124)] {
            let ages = cleaned.ages(at(hour));
            assert_eq!(ages, at(from)..at(hour));
            cleaned.note(&ages);
        }
    }

    #[tokio::test]
    async fn what_is_young_stays_and_what_is_old_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Opening::new(folder.path())).await.unwrap();
        let clock = Arc::new(MovableClock::default());
        let settings = crate::Settings::new(folder.path(), "http://127.0.0.1:1".parse().unwrap());
        let control = Arc::new(Control::new(store, Arc::clone(&clock) as Arc<dyn crate::Clock>, settings));
        let tx = control.store.begin().await.unwrap();
        tx.put_blob("unused", b"x", control.now()).await.unwrap();
        tx.commit().await.unwrap();
        let kept = async || control.store.blob("unused").await.unwrap().is_some();

        step(Arc::clone(&control)).await.unwrap();
        assert!(kept().await, "a deployment may be about to refer to it");
        clock.advance(LEFT_ALONE_SECONDS + 1);
        let now = control.now();
        let until = now.plus_seconds(60);
        assert!(control.store.claim_job("cleaning", "another process", until, now).await.unwrap());
        step(Arc::clone(&control)).await.unwrap();
        assert!(kept().await, "another process has the job");
        clock.advance(61);
        step(Arc::clone(&control)).await.unwrap();
        assert!(!kept().await);
    }
}
