//! Rust files that no `mod` includes: they look tested and compiled and are neither.

use std::collections::BTreeSet;

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// Checks that every Rust file is reached from a root that cargo builds.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for file in tree.rust().filter(|file| is_root(&file.path)) {
        reach(tree, file, &mut reached);
    }
    let mut findings: Vec<Finding> = tree
        .rust()
        .filter(|file| !reached.contains(file.path.as_str()))
        .map(|file| Finding::new(&file.path, "nothing includes this file"))
        .collect();
    for file in tree.rust().filter(|file| is_loose_test(&file.path)) {
        findings.push(Finding::new(&file.path, "a crate has one test binary: put this below tests/it/"));
    }
    findings
}

fn is_root(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = |folder: &str| path.contains(folder);
    matches!(name, "lib.rs" | "main.rs" | "build.rs")
        || in_folder("/src/bin/")
        || in_folder("/benches/")
        || in_folder("/examples/")
        || in_folder("fuzz_targets/")
        || is_loose_test(path)
}

/// `crates/x/tests/y.rs`: a test binary of its own.
fn is_loose_test(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts.as_slice(), ["crates", _, "tests", file] if file.ends_with(".rs"))
}

fn reach<'t>(tree: &'t Tree, file: &'t SourceFile, reached: &mut BTreeSet<&'t str>) {
    if !reached.insert(&file.path) {
        return;
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inner = match file.stem() {
        "lib" | "main" | "mod" | "build" => folder.to_owned(),
        _ if is_root(&file.path) => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    };
    for (line, name) in modules(file) {
        let named = path_attribute(file, line).map(|path| format!("{folder}/{path}"));
        let candidates = [format!("{inner}/{name}.rs"), format!("{inner}/{name}/mod.rs")];
        for path in named.iter().chain(&candidates) {
            if let Some(next) = tree.file(path) {
                reach(tree, next, reached);
            }
        }
    }
}

/// Lines (from 0) and names of `mod name;`.
fn modules(file: &SourceFile) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in file.code.lines().enumerate() {
        let line = line.trim();
        let declared = line.strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
        if let Some((before, name)) = declared
            && (before.is_empty() || before.starts_with("pub") || before.starts_with("#["))
        {
            found.push((number, name.trim()));
        }
    }
    found
}

/// The file that `#[path = "..."]` on the line before names.
fn path_attribute(file: &SourceFile, line: usize) -> Option<&str> {
    let before = file.text.lines().nth(line.checked_sub(1)?)?;
    before.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn a_file_that_nothing_includes_is_found() {
        let tree = sample(&[
            ("crates/a/src/lib.rs", "pub mod b;\nmod c;\n#[path = \"x/odd.rs\"]\nmod odd;"),
            ("crates/a/src/b.rs", "pub(crate) mod d;"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/src/c/mod.rs", "mod e;"),
            ("crates/a/src/c/e.rs", ""),
            ("crates/a/src/x/odd.rs", ""),
            ("crates/a/tests/it/main.rs", "mod f;"),
            ("crates/a/tests/it/f.rs", ""),
            ("crates/a/tests/it/lost.rs", ""),
            ("crates/a/tests/loose.rs", ""),
        ]);
        let places: Vec<String> = check(&tree).into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["crates/a/tests/it/lost.rs", "crates/a/tests/loose.rs"]);
    }
}
