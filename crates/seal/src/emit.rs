//! Writes a tree as YAML, laid out as the `sops` program lays out its files: four spaces a level.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::resolve::is_text;
use crate::tree::{Comment, Entry, Item, Node, Scalar, Text, Value};

/// Spaces a level.
const STEP: usize = 4;
/// Spaces that an item's dash takes.
const DASH: usize = 2;

/// The document, with a line break at its end.
pub(crate) fn emit(root: &Node) -> Text {
    let mut out = Zeroizing::new(String::new());
    match root {
        Node::Mapping(entries) if !has_pairs(entries) => {
            comments(&mut out, entries, 0);
            out.push_str("{}\n");
        }
        Node::Mapping(entries) => mapping(&mut out, entries, 0, false),
        Node::Scalar(_) | Node::Sequence(_) => {
            behind(&mut out, root, 0, None);
        }
    }
    out
}

fn has_pairs(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry, Entry::Pair(..)))
}

fn indent(out: &mut Text, level: usize) {
    out.extend(std::iter::repeat_n(' ', level));
}

fn line(out: &mut Text, level: usize, comment: &Comment) {
    for part in comment.text.split(['\n', '\r']) {
        indent(out, level);
        out.push('#');
        out.push_str(part);
        out.push('\n');
    }
}

fn comments(out: &mut Text, entries: &[Entry], level: usize) {
    for entry in entries {
        if let Entry::Comment(comment) = entry {
            line(out, level, comment);
        }
    }
}

/// The entries of a mapping. When the dash of an item is written already, the first pair stands behind it.
fn mapping(out: &mut Text, entries: &[Entry], level: usize, mut dashed: bool) {
    let mut entries = entries.iter().peekable();
    while let Some(entry) = entries.next() {
        match entry {
            Entry::Comment(comment) => line(out, level, comment),
            Entry::Pair(key, value) => {
                if !std::mem::take(&mut dashed) {
                    indent(out, level);
                }
                text(out, key);
                out.push(':');
                let inline = match entries.peek() {
                    Some(Entry::Comment(comment)) if comment.inline => Some(comment),
                    Some(Entry::Comment(_) | Entry::Pair(..)) | None => None,
                };
                if behind(out, value, level, inline) {
                    entries.next();
                }
            }
        }
    }
}

fn sequence(out: &mut Text, items: &[Item], level: usize) {
    let mut items = items.iter().peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Comment(comment) => line(out, level, comment),
            Item::Value(Node::Mapping(entries)) if has_pairs(entries) => {
                let first = entries.iter().take_while(|entry| matches!(entry, Entry::Comment(_))).count();
                let (before, entries) = entries.split_at(first);
                comments(out, before, level);
                indent(out, level);
                out.push_str("- ");
                mapping(out, entries, level + DASH, true);
            }
            Item::Value(value) => {
                indent(out, level);
                out.push('-');
                let inline = match items.peek() {
                    Some(Item::Comment(comment)) if comment.inline => Some(comment),
                    Some(Item::Comment(_) | Item::Value(_)) | None => None,
                };
                if behind(out, value, level, inline) {
                    items.next();
                }
            }
        }
    }
}

/// What stands behind a colon or a dash, up to the end of its last line; says whether the inline comment was
/// written as well.
fn behind(out: &mut Text, node: &Node, level: usize, inline: Option<&Comment>) -> bool {
    match node {
        Node::Scalar(Scalar { value: Value::Text(text), .. }) if is_block(text) => {
            block(out, text, level + STEP);
            return false;
        }
        Node::Scalar(scalar) => {
            out.push(' ');
            word(out, scalar);
            if let Some(comment) = inline {
                out.push_str(" #");
                out.push_str(&comment.text.replace(['\n', '\r'], " "));
            }
            out.push('\n');
            return inline.is_some();
        }
        Node::Sequence(items) if items.iter().any(|item| matches!(item, Item::Value(_))) => {
            out.push('\n');
            sequence(out, items, level + STEP);
        }
        Node::Sequence(items) => {
            out.push_str(" []\n");
            for item in items {
                if let Item::Comment(comment) = item {
                    line(out, level + STEP, comment);
                }
            }
        }
        Node::Mapping(entries) if has_pairs(entries) => {
            out.push('\n');
            mapping(out, entries, level + STEP, false);
        }
        Node::Mapping(entries) => {
            out.push_str(" {}\n");
            comments(out, entries, level + STEP);
        }
    }
    false
}

fn word(out: &mut Text, scalar: &Scalar) {
    match (&scalar.value, &scalar.plain) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Text(value), _) => text(out, value),
        (Value::Time(_), Some(written)) => text(out, written),
        (Value::Time(value), None) => text(out, value),
        (Value::Integer(value), _) => push(out, value),
        (Value::Boolean(value), _) => push(out, value),
        (Value::Float(_) | Value::Large, Some(written)) => out.push_str(written),
        (Value::Float(value), None) if value.is_nan() => out.push_str(".nan"),
        (Value::Float(value), None) if value.is_infinite() => {
            out.push_str(if *value > 0.0 { ".inf" } else { "-.inf" });
        }
        // With a point, so that a float stays one.
        (Value::Float(value), None) => push(out, &format_args!("{value:?}")),
        (Value::Large, None) => out.push_str("null"),
    }
}

fn push(out: &mut Text, value: &impl std::fmt::Display) {
    write!(&mut **out, "{value}").expect("writing to a text does not fail");
}

/// Whether a text reads best as a literal block, and comes back from one as it is.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with(['\n', ' '])
        && !body.starts_with(['\n', ' '])
        && body.chars().all(|c| c == '\n' || is_printable(c))
        && body.lines().all(|line| line.is_empty() || !line.trim().is_empty())
}

fn block(out: &mut Text, text: &str, level: usize) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.lines() {
        if !line.is_empty() {
            indent(out, level);
        }
        out.push_str(line);
        out.push('\n');
    }
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A text, plain where every reader takes it for the same text, else in double quotes.
fn text(out: &mut Text, text: &str) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => push(out, &format_args!("\\u{:04X}", u32::from(c))),
        }
    }
    out.push('"');
}

fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '^'));
    let sealed = text.starts_with("ENC[AES256_GCM,data:") && text.ends_with(']');
    let rest = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '/' | '.' | '-' | '+' | '=' | '@' | '~' | '^' | '$' | '(' | ')' | '|')
    };
    sealed || first && characters.all(rest) && is_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read;
    use crate::resolve::Reading;
    use proptest::prelude::*;

    fn again(text: &str) -> String {
        emit(&read(text, Reading::Kubernetes).unwrap()).to_string()
    }

    #[test]
    fn a_document_is_laid_out_as_sops_does() {
        let text = "# first\na: 1 # one\nb:\n    # of b\n    c: yes please\n    d: |\n        x\n         y\n\n        z\n    # end of b\nlist:\n    # item\n    - a\n    - b: 1\n      c: 2\n    -\n        - deep\nempty: {}\nnone: []\nnil: null\nquoted: \"12\"\n\"on\": \"yes\"\nf: 1.50\n# last\n";
        let want = text.replace("yes please", "\"yes please\"");
        assert_eq!(again(text), want);
        assert_eq!(again(&want), want);
    }

    #[test]
    fn other_forms_become_the_same() {
        for (text, want) in [
            (
                "{a: [1, {b: c}], d: &x {e: f}, g: *x}",
                "a:\n    - 1\n    - b: c\nd:\n    e: f\ng:\n    e: f\n",
            ),
            (
                "a: &b {x: 1, z: 2}\nc:\n  <<: *b\n  x: 3\n",
                "a:\n    x: 1\n    z: 2\nc:\n    x: 3\n    z: 2\n",
            ),
            ("a: >-\n  one\n  two\n", "a: \"one two\"\n"),
            ("a: 'it''s # no comment'\n", "a: \"it's # no comment\"\n"),
            ("a: !!binary aGk=\nb: !!str 1\n", "a: hi\nb: \"1\"\n"),
            ("a: 0x1F\nb: yes\nc: 2001-12-14\n1: d\n", "a: 31\nb: true\nc: \"2001-12-14\"\n\"1\": d\n"),
            ("---\n", "{}\n"),
            ("", "{}\n"),
            ("# only this\n", "{}\n"),
            (
                "a: |\n  # in the block\n  x\n# after\nb: 1\n",
                "a: |\n    # in the block\n    x\n# after\nb: 1\n",
            ),
            ("- a", ""),
        ] {
            match read(text, Reading::Kubernetes) {
                Ok(tree) => assert_eq!(emit(&tree).as_str(), want, "{text}"),
                Err(_) => assert_eq!(want, "", "{text}"),
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "\\PC{0,20}|[ -~\n\t\r#:'\"]{0,40}|[\u{0}-\u{20ff}]{0,12}", key in "\\PC{1,10}") {
            prop_assume!(key != "<<");
            let root = Node::Mapping(vec![
                Entry::Pair(Zeroizing::new(key), Node::Sequence(vec![Item::Value(Node::Scalar(Scalar::text(text.clone())))])),
                Entry::Pair(Zeroizing::new("last one".into()), Node::Scalar(Scalar::text(text))),
            ]);
            let written = emit(&root);
            for reading in [Reading::Sops, Reading::Kubernetes] {
                prop_assert!(read(&written, reading).unwrap().same(&root), "{}", written.as_str());
            }
        }
    }
}
