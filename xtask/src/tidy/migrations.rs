//! The two folders of migrations are in step: the same names, making the same tables and indexes.

use std::collections::BTreeSet;

use super::Finding;
use crate::tree::{SourceFile, Tree};

const FOLDERS: [&str; 2] = ["crates/store/migrations/sqlite/", "crates/store/migrations/postgres/"];

/// Compares the folders.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let [left, right] = FOLDERS.map(|folder| migrations(tree, folder));
    let mut findings = Vec::new();
    for (here, there, other) in [(&left, &right, FOLDERS[1]), (&right, &left, FOLDERS[0])] {
        for (name, file) in here {
            match there.iter().find(|(other_name, _)| other_name == name) {
                None => findings.push(Finding::new(&file.path, format!("{other} has no {name}"))),
                Some((_, twin)) => findings.extend(made(file).difference(&made(twin)).map(|what| {
                    Finding::new(&file.path, format!("makes {what}, and {} does not", twin.path))
                })),
            }
        }
    }
    findings
}

fn migrations<'t>(tree: &'t Tree, folder: &str) -> Vec<(&'t str, &'t SourceFile)> {
    let files = tree.files.iter();
    files.filter_map(|file| Some((file.path.strip_prefix(folder)?, file))).collect()
}

/// What a migration makes, alters and drops, such as `table users`.
fn made(file: &SourceFile) -> BTreeSet<String> {
    let text = file.text.to_lowercase();
    let mut found = BTreeSet::new();
    for verb in ["create", "alter", "drop"] {
        for (at, _) in text.match_indices(verb) {
            let words = text[at + verb.len()..].split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let skipped = ["", "unique", "if", "not", "exists"];
            let mut words = words.filter(|word| !skipped.contains(word));
            if let (Some(kind @ ("table" | "index")), Some(name)) = (words.next(), words.next()) {
                found.insert(format!("{kind} {name}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn the_folders_are_compared() {
        let [sqlite, postgres] = FOLDERS.map(|folder| format!("{folder}0001_a.sql"));
        let table = "CREATE TABLE users (id TEXT);\nCREATE UNIQUE INDEX users_name ON users (name);";
        assert!(check(&sample(&[(&sqlite, table), (&postgres, table)])).is_empty());
        assert_eq!(check(&sample(&[(&sqlite, table)])).len(), 1);
        assert_eq!(
            check(&sample(&[(&sqlite, table), (&postgres, "CREATE TABLE users (id TEXT);")])).len(),
            1
        );
    }
}
