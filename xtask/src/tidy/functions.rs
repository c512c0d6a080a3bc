//! Lengths of functions, with a ratchet: what is longer than 70 lines is written down and may only shrink;
//! and the number of their parameters.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// The lengths that are suffered for now.
pub(crate) const RATCHET: &str = "xtask/functions.ratchet";
const LIMIT: usize = 70;
const PARAMETERS: usize = 5;

/// One function.
pub(crate) struct Function {
    /// Path of the file and name of the function.
    pub(crate) key: String,
    /// The line where it begins.
    pub(crate) line: usize,
    /// From the line of `fn` to that of the closing brace.
    pub(crate) length: usize,
    /// Without `self`.
    pub(crate) parameters: usize,
}

/// Checks all functions, those of tests included.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let suffered = tree.file(RATCHET).map(|file| read(&file.text)).unwrap_or_default();
    let mut findings = Vec::new();
    for function in tree.rust().flat_map(functions) {
        let allowed =
            suffered.iter().find(|(key, _)| *key == function.key).map_or(LIMIT, |(_, lines)| *lines);
        let place = format!("{} (line {})", function.key, function.line);
        if function.length > allowed {
            let text = format!("has {} lines; {allowed} are allowed", function.length);
            findings.push(Finding::new(&place, text));
        }
        if function.parameters > PARAMETERS {
            let text = format!("has {} parameters; {PARAMETERS} are allowed", function.parameters);
            findings.push(Finding::new(&place, text));
        }
    }
    findings
}

/// The text of the ratchet for the tree as it is.
pub(crate) fn ratchet(tree: &Tree) -> String {
    let mut lines: Vec<String> = tree
        .rust()
        .flat_map(functions)
        .filter(|function| function.length > LIMIT)
        .map(|function| format!("{} {}\n", function.length, function.key))
        .collect();
    lines.sort();
    format!(
        "# Functions over {LIMIT} lines; they may only shrink. Written by `cargo xtask tidy --ratchet`.\n{}",
        lines.concat()
    )
}

fn read(text: &str) -> Vec<(String, usize)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(n, key)| Some((key.to_owned(), n.parse().ok()?)))
        .collect()
}

/// The functions with a body of one file.
pub(crate) fn functions(file: &SourceFile) -> Vec<Function> {
    let code = &file.code;
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + 3..];
        let name: String =
            rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let (Some(open), false) = (body(rest), name.is_empty()) else { continue };
        let Some(close) = closing(&rest[open..]) else { continue };
        let text = &rest[..open + close];
        found.push(Function {
            key: format!("{}::{name}", file.path),
            line: code[..at].matches('\n').count() + 1,
            length: text.matches('\n').count() + 1,
            parameters: parameters(&rest[..open]),
        });
    }
    found
}

/// Where the body's brace stands, if the function has one.
fn body(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(at),
            _ if depth < 0 => return None,
            _ => {}
        }
    }
    None
}

/// Where the brace that opens `text` is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The number of parameters in a head such as `name<T>(&self, a: A, b: B) -> C`.
fn parameters(head: &str) -> usize {
    let (mut depth, mut count, mut current) = (0_i32, 0, String::new());
    let mut before = ' ';
    for c in head[after_generics(head)..].chars().skip_while(|c| *c != '(') {
        match c {
            '(' | '[' | '<' | '{' => depth += 1,
            // The `>` of an arrow closes nothing.
            '>' if before == '-' => {}
            ')' | ']' | '>' | '}' => depth -= 1,
            _ => {}
        }
        before = c;
        let ends = depth == 0 || (c == ',' && depth == 1);
        if ends {
            let name = current.split(':').next().unwrap_or_default().trim_matches(['(', ' ', '\n']);
            count += usize::from(current.contains(':') && !name.ends_with("self"));
            current.clear();
        } else {
            current.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    count
}

/// Where the generic parameters of a head end; 0 where it has none.
fn after_generics(head: &str) -> usize {
    let mut depth = 0_i32;
    let mut before = ' ';
    for (at, c) in head.char_indices() {
        match c {
            '(' if depth == 0 => return 0,
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if c == '>' && depth == 0 {
            return at;
        }
        before = c;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn long_functions_are_found_and_suffered_by_the_ratchet() {
        let long = format!("fn a() {{\n{}}}\n", "    b();\n".repeat(70));
        assert_eq!(check(&sample(&[("x.rs", &long)])).len(), 1);
        assert!(check(&sample(&[("x.rs", &long), (RATCHET, "72 x.rs::a\n")])).is_empty());
        assert_eq!(check(&sample(&[("x.rs", &long), (RATCHET, "71 x.rs::a\n")])).len(), 1);
        assert_eq!(ratchet(&sample(&[("x.rs", &long)])).lines().last(), Some("72 x.rs::a"));
    }

    #[test]
    fn parameters_are_counted() {
        for (head, count) in [
            ("a()", 0),
            ("a(&self)", 0),
            ("a(&mut self, a: A)", 1),
            ("a(self: Arc<Self>, a: A)", 1),
            ("a<F: Fn(A, B) -> C>(a: Map<K, V>, b: (A, B), f: F,\n) -> X<Y, Z>", 3),
            ("a(f: impl Fn(&str, u8) -> bool, b: &[u8; 4])", 2),
        ] {
            assert_eq!(parameters(head), count, "{head}");
        }
    }

    #[test]
    fn six_parameters_are_too_many() {
        let tree = sample(&[("x.rs", "fn a(a: A, b: A, c: A, d: A, e: A, f: A) {}\ntrait T { fn b(); }")]);
        assert_eq!(check(&tree).len(), 1);
        assert_eq!(functions(&tree.files[0]).len(), 1);
    }
}
