//! Chance that can be repeated: a seed is printed, and given again with `TRUELINE_SEED`; `TRUELINE_ROUNDS` says how
//! often a test of chance goes round.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A source of numbers, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

/// A source with the seed that was given, or a new one; its seed is printed.
///
/// # Panics
/// When what was given is no number.
pub fn source(test: &str) -> Chance {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    let seed = number("TRUELINE_SEED").unwrap_or(now % 1_000_000);
    eprintln!("{test}: TRUELINE_SEED={seed}");
    Chance::new(seed)
}

/// How often a test goes round: as was given, or as it says itself.
///
/// # Panics
/// When what was given is no number.
pub fn rounds(default: u64) -> u64 {
    number("TRUELINE_ROUNDS").unwrap_or(default)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

impl Chance {
    /// The source of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound` (splitmix64, Steele et al. 2014).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// A moment of chance, for what happens at any time: nothing is waited for.
pub async fn moment(chance: &mut Chance, most: Duration) {
    tokio::time::sleep(Duration::from_millis(chance.below(most.as_millis() as u64))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |seed| {
            let mut chance = Chance::new(seed);
            (0..50).map(|_| chance.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert!((0..10).all(|number| numbers(7).contains(&number)));
    }
}
