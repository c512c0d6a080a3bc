//! Reads what test programs print: Rust's libtest, vitest and Node's test runner; adds up what ran.

use std::collections::BTreeMap;

/// How many tests ran, and how.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    /// They held.
    pub(crate) passed: usize,
    /// They did not.
    pub(crate) failed: usize,
    /// They could not be tried.
    pub(crate) skipped: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Reads a test run line by line.
#[derive(Default)]
pub(crate) struct Reader {
    /// All that ran so far.
    pub(crate) tally: Tally,
    /// Passed tests by database, as far as their names tell.
    pub(crate) by_database: BTreeMap<&'static str, usize>,
    in_failures: bool,
}

impl Reader {
    /// Takes a line; answers whether a person should see it at once.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        if let Some(tally) = result(line) {
            self.tally += tally;
            self.in_failures = false;
            // Most crates have no examples in their documentation.
            return tally != Tally::default();
        }
        if line.trim() == "failures:" {
            self.in_failures = true;
        }
        let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok")) else {
            let noise =
                line.is_empty() || line.starts_with("running ") || line.trim_start().starts_with("Doc-tests");
            return self.in_failures || !noise;
        };
        for database in ["sqlite", "postgres"] {
            if name.contains(database) {
                *self.by_database.entry(database).or_default() += 1;
            }
        }
        false
    }
}

/// A closing line of a test program.
fn result(line: &str) -> Option<Tally> {
    if let Some(rest) = line.strip_prefix("test result: ") {
        let number = |word| number_before(rest, word).unwrap_or(0);
        return Some(Tally {
            passed: number("passed"),
            failed: number("failed"),
            skipped: number("ignored"),
        });
    }
    let rest = line.trim_start().strip_prefix("Tests ")?;
    let number = |word| number_before(rest, word).unwrap_or(0);
    let skipped = number("skipped") + number("todo");
    Some(Tally { passed: number("passed"), failed: number("failed"), skipped })
}

/// The number that stands before a word, as in `3 passed`.
fn number_before(text: &str, word: &str) -> Option<usize> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.windows(2).find(|pair| pair[1] == word)?[0].parse().ok()
}

/// Reads the summary of Node's test runner, one line a number: `# pass 3` or `ℹ pass 3`.
pub(crate) fn node(text: &str) -> Option<Tally> {
    let number = |word: &str| {
        text.lines().rev().find_map(|line| {
            let rest = line.trim().trim_start_matches(['#', 'ℹ']).trim_start();
            rest.strip_prefix(word)?.trim().parse().ok()
        })
    };
    Some(Tally {
        passed: number("pass ")?,
        failed: number("fail ")?,
        skipped: number("skipped ")? + number("todo ").unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        for (line, want) in [
            (
                "test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s",
                (12, 0, 2),
            ),
            ("test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out", (1, 3, 0)),
            ("      Tests  2 failed | 10 passed | 1 skipped (13)", (10, 2, 1)),
            ("      Tests  10 passed (10)", (10, 0, 0)),
        ] {
            let tally = result(line).expect(line);
            assert_eq!((tally.passed, tally.failed, tally.skipped), want, "{line}");
        }
        assert_eq!(result("test a ... ok"), None);
        let text = "ℹ tests 5\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n";
        assert_eq!(node(text), Some(Tally { passed: 3, failed: 1, skipped: 1 }));
    }

    #[test]
    fn passed_tests_are_counted_by_database_and_failures_shown() {
        let mut reader = Reader::default();
        assert!(!reader.line("test deployment::sqlite::a ... ok"));
        assert!(!reader.line("test deployment::postgres::a ... ok"));
        assert!(reader.line("test b ... FAILED"));
        assert!(reader.line("failures:"));
        assert!(reader.line(""));
        reader.line("test result: FAILED. 2 passed; 1 failed; 0 ignored");
        assert!(!reader.line(""));
        assert_eq!(reader.by_database.into_iter().collect::<Vec<_>>(), [("postgres", 1), ("sqlite", 1)]);
    }
}
