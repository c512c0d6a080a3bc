//! YAML read with the place of every value, and with limits.
//!
//! Plain scalars are resolved as Helm's YAML library (goyaml version 2, YAML 1.1) resolves them: `yes` is true,
//! `0777` is 511. What is read here decides about error messages and about what an object is called; Helm
//! itself reads the values that it renders.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Value;

/// The most levels that mappings and sequences may be nested.
pub const DEPTH: usize = 64;
/// The most values that a document may have, those behind aliases counted each time.
pub const NODES: usize = 200_000;

/// What is wrong, and where: lines and columns from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YamlError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// One sentence without its place.
    pub message: String,
}

/// What to do when a mapping names a key twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// It is an error.
    Refuse,
    /// The last one counts, as in Helm; but the outermost mapping still has each key once.
    LastBelowRoot,
}

/// A value and where it starts: line and column from 1, and the number of its layer.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Which of several documents laid over one another it came from; 0 as read.
    pub layer: usize,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A plain value: null, true or false, a number or text.
    Scalar(Value),
    /// Items in their order.
    Sequence(Vec<Node>),
    /// Keys and values in their order.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key as text, whatever it was written as.
    pub text: String,
    /// The line, from 1; 0 for a key that was merged with `<<`.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// As [`Node::layer`].
    pub layer: usize,
}

impl Node {
    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v),
            Kind::Scalar(_) | Kind::Sequence(_) => None,
        }
    }

    /// The text of a scalar that is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(value) => value.as_str(),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            Kind::Scalar(_) | Kind::Mapping(_) => None,
        }
    }

    /// Puts text under a key of a mapping, before all others.
    pub fn put_first(&mut self, key: &str, text: &str) {
        let (line, column, layer) = (self.line, self.column, self.layer);
        if let Kind::Mapping(entries) = &mut self.kind {
            let value = Self { kind: Kind::Scalar(Value::from(text)), line, column, layer };
            entries.insert(0, (Key { text: key.to_owned(), line, column, layer }, value));
        }
    }

    /// Whether this is nothing: null, or an empty mapping or sequence.
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Scalar(value) => value.is_null(),
            Kind::Sequence(items) => items.is_empty(),
            Kind::Mapping(entries) => entries.is_empty(),
        }
    }

    /// The same without places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Sequence(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Mapping(entries) => {
                Value::Object(entries.iter().map(|(k, v)| (k.text.clone(), v.to_json())).collect())
            }
        }
    }

    /// Says for this value and all below which layer it came from.
    pub fn set_layer(&mut self, layer: usize) {
        self.layer = layer;
        match &mut self.kind {
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => items.iter_mut().for_each(|i| i.set_layer(layer)),
            Kind::Mapping(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.layer = layer;
                value.set_layer(layer);
            }),
        }
    }
}

/// Reads exactly one document; `None` when there is nothing but white space and comments.
pub fn parse(text: &str, duplicates: Duplicates) -> Result<Option<Node>, YamlError> {
    let mut reader = Reader { duplicates, open: Vec::new(), anchors: HashMap::new(), root: None, nodes: 0 };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| YamlError {
            line: e.marker().line().max(1),
            column: e.marker().col() + 1,
            message: sentence(e.info()),
        })?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                return Err(at(span, "a second document starts here; only one is allowed".into()));
            }
        }
        reader.take(event, span)?;
    }
    // A document of nothing but `---` or a comment is a null that nobody wrote.
    Ok(reader.root.filter(|r| !matches!(&r.kind, Kind::Scalar(Value::Null))))
}

fn sentence(info: &str) -> String {
    format!("this is not YAML: {}", info.trim_end_matches('.'))
}

fn at(span: Span, message: String) -> YamlError {
    YamlError { line: span.start.line().max(1), column: span.start.col() + 1, message }
}

/// A mapping or sequence that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Key>,
}

struct Reader {
    duplicates: Duplicates,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    nodes: usize,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let node =
            |kind| Node { kind, line: span.start.line().max(1), column: span.start.col() + 1, layer: 0 };
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                let done = node(Kind::Scalar(value));
                self.close(done, anchor, 1, span)
            }
            Event::Alias(id) => {
                let Some((mut target, size)) = self.anchors.get(&id).cloned() else {
                    return Err(at(span, "this alias refers to a value that contains it".into()));
                };
                target.line = span.start.line().max(1);
                target.column = span.start.col() + 1;
                self.close(target, 0, size, span)
            }
            Event::SequenceStart(anchor, _) => self.start(node(Kind::Sequence(Vec::new())), anchor, span),
            Event::MappingStart(anchor, _) => self.start(node(Kind::Mapping(Vec::new())), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.close(open.node, open.anchor, 1, span),
                None => Ok(()),
            },
        }
    }

    fn start(&mut self, node: Node, anchor: usize, span: Span) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH {
            return Err(at(span, format!("this is nested more than {DEPTH} levels deep, the most allowed")));
        }
        if let Some(Open { node: Node { kind: Kind::Mapping(_), .. }, key: None, .. }) = self.open.last() {
            return Err(at(span, "a key has to be a plain value".into()));
        }
        self.open.push(Open { node, anchor, key: None });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize, size: usize, span: Span) -> Result<(), YamlError> {
        self.nodes += size;
        if self.nodes > NODES {
            return Err(at(span, format!("the document has more than {NODES} values, the most allowed")));
        }
        if anchor > 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let outermost = self.open.len() == 1;
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.node.kind, parent.key.take()) {
            (Kind::Sequence(items), _) => items.push(node),
            (Kind::Mapping(_), None) => {
                let Kind::Scalar(value) = &node.kind else {
                    return Err(at(span, "a key has to be a plain value".into()));
                };
                let text = match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                parent.key = Some(Key { text, line: node.line, column: node.column, layer: 0 });
            }
            (Kind::Mapping(entries), Some(key)) => {
                let strict = outermost || self.duplicates == Duplicates::Refuse;
                insert(entries, key, node, strict)?;
            }
            (Kind::Scalar(_), _) => {}
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar(_) => 1,
        Kind::Sequence(items) => 1 + items.iter().map(count).sum::<usize>(),
        Kind::Mapping(entries) => 1 + entries.iter().map(|(_, v)| count(v)).sum::<usize>(),
    }
}

fn insert(entries: &mut Vec<(Key, Node)>, key: Key, node: Node, strict: bool) -> Result<(), YamlError> {
    if key.text == "<<" {
        let merged = match node.kind {
            Kind::Mapping(merged) => vec![merged],
            Kind::Sequence(items) => items
                .into_iter()
                .filter_map(|i| match i.kind {
                    Kind::Mapping(merged) => Some(merged),
                    Kind::Scalar(_) | Kind::Sequence(_) => None,
                })
                .collect(),
            Kind::Scalar(_) => {
                let message = "`<<` merges a mapping; this is a plain value".into();
                return Err(YamlError { line: key.line, column: key.column, message });
            }
        };
        for (key, value) in merged.into_iter().flatten() {
            if !entries.iter().any(|(k, _)| k.text == key.text) {
                // A key of its own may still follow: mark the merged one as replaceable by line 0.
                entries.push((Key { line: 0, ..key }, value));
            }
        }
        return Ok(());
    }
    if let Some(old) = entries.iter_mut().find(|(k, _)| k.text == key.text) {
        if strict && old.0.line > 0 {
            let message = format!("`{}` is already set in line {}", key.text, old.0.line);
            return Err(YamlError { line: key.line, column: key.column, message });
        }
        *old = (key, node);
    } else {
        entries.push((key, node));
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let core = tag.filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix.as_str());
    match core {
        Some("str") => Value::String(text.into()),
        Some(_) => resolve(text),
        None if style == ScalarStyle::Plain => resolve(text),
        None => Value::String(text.into()),
    }
}

/// What a plain word means.
pub fn scalar_of_plain(text: &str) -> Value {
    resolve(text)
}

/// What a plain scalar means; after `resolve.go` of goyaml version 2.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return Value::String(text.into());
    }
    number(&text.replace('_', "")).unwrap_or_else(|| Value::String(text.into()))
}

fn number(plain: &str) -> Option<Value> {
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.strip_prefix('+').unwrap_or(plain)),
    };
    let radix = |radix, digits: &str| {
        let clean = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        clean.then(|| i64::from_str_radix(&format!("{sign}{digits}"), radix).ok().map(Value::from)).flatten()
    };
    let prefixed = |marks: [&str; 2]| marks.iter().find_map(|m| digits.strip_prefix(m));
    if let Some(rest) = prefixed(["0x", "0X"]) {
        return radix(16, rest);
    }
    if let Some(rest) = prefixed(["0b", "0B"]) {
        return radix(2, rest);
    }
    if let Some(rest) = prefixed(["0o", "0O"]) {
        return radix(8, rest);
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit()) {
        // Octal; what is none, such as 08, is still a decimal fraction in goyaml.
        return radix(8, &digits[1..]).or_else(|| float(sign, digits));
    }
    if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        return format!("{sign}{digits}")
            .parse::<i64>()
            .ok()
            .map(Value::from)
            .or_else(|| float(sign, digits));
    }
    float(sign, digits)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(sign: &str, digits: &str) -> Option<Value> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(i) => (&digits[..i], Some(&digits[i + 1..])),
        None => (digits, None),
    };
    let all_digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    let mantissa_valid = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_valid = exponent.is_none_or(|e| {
        let digits = e.strip_prefix(['-', '+']).unwrap_or(e);
        !digits.is_empty() && all_digits(digits)
    });
    (mantissa_valid && exponent_valid)
        .then(|| format!("{sign}{digits}").parse::<f64>().ok())
        .flatten()
        .and_then(serde_json::Number::from_f64)
        .map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> Value {
        parse(text, Duplicates::Refuse).unwrap().map_or(Value::Null, |n| n.to_json())
    }

    fn error(text: &str) -> String {
        let e = parse(text, Duplicates::Refuse).unwrap_err();
        format!("{}:{} {}", e.line, e.column, e.message)
    }

    #[test]
    fn plain_scalars_are_resolved_as_in_helm() {
        for (text, want) in [
            ("1", "1"),
            ("-7", "-7"),
            ("0777", "511"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("08", "8.0"),
            ("1_000", "1000"),
            ("1e3", "1000.0"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("yes", "true"),
            ("off", "false"),
            ("y", "true"),
            ("\"y\"", "\"y\""),
            ("!!str 12", "\"12\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("1.2.3", "\"1.2.3\""),
            ("-", "[null]"),
            ("-x", "\"-x\""),
            ("1e", "\"1e\""),
            ("~", "null"),
            ("12345678901234567890", "1.2345678901234567e+19"),
        ] {
            assert_eq!(json(text).to_string(), want, "{text}");
        }
    }

    #[test]
    fn merge_keys_give_way_to_keys_of_their_own() {
        let text = "base: &b {a: 1, b: 2}\nuse:\n  <<: *b\n  a: 3\n  c: 4\n";
        assert_eq!(json(text)["use"].to_string(), r#"{"a":3,"b":2,"c":4}"#);
    }

    #[test]
    fn errors_have_their_place() {
        assert_eq!(error("a: 1\nb: 2\na: 3\n"), "3:1 `a` is already set in line 1");
        assert_eq!(error("a: 1\n---\nb: 1\n"), "2:1 a second document starts here; only one is allowed");
        assert_eq!(error("? [a]\n: 1\n"), "1:3 a key has to be a plain value");
        assert!(error("a: [1\nb: 2\n").starts_with("2:"), "{}", error("a: [1\nb: 2\n"));
    }

    #[test]
    fn limits_hold() {
        let deep = "[".repeat(DEPTH + 1) + &"]".repeat(DEPTH + 1);
        assert_eq!(error(&deep), "1:65 this is nested more than 64 levels deep, the most allowed");
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..10 {
            let p = i - 1;
            bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{p}"); 10].join(", ")));
        }
        assert!(error(&bomb).ends_with("the document has more than 200000 values, the most allowed"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-c:{}\\[\\]&*!|>'\" \n0-9#,?%@]{0,60}") {
            let _ = parse(&text, Duplicates::Refuse);
        }
    }
}
