//! Whose a field of a live object is: `metadata.managedFields`, as server-side apply keeps them
//! (kubernetes.io, Server-Side Apply, `FieldsV1`; seen 2026-11-23).

use serde_json::Value;

use crate::FIELD_MANAGER;

/// A step into an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Into a mapping.
    Field(String),
    /// Into a list, to this item.
    Item(usize, Value),
}

/// Shorthand for steps through mappings.
pub(crate) fn path(fields: &[&str]) -> Vec<Step> {
    fields.iter().map(|name| Step::Field((*name).into())).collect()
}

/// Whether an entry of managed fields is what Trueline applied.
pub(crate) fn ours(entry: &Value) -> bool {
    entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply" && entry["subresource"].is_null()
}

/// The entries of others that hold a field, the latest first.
pub(crate) fn others<'a>(live: &'a Value, path: &[Step]) -> Vec<&'a Value> {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    let mut found: Vec<&Value> =
        entries.filter(|entry| !ours(entry) && holds(&entry["fieldsV1"], path)).collect();
    found.sort_by(|a, b| b["time"].as_str().cmp(&a["time"].as_str()));
    found
}

/// Whether Trueline holds a field.
pub(crate) fn is_ours(live: &Value, path: &[Step]) -> bool {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries.filter(|entry| ours(entry)).any(|entry| holds(&entry["fieldsV1"], path))
}

/// Whether a set of fields holds one, or something in it, or all that it is in.
fn holds(fields: &Value, path: &[Step]) -> bool {
    let mut at = fields;
    for (depth, step) in path.iter().enumerate() {
        let Some(map) = at.as_object() else { return false };
        // A leaf: a value, or a list or mapping that is held as a whole.
        if map.is_empty() && depth > 0 {
            return true;
        }
        let next = match step {
            Step::Field(name) => map.get(&format!("f:{name}")),
            Step::Item(index, value) => {
                let fits = |name: &String| item_fits(name, *index, value);
                map.iter().find(|(name, _)| fits(name)).map(|(_, below)| below)
            }
        };
        match next {
            Some(below) => at = below,
            None => return false,
        }
    }
    !at.is_null()
}

fn item_fits(name: &str, index: usize, value: &Value) -> bool {
    match name.split_once(':') {
        Some(("k", keys)) => {
            let keys: Value = serde_json::from_str(keys).unwrap_or_default();
            let mut keys = keys.as_object().into_iter().flatten().peekable();
            // A key that the item leaves out has its default, such as the protocol of a port.
            keys.peek().is_some() && keys.all(|(key, wanted)| value.get(key).is_none_or(|v| v == wanted))
        }
        Some(("v", text)) => serde_json::from_str::<Value>(text).is_ok_and(|wanted| wanted == *value),
        Some(("i", text)) => text.parse() == Ok(index),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found_through_mappings_and_lists() {
        let fields = json!({
            "f:spec": {
                "f:replicas": {},
                "f:template": { "f:spec": { "f:containers": {
                    "k:{\"name\":\"web\"}": { ".": {}, "f:image": {} },
                } } },
                "f:whole": {},
            },
            "f:metadata": { "f:finalizers": { ".": {}, "v:\"acme\"": {} } },
        });
        let web = || Step::Item(0, json!({ "name": "web", "image": "a" }));
        let containers = |item: Step, field: &str| {
            [path(&["spec", "template", "spec", "containers"]), vec![item], path(&[field])].concat()
        };
        for (path, want) in [
            (path(&["spec", "replicas"]), true),
            (path(&["spec", "paused"]), false),
            (containers(web(), "image"), true),
            (containers(web(), "args"), false),
            (containers(Step::Item(0, json!({ "name": "other" })), "image"), false),
            (path(&["spec", "whole", "deep", "down"]), true),
            ([path(&["metadata", "finalizers"]), vec![Step::Item(0, json!("acme"))]].concat(), true),
            ([path(&["metadata", "finalizers"]), vec![Step::Item(0, json!("other"))]].concat(), false),
        ] {
            assert_eq!(holds(&fields, &path), want, "{path:?}");
        }
    }

    #[test]
    fn the_latest_of_the_others_is_named() {
        let entry = |manager: &str, operation: &str, time: &str| {
            json!({
                "manager": manager, "operation": operation, "time": time,
                "fieldsV1": { "f:spec": { "f:replicas": {} } },
            })
        };
        let entries =
            [entry("trueline", "Apply", "3"), entry("kubectl", "Update", "1"), entry("hpa", "Update", "2")];
        let live = json!({ "metadata": { "managedFields": entries } });
        let replicas = path(&["spec", "replicas"]);
        let found: Vec<_> = others(&live, &replicas).iter().map(|e| e["manager"].clone()).collect();
        assert_eq!(found, ["hpa", "kubectl"]);
        assert!(is_ours(&live, &replicas));
    }
}
