//! YAML written for people and for readers of YAML 1.1: block style, and quotes wherever a plain word could be
//! taken for something else.

use serde_json::Value;

use crate::node::{Kind, Node, scalar_of_plain};

/// A value as text that ends with a line feed.
pub fn write(node: &Node) -> String {
    let mut lines = Vec::new();
    match form(node) {
        Form::Inline(text) => lines.push(text),
        Form::Literal(mark, text) => {
            lines.push(mark.to_owned());
            lines.extend(text.iter().map(|line| indented(line)));
        }
        Form::Block(block) => lines = block,
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// How a value is written.
enum Form {
    /// On the line of its key.
    Inline(String),
    /// As lines below a mark: text of several lines.
    Literal(&'static str, Vec<String>),
    /// As lines of its own.
    Block(Vec<String>),
}

fn form(node: &Node) -> Form {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => string(text),
        Kind::Scalar(value) => Form::Inline(value.to_string()),
        Kind::Sequence(items) if items.is_empty() => Form::Inline("[]".into()),
        Kind::Mapping(entries) if entries.is_empty() => Form::Inline("{}".into()),
        Kind::Sequence(items) => {
            let mut lines = Vec::new();
            for item in items {
                entry(&mut lines, "-", true, item);
            }
            Form::Block(lines)
        }
        Kind::Mapping(entries) => {
            let mut lines = Vec::new();
            for (key, value) in entries {
                entry(&mut lines, &format!("{}:", word(&key.text)), false, value);
            }
            Form::Block(lines)
        }
    }
}

/// One entry of a mapping or, with its block beginning on the same line, of a sequence.
fn entry(lines: &mut Vec<String>, head: &str, same_line: bool, value: &Node) {
    match form(value) {
        Form::Inline(text) => lines.push(format!("{head} {text}")),
        Form::Literal(mark, text) => {
            lines.push(format!("{head} {mark}"));
            lines.extend(text.iter().map(|line| indented(line)));
        }
        Form::Block(block) if same_line => {
            let mut block = block.into_iter();
            lines.extend(block.next().map(|first| format!("{head} {first}")));
            lines.extend(block.map(|line| indented(&line)));
        }
        Form::Block(block) => {
            lines.push(head.to_owned());
            lines.extend(block.iter().map(|line| indented(line)));
        }
    }
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}

fn string(text: &str) -> Form {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let literal =
        body.contains('\n') && !body.starts_with([' ', '\n']) && !body.ends_with('\n') && !text.contains(odd);
    if literal {
        let mark = if body.len() < text.len() { "|" } else { "|-" };
        return Form::Literal(mark, body.split('\n').map(str::to_owned).collect());
    }
    Form::Inline(word(text))
}

/// Text on one line: plain where nothing but text can be meant, else as a JSON string, which YAML reads too.
fn word(text: &str) -> String {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '/';
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let plain = text.starts_with(starts) && text.chars().all(goes_on) && scalar_of_plain(text).is_string();
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::node::{Duplicates, parse};

    fn again(text: &str) -> String {
        write(&parse(text, Duplicates::Refuse).unwrap().unwrap())
    }

    #[test]
    fn people_can_read_it() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {}}\ndata:\n  yes: 'no'\n  n: '1'\n  \
                    port: 8_0\n  f: |\n    one\n\n      two\n  g: |-\n    a\n    b\nlist: [{a: 1, b: [x, [z]]}, ~, '']\n";
        let want = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {}\ndata:\n  \"true\": \"no\"\n  \"false\": \
                    \"1\"\n  port: 80\n  f: |\n    one\n\n      two\n  g: |-\n    a\n    b\nlist:\n  - a: 1\n    b:\n      \
                    - x\n      - - z\n  - null\n  - \"\"\n";
        assert_eq!(again(text), want);
        assert_eq!(again(want), want, "what is written is read as the same");
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let text =
            prop_oneof!["[ -~\n]{0,12}", ".{0,6}", "(yes|0x1f|1e3|~|null|- a|a: b|#|'|\"|---|2001-01-01)"];
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            text.prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::hash_map("[a-z0-9 :.-]{1,6}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(value in value()) {
            let wrapped = serde_json::json!({ "a": value });
            let node = parse(&wrapped.to_string(), Duplicates::Refuse).unwrap().unwrap();
            let text = write(&node);
            let read = parse(&text, Duplicates::Refuse).unwrap().unwrap();
            prop_assert_eq!(read.to_json(), node.to_json(), "{}", text);
        }
    }
}
