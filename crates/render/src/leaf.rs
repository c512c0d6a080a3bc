//! Values in a YAML tree by their paths, and their texts as people know them: Base64 decoded where it hides text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use yaml::{Key, Kind, Node};

/// One step from a value to one within it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// A key of a mapping.
    Key(String),
    /// An item of a sequence: by its `name` where it has one of its own, else by its place.
    Item { name: Option<String>, index: usize },
}

/// The way from an object to a value within it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    /// The path of `metadata.name` and its like.
    pub(crate) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Step::Key((*key).to_owned())).collect())
    }

    pub(crate) fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The first key.
    pub(crate) fn root(&self) -> &str {
        match self.0.first() {
            Some(Step::Key(key)) => key,
            Some(Step::Item { .. }) | None => "",
        }
    }

    /// Whether the way leads through a key of this name.
    pub(crate) fn passes(&self, name: &str) -> bool {
        self.0.iter().any(|step| matches!(step, Step::Key(key) if key == name))
    }

    /// The last key.
    pub(crate) fn last_key(&self) -> &str {
        let keys = self.0.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item { .. } => None,
        });
        keys.into_iter().next().unwrap_or_default()
    }

    /// The value at the end of the way.
    pub(crate) fn get<'a>(&self, root: &'a Node) -> Option<&'a Node> {
        self.0.iter().try_fold(root, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Item { name, index } => {
                let items = node.items()?;
                items.get(place(items, name.as_deref(), *index)?)
            }
        })
    }

    /// The same, to be changed.
    pub(crate) fn get_mut<'a>(&self, root: &'a mut Node) -> Option<&'a mut Node> {
        self.0.iter().try_fold(root, |node, step| match (step, &mut node.kind) {
            (Step::Key(key), Kind::Mapping(entries)) => {
                entries.iter_mut().find(|(k, _)| k.text == *key).map(|(_, value)| value)
            }
            (Step::Item { name, index }, Kind::Sequence(items)) => {
                let at = place(items, name.as_deref(), *index)?;
                items.get_mut(at)
            }
            _ => None,
        })
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if number == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item { name: Some(name), .. } => write!(f, "[{name}]")?,
                Step::Item { name: None, index } => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Where the item of this name stands; the one at the same place if none has it.
fn place(items: &[Node], name: Option<&str>, index: usize) -> Option<usize> {
    let named = name.and_then(|name| items.iter().position(|item| item_name(item) == Some(name)));
    named.or_else(|| (index < items.len()).then_some(index))
}

fn item_name(item: &Node) -> Option<&str> {
    item.get("name").and_then(Node::as_text)
}

/// The step to an item of a sequence.
pub(crate) fn item(items: &[Node], index: usize) -> Step {
    let name = items.get(index).and_then(item_name);
    let unique = name.filter(|name| items.iter().filter(|i| item_name(i) == Some(name)).count() == 1);
    Step::Item { name: unique.map(Into::into), index }
}

/// The steps to the values right within a value.
pub(crate) fn children(node: &Node) -> Vec<(Step, &Node)> {
    match &node.kind {
        Kind::Scalar(_) => Vec::new(),
        Kind::Sequence(items) => items.iter().enumerate().map(|(i, n)| (item(items, i), n)).collect(),
        Kind::Mapping(entries) => {
            entries.iter().map(|(Key { text, .. }, n)| (Step::Key(text.clone()), n)).collect()
        }
    }
}

/// All plain values with their paths, in order.
pub(crate) fn leaves(root: &Node) -> Vec<(Path, &Value)> {
    fn walk<'a>(path: &Path, node: &'a Node, found: &mut Vec<(Path, &'a Value)>) {
        if let Kind::Scalar(value) = &node.kind {
            found.push((path.clone(), value));
        }
        for (step, child) in children(node) {
            walk(&path.with(step), child, found);
        }
    }
    let mut found = Vec::new();
    walk(&Path::default(), root, &mut found);
    found
}

/// A plain value as text: text as it is, anything else as JSON writes it.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text that Base64 hides: at least `least` characters of it, nothing but text within.
pub(crate) fn decoded(base64: &str, least: usize) -> Option<String> {
    if base64.len() < least {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(base64.trim_end()).ok()?).ok()?;
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    (!text.contains(odd)).then_some(text)
}

/// Text as Base64.
pub(crate) fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}
