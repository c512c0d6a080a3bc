//! What the server's memory did during the soak: its own, without the pages of files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::Error;
use crate::http::get;
use crate::program::Running;
use crate::run::seconds;

/// How much more the last third may hold than the second. The first third warms up: caches with a fixed size fill. What
/// grows after that is no cache, and 15 % in ten minutes would be twice the memory within the hour.
const GROWTH: f64 = 1.05;
/// Samples below which nothing is judged: five minutes of them, one every five seconds.
const ENOUGH: usize = 60;

/// Samples in bytes, in the order of time.
#[derive(Default)]
pub(super) struct Memory(Vec<u64>);

impl Memory {
    /// Takes a sample down.
    pub(super) fn note(&mut self, bytes: u64) {
        self.0.push(bytes);
    }

    /// Prints what it did; `false` when it grew. A soak that is too short says so and finds nothing.
    pub(super) fn judge(&self) -> bool {
        let third = self.0.len() / 3;
        if third == 0 {
            println!("memory: no samples");
            return true;
        }
        let parts = [&self.0[..third], &self.0[third..2 * third], &self.0[2 * third..]];
        let [first, second, last] = parts.map(median);
        let most = self.0.iter().copied().max().unwrap_or_default() as f64 / 1e6;
        let percent = (last / second - 1.0) * 100.0;
        let (flat, word) = match (self.0.len() < ENOUGH, last <= second * GROWTH) {
            (true, _) => (true, "too short to be judged"),
            (false, true) => (true, "flat"),
            (false, false) => (false, "GROWING"),
        };
        println!(
            "memory: {first:.1} MB, {second:.1} MB, {last:.1} MB (medians of the thirds), {most:.1} MB at most; the last third \
             against the second {percent:+.1} % (allowed {:+.0} %): {word}",
            (GROWTH - 1.0) * 100.0
        );
        flat
    }
}

/// The memory now, and what the server says that it remembers.
///
/// # Errors
/// When the system or the server does not tell.
pub(super) fn line(after: Duration, running: &Running, metrics: SocketAddr) -> Result<String, Error> {
    let mega = |bytes: u64| bytes as f64 / 1e6;
    let text = get(metrics, "/metrics", &[])?.body;
    let remembered: Vec<String> = remembered(&String::from_utf8_lossy(&text))
        .into_iter()
        .map(|(name, value)| format!("{name} {value:.0}"))
        .collect();
    Ok(format!(
        "memory after {}: {:.1} MB of its own, {:.1} MB with files; {}",
        seconds(after),
        mega(running.own_memory()?),
        mega(running.memory()?),
        remembered.join(", ")
    ))
}

/// The gauges of what is remembered, each as a sum over its labels.
fn remembered(metrics: &str) -> BTreeMap<&str, f64> {
    let mut found = BTreeMap::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let name = name.split('{').next().unwrap_or(name);
        if let (Some(short), Ok(value)) = (name.strip_prefix("trueline_"), value.parse::<f64>())
            && short.contains("remembered")
        {
            *found.entry(short).or_default() += value;
        }
    }
    found
}

/// The median in megabytes.
fn median(samples: &[u64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether thirds of so many megabytes are taken for flat.
    fn flat(thirds: [u64; 3], samples: usize) -> bool {
        Memory(thirds.iter().flat_map(|t| vec![t * 1_000_000; samples / 3]).collect()).judge()
    }

    #[test]
    fn what_is_remembered_is_added_up() {
        let text = "# HELP trueline_a_remembered b\ntrueline_a_remembered{c=\"d e\"} 2\ntrueline_a_remembered{c=\"f\"} 3\n\
                    trueline_b_remembered_bytes 7.5\ntrueline_c 1\n";
        let want = BTreeMap::from([("a_remembered", 5.0), ("b_remembered_bytes", 7.5)]);
        assert_eq!(remembered(text), want);
    }

    #[test]
    fn growth_is_told_from_warming_up() {
        assert!(flat([25, 50, 51], 60));
        assert!(!flat([20, 40, 60], 60));
        assert!(!flat([98, 113, 126], 360), "what a soak once showed");
        assert!(flat([20, 40, 60], 30), "nothing is said of a short one");
    }
}
