//! How many loops are at which cluster, and how many only look for drift: a cluster that does not answer keeps some of
//! them waiting, never all; a thousand places that are due at once, as after a start, are no load that anybody feels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::ClusterId;
use store::Except;

/// How many loops there are.
pub(crate) const LOOPS: u32 = 24;
/// How many of them look at places at which nobody asked for anything.
pub(super) const LOOKS: usize = 4;

/// Who is where.
#[derive(Default)]
pub(crate) struct Seats {
    taken: Mutex<Taken>,
    /// Only one loop looks for work at a time: two would find the same.
    pub(super) looking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Taken {
    at: HashMap<ClusterId, usize>,
    /// How many of them only look.
    looks: usize,
}

/// One that is taken, until it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    cluster: ClusterId,
    is_look: bool,
}

impl Seats {
    /// The places for which there is none left. Each cluster has half of what the others leave, so that there is always
    /// one for a cluster at which nobody is.
    pub(super) fn full(&self) -> Except {
        let taken = self.lock();
        let all: usize = taken.at.values().sum();
        let most = |own: usize| (LOOPS as usize).saturating_sub(all - own) / 2;
        let full = taken.at.iter().filter(|(_, own)| **own >= most(**own).max(1));
        Except { clusters: full.map(|(cluster, _)| *cluster).collect(), looks: taken.looks >= LOOKS }
    }

    /// Takes one at a cluster, perhaps only to look.
    pub(super) fn take(self: &Arc<Self>, cluster: ClusterId, is_look: bool) -> Seat {
        let mut taken = self.lock();
        *taken.at.entry(cluster).or_default() += 1;
        taken.looks += usize::from(is_look);
        Seat { seats: Arc::clone(self), cluster, is_look }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.looks -= usize::from(self.is_look);
        if let Some(count) = taken.at.get_mut(&self.cluster) {
            *count -= 1;
            if *count == 0 {
                taken.at.remove(&self.cluster);
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
            while !seats.full().clusters.contains(cluster) {
                own.push(seats.take(*cluster, false));
            }
            taken.push(own);
        }
        let counts: Vec<usize> = taken.iter().map(Vec::len).collect();
        assert_eq!(counts, [12, 6, 3, 1, 1, 1]);
        taken.clear();
        assert_eq!(seats.full(), Except::default());
    }

    #[test]
    fn what_nobody_asked_for_has_few_of_them() {
        let (seats, cluster) = (Arc::new(Seats::default()), ClusterId(crate::random::id()));
        let mut looks: Vec<Seat> = (1..LOOKS).map(|_| seats.take(cluster, true)).collect();
        let _deployments: Vec<Seat> = (0..3).map(|_| seats.take(cluster, false)).collect();
        assert!(!seats.full().looks);
        looks.push(seats.take(cluster, true));
        assert_eq!(seats.full(), Except { clusters: Vec::new(), looks: true });
        looks.pop();
        assert_eq!(seats.full(), Except::default());
    }
}
