//! How many loops are at which cluster: one that does not answer keeps some of them waiting, never all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::ClusterId;

/// So many loops are at one cluster at most.
pub(crate) const MOST: usize = 16;

/// Who is where.
#[derive(Default)]
pub(crate) struct Seats {
    taken: Mutex<HashMap<ClusterId, usize>>,
    /// Only one loop looks for work at a time: two would find the same.
    pub(super) looking: tokio::sync::Mutex<()>,
}

/// One that is taken, until it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    cluster: ClusterId,
}

impl Seats {
    /// The clusters at which there is none left.
    pub(super) fn full(&self) -> Vec<ClusterId> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().filter(|(_, count)| **count >= MOST).map(|(cluster, _)| *cluster).collect()
    }

    /// Takes one.
    pub(super) fn take(self: &Arc<Self>, cluster: ClusterId) -> Seat {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(cluster).or_default() += 1;
        Seat { seats: Arc::clone(self), cluster }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.cluster) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.cluster);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_full_until_somebody_leaves() {
        let seats = Arc::new(Seats::default());
        let (one, other) = (ClusterId(crate::random::id()), ClusterId(crate::random::id()));
        let mut taken: Vec<Seat> = (0..MOST).map(|_| seats.take(one)).collect();
        let _elsewhere = seats.take(other);
        assert_eq!(seats.full(), [one]);
        taken.pop();
        assert!(seats.full().is_empty());
    }
}
