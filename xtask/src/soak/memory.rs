//! What the server's memory did during the soak.

/// How much more the last third may hold than the second: what grows for ever grows more.
const GROWTH: f64 = 1.15;

/// Samples in bytes, in the order of time.
#[derive(Default)]
pub(super) struct Memory(Vec<u64>);

impl Memory {
    /// Takes a sample down.
    pub(super) fn note(&mut self, bytes: u64) {
        self.0.push(bytes);
    }

    /// Prints what it did; whether it is flat.
    pub(super) fn judge(&self) -> bool {
        let third = self.0.len() / 3;
        if third == 0 {
            println!("memory: too few samples to judge");
            return true;
        }
        let median = |samples: &[u64]| {
            let mut sorted = samples.to_vec();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied().unwrap_or_default() as f64 / 1e6
        };
        let (first, second, last) =
            (median(&self.0[..third]), median(&self.0[third..2 * third]), median(&self.0[2 * third..]));
        let flat = last <= second * GROWTH;
        println!(
            "memory: {first:.0} MB, {second:.0} MB, {last:.0} MB (medians of the thirds), {}",
            if flat { "flat" } else { "GROWING" }
        );
        flat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_from_warming_up() {
        let of = |samples: &[u64]| Memory(samples.iter().map(|s| s * 1_000_000).collect()).judge();
        assert!(of(&[20, 25, 50, 50, 50, 51]));
        assert!(!of(&[20, 20, 40, 40, 60, 60]));
    }
}
