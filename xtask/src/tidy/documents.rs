//! What documents name exists: linked files, paths in code marks, crates and what is said to be in them.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// Beginnings by which a word in code marks is known as a path of the project.
const TOP: &[&str] = &["crates/", "docs/", "web/", "xtask/", "fuzz/", "tools/", "charts/", ".ci/"];

/// Checks all Markdown files but those of other people.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let documents =
        tree.files.iter().filter(|file| file.path.ends_with(".md") && !file.path.starts_with("charts/"));
    documents.flat_map(|file| document(tree, file)).collect()
}

fn document(tree: &Tree, file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (number, line) in file.text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let place = || format!("{}:{}", file.path, number + 1);
        for link in links(line).filter(|link| !is_outside(link)) {
            if !tree.has(&resolved(&file.path, link)) {
                findings.push(Finding::new(place(), format!("links to {link}, which does not exist")));
            }
        }
        if fenced {
            continue;
        }
        for word in marked(line) {
            let problem = path_problem(tree, word).or_else(|| item_problem(tree, word));
            findings.extend(problem.map(|text| Finding::new(place(), text)));
        }
    }
    findings
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
}

fn is_outside(link: &str) -> bool {
    link.contains("://") || link.starts_with('#') || link.starts_with("mailto:")
}

/// A link from a document, as a path from the root.
fn resolved(from: &str, link: &str) -> String {
    let link = link.split('#').next().unwrap_or(link);
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What stands between single code marks.
fn marked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn path_problem(tree: &Tree, word: &str) -> Option<String> {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    let named = plain && !word.contains("...") && TOP.iter().any(|top| word.starts_with(top));
    // What is built is not in the tree.
    let built = word.starts_with("web/dist") || word.starts_with("web/node_modules");
    (named && !built && !tree.has(word)).then(|| format!("`{word}` does not exist"))
}

/// `room::name` or `room::module::name`: the room exists, and its last word stands in its source.
fn item_problem(tree: &Tree, word: &str) -> Option<String> {
    let plain = word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
    let (room, rest) = word.split_once("::").filter(|_| plain)?;
    let folder = format!("crates/{room}/src/");
    if !tree.has(&folder) {
        let outside = ["std", "tokio"].contains(&room) || super::packages::locked(tree).contains(&room);
        let is_type = room.starts_with(char::is_uppercase);
        return (!outside && !is_type).then(|| format!("`{word}`: there is no crate {room}"));
    }
    let name = rest.rsplit("::").next().unwrap_or(rest);
    let stands = tree.rust().any(|file| file.path.starts_with(&folder) && has_word(&file.text, name));
    (!stands).then(|| format!("`{word}`: {room} has no {name}"))
}

fn has_word(text: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    text.match_indices(word)
        .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn what_documents_name_exists() {
        for (text, wrong) in [
            ("see `crates/model/src/name.rs` and `crates/model`", 0),
            ("see `crates/model/src/names.rs`", 1),
            ("see [names](../crates/model/src/name.rs#top) and [a](https://example.org)", 0),
            ("see [names](name.rs)", 1),
            ("`model::Name`, `model::name::Name`", 0),
            ("`model::Surname`", 1),
            ("`attic::Name`", 1),
            ("`std::fs`", 0),
            ("```\n`crates/none`\n```", 0),
        ] {
            let tree = sample(&[("docs/a.md", text), ("crates/model/src/name.rs", "pub struct Name;")]);
            assert_eq!(check(&tree).len(), wrong, "{text}: {:?}", check(&tree));
        }
    }
}
