//! One generated value: what two renderings made of it, and what is committed in its place.

use model::Secret;
use serde_json::Value;
use yaml::{Kind, Node};

use super::mapping::Mapping;
use super::pattern::{self, Pattern};
use super::{Generated, MASK, certificate, checksum, name_of};
use crate::documents::Object;
use crate::leaf::{self, Path};

/// The least length at which Base64 is looked into outside of Secrets.
const HIDDEN: usize = 16;

/// A value that differs between two renderings.
pub(super) struct Item {
    /// The number of its object.
    pub(super) object: usize,
    pub(super) path: Path,
    /// Its text in the first rendering, decoded if it is Base64 of text.
    pub(super) first: String,
    pub(super) second: String,
    /// What is committed, decoded in the same way.
    pub(super) old: Option<String>,
    pub(super) pattern: Pattern,
    pub(super) is_checksum: bool,
    /// What it is to be; the first rendering's text without.
    pub(super) settled: Option<String>,
    is_base64: bool,
    /// The committed value if it is no text.
    old_value: Option<Value>,
}

/// Finds the generated values of an object by its twin from another rendering.
pub(super) fn compare(
    number: usize,
    (object, twin): (&Object, &Object),
    old: Option<&Object>,
    items: &mut Vec<Item>,
) {
    for (path, value) in leaf::leaves(&object.node) {
        let other = path.get(&twin.node).and_then(scalar);
        let (first, second) = (leaf::text_of(value), other.map(leaf::text_of).unwrap_or_default());
        if first == second {
            continue;
        }
        let before = old.and_then(|old| committed(object, &path, &old.node));
        let least = if object.is_secret() && path.root() == "data" { 0 } else { HIDDEN };
        let decode = |text: &str| leaf::decoded(text, least);
        let inner = value.as_str().and_then(decode).zip(decode(&second));
        let is_base64 = inner.is_some();
        let (first, second) = inner.unwrap_or((first, second));
        let in_data = object.is_secret() && path.root() == "data";
        let text = before.as_ref().and_then(|(value, was_in_data)| {
            let text = leaf::text_of(value);
            match (is_base64, in_data) {
                (true, true) if !was_in_data => Some(text),
                (true, _) => leaf::decoded(&text, least),
                (false, true) if !was_in_data => Some(leaf::encoded(&text)),
                (false, false) if *was_in_data => leaf::decoded(&text, 0),
                (false, _) => Some(text),
            }
        });
        let is_checksum = !object.is_secret() && checksum::is_one(&path, &first);
        items.push(Item {
            object: number,
            pattern: Pattern::of(&first, &second),
            path,
            first,
            second,
            old: text,
            is_checksum,
            settled: None,
            is_base64,
            old_value: before.map(|(value, _)| value).filter(|value| !value.is_string()),
        });
    }
}

fn scalar(node: &Node) -> Option<&Value> {
    match &node.kind {
        Kind::Scalar(value) => Some(value),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}

/// The committed value at a path, and whether it is an entry of a Secret's `data`; entries of Secrets may have
/// changed between `data` and `stringData`.
fn committed(object: &Object, path: &Path, old: &Node) -> Option<(Value, bool)> {
    let at = |path: &Path| path.get(old).and_then(scalar).cloned();
    if !object.is_secret() || !matches!(path.root(), "data" | "stringData") {
        return at(path).map(|value| (value, false));
    }
    let entry = path.last_key();
    let data = at(&Path::of(&["data", entry])).map(|value| (value, true));
    data.or_else(|| at(&Path::of(&["stringData", entry])).map(|value| (value, false)))
}

impl Item {
    /// The committed text, if it may stay.
    pub(super) fn keeps(&self, same_values: bool) -> Option<String> {
        if self.is_checksum || self.follows_values(same_values) {
            return None;
        }
        self.old.clone().filter(|old| !self.is_another_set(old))
    }

    /// Whether this is a salted hash of something that people entered, which may have changed.
    pub(super) fn follows_values(&self, same_values: bool) -> bool {
        let salted =
            ["$2a$", "$2b$", "$2y$", "$apr1$", "{SSHA}"].iter().any(|mark| self.first.contains(mark));
        salted && !same_values
    }

    /// Whether two renderings shuffle the same letters, and the committed text has others.
    fn is_another_set(&self, old: &str) -> bool {
        let sorted = |text: &str| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        sorted(&self.first) == sorted(&self.second) && sorted(old) != sorted(&self.first)
    }

    /// The committed generated parts within the text as it is now.
    pub(super) fn with_context_of(&self, old: &str, mapping: &Mapping) -> Option<String> {
        if self.pattern.captures(old).is_some() {
            return Some(old.to_owned());
        }
        if let Some(text) = mapping.explain(&self.first, &self.second) {
            return Some(text);
        }
        let parts = pattern::aligned(&self.first, self.pattern.parts(), old)?;
        let mut text = String::new();
        let mut at = 0;
        for (range, part) in self.pattern.parts().iter().zip(parts) {
            text.push_str(&self.first[at..range.start]);
            text.push_str(part);
            at = range.end;
        }
        text.push_str(&self.first[at..]);
        Some(text)
    }

    /// Writes text in its place.
    pub(super) fn put(&self, root: &mut Node, text: &str) {
        let Some(node) = self.path.get_mut(root) else { return };
        let whole = self.old.as_deref() == Some(text);
        let value = match self.old_value.clone().filter(|_| whole) {
            Some(value) => value,
            None if self.is_base64 => Value::from(leaf::encoded(text)),
            None => Value::from(text),
        };
        node.kind = Kind::Scalar(value);
    }

    /// Puts a mark in its place.
    pub(super) fn mask(&self, root: &mut Node) {
        if let Some(node) = self.path.get_mut(root) {
            node.kind = Kind::Scalar(Value::from(MASK));
        }
    }

    /// What people are told of it.
    pub(super) fn generated(&self, objects: &[Object]) -> Generated {
        let object = objects.get(self.object).map(name_of).unwrap_or_default();
        Generated { object, path: self.path.to_string(), kept: self.settled.is_some() }
    }

    /// The generated parts of a Secret's entry, each with what it is called; nothing that is public.
    pub(super) fn secrets(&self, objects: &[Object]) -> Vec<(String, Secret)> {
        let Some(object) = objects.get(self.object).filter(|o| o.is_secret()) else { return Vec::new() };
        if !matches!(self.path.root(), "data" | "stringData") {
            return Vec::new();
        }
        let text = self.settled.as_deref().unwrap_or(&self.first);
        let what = format!("{} of the {}", self.path.last_key(), name_of(object));
        let named = |part: &str| (what.clone(), Secret::new(part));
        let blocks = certificate::blocks(text);
        if !blocks.is_empty() {
            let keys = blocks.iter().filter(|block| !certificate::is_public(block));
            return keys.filter_map(|block| block.lines().nth(2)).map(named).collect();
        }
        let parts = self.pattern.captures(text).unwrap_or_else(|| vec![text]);
        parts.into_iter().map(named).collect()
    }
}
