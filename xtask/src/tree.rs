//! The project's files as the tidy checks see them: those that Git knows or would add, read once.

use std::path::Path;

use crate::Error;
use crate::run::{output, program};

/// All files of the project.
pub(crate) struct Tree {
    /// In order of their paths.
    pub(crate) files: Vec<SourceFile>,
}

/// One file.
pub(crate) struct SourceFile {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    /// As it is; empty where it is no text.
    pub(crate) text: String,
    /// For Rust: the text with comments, strings and characters blanked out, line by line as it was.
    pub(crate) code: String,
}

impl Tree {
    /// Reads what Git knows or would add below `root`.
    ///
    /// # Errors
    /// When Git is missing or a file cannot be read.
    pub(crate) fn load(root: &Path) -> Result<Self, Error> {
        let list = output(&mut program("git", &["ls-files", "-co", "--exclude-standard", "-z"]))?;
        let mut files = Vec::new();
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            // A picture is there, and has no text to check.
            files.push(SourceFile::new(path, String::from_utf8(bytes).unwrap_or_default()));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// Whether there is a file or folder of this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// The file of this path.
    pub(crate) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl SourceFile {
    /// Takes a file's text.
    pub(crate) fn new(path: &str, text: String) -> Self {
        let code = if path.ends_with(".rs") { blanked(&text) } else { String::new() };
        Self { path: path.to_owned(), text, code }
    }

    /// The file's name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.split('.').next().unwrap_or(name)
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.starts_with("crates/testkit/")
            || self.path.starts_with("fuzz/")
            || self.path.contains(".test.")
            || self.path.contains(".spec.")
            || self.stem() == "tests"
    }

    /// The number of lines before the file's own `mod tests`; all of them where there is none.
    pub(crate) fn lines_without_tests(&self) -> usize {
        self.code.lines().position(is_test_module).unwrap_or_else(|| self.text.lines().count())
    }
}

fn is_test_module(line: &str) -> bool {
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test")
}

/// Replaces what stands in comments, strings and character literals by spaces; line breaks stay.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = span(bytes, at);
        if end == at {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        at = end;
    }
    // Only whole spans are replaced, by as many ASCII bytes as they had.
    String::from_utf8(out).unwrap_or_default()
}

/// The end of the comment or literal that begins at `at`; `at` itself where none does.
fn span(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    let in_word = before.is_ascii_alphanumeric() || before == b'_';
    match rest {
        [b'/', b'/', ..] => at + find(rest, b"\n").unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + find(&rest[2..], b"*/").map_or(rest.len(), |i| i + 4),
        [b'"', ..] => at + string_end(&rest[1..]) + 1,
        [b'b', b'"', ..] if !in_word => at + string_end(&rest[2..]) + 2,
        [b'r', ..] if !in_word => at + raw_end(&rest[1..]).map_or(0, |n| n + 1),
        [b'b', b'r', ..] if !in_word => at + raw_end(&rest[2..]).map_or(0, |n| n + 2),
        [b'\'', ..] => at + character_length(rest),
        _ => at,
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Bytes up to and with the closing quote.
fn string_end(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Bytes of `#"..."#` after the `r`; `None` where this is no raw string.
fn raw_end(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes.iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(hashes) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let body = &bytes[hashes + 1..];
    Some(hashes + 1 + find(body, &close).map_or(body.len(), |i| i + close.len()))
}

/// The length of a character literal; 0 for a lifetime.
fn character_length(bytes: &[u8]) -> usize {
    if bytes.get(1) == Some(&b'\\') {
        return find(&bytes[3..], b"'").map_or(0, |i| i + 4);
    }
    let close = (2..=5).find(|i| bytes.get(*i) == Some(&b'\''));
    match close {
        Some(2) => 3,
        // Longer only for one character outside ASCII; `'a, 'b` are two lifetimes.
        Some(i) if std::str::from_utf8(&bytes[1..i]).is_ok_and(|s| s.chars().count() == 1) => i + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        for (text, want) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b\n */ c", "a     \n    c"),
            (r#"f("x\"y", z)"#, "f(      , z)"),
            ("r#\"a\"b\"# + 1", "         + 1"),
            ("for<'a> 'x' '\\'' b\"q\"", "for<'a>              "),
            ("'ä' 'a, 'b", "     'a, 'b"),
        ] {
            assert_eq!(blanked(text), want, "{text}");
        }
    }

    #[test]
    fn a_files_tests_are_not_counted() {
        let file = SourceFile::new("a.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {}\n".into());
        assert_eq!(file.lines_without_tests(), 2);
        assert!(!file.is_test() && SourceFile::new("crates/a/tests/it/b.rs", String::new()).is_test());
    }
}
