//! Places in which a description is known to be wrong, each with its reason: told in every count.

use serde_json::{Value, json};

/// A place that is put right before anything is held against the description.
#[derive(Clone, Copy, Debug)]
pub enum Amendment {
    /// Properties of this name may be null, in every schema.
    Nullable {
        /// The property's name.
        property: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// What a JSON pointer points to is replaced, or put there.
    Replaced {
        /// The pointer.
        pointer: &'static str,
        /// JSON.
        with: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl Amendment {
    /// One line for people.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Nullable { property, reason } => format!("{property} may be null ({reason})"),
            Self::Replaced { pointer, reason, .. } => {
                format!("{} ({reason})", pointer.trim_start_matches('/').replace("~1", "/"))
            }
        }
    }

    pub(super) fn apply(&self, document: &mut Value) {
        match self {
            Self::Nullable { property, .. } => {
                let word = if document.get("swagger").is_some() { "x-nullable" } else { "nullable" };
                nullable(document, property, word);
            }
            Self::Replaced { pointer, with, .. } => {
                let value = serde_json::from_str(with).expect("an amendment is JSON");
                let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
                let parent =
                    document.pointer_mut(parent).expect("an amendment's place is in the description");
                parent[key.replace("~1", "/")] = value;
            }
        }
    }
}

fn nullable(value: &mut Value, property: &str, word: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|v| nullable(v, property, word)),
        Value::Object(object) => {
            if let Some(Value::Object(schema)) =
                object.get_mut("properties").and_then(|p| p.get_mut(property))
            {
                schema.insert(word.to_owned(), json!(true));
            }
            object.values_mut().for_each(|v| nullable(v, property, word));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_put_right_in_named_places() {
        let mut document = json!({ "swagger": "2.0", "definitions": { "Shop": { "properties": {
            "note": { "type": "string" }, "open": { "type": "string" }
        } } } });
        let open = "/definitions/Shop/properties/open";
        Amendment::Nullable { property: "note", reason: "seen" }.apply(&mut document);
        Amendment::Replaced { pointer: open, with: r#"{"type":"boolean"}"#, reason: "seen" }
            .apply(&mut document);
        let shop = &document["definitions"]["Shop"]["properties"];
        assert_eq!(shop["note"], json!({ "type": "string", "x-nullable": true }));
        assert_eq!(shop["open"], json!({ "type": "boolean" }));
    }
}
