//! What the tests asked of Git hosts, and how much of it was held against the hosts' official descriptions: one line a
//! provider.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Error;

/// The file that test programs add to while they run.
pub(crate) struct Counts {
    /// It.
    pub(crate) file: PathBuf,
}

impl Counts {
    /// How test programs are told of the file.
    pub(crate) const VARIABLE: &str = "TRUELINE_CONTRACT_COUNTS";

    /// An empty file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn new(file: &Path) -> Result<Self, Error> {
        std::fs::write(file, "")?;
        Ok(Self { file: file.to_owned() })
    }

    /// A line per provider; none where the descriptions are not at hand.
    pub(crate) fn lines(&self) -> Vec<String> {
        summed(&std::fs::read_to_string(&self.file).unwrap_or_default())
    }
}

fn summed(text: &str) -> Vec<String> {
    let mut by_name: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for line in text.lines() {
        let Some((name, numbers)) = line.split_once('\t') else { continue };
        let sums = by_name.entry(name).or_default();
        for (sum, number) in sums.iter_mut().zip(numbers.split('\t')) {
            *sum += number.parse::<u64>().unwrap_or_default();
        }
    }
    let line = |(name, [sent, validated, invalid]): (&str, [u64; 3])| {
        format!("{name}: {sent} requests sent, {validated} requests and answers validated, {invalid} invalid")
    };
    by_name.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_many_hosts_are_summed_by_provider() {
        let text = "gitea\t2\t3\t0\ngithub\t10\t20\t1\ngitea\t5\t7\t0\nhalf";
        let want = [
            "gitea: 7 requests sent, 10 requests and answers validated, 0 invalid",
            "github: 10 requests sent, 20 requests and answers validated, 1 invalid",
        ];
        assert_eq!(summed(text), want);
        assert!(summed("").is_empty());
    }
}
