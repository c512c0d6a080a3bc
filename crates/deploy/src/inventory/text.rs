//! An inventory as text.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Entry, Inventory};
use crate::Key;
use crate::apply::{Ran, Waits};

/// Words that may follow in the line of an object: it goes by itself; it is being deleted.
const ENDS: &str = "ends";
const LEAVES: &str = "leaves";

impl Inventory {
    /// Its text: one line an object, so that a person can read it.
    pub fn text(&self) -> String {
        let ran = json!({ "deployment": self.ran.deployment, "hooks": self.ran.hooks });
        let mut head = json!({ "released": self.released, "ran": ran, "leaving": self.leaving });
        if self.taken {
            head["taken"] = true.into();
        }
        if !self.claims.is_empty() {
            let claims = self.claims.iter().map(|claim| json!([claim.namespace, claim.name]));
            head["claims"] = claims.collect();
        }
        if let Some(waits) = self.waits.written() {
            head["waits"] = waits;
        }
        let mut lines = vec![head.to_string()];
        lines.extend(self.entries.iter().map(|(key, entry)| {
            let who = [&key.group, &entry.version, &key.kind, &key.namespace, &key.name];
            let mut words: Vec<&str> = who.into_iter().map(String::as_str).collect();
            words.extend([&*entry.uid, &*entry.hash, &*entry.fields]);
            words.extend(entry.ends.then_some(ENDS));
            words.extend(entry.leaves.then_some(LEAVES));
            json!(words).to_string()
        }));
        lines.join("\n")
    }

    /// Reads its text. A line that is none is left out: what is not in the inventory is never deleted.
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            if value.is_object() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let hooks = value["ran"]["hooks"].as_object().into_iter().flatten();
                let hooks = hooks.map(|(name, good)| (name.clone(), *good == true)).collect();
                found.ran = Ran { deployment: text(&value["ran"]["deployment"]), hooks };
                found.released = text(&value["released"]);
                found.leaving = text(&value["leaving"]);
                found.taken = value["taken"] == true;
                found.claims = claims(&value["claims"]);
                found.waits = Waits::read(&value["waits"]);
            }
            let words: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let [group, version, kind, namespace, name, uid, hash, fields, more @ ..] = &words[..] else {
                continue;
            };
            if more.iter().any(|word| ![ENDS, LEAVES].contains(word)) {
                continue;
            }
            let text = |word: &&str| (*word).to_owned();
            let key =
                Key { group: text(group), kind: text(kind), namespace: text(namespace), name: text(name) };
            let (ends, leaves) = (more.contains(&ENDS), more.contains(&LEAVES));
            let (version, uid, hash, fields) = (text(version), text(uid), text(hash), text(fields));
            let entry = Entry { version, uid, hash, fields, ends, leaves };
            found.entries.insert(key, entry);
        }
        found
    }
}

/// Claims as they are written: namespace and name of each.
fn claims(value: &Value) -> BTreeSet<Key> {
    let one = |claim: &Value| Some(Key::claim(claim[0].as_str()?, claim[1].as_str()?));
    value.as_array().into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_is_read_as_it_was_written() {
        let ran = Ran { deployment: "2".into(), hooks: [("a".into(), true), ("b".into(), false)].into() };
        let key = Key {
            group: String::new(),
            kind: "ConfigMap".into(),
            namespace: "eu".into(),
            name: String::new(),
        };
        let mut inventory =
            Inventory { released: "1".into(), ran, leaving: "d".into(), taken: true, ..Inventory::default() };
        inventory.waits.begin("2", "Job a");
        inventory.claims.extend(["data-db-0", "data-db-1"].map(|name| Key::claim("eu", name)));
        for (name, ends, leaves) in [("one", false, false), ("two", true, false), ("three", true, true)] {
            let (version, uid) = ("v1".into(), "u".into());
            let entry = Entry { version, uid, hash: "a".into(), fields: "f".into(), ends, leaves };
            inventory.entries.insert(Key { name: name.into(), ..key.clone() }, entry);
        }
        assert_eq!(Inventory::parse(&inventory.text()), inventory);
        let newer = r#"["","v1","ConfigMap","eu","n","u","h","f","a word of a newer Trueline"]"#;
        let damaged = format!("{}\n[\"\",\"v1\"]\n{newer}\nnothing", inventory.text());
        assert_eq!(Inventory::parse(&damaged), inventory);
    }
}
