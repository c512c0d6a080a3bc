//! Counts of what this process did since its start, for whoever measures it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::deployment::{End, Stage};

/// Is told of every stage of a deployment that was passed, and how long the work for it took.
pub type StageWatch = Box<dyn Fn(Stage, Duration) + Send + Sync>;

/// Counts of what this process did since its start.
#[derive(Default)]
pub struct Counts {
    stored: AtomicU64,
    healthy: AtomicU64,
    degraded: AtomicU64,
    failed: AtomicU64,
    superseded: AtomicU64,
    checks_passed: AtomicU64,
    checks_failed: AtomicU64,
    pushes: AtomicU64,
    corrected: AtomicU64,
    refused: AtomicU64,
    stages: OnceLock<StageWatch>,
}

impl Counts {
    /// Deployments that ended so.
    pub fn deployments(&self, end: End) -> u64 {
        self.of(end).load(Ordering::Relaxed)
    }

    /// Checks of GitOps configurations that ended, by whether a required stage failed.
    pub fn checks(&self, failed: bool) -> u64 {
        self.check(failed).load(Ordering::Relaxed)
    }

    /// Pushes for deployments; those that lost a race are counted too.
    pub fn pushes(&self) -> u64 {
        self.pushes.load(Ordering::Relaxed)
    }

    /// Objects in clusters that were put right without being asked.
    pub fn corrected(&self) -> u64 {
        self.corrected.load(Ordering::Relaxed)
    }

    /// Corrections of drift that were refused, each once for as long as the reason is the same.
    pub fn corrections_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn drift_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn drift_corrected(&self, objects: usize) {
        self.corrected.fetch_add(objects as u64, Ordering::Relaxed);
    }

    /// Lets someone hear of stages from now on. There is one such listener: a second one is not taken.
    pub fn watch_stages(&self, watch: StageWatch) {
        let _one_is_there = self.stages.set(watch);
    }

    pub(crate) fn stage_passed(&self, stage: Stage, took: Duration) {
        if let Some(watch) = self.stages.get() {
            watch(stage, took);
        }
    }

    pub(crate) fn deployment_ended(&self, end: End) {
        self.of(end).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn check_ended(&self, failed: bool) {
        self.check(failed).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn pushed(&self, pushes: u32) {
        self.pushes.fetch_add(u64::from(pushes), Ordering::Relaxed);
    }

    fn of(&self, end: End) -> &AtomicU64 {
        match end {
            End::Stored => &self.stored,
            End::Healthy => &self.healthy,
            End::Degraded => &self.degraded,
            End::Failed => &self.failed,
            End::Superseded => &self.superseded,
        }
    }

    fn check(&self, failed: bool) -> &AtomicU64 {
        if failed { &self.checks_failed } else { &self.checks_passed }
    }
}
