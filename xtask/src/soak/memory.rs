//! What the server's memory did during the soak: its own, without the pages of files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::Error;
use crate::http::get;
use crate::program::Running;
use crate::run::seconds;

/// How much more the last third may hold at least than the second. The first third warms up: caches with a fixed size
/// fill. What grows after that is no cache, and 15 % in ten minutes would be twice the memory within the hour.
const GROWTH: f64 = 1.05;
/// Samples below which nothing is judged: five minutes of them, one every five seconds.
const ENOUGH: usize = 60;

/// Samples in bytes, in the order of time.
#[derive(Default)]
pub(super) struct Memory {
    in_use: Vec<u64>,
    resident: Vec<u64>,
}

impl Memory {
    /// Takes a sample down: what the program has in use, and what the system gave it.
    ///
    /// # Errors
    /// When the system or the server does not tell.
    pub(super) fn note(&mut self, running: &Running, metrics: SocketAddr) -> Result<(), Error> {
        let text = get(metrics, "/metrics", &[])?.body;
        let text = String::from_utf8_lossy(&text);
        self.in_use.push(gauges(&text, "heap_in_use_bytes").values().sum::<f64>() as u64);
        self.resident.push(running.own_memory()?);
        Ok(())
    }

    /// Prints what it did; `false` when it grew. A soak that is too short says so and finds nothing.
    pub(super) fn judge(&self) -> bool {
        let in_use = judge("memory in use", &self.in_use);
        judge("memory from the system", &self.resident) && in_use
    }
}

/// Judges by the lowest tenth of each third: work under way goes up and down with what chance asks for, and freed memory
/// is kept for the next peak; what a leak raises is the floor.
fn judge(what: &str, samples: &[u64]) -> bool {
    let third = samples.len() / 3;
    if third == 0 {
        println!("{what}: no samples");
        return true;
    }
    let parts = [&samples[..third], &samples[third..2 * third], &samples[2 * third..]];
    let low = parts.map(|part| quantile(part, 0.1));
    let median = parts.map(|part| quantile(part, 0.5));
    let high = parts.map(|part| quantile(part, 1.0));
    let (flat, word) = match (samples.len() < ENOUGH, low[2] <= low[1] * GROWTH) {
        (true, _) => (true, "too short to be judged"),
        (false, true) => (true, "flat"),
        (false, false) => (false, "GROWING"),
    };
    let row = |of: [f64; 3]| of.map(|mega| format!("{mega:.1}")).join(", ");
    println!(
        "{what}, MB by thirds: lowest tenth {}; median {}; most {}. The lowest tenth of the last third against the second \
         {:+.1} % (allowed {:+.0} %), median {:+.1} %: {word}",
        row(low),
        row(median),
        row(high),
        (low[2] / low[1] - 1.0) * 100.0,
        (GROWTH - 1.0) * 100.0,
        (median[2] / median[1] - 1.0) * 100.0,
    );
    flat
}

/// The memory now, and what the server says that it remembers.
///
/// # Errors
/// When the system or the server does not tell.
pub(super) fn line(after: Duration, running: &Running, metrics: SocketAddr) -> Result<String, Error> {
    let mega = |bytes: u64| bytes as f64 / 1e6;
    let text = get(metrics, "/metrics", &[])?.body;
    let text = String::from_utf8_lossy(&text);
    let in_use: f64 = gauges(&text, "heap_in_use_bytes").values().sum();
    let remembered: Vec<String> =
        gauges(&text, "remembered").into_iter().map(|(name, value)| format!("{name} {value:.0}")).collect();
    Ok(format!(
        "memory after {}: {:.1} MB in use, {:.1} MB of its own, {:.1} MB with files; {}",
        seconds(after),
        in_use / 1e6,
        mega(running.own_memory()?),
        mega(running.memory()?),
        remembered.join(", ")
    ))
}

/// The gauges whose name has a part, each as a sum over its labels.
fn gauges<'m>(metrics: &'m str, part: &str) -> BTreeMap<&'m str, f64> {
    let mut found = BTreeMap::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let name = name.split('{').next().unwrap_or(name);
        if let (Some(short), Ok(value)) = (name.strip_prefix("trueline_"), value.parse::<f64>())
            && short.contains(part)
        {
            *found.entry(short).or_default() += value;
        }
    }
    found
}

/// The sample below which a part of them is, in megabytes.
fn quantile(samples: &[u64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether thirds of so many megabytes are taken for flat.
    fn flat(thirds: [u64; 3], samples: usize) -> bool {
        let samples: Vec<u64> = thirds.iter().flat_map(|t| vec![t * 1_000_000; samples / 3]).collect();
        judge("memory", &samples)
    }

    #[test]
    fn what_is_remembered_is_added_up() {
        let text = "# HELP trueline_a_remembered b\ntrueline_a_remembered{c=\"d e\"} 2\ntrueline_a_remembered{c=\"f\"} 3\n\
                    trueline_b_remembered_bytes 7.5\ntrueline_c 1\n";
        let want = BTreeMap::from([("a_remembered", 5.0), ("b_remembered_bytes", 7.5)]);
        assert_eq!(gauges(text, "remembered"), want);
    }

    #[test]
    fn growth_is_told_from_warming_up() {
        assert!(flat([25, 50, 51], 60));
        assert!(!flat([20, 40, 60], 60));
        assert!(!flat([98, 113, 126], 360), "what a soak once showed");
        assert!(flat([20, 40, 60], 30), "nothing is said of a short one");
    }
}
