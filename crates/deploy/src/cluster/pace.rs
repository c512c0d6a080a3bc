//! How many calls go to one API server: so many at once, and as many in a second as it takes. Nothing is held back
//! until it says that it is too much; then all calls wait as long as it asked, and go on at a slower pace, which grows
//! again while it does not complain.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The bounds of one cluster's client.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Calls under way at once.
    pub at_once: usize,
    /// How long calls are repeated while the API server is away or throttles: in all, not each.
    pub patience: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { at_once: 16, patience: Duration::from_secs(60) }
    }
}

/// What a throttled call waits where the API server does not say how long.
const UNSAID: Duration = Duration::from_secs(1);
/// The slowest pace, and the distance of calls at which there is none any more.
const SLOWEST: Duration = Duration::from_millis(100);
const NONE: Duration = Duration::from_micros(200);
/// After so long without a call that failed it is not known any more whether the API server is away.
const STALE: Duration = Duration::from_secs(120);
/// So many calls tell how many there are in a second.
const MANY: u32 = 20;
/// How often the pace is made quicker while nothing is throttled.
const EASE: Duration = Duration::from_secs(1);

/// Lets calls go one after the other.
pub(super) struct Pace {
    permits: Semaphore,
    state: Mutex<State>,
}

struct State {
    /// Before this nothing goes.
    until: Instant,
    /// When the next call may go.
    next: Instant,
    /// How far calls are apart; zero for no pace.
    interval: Duration,
    /// When the pace was changed last.
    changed: Instant,
    /// Calls of this second, to know how many there were when it became too much, and how far those of the second
    /// before were apart.
    calls: (Instant, u32),
    apart: Duration,
    /// Since when no call has got through, if none does, and when the last one did not.
    trouble: Option<(Instant, Instant)>,
}

impl Pace {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let now = Instant::now();
        let state = State {
            until: now,
            next: now,
            interval: Duration::ZERO,
            changed: now,
            calls: (now, 0),
            apart: SLOWEST,
            trouble: None,
        };
        Self { permits: Semaphore::new(bounds.at_once.max(1)), state: Mutex::new(state) }
    }

    /// Waits until a call may go; it is under way as long as the answer is held.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        let permit = self.permits.acquire().await.expect("it is never closed");
        self.go().await;
        permit
    }

    /// The same for a call that takes no part in the bound of calls at once.
    pub(super) async fn go(&self) {
        loop {
            let at = self.lock().slot(Instant::now());
            tokio::time::sleep_until(at).await;
            // All obey what one was told meanwhile.
            if self.lock().until <= Instant::now() {
                return;
            }
        }
    }

    /// A call was refused as there were too many.
    pub(super) fn throttled(&self, asked: Option<Duration>) {
        // Those of other processes come back at another time.
        let pause = asked.unwrap_or(UNSAID);
        let pause = pause + net::retry::jittered(pause / 4);
        self.lock().throttled(Instant::now(), pause);
    }

    /// A call got through.
    pub(super) fn answered(&self) {
        self.lock().answered(Instant::now());
    }

    /// A call did not get through; how long none has.
    pub(super) fn trouble(&self) -> Duration {
        self.lock().troubled(Instant::now())
    }

    /// How long no call has got through, if none does.
    pub(super) fn troubled(&self) -> Duration {
        let now = Instant::now();
        self.lock().known_trouble(now).map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }
}

impl State {
    fn slot(&mut self, now: Instant) -> Instant {
        let second = Duration::from_secs(1);
        if now.duration_since(self.calls.0) >= second {
            self.apart = second / self.calls.1.max(1);
            self.calls = (now, 0);
        }
        self.calls.1 += 1;
        let at = self.next.max(self.until).max(now);
        self.next = at + self.interval;
        at
    }

    /// What is known of a trouble that was not asked about for long says nothing any more.
    fn known_trouble(&self, now: Instant) -> Option<Instant> {
        let (since, last) = self.trouble?;
        (now.duration_since(last) < STALE).then_some(since)
    }

    fn troubled(&mut self, now: Instant) -> Duration {
        let since = self.known_trouble(now).unwrap_or(now);
        self.trouble = Some((since, now));
        now.duration_since(since)
    }

    /// Of many calls that are refused at once only the first makes the pace slower.
    fn throttled(&mut self, now: Instant, pause: Duration) {
        if now >= self.until {
            let apart = now.duration_since(self.calls.0) / self.calls.1.max(1);
            let lately = if self.calls.1 >= MANY { apart } else { self.apart };
            let known = if self.interval.is_zero() { lately } else { self.interval };
            self.interval = (known * 2).clamp(NONE, SLOWEST);
            self.changed = now;
        }
        self.until = self.until.max(now + pause);
    }

    fn answered(&mut self, now: Instant) {
        self.trouble = None;
        if now.duration_since(self.changed) < EASE || now < self.until {
            return;
        }
        self.changed = now;
        self.interval = self.interval.mul_f64(0.75);
        if self.interval < NONE {
            self.interval = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_held_back_only_once_the_server_says_so() {
        let pace = Pace::new(&Bounds::default());
        let now = Instant::now() + Duration::from_secs(60);
        let mut state = pace.lock();
        for call in 0..1_000 {
            let at = now + Duration::from_millis(call);
            assert_eq!(state.slot(at), at);
        }
        // A thousand calls a second were too much: all wait, and then come one after the other.
        let now = now + Duration::from_secs(1);
        state.throttled(now, Duration::from_secs(3));
        state.throttled(now, Duration::from_secs(2));
        let later = now + Duration::from_secs(3);
        let slots: Vec<Instant> = (0..3).map(|_| state.slot(now)).collect();
        assert_eq!(slots[0], later, "the longest pause holds");
        let apart = slots[1] - slots[0];
        assert_eq!(apart, Duration::from_millis(2));
        assert_eq!(slots[2] - slots[1], apart, "told once");
        // It grows again while nothing is said.
        for second in 1..40 {
            state.answered(later + Duration::from_secs(second));
        }
        let far = later + Duration::from_secs(60);
        assert!((0..100).all(|_| state.slot(far) == far));
    }

    #[tokio::test]
    async fn trouble_is_counted_for_all_calls_together() {
        let pace = Pace::new(&Bounds::default());
        assert_eq!(pace.troubled(), Duration::ZERO);
        pace.trouble();
        tokio::task::yield_now().await;
        assert!(pace.trouble() > Duration::ZERO && pace.troubled() > Duration::ZERO);
        pace.answered();
        assert_eq!(pace.troubled(), Duration::ZERO);
        let now = Instant::now();
        let mut state = pace.lock();
        assert_eq!(state.troubled(now), Duration::ZERO);
        assert_eq!(state.troubled(now + Duration::from_secs(60)), Duration::from_secs(60));
        assert_eq!(state.troubled(now + Duration::from_secs(300)), Duration::ZERO, "too long ago");
    }
}
