//! An object as Git has it, and what it is known by.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::Error;

/// A kind with its group and version, such as `Deployment` of `apps/v1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// The group; empty for the oldest kinds.
    pub group: String,
    /// The version that the manifest is written in.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// What an object is known by, whatever version its manifest is written in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The group of its kind; empty for the oldest kinds.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// An object that is to be in the cluster. Has no `Debug`: it may hold secret values.
#[derive(Clone)]
pub struct Object {
    /// The kind.
    pub kind: Kind,
    value: Value,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind, self.api_version())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

impl Key {
    /// A claim of a volume.
    pub(crate) fn claim(namespace: &str, name: &str) -> Self {
        let (group, kind) = (String::new(), "PersistentVolumeClaim".to_owned());
        Self { group, kind, namespace: namespace.into(), name: name.into() }
    }
}

impl Kind {
    /// Reads `apiVersion` and `kind`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Group and version as manifests have them, such as `apps/v1` or `v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Whether it is this kind of this group, in any version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl Object {
    /// Takes a manifest. `namespace` becomes its namespace if it names none; for objects of the whole cluster it is
    /// taken out again once their scope is known.
    ///
    /// # Errors
    /// [`Error::Manifest`] when it lacks `apiVersion`, `kind` or a name, or when its labels or annotations are no
    /// mapping.
    pub fn new(value: Value) -> Result<Self, Error> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        for (field, found) in [("apiVersion", api_version), ("kind", kind), ("metadata.name", name)] {
            if found.is_empty() {
                let object = [kind, name].iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>();
                return Err(Error::Manifest {
                    object: if object.is_empty() { "an object".into() } else { object.join(" ") },
                    sentence: format!("it has no `{field}`"),
                });
            }
        }
        // Kubernetes takes these as no name either; in a path they would lead elsewhere.
        for (field, found) in [("metadata.name", name), ("metadata.namespace", text("/metadata/namespace"))] {
            if matches!(found, "." | "..") || found.contains(['/', '%']) {
                let (object, sentence) = (format!("{kind} {name}"), format!("`{field}` is no name"));
                return Err(Error::Manifest { object, sentence });
            }
        }
        for field in ["labels", "annotations"] {
            let found = &value["metadata"][field];
            if !found.is_object() && !found.is_null() {
                let (object, sentence) =
                    (format!("{kind} {name}"), format!("`metadata.{field}` has to be a mapping"));
                return Err(Error::Manifest { object, sentence });
            }
        }
        Ok(Self { kind: Kind::new(api_version, kind), value })
    }

    /// Reads one document of YAML: an object, or a `List` of them. Nothing when the document is empty.
    ///
    /// # Errors
    /// [`Error::Manifest`] for text that is no YAML, and as [`Object::new`].
    pub fn read(document: &str) -> Result<Vec<Self>, Error> {
        let node = yaml::parse(document, yaml::Duplicates::LastBelowRoot).map_err(|e| Error::Manifest {
            object: "a manifest".into(),
            sentence: format!("line {}: {}", e.line, e.message),
        })?;
        let Some(node) = node.filter(|node| !node.is_empty()) else { return Ok(Vec::new()) };
        let value = node.to_json();
        match value["items"].as_array() {
            Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => {
                items.iter().cloned().map(Self::new).collect()
            }
            _ => Ok(vec![Self::new(value)?]),
        }
    }

    /// What it is known by.
    pub fn key(&self) -> Key {
        Key {
            group: self.kind.group.clone(),
            kind: self.kind.kind.clone(),
            namespace: self.meta("namespace").unwrap_or_default().into(),
            name: self.meta("name").unwrap_or_default().into(),
        }
    }

    /// What it is known by in a namespace, if it names none itself.
    pub fn key_in(&self, namespace: &str) -> Key {
        let key = self.key();
        if key.namespace.is_empty() { Key { namespace: namespace.into(), ..key } } else { key }
    }

    /// The whole manifest.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// A text of `metadata`.
    pub fn meta(&self, field: &str) -> Option<&str> {
        self.value["metadata"][field].as_str()
    }

    /// An annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.value["metadata"]["annotations"][name].as_str()
    }

    /// The same in a namespace, or in none where the kind is one of the whole cluster.
    pub(crate) fn in_namespace(mut self, namespaced: bool, default: &str) -> Self {
        if !namespaced {
            if let Some(metadata) = self.value["metadata"].as_object_mut() {
                metadata.remove("namespace");
            }
        } else if self.meta("namespace").is_none_or(str::is_empty) {
            self.value["metadata"]["namespace"] = default.into();
        }
        self
    }

    /// The body of an apply: the manifest with a label, without what only the server writes.
    pub(crate) fn labelled(&self, label: &str, text: &str) -> Value {
        let mut value = self.value.clone();
        if let Some(object) = value.as_object_mut() {
            object.remove("status");
        }
        if let Some(metadata) = value["metadata"].as_object_mut() {
            for field in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"] {
                metadata.remove(field);
            }
            metadata.retain(|_, value| !value.is_null());
        }
        value["metadata"]["labels"][label] = text.into();
        if self.kind.is("", "Secret") {
            encode(&mut value);
        }
        value
    }
}

/// Puts the plain values of a Secret among the encoded ones, as the API server does: it forgets whose the plain ones
/// were, so that a change of them by somebody else could not be seen.
fn encode(secret: &mut Value) {
    let Some(plain) = secret["stringData"].as_object().filter(|map| map.values().all(Value::is_string))
    else {
        return;
    };
    let encoded: Vec<(String, Value)> = plain
        .iter()
        .map(|(name, value)| (name.clone(), STANDARD.encode(value.as_str().unwrap_or_default()).into()))
        .collect();
    if !(secret["data"].is_null() || secret["data"].is_object()) {
        return;
    }
    for (name, value) in encoded {
        secret["data"][name] = value;
    }
    if let Some(secret) = secret.as_object_mut() {
        secret.remove("stringData");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_needs_kind_and_name() {
        for (text, says) in [
            ("kind: Pod\nmetadata: {name: a}", "Pod a: it has no `apiVersion`"),
            ("apiVersion: v1\nmetadata: {name: a}", "a: it has no `kind`"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}", "Pod: it has no `metadata.name`"),
            ("{apiVersion: v1, kind: Pod, metadata: {name: ..}}", "Pod ..: `metadata.name` is no name"),
            (
                "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b/c}}",
                "Pod a: `metadata.namespace` is no name",
            ),
            (
                "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: []}}",
                "Pod a: `metadata.labels` has to be a mapping",
            ),
            (
                "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: b}}",
                "Pod a: `metadata.annotations` has to be a mapping",
            ),
            ("- a", "an object: it has no `apiVersion`"),
            ("a: b: c", "a manifest: line 1"),
        ] {
            let error = Object::read(text).err().expect(text).to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn a_list_is_its_items_and_nothing_is_nothing() {
        let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n";
        assert_eq!(Object::read(list).expect("a list").len(), 1);
        assert!(Object::read("# nothing\n").expect("nothing").is_empty());
    }

    #[test]
    fn labels_that_are_empty_are_none() {
        for labels in [json!(null), json!({})] {
            let metadata = json!({ "name": "a", "labels": labels });
            let value = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata });
            let sent = Object::new(value).expect("an object").labelled("x", "y");
            assert_eq!(sent["metadata"]["labels"], json!({ "x": "y" }));
        }
    }

    #[test]
    fn plain_values_of_a_secret_lie_over_the_encoded_ones() {
        for (data, plain, want) in [
            (json!({ "a": "YQ==", "b": "YQ==" }), json!({ "b": "b" }), json!({ "a": "YQ==", "b": "Yg==" })),
            (json!(null), json!({ "b": "b" }), json!({ "b": "Yg==" })),
        ] {
            let value = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "a" }, "data": data, "stringData": plain,
            });
            let sent = Object::new(value).expect("an object").labelled("x", "y");
            assert_eq!((&sent["data"], sent["stringData"].is_null()), (&want, true));
        }
    }

    #[test]
    fn what_the_server_writes_is_not_applied() {
        let value = json!({
            "apiVersion": "v1", "kind": "Pod", "status": { "phase": "Running" },
            "metadata": { "name": "a", "uid": "1", "creationTimestamp": null, "labels": { "a": "b" } },
        });
        let sent = Object::new(value).expect("an object").labelled("x", "y");
        let want = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "a", "labels": { "a": "b", "x": "y" } },
        });
        assert_eq!(sent, want);
    }
}
