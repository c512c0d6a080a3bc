//! The project's figures: printed, not enforced.

use std::fmt::Write;

use super::{functions, lengths, packages};
use crate::tree::Tree;

/// Files over the wanted length, and the sums.
pub(crate) fn print(tree: &Tree) -> String {
    let mut out = String::new();
    let (mut files, mut source, mut tests) = (0, 0, 0);
    for (file, lines) in lengths::measured(tree) {
        files += 1;
        let all = file.text.lines().count();
        if file.is_test() {
            tests += all;
        } else {
            source += lines;
            tests += all - lines;
        }
        if lines > lengths::WANTED {
            let _ = writeln!(out, "note: {} has {lines} lines; {} are wanted", file.path, lengths::WANTED);
        }
    }
    let functions: Vec<_> = tree.rust().flat_map(functions::functions).collect();
    let longest = functions.iter().max_by_key(|function| function.length);
    let _ = writeln!(out, "figures: {files} files, {source} lines of source, {tests} lines of tests");
    let _ = writeln!(out, "figures: tests to source {:.2}", tests as f64 / (source.max(1)) as f64);
    let _ = writeln!(
        out,
        "figures: {} functions in Rust{}",
        functions.len(),
        longest.map_or(String::new(), |f| format!(", the longest {} with {} lines", f.key, f.length))
    );
    let _ = writeln!(out, "figures: {} locked packages", packages::locked(tree).len());
    out
}
