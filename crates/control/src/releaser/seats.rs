//! How many loops are at which cluster: one that does not answer keeps some of them waiting, never all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::ClusterId;

/// How many loops there are.
pub(crate) const LOOPS: u32 = 24;

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
    /// The clusters at which there is none left: each has half of what the others leave, so that there is always one
    /// for a cluster at which nobody is.
    pub(super) fn full(&self) -> Vec<ClusterId> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let most = |own: usize| (LOOPS as usize).saturating_sub(all - own) / 2;
        taken.iter().filter(|(_, own)| **own >= most(**own).max(1)).map(|(cluster, _)| *cluster).collect()
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
    fn a_cluster_has_half_of_what_the_others_leave() {
        let seats = Arc::new(Seats::default());
        let clusters: Vec<ClusterId> = (0..6).map(|_| ClusterId(crate::random::id())).collect();
        let mut taken: Vec<Vec<Seat>> = Vec::new();
        // Each takes what it gets, one after the other.
        for cluster in &clusters {
            let mut own = Vec::new();
            while !seats.full().contains(cluster) {
                own.push(seats.take(*cluster));
            }
            taken.push(own);
        }
        let counts: Vec<usize> = taken.iter().map(Vec::len).collect();
        assert_eq!(counts, [12, 6, 3, 1, 1, 1]);
        taken.clear();
        assert!(seats.full().is_empty());
    }
}
