//! How many loops are at which cluster, and how many only look for drift: a cluster that does not answer keeps some of
//! them waiting, never all, neither those that release nor those that look; a thousand places that are due at once, as
//! after a start, are no load that anybody feels.

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
    at: HashMap<ClusterId, Count>,
}

/// How many are at one cluster.
#[derive(Default)]
struct Count {
    all: usize,
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
    /// one for a cluster at which nobody is; the same of those that only look.
    pub(super) fn full(&self) -> Except {
        let taken = self.lock();
        Except {
            clusters: taken.full(LOOPS as usize, |count| count.all),
            looks: taken.at.values().map(|count| count.looks).sum::<usize>() >= LOOKS,
            looks_at: taken.full(LOOKS, |count| count.looks),
        }
    }

    /// Takes one at a cluster, perhaps only to look.
    pub(super) fn take(self: &Arc<Self>, cluster: ClusterId, is_look: bool) -> Seat {
        let mut taken = self.lock();
        let count = taken.at.entry(cluster).or_default();
        count.all += 1;
        count.looks += usize::from(is_look);
        Seat { seats: Arc::clone(self), cluster, is_look }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// The clusters that have all that they may have of so many.
    fn full(&self, of: usize, own: impl Fn(&Count) -> usize) -> Vec<ClusterId> {
        let all: usize = self.at.values().map(&own).sum();
        let most = |own: usize| of.saturating_sub(all - own) / 2;
        let full = self.at.iter().filter(|(_, count)| own(count) >= most(own(count)).max(1));
        full.map(|(cluster, _)| *cluster).collect()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(count) = taken.at.get_mut(&self.cluster) {
            count.all -= 1;
            count.looks -= usize::from(self.is_look);
            if count.all == 0 {
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
        let seats = Arc::new(Seats::default());
        let clusters: Vec<ClusterId> = (0..LOOKS).map(|_| ClusterId(crate::random::id())).collect();
        let _deployments: Vec<Seat> = (0..3).map(|_| seats.take(clusters[0], false)).collect();
        assert_eq!(seats.full(), Except::default());
        let mut looks: Vec<Seat> = clusters.iter().map(|cluster| seats.take(*cluster, true)).collect();
        assert!(seats.full().looks);
        looks.pop();
        assert!(!seats.full().looks);
    }

    #[test]
    fn a_cluster_that_hangs_has_half_of_those_that_look() {
        let seats = Arc::new(Seats::default());
        let [hangs, other] = [(); 2].map(|()| ClusterId(crate::random::id()));
        let mut looks = vec![seats.take(hangs, true)];
        assert_eq!(seats.full(), Except::default());
        looks.push(seats.take(hangs, true));
        assert_eq!(looks.len(), LOOKS / 2);
        let full = Except { looks_at: vec![hangs], ..Except::default() };
        assert_eq!(seats.full(), full, "something may still be released there, and others be looked at");
        looks.push(seats.take(other, true));
        let mut full = seats.full();
        full.looks_at.sort();
        let mut both = vec![hangs, other];
        both.sort();
        assert_eq!(full, Except { looks_at: both, ..Except::default() }, "one is left for a third");
        looks.clear();
        assert_eq!(seats.full(), Except::default());
    }
}
