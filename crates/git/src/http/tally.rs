//! How many calls a client made, by what became of them.

use std::sync::atomic::{AtomicU64, Ordering};

use net::Failed;

use super::Answer;

/// Calls of a client since it was made, by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Answered with a success.
    pub answered: u64,
    /// Answered with 304: what was known still holds.
    pub unchanged: u64,
    /// Answered with a status that says no.
    pub refused: u64,
    /// Refused because there were too many.
    pub throttled: u64,
    /// Without a usable answer, or with a failure of the host.
    pub failed: u64,
    /// Not sent, because the budget did not allow it in time.
    pub held: u64,
}

impl Tally {
    /// The counts with the words that metrics use.
    pub fn outcomes(&self) -> [(&'static str, u64); 6] {
        [
            ("answered", self.answered),
            ("unchanged", self.unchanged),
            ("refused", self.refused),
            ("throttled", self.throttled),
            ("failed", self.failed),
            ("held_back", self.held),
        ]
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            answered: self.answered + other.answered,
            unchanged: self.unchanged + other.unchanged,
            refused: self.refused + other.refused,
            throttled: self.throttled + other.throttled,
            failed: self.failed + other.failed,
            held: self.held + other.held,
        }
    }
}

/// The counters behind a [`Tally`].
#[derive(Default)]
pub(super) struct Counters {
    answered: AtomicU64,
    unchanged: AtomicU64,
    refused: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
    held: AtomicU64,
}

impl Counters {
    pub(super) fn ended(&self, result: &Result<Answer, Failed>) {
        let counter = match result {
            Ok(answer) if answer.throttled() => &self.throttled,
            Ok(answer) if answer.unchanged => &self.unchanged,
            Ok(answer) if answer.status.is_server_error() => &self.failed,
            Ok(answer) if answer.status.is_client_error() => &self.refused,
            Ok(_) => &self.answered,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn held(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            answered: read(&self.answered),
            unchanged: read(&self.unchanged),
            refused: read(&self.refused),
            throttled: read(&self.throttled),
            failed: read(&self.failed),
            held: read(&self.held),
        }
    }
}
