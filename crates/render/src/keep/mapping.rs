//! Generated texts of a new rendering, and the committed ones that take their places, wherever they stand: as they
//! are, URL-encoded, or within Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::leaf;

/// The least length of a generated text that is looked for elsewhere.
const LEAST: usize = 4;
/// How often Base64 may be within Base64.
const DEPTH: usize = 3;

/// A generated text as two renderings have it, and what is committed in its place.
#[derive(Clone, PartialEq, Eq)]
struct Atom {
    first: String,
    second: String,
    old: String,
}

/// All generated texts whose committed ones are known.
#[derive(Default)]
pub(crate) struct Mapping {
    atoms: Vec<Atom>,
}

impl Mapping {
    /// Adds a text, unless one place said otherwise before.
    pub(crate) fn learn(&mut self, first: &str, second: &str, old: &str) {
        let long = first.len() >= LEAST && second.len() >= LEAST;
        if long && first != second && !self.atoms.iter().any(|atom| atom.first == first) {
            let atom = Atom { first: first.into(), second: second.into(), old: old.into() };
            self.atoms.push(atom);
            self.atoms.sort_by_key(|atom| std::cmp::Reverse(atom.first.len()));
        }
    }

    /// Whether a known text stands within another one, with something beside it.
    pub(crate) fn is_within(&self, text: &str) -> bool {
        self.atoms.iter().any(|atom| atom.first.len() < text.len() && text.contains(&atom.first))
    }

    /// The text with the committed parts in it, if they explain all that differs between the two renderings.
    pub(crate) fn explain(&self, first: &str, second: &str) -> Option<String> {
        let marks: Vec<String> = (0..self.atoms.len()).map(|number| format!("\u{1}{number}\u{2}")).collect();
        let marked = |text: &str, which: fn(&Atom) -> &str| {
            let pairs: Vec<_> = self.atoms.iter().map(which).zip(marks.iter().map(String::as_str)).collect();
            replaced(text, &pairs, DEPTH)
        };
        let known = marked(first, |atom| &atom.first)? == marked(second, |atom| &atom.second)?;
        let pairs: Vec<_> = self.atoms.iter().map(|atom| (atom.first.as_str(), atom.old.as_str())).collect();
        known.then(|| replaced(first, &pairs, DEPTH)).flatten()
    }
}

/// The text with others put in; nothing if none was found.
fn replaced(text: &str, pairs: &[(&str, &str)], depth: usize) -> Option<String> {
    let mut out = within_base64(text, pairs, depth);
    for (from, to) in pairs {
        let current = out.as_deref().unwrap_or(text);
        let (from_url, to_url) = (percent(from), percent(to));
        if current.contains(from) {
            out = Some(current.replace(from, to));
        } else if from_url != *from && current.contains(&from_url) {
            out = Some(current.replace(&from_url, &to_url));
        }
    }
    out
}

/// Runs of Base64 whose text has something to replace.
fn within_base64(text: &str, pairs: &[(&str, &str)], depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let in_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut out = String::new();
    let mut changed = false;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !in_run(c)).unwrap_or(rest.len());
        let run = &rest[..end];
        let new = leaf::decoded(run, 8).and_then(|inner| replaced(&inner, pairs, depth - 1));
        changed |= new.is_some();
        out.push_str(&new.map_or_else(|| run.to_owned(), |inner| STANDARD.encode(inner)));
        let next = rest[end..].find(in_run).map_or(rest.len(), |at| end + at);
        out.push_str(&rest[end..next]);
        rest = &rest[next..];
    }
    changed.then_some(out)
}

/// Text as it stands in a URL.
pub(crate) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parts_are_put_where_they_belong() {
        let mut mapping = Mapping::default();
        mapping.learn("AAAA/1", "BBBB/1", "OLD+1");
        let encoded = |text: &str| leaf::encoded(text);
        for (first, second, want) in [
            ("x://u:AAAA/1@new", "x://u:BBBB/1@new", Some("x://u:OLD+1@new".to_owned())),
            ("x?p=AAAA%2F1", "x?p=BBBB%2F1", Some("x?p=OLD%2B1".to_owned())),
            (
                &format!("{{\"auth\":\"{}\"}}", encoded("user:AAAA/1")),
                &format!("{{\"auth\":\"{}\"}}", encoded("user:BBBB/1")),
                Some(format!("{{\"auth\":\"{}\"}}", encoded("user:OLD+1"))),
            ),
            ("AAAA/1 and CCCC", "BBBB/1 and DDDD", None),
            ("CCCC", "DDDD", None),
        ] {
            assert_eq!(mapping.explain(first, second), want, "{first}");
        }
    }
}
