//! What a release has in the cluster: kept there as a ConfigMap that is the parent of an ApplySet, so that other
//! tools see it, and handed out for the database. Where the two differ the one in the cluster holds.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use model::Secret;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::apply::{Ran, Release};
use crate::cluster::{APPLY, Cluster, JSON, Request};
use crate::{Error, FIELD_MANAGER, Key, Owner, Refusal, Why};

/// The most that a ConfigMap holds (kubernetes.io, ConfigMaps, seen 2026-11-23).
const LARGEST: usize = 1024 * 1024;

/// Which release the inventory is of.
const RELEASE: &str = "trueline.dev/release";

/// An object that a release has.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Entry {
    /// The version that it was applied in.
    pub version: String,
    /// Its identity in the cluster; empty until it was applied.
    pub uid: String,
    /// The HMAC-SHA-256 of what was applied, by the key of the release; empty until then.
    pub hash: String,
    /// The SHA-256 of the fields that Trueline owned after that.
    pub fields: String,
}

/// All objects of a release.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The objects.
    pub entries: BTreeMap<Key, Entry>,
    /// The deployment that was released last with everything that belongs to it; empty if none was.
    pub released: String,
    /// The hooks of the deployment that is under way.
    pub ran: Ran,
    /// The digest of what is being deleted, once that has begun.
    pub leaving: String,
}

/// The name of a release's ApplySet, which its objects have as a label
/// (Kubernetes Enhancement 3659: the hash of name, namespace, kind and group of the parent).
pub(crate) fn set_id(release: &Release) -> String {
    set_named(&release.name, &release.namespace)
}

/// The name of the ApplySet of the release of this name in this namespace.
pub fn set_named(release: &str, namespace: &str) -> String {
    let parent = format!("trueline-{release}.{namespace}.ConfigMap.");
    let hash = Sha256::digest(parent.as_bytes());
    format!("applyset-{}-v1", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash))
}

/// The SHA-256 of a text, hexadecimal.
pub(crate) fn hash(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The keyed hash of what is applied, which may hold passwords: of Secrets, and of whatever else.
pub(crate) fn keyed(key: &Secret, text: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()).expect("a key of any length is taken");
    mac.update(text);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of the fields that Trueline owns of a live object: whoever changes one of them becomes its owner.
pub(crate) fn owned(live: &Value) -> String {
    let entries = live["metadata"]["managedFields"].as_array();
    let ours = entries.into_iter().flatten().find(|entry| crate::fields::ours(entry));
    ours.map(|entry| hash(entry["fieldsV1"].to_string().as_bytes())).unwrap_or_default()
}

fn name(release: &Release) -> String {
    format!("trueline-{}", release.name)
}

fn path(release: &Release) -> String {
    format!("api/v1/namespaces/{}/configmaps/{}", release.namespace, name(release))
}

/// The object that the inventory is in.
pub(crate) fn key(release: &Release) -> Key {
    Key {
        group: String::new(),
        kind: "ConfigMap".into(),
        namespace: release.namespace.clone(),
        name: name(release),
    }
}

impl Entry {
    /// One as large as it is once the object is applied.
    pub(crate) fn placeholder(version: &str) -> Self {
        Self { version: version.into(), uid: "0".repeat(36), hash: hash(b""), fields: hash(b"") }
    }
}

impl Inventory {
    /// Reads a release's inventory; an empty one if there is none.
    ///
    /// # Errors
    /// [`Error::Refused`] when what is there is another release's.
    pub async fn read(cluster: &Cluster, release: &Release) -> Result<Self, Error> {
        let Some(found) = cluster.find(&Request::get(path(release), JSON)).await? else {
            return Ok(Self::default());
        };
        let owner = match found["metadata"]["annotations"][RELEASE].as_str() {
            Some(id) if id == release.id => None,
            Some(id) => Some(Owner::Trueline(id.into())),
            None => Some(Owner::Nobody),
        };
        if let Some(owner) = owner {
            let refusals = vec![Refusal { object: key(release), why: Why::Owned(owner) }];
            return Err(Error::Refused { refusals, before: true });
        }
        Ok(Self::parse(found["data"]["inventory"].as_str().unwrap_or_default()))
    }

    /// Refuses one that the cluster would not store.
    ///
    /// # Errors
    /// [`Error::Refused`] with the inventory itself.
    pub(crate) fn fits(&self, release: &Release) -> Result<(), Error> {
        let bytes = self.text().len();
        if bytes <= LARGEST {
            return Ok(());
        }
        let said = format!(
            "what the release has would fill {bytes} bytes of at most {LARGEST}; divide it into several"
        );
        let refusals = vec![Refusal { object: key(release), why: Why::TooLarge(said) }];
        Err(Error::Refused { refusals, before: true })
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the inventory itself when the cluster does not take it.
    pub(crate) async fn write(&self, cluster: &Cluster, release: &Release) -> Result<(), Error> {
        let kinds: BTreeSet<String> = self.entries.keys().map(group_kind).collect();
        let elsewhere: BTreeSet<&str> = self.entries.keys().map(|key| key.namespace.as_str()).collect();
        let elsewhere: Vec<&str> =
            elsewhere.into_iter().filter(|n| !n.is_empty() && *n != release.namespace).collect();
        let body = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": name(release), "namespace": release.namespace,
                "labels": { "applyset.kubernetes.io/id": set_id(release) },
                "annotations": {
                    "applyset.kubernetes.io/tooling": "trueline/v1",
                    "applyset.kubernetes.io/contains-group-kinds": kinds.into_iter().collect::<Vec<_>>().join(","),
                    "applyset.kubernetes.io/additional-namespaces": elsewhere.join(","),
                    RELEASE: release.id,
                },
            },
            "data": { "inventory": self.text() },
        });
        let path = format!("{}?fieldManager={FIELD_MANAGER}&force=true", path(release));
        let request = Request::with(Method::PATCH, path, APPLY, &body).accepting(crate::cluster::METADATA);
        match cluster.call(&request).await {
            // Rules of the cluster may be against it as against any other object.
            Err(Error::Answered { status: 400 | 403 | 413 | 422, message, .. }) => {
                let refusals = vec![Refusal { object: key(release), why: Why::Server(message) }];
                Err(Error::Refused { refusals, before: false })
            }
            written => written.map(|_| ()),
        }
    }

    /// Takes it away, once nothing is in it.
    ///
    /// # Errors
    /// When the cluster does not do it.
    pub(crate) async fn delete(cluster: &Cluster, release: &Release) -> Result<(), Error> {
        let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions" });
        let request = Request::with(Method::DELETE, path(release), JSON, &options);
        cluster.find(&request).await.map(|_| ())
    }

    /// Its text: one line an object, so that a person can read it.
    pub fn text(&self) -> String {
        let ran = json!({ "deployment": self.ran.deployment, "hooks": self.ran.hooks });
        let head = json!({ "released": self.released, "ran": ran, "leaving": self.leaving });
        let mut lines = vec![head.to_string()];
        lines.extend(self.entries.iter().map(|(key, entry)| {
            json!([
                key.group,
                entry.version,
                key.kind,
                key.namespace,
                key.name,
                entry.uid,
                entry.hash,
                entry.fields
            ])
            .to_string()
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
            }
            let words: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let [group, version, kind, namespace, name, uid, hash, fields] = words[..] else { continue };
            let key = Key {
                group: group.into(),
                kind: kind.into(),
                namespace: namespace.into(),
                name: name.into(),
            };
            let entry =
                Entry { version: version.into(), uid: uid.into(), hash: hash.into(), fields: fields.into() };
            found.entries.insert(key, entry);
        }
        found
    }
}

fn group_kind(key: &Key) -> String {
    match key.group.as_str() {
        "" => key.kind.clone(),
        group => format!("{}.{group}", key.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        Release { name: "shop".into(), namespace: "eu".into(), id: "1".into(), key: Secret::new("k") }
    }

    #[test]
    fn what_is_applied_is_hashed_with_a_key() {
        // printf password | openssl dgst -sha256 -hmac k
        let found = keyed(&Secret::new("k"), b"password");
        assert_eq!(found, "29547da9137cbdc67e97383dab75d4edb89f9ac09254ceb0456a2fddeb2ec8a3");
        assert_ne!(found, keyed(&Secret::new("other"), b"password"));
    }

    #[test]
    fn an_inventory_is_read_as_it_was_written() {
        let ran = Ran { deployment: "2".into(), hooks: [("a".into(), true), ("b".into(), false)].into() };
        let mut inventory =
            Inventory { released: "1".into(), ran, leaving: "d".into(), ..Inventory::default() };
        let release = release();
        let entry = Entry { version: "v1".into(), uid: "u".into(), hash: "a".into(), fields: "f".into() };
        inventory.entries.insert(key(&release), entry);
        assert_eq!(Inventory::parse(&inventory.text()), inventory);
        let damaged = format!("{}\n[\"\",\"v1\"]\nnothing", inventory.text());
        assert_eq!(Inventory::parse(&damaged), inventory);
    }

    #[test]
    fn the_set_is_named_as_the_enhancement_says() {
        let release = release();
        // printf 'trueline-shop.eu.ConfigMap.' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(set_id(&release), "applyset-WzdEOeqIZrc9ZVFJfa_M31-DLr6_DcuAwdr2MQKC8nU-v1");
    }
}
