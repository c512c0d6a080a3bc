//! Differences between two states of some files, as people read them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// How long the shortest difference of one file is looked for; after that a longer one will do.
const PATIENCE: Duration = Duration::from_millis(300);

/// What happens to one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileDiff {
    /// The file.
    pub path: String,
    /// What happens to it.
    pub change: Change,
    /// Where it differs.
    pub hunks: Vec<Hunk>,
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It has other lines.
    Changed,
}

/// Lines that lie together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// Number of its first line in the old file, from 1.
    pub old_start: usize,
    /// Number of its first line in the new file, from 1.
    pub new_start: usize,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line without its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Where it is.
    pub side: Side,
    /// Its text.
    pub text: String,
}

/// In which of two files a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// In both.
    Both,
    /// In the old one only.
    Old,
    /// In the new one only.
    New,
}

/// The files that differ, by path.
pub(crate) fn files(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<FileDiff> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let one = |path: &String| {
        let (change, before, after) = match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) if before == after => return None,
            (Some(before), Some(after)) => (Change::Changed, before.as_str(), after.as_str()),
            (Some(before), None) => (Change::Removed, before.as_str(), ""),
            (None, after) => (Change::Added, "", after.map_or("", String::as_str)),
        };
        Some(FileDiff { path: path.clone(), change, hunks: hunks(before, after) })
    };
    paths.into_iter().filter_map(one).collect()
}

fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(before, after);
    let hunk = |group: &Vec<similar::DiffOp>| {
        let (old, new) = group.first().map_or((0, 0), |op| (op.old_range().start, op.new_range().start));
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        let lines = changes.map(|change| Line {
            side: match change.tag() {
                ChangeTag::Equal => Side::Both,
                ChangeTag::Delete => Side::Old,
                ChangeTag::Insert => Side::New,
            },
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        });
        Hunk { old_start: old + 1, new_start: new + 1, lines: lines.collect() }
    };
    diff.grouped_ops(CONTEXT).iter().map(hunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &[(&str, &str)], new: &[(&str, &str)]) -> String {
        let map = |files: &[(&str, &str)]| {
            files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let mut out = String::new();
        for file in files(&map(old), &map(new)) {
            out.push_str(&format!("{} {:?}\n", file.path, file.change));
            for hunk in file.hunks {
                out.push_str(&format!("@{},{}\n", hunk.old_start, hunk.new_start));
                for line in hunk.lines {
                    let mark = match line.side {
                        Side::Both => ' ',
                        Side::Old => '-',
                        Side::New => '+',
                    };
                    out.push_str(&format!("{mark}{}\n", line.text));
                }
            }
        }
        out
    }

    #[test]
    fn only_what_differs_is_shown_with_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n";
        assert_eq!(shown(&[("a", "x\n")], &[("a", "x\n")]), "");
        assert_eq!(
            shown(&[("a", before), ("gone", "x\n")], &[("a", after), ("new", "y")]),
            "a Changed\n@2,2\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@10,10\n 10\n 11\n 12\n+13\n\
             gone Removed\n@1,1\n-x\nnew Added\n@1,1\n+y\n"
        );
    }
}
