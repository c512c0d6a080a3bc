//! What becomes of the entries of Secrets: by name and kind of change only, as nobody may see the values.

use std::collections::BTreeMap;

use model::Secret;
use serde_json::Value;

use crate::SecretObject;
use crate::documents::{self, Object};
use crate::keep;
use crate::leaf;

/// What becomes of the entries of one Secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretChange {
    /// The Secret, such as `Secret shop/database`.
    pub object: String,
    /// Names of its entries, sorted.
    pub entries: Vec<(String, EntryChange)>,
}

/// What becomes of one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryChange {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It has another value.
    Changed,
    /// It stays.
    Same,
    /// One of its sides does not open here: nobody can tell.
    Unopened,
}

impl EntryChange {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Unopened => "unopened",
        }
    }
}

/// Entries by name; no value where it does not open.
pub type SecretEntries = BTreeMap<String, Option<Secret>>;

/// Compares Secrets with the committed ones, which are given by their paths below `rendered` and opened.
pub fn secret_changes(
    before: &[(String, Secret)],
    after: &[SecretObject],
    namespace: &str,
) -> Vec<SecretChange> {
    let read =
        |path: &str, text: &Secret| documents::committed(path, text, namespace).filter(Object::is_secret);
    let old: BTreeMap<String, _> = before
        .iter()
        .filter_map(|(path, text)| read(path, text))
        .map(|o| (keep::name_of(&o), entries(&o)))
        .collect();
    let new = after.iter().filter_map(|s| read("secrets/", &s.text));
    let new: BTreeMap<String, _> = new.map(|o| (keep::name_of(&o), entries(&o))).collect();
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let nothing = BTreeMap::new();
    let one = |name: &String| {
        let (old, new) = (old.get(name).unwrap_or(&nothing), new.get(name).unwrap_or(&nothing));
        SecretChange { object: name.clone(), entries: entry_changes(old, new) }
    };
    names.into_iter().map(one).collect()
}

/// The name of a committed Secret that was opened, such as `Secret shop/database`, and its entries; nothing of what
/// is no Secret. It is given by its path below `rendered`.
pub fn secret_entries(path: &str, text: &Secret, namespace: &str) -> Option<(String, SecretEntries)> {
    let object = documents::committed(path, text, namespace).filter(Object::is_secret)?;
    Some((keep::name_of(&object), entries(&object)))
}

/// Compares entries.
pub fn entry_changes(old: &SecretEntries, new: &SecretEntries) -> Vec<(String, EntryChange)> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let change = |name: &String| match (old.get(name), new.get(name)) {
        (Some(Some(old)), Some(Some(new))) if old.reveal() == new.reveal() => EntryChange::Same,
        (Some(Some(_)), Some(Some(_))) => EntryChange::Changed,
        (Some(_), Some(_)) => EntryChange::Unopened,
        (Some(_), None) => EntryChange::Removed,
        (None, _) => EntryChange::Added,
    };
    names.into_iter().map(|name| (name.clone(), change(name))).collect()
}

/// The entries of a Secret, all as Base64; `stringData` counts over `data`, as in Kubernetes.
fn entries(object: &Object) -> SecretEntries {
    let mut found = BTreeMap::new();
    for field in ["data", "stringData"] {
        for (path, value) in leaf::leaves(&object.node).into_iter().filter(|(path, _)| path.root() == field) {
            let text = match value {
                Value::Null => String::new(),
                value => leaf::text_of(value),
            };
            let text = if field == "data" { text } else { leaf::encoded(&text) };
            found.insert(path.last_key().to_owned(), Some(Secret::new(text)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_by_name_only() {
        let old = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {same: aHVudGVyMg==, goes: YQ==, other: YQ==}\n";
        let new = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {other: Yg==, comes: YQ==}\nstringData: {same: hunter2}\n";
        let after = documents::committed("secrets/x", &Secret::new(new), "shop").unwrap();
        let (_, after) = documents::sorted(vec![after]);
        let found =
            secret_changes(&[("secrets/shop/Secret.a.yaml".into(), Secret::new(old))], &after, "shop");
        let words: Vec<String> =
            found[0].entries.iter().map(|(name, c)| format!("{name} {}", c.as_str())).collect();
        assert_eq!(found[0].object, "Secret shop/a");
        assert_eq!(words, ["comes added", "goes removed", "other changed", "same same"]);
    }
}
