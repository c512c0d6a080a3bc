//! How many calls go to one API server: at once, and in a second.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The bounds of one cluster's client.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Calls under way at once.
    pub at_once: usize,
    /// Calls in a second, on average; a second's worth may come at once.
    pub per_second: u32,
    /// How long one call is repeated while the API server is away or throttles.
    pub patience: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { at_once: 16, per_second: 1_000, patience: Duration::from_secs(60) }
    }
}

/// Lets calls go one after the other.
pub(super) struct Pace {
    permits: Semaphore,
    next: Mutex<Instant>,
    interval: Duration,
}

impl Pace {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let interval = Duration::from_secs(1) / bounds.per_second.max(1);
        Self { permits: Semaphore::new(bounds.at_once.max(1)), next: Mutex::new(Instant::now()), interval }
    }

    /// Waits until a call may go; it is under way as long as the answer is held.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        let permit = self.permits.acquire().await.expect("it is never closed");
        let at = self.slot(Instant::now());
        tokio::time::sleep_until(at).await;
        permit
    }

    fn slot(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().expect("nothing panics while it holds this");
        let earliest = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        let at = (*next).max(earliest);
        *next = at + self.interval;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_of_calls_goes_at_once_and_the_rest_at_the_rate() {
        let pace = Pace::new(&Bounds { per_second: 10, ..Bounds::default() });
        let now = Instant::now() + Duration::from_secs(60);
        let slots: Vec<Instant> = (0..21).map(|_| pace.slot(now)).collect();
        assert_eq!(slots.iter().filter(|at| **at <= now).count(), 11);
        assert_eq!(slots[20], now + Duration::from_secs(1));
    }
}
