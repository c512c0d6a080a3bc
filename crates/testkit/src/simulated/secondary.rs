//! Secondary limits of a host, enforced: what is too many at once, a minute or an hour is refused and counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a host allows a token beside its budget of calls.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls at the same time.
    pub concurrent: usize,
    /// Calls that make or change something, a minute.
    pub creations_minute: usize,
    /// The same, an hour.
    pub creations_hour: usize,
    /// Points a minute: a call that reads is one, a call that writes is five.
    pub points_minute: usize,
}

impl Limits {
    /// GitHub's (docs.github.com, 2026).
    pub const GITHUB: Self =
        Self { concurrent: 100, creations_minute: 80, creations_hour: 500, points_minute: 900 };
}

/// Watches the calls of a host.
#[derive(Default)]
pub struct Secondary(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    limits: Option<Limits>,
    open: usize,
    creations: VecDeque<Instant>,
    points: VecDeque<(Instant, usize)>,
    breaches: Vec<String>,
    most: usize,
}

/// A call under way; it ends when this is dropped.
pub struct UnderWay(Arc<Secondary>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.watched().open -= 1;
    }
}

impl Secondary {
    /// Enforces limits from now on.
    pub fn enforce(&self, limits: Limits) {
        self.watched().limits = Some(limits);
    }

    /// The breaches so far.
    pub fn breaches(&self) -> Vec<String> {
        self.watched().breaches.clone()
    }

    /// The most calls that were open at the same time.
    pub fn most(&self) -> usize {
        self.watched().most
    }

    /// Notes that a call begins.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        let mut watched = self.watched();
        watched.open += 1;
        watched.most = watched.most.max(watched.open);
        UnderWay(Arc::clone(self))
    }

    /// Counts a call; whether it is one too many.
    pub fn count(&self, call: &str) -> bool {
        let now = Instant::now();
        let mut watched = self.watched();
        let Some(limits) = watched.limits else { return false };
        let reads = ["GET ", "HEAD ", "OPTIONS "].iter().any(|method| call.starts_with(method));
        let creates = !reads && !call.starts_with("DELETE ");
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        watched.points.push_back((now, if reads { 1 } else { 5 }));
        if creates {
            watched.creations.push_back(now);
        }
        watched.points.retain(|(at, _)| now.duration_since(*at) < minute);
        watched.creations.retain(|at| now.duration_since(*at) < hour);
        let lately = watched.creations.iter().filter(|at| now.duration_since(**at) < minute).count();
        let points: usize = watched.points.iter().map(|(_, points)| points).sum();
        for (what, found, limit) in [
            ("calls at once", watched.open, limits.concurrent),
            ("creations in a minute", lately, limits.creations_minute),
            ("creations in an hour", watched.creations.len(), limits.creations_hour),
            ("points in a minute", points, limits.points_minute),
        ] {
            if found > limit && (creates || !what.starts_with("creations")) {
                watched.breaches.push(format!("{call}: {found} {what}, {limit} are allowed"));
                return true;
            }
        }
        false
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
