//! The frame of the workers: loops that take no input but look at what is stored, woken after a write and by
//! a clock with jitter, until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::Outcome;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

/// The kinds of workers. A new one is added here, in [`Worker::spec`], and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Worker {
    /// Forgets what has expired and what nothing refers to any more.
    Cleaner,
    /// Runs checks of GitOps configurations.
    Checker,
    /// Removes what checks have left on Git hosts.
    Sweeper,
    /// Looks every day whether stored credentials still work.
    Rechecker,
    /// Looks at chart repositories.
    Refresher,
    /// Carries out checks of chart repositories that somebody saves.
    ChartChecker,
    /// Lets applications go that were deleted.
    Remover,
    /// Seals anew what lies in Git for the recipients of today.
    Resealer,
    /// Carries out deployments.
    Deployer,
    /// Lets clusters follow what is in Git.
    Releaser,
    /// Looks at clusters.
    ClusterLooker,
}

impl Worker {
    /// All kinds.
    pub const ALL: &[Self] = &[
        Self::Cleaner,
        Self::Checker,
        Self::Sweeper,
        Self::Rechecker,
        Self::Refresher,
        Self::ChartChecker,
        Self::Remover,
        Self::Resealer,
        Self::Deployer,
        Self::Releaser,
        Self::ClusterLooker,
    ];

    /// Its agent noun, for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cleaner => "cleaner",
            Self::Checker => "checker",
            Self::Sweeper => "sweeper",
            Self::Rechecker => "rechecker",
            Self::Refresher => "refresher",
            Self::ChartChecker => "chart-checker",
            Self::Remover => "remover",
            Self::Resealer => "resealer",
            Self::Deployer => "deployer",
            Self::Releaser => "releaser",
            Self::ClusterLooker => "cluster-looker",
        }
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|w| *w == self).unwrap_or_default()
    }

    /// How it runs.
    fn spec(self) -> Spec {
        match self {
            Self::Cleaner => {
                Spec { loops: 1, every: Duration::from_secs(600), step: |c| crate::cleaner::step(c).boxed() }
            }
            // Checks wait for hosts, and people wait for checks: one that is slow does not hold up the others.
            Self::Checker => Spec {
                loops: 8,
                every: Duration::from_secs(5),
                step: |c| crate::check::checker::step(c).boxed(),
            },
            Self::Sweeper => Spec {
                loops: 1,
                every: Duration::from_secs(10),
                step: |c| crate::check::sweeper::step(c).boxed(),
            },
            Self::Rechecker => Spec {
                loops: 1,
                every: Duration::from_secs(900),
                step: |c| crate::check::rechecker::step(c).boxed(),
            },
            // A repository that hangs does not hold up the others.
            Self::Refresher => Spec {
                loops: 2,
                every: Duration::from_secs(30),
                step: |c| crate::chart_repository::refresher::step(c).boxed(),
            },
            Self::ChartChecker => Spec {
                loops: 2,
                every: Duration::from_secs(5),
                step: |c| crate::chart_repository::checker::step(c).boxed(),
            },
            // Often enough that the time of the next try, which people are told, is kept.
            Self::Remover => Spec {
                loops: 1,
                every: Duration::from_secs(5),
                step: |c| crate::application::removal::step(c).boxed(),
            },
            Self::Resealer => Spec {
                loops: 1,
                every: Duration::from_secs(2),
                step: |c| crate::reseal::resealer::step(c).boxed(),
            },
            // Some loops may wait for a host that hangs; the others go on.
            Self::Deployer => {
                Spec { loops: 8, every: Duration::from_secs(2), step: |c| crate::deployer::step(c).boxed() }
            }
            // Some loops may wait for a cluster that does not answer; others are left for the others.
            Self::Releaser => Spec {
                loops: crate::releaser::LOOPS,
                every: Duration::from_secs(3),
                step: |c| crate::releaser::step(c).boxed(),
            },
            // One that does not answer holds a loop for the length of its patience.
            Self::ClusterLooker => Spec {
                loops: 4,
                every: Duration::from_secs(5),
                step: |c| crate::cluster::looker::step(c).boxed(),
            },
        }
    }
}

/// How a kind of worker runs.
struct Spec {
    /// Loops side by side in this process.
    loops: u32,
    /// Time between looks at what is stored when nothing wakes it; spread by a quarter.
    every: Duration,
    /// One look: does at most one piece of work.
    step: fn(Arc<Control>) -> BoxFuture<'static, Result<Progress, Error>>,
}

/// What one look at what is stored led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// There was nothing to do.
    Idle,
    /// Something was done; there may be more.
    Worked,
}

/// The bells of this process's workers, and how they are.
#[derive(Debug)]
pub struct Bells {
    bells: Vec<Notify>,
    failing: Vec<AtomicBool>,
    alive: AtomicU32,
}

impl Default for Bells {
    fn default() -> Self {
        Self {
            bells: Worker::ALL.iter().map(|_| Notify::new()).collect(),
            failing: Worker::ALL.iter().map(|_| AtomicBool::new(false)).collect(),
            alive: AtomicU32::new(0),
        }
    }
}

impl Bells {
    /// Wakes one loop of the kind; the wake is kept if all are busy.
    pub(crate) fn ring(&self, worker: Worker) {
        self.bells[worker.index()].notify_one();
    }

    /// Loops that run now.
    pub fn alive(&self) -> u32 {
        self.alive.load(Ordering::Relaxed)
    }

    /// Kinds of workers whose last look failed.
    pub fn failing(&self) -> Vec<Worker> {
        Worker::ALL.iter().copied().filter(|w| self.failing[w.index()].load(Ordering::Relaxed)).collect()
    }
}

/// The number of loops that a healthy process runs.
pub fn expected() -> u32 {
    Worker::ALL.iter().map(|w| w.spec().loops).sum()
}

/// Starts all workers. They stop soon after `stop` is cancelled: each finishes the step at hand. Await the set
/// with a limit.
pub fn start(control: &Arc<Control>, stop: &CancellationToken) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for worker in Worker::ALL {
        for _ in 0..worker.spec().loops {
            running.spawn(run(Arc::clone(control), *worker, stop.clone()));
        }
    }
    running
}

/// Lets one kind of worker take a look at what is stored, once, as its loop would.
pub async fn once(control: &Arc<Control>, worker: Worker) -> Result<Progress, Error> {
    (worker.spec().step)(Arc::clone(control)).await
}

async fn run(control: Arc<Control>, worker: Worker, stop: CancellationToken) {
    let spec = worker.spec();
    control.bells.alive.fetch_add(1, Ordering::Relaxed);
    let mut failures = 0_u32;
    while !stop.is_cancelled() {
        let step = std::panic::AssertUnwindSafe((spec.step)(Arc::clone(&control))).catch_unwind().await;
        let result = step.unwrap_or_else(|_| Err(Error::Bug("a worker panicked".into())));
        control.bells.failing[worker.index()].store(result.is_err(), Ordering::Relaxed);
        let wait = match result {
            Ok(Progress::Worked) => {
                failures = 0;
                continue;
            }
            Ok(Progress::Idle) => {
                failures = 0;
                jittered(spec.every)
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                let wait = after_failure(&error, failures).min(spec.every);
                tracing::error!(worker = worker.as_str(), error = %error.chain(), failures, "worker failed");
                wait
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = control.bells.bells[worker.index()].notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    control.bells.alive.fetch_sub(1, Ordering::Relaxed);
}

/// Time before the next look after a failure: what the other side asked for, else 0.5 s doubled each time.
fn after_failure(error: &Error, failures: u32) -> Duration {
    match error.outcome() {
        Outcome::RetryLater { after: Some(after) } => after,
        _ => jittered(Duration::from_millis(500) * 2_u32.saturating_pow(failures.min(10))),
    }
}

/// `every`, a quarter more or less at random, so that processes do not look at the same moment.
pub fn jittered(every: Duration) -> Duration {
    let share = f64::from(u16::from_le_bytes(crate::random::bytes())) / f64::from(u16::MAX);
    every.mul_f64(0.75 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_quarter() {
        for _ in 0..1000 {
            let got = jittered(Duration::from_secs(100));
            assert!((75..=125).contains(&got.as_secs()), "{got:?}");
        }
    }
}
