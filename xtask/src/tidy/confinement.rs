//! What may stand in one place only: SQL, environment variables, status codes, processes, the clock.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// Words of code that only some files may have. A place is a path's beginning.
struct Rule {
    words: &'static [&'static str],
    places: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["env::var(", "env::var_os(", "env::vars(", "env::set_var("],
        places: &["crates/trueline/src/config.rs", "crates/server/build.rs", "crates/testkit/", "xtask/"],
        why: "environment variables are read in trueline/config.rs only",
    },
    Rule {
        words: &["StatusCode"],
        places: &[
            "crates/server/",
            "crates/net/",
            "crates/git/",
            "crates/helm/src/repository/",
            "crates/deploy/src/cluster/",
            "crates/trueline/src/",
            "crates/testkit/",
        ],
        why: "status codes of our own API are in server only",
    },
    Rule {
        words: &["Command::new("],
        places: &[
            "crates/git/src/",
            "crates/render/src/",
            "crates/deploy/src/cluster/exec.rs",
            "crates/testkit/",
            "xtask/",
        ],
        why: "Git processes are in git, the Helm process in render, programs that sign in to clusters in deploy",
    },
    Rule {
        words: &["SystemTime::now(", "OffsetDateTime::now_utc(", "Utc::now("],
        // A host says until when to wait as a time of day, a program until when its token holds; since when an apply
        // waits is written into the cluster; a second rendering is given a day far from today; an installation notes
        // when it was made; a client has no control room.
        places: &[
            "crates/control/src/clock.rs",
            "crates/git/src/http/",
            "crates/net/src/",
            "crates/deploy/src/apply/waits.rs",
            "crates/deploy/src/cluster/signer.rs",
            "crates/render/src/render.rs",
            "crates/store/src/open.rs",
            "crates/trueline/src/client/",
            "crates/testkit/",
            "xtask/",
        ],
        why: "time comes from control's clock",
    },
    Rule { words: &["sqlx::"], places: &["crates/store/"], why: "SQL is in store only" },
    Rule {
        words: &["std::fs", "std::net", "std::process", "std::io", "std::thread", "Instant"],
        places: &[
            "crates/store/",
            "crates/seal/",
            "crates/net/",
            "crates/git/",
            "crates/helm/",
            "crates/render/",
            "crates/deploy/",
            "crates/control/",
            "crates/server/",
            "crates/trueline/",
            "crates/testkit/",
            "xtask/",
            "fuzz/",
        ],
        why: "model does no I/O and reads no clock",
    },
    Rule {
        words: &["Outcome::Invalid", "Outcome::NotFound", "Outcome::Forbidden"],
        places: &[
            "crates/model/",
            "crates/store/",
            "crates/seal/",
            "crates/net/",
            "crates/git/",
            "crates/helm/",
            "crates/render/",
            "crates/deploy/",
            "crates/control/",
            "crates/server/src/error.rs",
            "xtask/",
        ],
        why: "server/error.rs is the only place that turns an outcome into a status",
    },
];

/// Beginnings of SQL statements, as they stand in strings.
const SQL: &[&str] = &["\"SELECT ", "\"INSERT INTO ", "\"DELETE FROM ", "\"UPDATE ", "\"CREATE TABLE "];

/// Checks source files; what is said of tests is said by the places.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test() || file.path.starts_with("crates/testkit/")) {
        let lines = file.lines_without_tests();
        for rule in RULES.iter().filter(|rule| !rule.places.iter().any(|p| file.path.starts_with(p))) {
            findings.extend(hits(file, &file.code, lines, rule.words, rule.why));
        }
        if !file.path.starts_with("crates/store/") && !file.path.starts_with("xtask/") {
            findings.extend(hits(file, &file.text, lines, SQL, "SQL is in store only"));
        }
    }
    findings.extend(tree.rust().filter(|file| file.path.contains("/tests/")).flat_map(sleeps));
    findings
}

/// Nothing sleeps to wait: a test polls for its condition with a limit, which the test kit has.
fn sleeps(file: &SourceFile) -> Vec<Finding> {
    let words = &["thread::sleep(", "time::sleep("];
    hits(file, &file.code, usize::MAX, words, "a test does not sleep: poll with a limit, as testkit does")
}

fn hits(file: &SourceFile, text: &str, lines: usize, words: &[&str], why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().take(lines).enumerate() {
        if let Some(word) = words.iter().find(|word| line.contains(**word)) {
            let word = word.trim_start_matches('"').trim_end_matches('(').trim();
            findings.push(Finding::new(format!("{}:{}", file.path, number + 1), format!("`{word}`: {why}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn each_thing_stays_in_its_place() {
        for (path, text, wrong) in [
            ("crates/control/src/a.rs", "fn a() { std::env::var(\"A\"); }", 1),
            ("crates/trueline/src/config.rs", "fn a() { std::env::var(\"A\"); }", 0),
            ("crates/control/src/a.rs", "// std::env::var(\"A\")", 0),
            ("crates/control/src/a.rs", "use http::StatusCode;", 1),
            ("crates/server/src/a.rs", "use http::StatusCode;", 0),
            ("crates/control/src/a.rs", "let q = \"SELECT 1\";", 1),
            ("crates/store/src/a.rs", "let q = \"SELECT 1\";", 0),
            ("crates/control/src/a.rs", "Command::new(\"git\")", 1),
            ("crates/git/src/a.rs", "Command::new(\"git\")", 0),
            ("crates/model/src/a.rs", "use std::fs;", 1),
            ("crates/server/src/a.rs", "Outcome::Invalid => 422", 1),
            ("crates/control/src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { use http::StatusCode; }", 0),
            ("crates/git/tests/it/a.rs", "tokio::time::sleep(x)", 1),
        ] {
            assert_eq!(check(&sample(&[(path, text)])).len(), wrong, "{path}: {text}");
        }
    }
}
