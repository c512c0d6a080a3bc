//! The packages that `Cargo.lock` names: how many, and which must never be among them.

use super::Finding;
use crate::tree::Tree;

const BUDGET: usize = 600;

/// Packages that must not come in, and why.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-sys", "TLS is rustls with ring; this one needs a C compiler for minutes"),
    ("openssl-sys", "TLS is rustls with ring"),
    ("native-tls", "TLS is rustls with ring"),
    ("git2", "the Git client is our own"),
    ("rusqlite", "it and sqlx cannot be in one binary"),
];

/// The names of all locked packages.
pub(crate) fn locked(tree: &Tree) -> Vec<&str> {
    let lock = tree.file("Cargo.lock").map_or("", |file| &file.text);
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names.collect()
}

/// Checks the lock file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let names = locked(tree);
    let mut findings = Vec::new();
    if names.len() > BUDGET {
        findings
            .push(Finding::new("Cargo.lock", format!("{} packages; the budget is {BUDGET}", names.len())));
    }
    for (name, why) in BANNED.iter().filter(|(name, _)| names.contains(name)) {
        findings.push(Finding::new("Cargo.lock", format!("{name} must not come in: {why}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn banned_packages_and_too_many_are_found() {
        let banned = "[[package]]\nname = \"aws-lc-sys\"\n";
        let many = "name = \"a\"\n".repeat(601);
        assert_eq!(check(&sample(&[("Cargo.lock", banned)])).len(), 1);
        assert_eq!(check(&sample(&[("Cargo.lock", &many)])).len(), 1);
        assert!(check(&sample(&[("Cargo.lock", "name = \"a\"\n")])).is_empty());
    }
}
