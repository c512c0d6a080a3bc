//! Lengths of files: 300 lines are aimed at, 600 are the end.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// What a file should not exceed.
pub(crate) const WANTED: usize = 300;
const LIMIT: usize = 600;

/// Source files written by people.
pub(crate) fn measured(tree: &Tree) -> impl Iterator<Item = (&SourceFile, usize)> {
    let written = |file: &&SourceFile| {
        let ending = [".rs", ".ts", ".tsx", ".css"].iter().any(|ending| file.path.ends_with(ending));
        ending && !is_generated(&file.path)
    };
    tree.files.iter().filter(written).map(|file| (file, file.lines_without_tests()))
}

/// Whether a file was written by a program.
pub(crate) fn is_generated(path: &str) -> bool {
    path.contains("/generated/") || path.contains(".gen.") || path.contains("/generated.")
}

/// Checks the hard limit.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let long = measured(tree).filter(|(_, lines)| *lines > LIMIT);
    long.map(|(file, lines)| Finding::new(&file.path, format!("has {lines} lines; the limit is {LIMIT}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn a_file_has_at_most_600_lines_without_its_tests() {
        let long = "fn a() {}\n".repeat(601);
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{long}}}\n", "fn a() {}\n".repeat(600));
        assert_eq!(check(&sample(&[("a.rs", &long)])).len(), 1);
        assert!(check(&sample(&[("a.rs", &tested)])).is_empty());
        assert!(check(&sample(&[("web/src/generated/a.ts", &long)])).is_empty());
    }
}
