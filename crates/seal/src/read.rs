//! Reads one YAML document into a tree, with limits and with its comments.

use std::collections::{HashMap, HashSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use zeroize::Zeroizing;

use crate::comments::{Found, find};
use crate::resolve::{Reading, resolve};
use crate::tree::{Entry, Item, Node, Scalar, Text, Value};
use crate::{Error, LIMIT};

/// The most levels that mappings and sequences may be nested.
const DEPTH: usize = 64;
/// The most values that a document may have, those behind aliases counted each time.
const NODES: usize = 100_000;

/// Reads a document whose root is a mapping; nothing at all is an empty one.
pub(crate) fn read(text: &str, reading: Reading) -> Result<Node, Error> {
    if text.len() > LIMIT {
        return Err(Error::TooLarge { size: text.len() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut events, mut documents) = (Vec::new(), 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| Error::NotYaml {
            line: e.marker().line().max(1),
            column: e.marker().col() + 1,
            message: format!("this is not YAML: {}", e.info().trim_end_matches('.')),
        })?;
        documents += usize::from(matches!(event, Event::DocumentStart(_)));
        if documents > 1 {
            let message = "a second document starts here; one file holds exactly one: split it".into();
            return Err(at(span, message));
        }
        events.push((event, span));
    }
    let comments = find(text, &events);
    let mut reader =
        Reader { reading, open: Vec::new(), anchors: HashMap::new(), root: None, nodes: 0, comments };
    for (event, span) in events {
        reader.take(event, span)?;
    }
    match reader.root {
        None | Some(Node::Scalar(Scalar { value: Value::Null, .. })) => Ok(Node::Mapping(Vec::new())),
        Some(root @ Node::Mapping(_)) => Ok(root),
        Some(Node::Scalar(_) | Node::Sequence(_)) => Err(Error::NotYaml {
            line: 1,
            column: 1,
            message: "the document has to be a mapping: lines of `key: value`".into(),
        }),
    }
}

fn at(span: Span, message: String) -> Error {
    Error::NotYaml { line: span.start.line().max(1), column: span.start.col() + 1, message }
}

/// A mapping or sequence that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Text>,
    /// The column of its first key or item.
    column: usize,
    root: bool,
    keys: HashSet<String>,
    /// What `<<` brings in; keys of its own go first.
    merged: Vec<(Text, Node)>,
}

struct Reader {
    reading: Reading,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    nodes: usize,
    comments: VecDeque<Found>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                self.comments_before(span);
                let scalar = self.scalar(&text, style, tag.as_deref(), span)?;
                self.close(Node::Scalar(scalar), anchor, 1, span)
            }
            Event::Alias(id) => {
                self.comments_before(span);
                let Some((mut target, size)) = self.anchors.get(&id).cloned() else {
                    return Err(at(span, "this alias refers to a value that contains it".into()));
                };
                target.drop_comments();
                self.close(target, 0, size, span)
            }
            Event::SequenceStart(anchor, _) => self.start(Node::Sequence(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.start(Node::Mapping(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => {
                self.comments_within(span);
                match self.open.pop() {
                    Some(mut open) => {
                        open.merge();
                        self.close(open.node, open.anchor, 1, span)
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// Puts the comments that stand before a node into the innermost open node.
    fn comments_before(&mut self, span: Span) {
        while self.comments.front().is_some_and(|c| c.index < span.start.index()) {
            let Some(found) = self.comments.pop_front() else { return };
            if let Some(open) = self.open.last_mut() {
                open.put(found);
            }
        }
    }

    /// Puts the comments behind the last part of the innermost open node into it: those that are indented as
    /// it is.
    fn comments_within(&mut self, span: Span) {
        let Some(open) = self.open.last_mut() else { return };
        while self.comments.front().is_some_and(|c| {
            open.root || c.index < span.start.index() && (c.column >= open.column || c.comment.inline)
        }) {
            let Some(found) = self.comments.pop_front() else { return };
            open.put(found);
        }
    }

    fn start(&mut self, node: Node, anchor: usize, span: Span) -> Result<(), Error> {
        if self.open.len() >= DEPTH {
            return Err(at(span, format!("this is nested more than {DEPTH} levels deep, the most allowed")));
        }
        if let Some(Open { node: Node::Mapping(_), key: None, .. }) = self.open.last() {
            return Err(at(span, "a key has to be a plain value".into()));
        }
        let (root, column) = (self.open.is_empty(), span.start.col());
        if let Some(parent) = self.open.last_mut() {
            let outside = |c: &Found| c.index < span.start.index() && c.column < column;
            while self.comments.front().is_some_and(outside) {
                let Some(found) = self.comments.pop_front() else { break };
                parent.put(found);
            }
        }
        let (keys, merged) = (HashSet::new(), Vec::new());
        self.open.push(Open { node, anchor, key: None, column, root, keys, merged });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize, size: usize, span: Span) -> Result<(), Error> {
        self.nodes += size;
        if self.nodes > NODES {
            return Err(at(span, format!("the document has more than {NODES} values, the most allowed")));
        }
        if anchor > 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let reading = self.reading;
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.node, parent.key.take()) {
            (Node::Sequence(items), _) => items.push(Item::Value(node)),
            (Node::Mapping(_), None) => parent.key = Some(key(node, reading, span)?),
            (Node::Mapping(_), Some(key)) => parent.insert(key, node, reading, span)?,
            (Node::Scalar(_), _) => {}
        }
        Ok(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Scalar, Error> {
        let core = tag.filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix.as_str());
        match core {
            Some("str" | "timestamp") => Ok(Scalar::text(text)),
            Some("binary") => {
                let compact: Zeroizing<String> =
                    Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
                let bytes = STANDARD.decode(compact.as_bytes()).map(Zeroizing::new);
                let text = bytes.ok().and_then(|b| std::str::from_utf8(&b).map(str::to_owned).ok());
                text.map(Scalar::text).ok_or_else(|| {
                    at(span, "binary values are taken as base64 text only: remove the tag `!!binary`".into())
                })
            }
            Some(_) => Ok(Scalar::of(resolve(text, self.reading))),
            None if style == ScalarStyle::Plain && tag.is_none() => Ok(Scalar {
                value: resolve(text, self.reading),
                plain: Some(Zeroizing::new(text.to_owned())),
            }),
            None => Ok(Scalar::text(text)),
        }
    }
}

impl Open {
    fn put(&mut self, found: Found) {
        match &mut self.node {
            Node::Sequence(items) => items.push(Item::Comment(found.comment)),
            // Between a key and its value: the comment goes before the key.
            Node::Mapping(entries) => entries.push(Entry::Comment(found.comment)),
            Node::Scalar(_) => {}
        }
    }

    fn insert(&mut self, key: Text, node: Node, reading: Reading, span: Span) -> Result<(), Error> {
        let Node::Mapping(entries) = &mut self.node else { return Ok(()) };
        if key.as_str() == "<<" {
            let merged = if reading == Reading::Kubernetes { mappings(node) } else { None };
            let message = "`<<` is taken only to merge mappings, and not in sealed files: write the keys out";
            self.merged.extend(merged.ok_or_else(|| at(span, message.into()))?);
            return Ok(());
        }
        if !self.keys.insert(key.as_str().to_owned()) {
            return Err(at(span, format!("the key `{}` is set twice", key.as_str())));
        }
        entries.push(Entry::Pair(key, node));
        Ok(())
    }

    fn merge(&mut self) {
        let Node::Mapping(entries) = &mut self.node else { return };
        for (key, node) in self.merged.drain(..) {
            if self.keys.insert(key.as_str().to_owned()) {
                entries.push(Entry::Pair(key, node));
            }
        }
    }
}

/// The pairs of a mapping, or of a sequence of mappings.
fn mappings(node: Node) -> Option<Vec<(Text, Node)>> {
    match node {
        Node::Scalar(_) => None,
        Node::Mapping(entries) => Some(
            entries
                .into_iter()
                .filter_map(|entry| match entry {
                    Entry::Comment(_) => None,
                    Entry::Pair(key, node) => Some((key, node)),
                })
                .collect(),
        ),
        Node::Sequence(items) => {
            let mut all = Vec::new();
            for item in items {
                if let Item::Value(node @ Node::Mapping(_)) = item {
                    all.extend(mappings(node)?);
                } else if let Item::Value(_) = item {
                    return None;
                }
            }
            Some(all)
        }
    }
}

fn count(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Sequence(items) => {
            1 + items
                .iter()
                .map(|item| match item {
                    Item::Comment(_) => 0,
                    Item::Value(node) => count(node),
                })
                .sum::<usize>()
        }
        Node::Mapping(entries) => {
            1 + entries
                .iter()
                .map(|entry| match entry {
                    Entry::Comment(_) => 0,
                    Entry::Pair(_, node) => count(node),
                })
                .sum::<usize>()
        }
    }
}

/// A key's text. SOPS takes text alone; Kubernetes takes other scalars as the text of their meaning.
fn key(node: Node, reading: Reading, span: Span) -> Result<Text, Error> {
    let Node::Scalar(scalar) = node else {
        return Err(at(span, "a key has to be a plain value".into()));
    };
    match (reading, scalar.value) {
        (_, Value::Text(text)) => Ok(text),
        (Reading::Sops, _) => {
            Err(at(span, "SOPS takes keys that are text alone: put this one in quotes".into()))
        }
        (Reading::Kubernetes, Value::Boolean(value)) => Ok(Zeroizing::new(value.to_string())),
        (Reading::Kubernetes, Value::Integer(value)) => Ok(Zeroizing::new(value.to_string())),
        (Reading::Kubernetes, Value::Null | Value::Float(_) | Value::Time(_) | Value::Large) => {
            Err(at(span, "this key is not text: put it in quotes".into()))
        }
    }
}
