//! Pauses of random length, so that many who wait do not come back at once.

use std::time::Duration;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// Waits for a random part of `first`, doubled for each attempt after the first.
pub(crate) async fn jittered(attempt: u32, first: Duration) {
    let longest = first.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    let mut bytes = [0; 2];
    let share = match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX),
        Err(_) => 0.5,
    };
    tokio::time::sleep(longest.mul_f64(share)).await;
}
