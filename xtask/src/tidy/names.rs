//! Words that say nothing, in names of files, folders and types; and files that do not say what they own.

use super::Finding;
use crate::tree::{SourceFile, Tree};

const BANNED: &[&str] = &[
    "manager", "service", "services", "helper", "helpers", "util", "utils", "common", "impl", "dto", "bean",
];

/// Types whose name is a word of the field all the same, and why.
const ALLOWED: &[(&str, &str)] = &[
    // Git's own word for upload-pack and receive-pack: https://git-scm.com/docs/http-protocol
    ("crates/git/src/serve.rs", "Service"),
];

/// Checks the names of source files and of the types in them.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_source(&file.path)) {
        for part in file.path.split('/').flat_map(|part| part.split(['.', '_', '-'])) {
            if BANNED.contains(&part.to_lowercase().as_str()) {
                findings.push(Finding::new(&file.path, format!("`{part}` says nothing: name what it is")));
            }
        }
        for (line, name) in types(file) {
            if ALLOWED.contains(&(file.path.as_str(), name.as_str())) {
                continue;
            }
            if let Some(word) = words(&name).find(|word| BANNED.contains(&word.as_str())) {
                let place = format!("{}:{line}", file.path);
                findings.push(Finding::new(place, format!("type {name}: `{word}` says nothing")));
            }
        }
        if file.path.ends_with(".rs") && file.stem() != "tests" && !opens_with_its_purpose(&file.text) {
            let text = "a file opens with `//!` and one to three sentences: what it owns, what it leaves";
            findings.push(Finding::new(&file.path, text));
        }
    }
    findings
}

fn is_source(path: &str) -> bool {
    path.ends_with(".rs") || path.ends_with(".ts") || path.ends_with(".tsx")
}

/// The first line that is no attribute of the whole crate.
fn opens_with_its_purpose(text: &str) -> bool {
    let first = text.lines().find(|line| !line.starts_with("#![") && !line.trim().is_empty());
    first.is_none_or(|line| line.starts_with("//!"))
}

/// Lines and names of the types that a file declares.
fn types(file: &SourceFile) -> Vec<(usize, String)> {
    let text = if file.code.is_empty() { &file.text } else { &file.code };
    let keywords = ["struct", "enum", "trait", "type", "interface", "class"];
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut parts =
            line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|part| !part.is_empty());
        let modifiers = ["pub", "crate", "super", "export", "default", "abstract", "declare"];
        let Some(word) = parts.find(|part| !modifiers.contains(part)) else { continue };
        if let (true, Some(name)) = (keywords.contains(&word), parts.next()) {
            found.push((number + 1, name.to_owned()));
        }
    }
    found
}

/// The words of a name in CamelCase, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_lowercase().collect()),
        }
    }
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn words_that_say_nothing_are_found() {
        for (path, text, wrong) in [
            ("crates/a/src/utils.rs", "//! A.", 1),
            ("crates/a/src/git_helper.rs", "//! A.", 1),
            ("web/src/common/a.ts", "", 1),
            ("crates/a/src/a.rs", "//! A.\npub(crate) struct DeployManager;", 1),
            ("crates/a/src/a.rs", "//! A.\nenum Role { Manager }", 0),
            ("crates/a/src/a.rs", "//! A.\n// struct AManager", 0),
            ("crates/a/src/a.rs", "fn a() {}", 1),
            ("web/src/a.ts", "export interface UserDto {", 1),
            ("crates/a/src/a.rs", "//! A.\nstruct Utility;", 0),
        ] {
            assert_eq!(check(&sample(&[(path, text)])).len(), wrong, "{path}: {text}");
        }
    }
}
