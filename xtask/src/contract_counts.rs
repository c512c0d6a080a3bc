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

/// What was found at the hosts of one provider.
#[derive(Default)]
struct Sums {
    /// Requests sent, requests validated, answers validated, invalid.
    numbers: [u64; 4],
    /// Calls that are not in the description, by name.
    undescribed: BTreeMap<String, u64>,
}

impl Sums {
    fn add(&mut self, row: &str) {
        let mut fields = row.split('\t');
        for sum in &mut self.numbers {
            *sum += fields.next().and_then(|n| n.parse::<u64>().ok()).unwrap_or_default();
        }
        for (name, count) in fields.filter_map(|field| field.rsplit_once('×')) {
            *self.undescribed.entry(name.to_owned()).or_default() += count.parse::<u64>().unwrap_or_default();
        }
    }

    fn line(&self, name: &str) -> String {
        let [sent, requests, answers, invalid] = self.numbers;
        let undescribed: Vec<String> =
            self.undescribed.iter().map(|(name, count)| format!("{name} ×{count}")).collect();
        let undescribed = if undescribed.is_empty() { "none".to_owned() } else { undescribed.join(", ") };
        format!(
            "{name}: {sent} requests sent, {requests} validated; {answers} answers validated, {invalid} invalid; \
             not described: {undescribed}"
        )
    }
}

fn summed(text: &str) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Sums> = BTreeMap::new();
    for (name, row) in text.lines().filter_map(|line| line.split_once('\t')) {
        by_name.entry(name).or_default().add(row);
    }
    by_name.into_iter().map(|(name, sums)| sums.line(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_many_hosts_are_summed_by_provider() {
        let text = "gitea\t2\t2\t2\t0\ngithub\t10\t8\t9\t1\tGET /repositories/{id}×2\n\
                    gitea\t5\t5\t4\t0\ngithub\t3\t1\t3\t0\tGET /a×1\tGET /repositories/{id}×1\nhalf";
        let want = [
            "gitea: 7 requests sent, 7 validated; 6 answers validated, 0 invalid; not described: none",
            "github: 13 requests sent, 9 validated; 12 answers validated, 1 invalid; \
             not described: GET /a ×1, GET /repositories/{id} ×3",
        ];
        assert_eq!(summed(text), want);
        assert!(summed("").is_empty());
    }
}
