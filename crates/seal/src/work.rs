//! Counts cipher work, so that a benchmark and tests can see that unchanged files cost none.

use std::cell::Cell;

thread_local! {
    static WORK: Cell<u64> = const { Cell::new(0) };
}

/// Values and data keys that this thread sealed or opened so far.
pub fn cipher_work() -> u64 {
    WORK.get()
}

pub(crate) fn count() {
    WORK.set(WORK.get() + 1);
}
