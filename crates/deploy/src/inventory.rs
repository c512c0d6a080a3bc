//! What a release has in the cluster: kept there as a ConfigMap that is the parent of an ApplySet, so that other
//! tools see it, and handed out for the database. Where the two differ the one in the cluster holds.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use model::Secret;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::apply::{Ran, Release, Waits};
use crate::cluster::{APPLY, Cluster, JSON, Request};
use crate::{Error, FIELD_MANAGER, Key, Kind, Owner, Refusal, Why};

mod text;

/// The most that a ConfigMap holds (kubernetes.io, ConfigMaps, seen 2026-11-23).
const LARGEST: usize = 1024 * 1024;

/// How often it is written while somebody else changes its metadata.
const WRITES: usize = 5;

/// The annotation that says which state of an object was applied: the beginning of its keyed hash.
pub(crate) const STATE: &str = "trueline.dev/state";

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
    /// The SHA-256 of the fields that Trueline owned after that, and of the state that it gave them.
    pub fields: String,
    /// Whether it goes by itself once it has ended (`ttlSecondsAfterFinished`).
    pub ends: bool,
    /// Whether Git no longer has it, and it was deleted and is not gone yet: something holds it.
    pub leaves: bool,
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
    /// What the deployment that is under way waits for.
    pub waits: Waits,
    /// The digest of what is being deleted, once that has begun.
    pub leaving: String,
    /// The claims that StatefulSets made which go then, and that are to stay.
    pub claims: BTreeSet<Key>,
    /// Whether the first deployment, not released yet, takes objects over: something ran before it.
    pub taken: bool,
    /// The object that it was read from or written to.
    at: Option<At>,
}

/// The very state of the object that an inventory is in: only that one is written over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    uid: String,
    version: String,
    /// The hash of its text.
    text: String,
}

impl At {
    fn of(live: &Value, inventory: &str) -> Option<Self> {
        let text = |field: &str| live["metadata"][field].as_str().map(str::to_owned);
        let (uid, version) = (text("uid")?, text("resourceVersion")?);
        Some(Self { uid, version, text: hash(inventory.as_bytes()) })
    }
}

/// The name of a release's ApplySet, which its objects have as a label
/// (Kubernetes Enhancement 3659: the hash of name, namespace, kind and group of the parent).
pub fn set_id(release: &Release) -> String {
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

/// The hash of the fields that Trueline owns of a live object, and of which state it gave them: whoever changes one of
/// them becomes its owner, and an apply of Trueline's own that comes late brings its own state along. The times of
/// managed fields do not tell: they stay when only values change (Kubernetes 1.36, seen 2026-11-23).
pub(crate) fn owned(live: &Value) -> String {
    let entries = live["metadata"]["managedFields"].as_array();
    let Some(ours) = entries.into_iter().flatten().find(|entry| crate::fields::ours(entry)) else {
        return String::new();
    };
    hash(format!("{} {}", live["metadata"]["annotations"][STATE], ours["fieldsV1"]).as_bytes())
}

fn name(release: &Release) -> String {
    format!("trueline-{}", release.name)
}

fn folder(release: &Release) -> String {
    format!("api/v1/namespaces/{}/configmaps", release.namespace)
}

fn path(release: &Release) -> String {
    format!("{}/{}", folder(release), name(release))
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
    /// The kind that it was applied as.
    pub(crate) fn kind(&self, key: &Key) -> Kind {
        Kind { group: key.group.clone(), version: self.version.clone(), kind: key.kind.clone() }
    }

    /// One as large as it is once the object is applied.
    pub(crate) fn placeholder(version: &str) -> Self {
        let (version, uid) = (version.into(), "0".repeat(36));
        Self { version, uid, hash: hash(b""), fields: hash(b""), ends: true, leaves: false }
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
            Some(id) if id == release.id || release.former.iter().any(|former| former == id) => None,
            Some(id) => Some(Owner::Trueline(id.into())),
            None => Some(Owner::Nobody),
        };
        if let Some(owner) = owner {
            let refusals = vec![Refusal { object: key(release), why: Why::Owned(owner) }];
            return Err(Error::Refused { refusals, before: true });
        }
        Ok(Self { at: At::of(&found, text_of(&found)), ..Self::parse(text_of(&found)) })
    }

    /// Whether the cluster has it.
    pub(crate) fn is_there(&self) -> bool {
        self.at.is_some()
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

    /// Writes it: where there was none only if there still is none, else only over the state that was read or written
    /// last.
    ///
    /// # Errors
    /// [`Error::Refused`] with the inventory itself when the cluster does not take it, [`Error::Overtaken`] when
    /// somebody else wrote it meanwhile.
    pub(crate) async fn write(&mut self, cluster: &Cluster, release: &Release) -> Result<(), Error> {
        for _ in 0..WRITES {
            if self.written(cluster, release).await? {
                return Ok(());
            }
        }
        Err(Error::Overtaken(release.name.clone()))
    }

    /// Writes it once; whether it is written. If not, somebody has changed something else of the object.
    async fn written(&mut self, cluster: &Cluster, release: &Release) -> Result<bool, Error> {
        let mut body = self.object(release);
        let request = match &self.at {
            None => {
                let path = format!("{}?fieldManager={FIELD_MANAGER}", folder(release));
                Request::with(Method::POST, path, JSON, &body)
            }
            Some(at) => {
                body["metadata"]["uid"] = at.uid.as_str().into();
                body["metadata"]["resourceVersion"] = at.version.as_str().into();
                let path = format!("{}?fieldManager={FIELD_MANAGER}&force=true", path(release));
                Request::with(Method::PATCH, path, APPLY, &body)
            }
        };
        match cluster.call(&request.accepting(crate::cluster::METADATA)).await {
            Ok(live) => {
                self.at = At::of(&live, &self.text());
                Ok(true)
            }
            Err(error) if error.status() == Some(409) => self.conflict(cluster, release).await,
            // Rules of the cluster may be against it as against any other object.
            Err(Error::Answered { status: 400 | 403 | 413 | 422, message, .. }) => {
                let refusals = vec![Refusal { object: key(release), why: Why::Server(message) }];
                Err(Error::Refused { refusals, before: false })
            }
            Err(error) => Err(error),
        }
    }

    /// After a conflict, whether what is there is what was to be written: the answer to our own write may have been
    /// lost. Where its text is still the one that is known, only its metadata was changed.
    async fn conflict(&mut self, cluster: &Cluster, release: &Release) -> Result<bool, Error> {
        let found = cluster.find(&Request::get(path(release), JSON)).await?.unwrap_or_default();
        let (text, own) = (text_of(&found), self.text());
        let id = found["metadata"]["annotations"][RELEASE].as_str().unwrap_or_default();
        let ours = id == release.id || release.former.iter().any(|former| former == id);
        let now = At::of(&found, text).filter(|_| ours);
        let known = match (&self.at, &now) {
            (Some(at), Some(now)) => at.uid == now.uid && at.text == now.text,
            (None, _) | (_, None) => false,
        };
        if now.is_none() || (text != own && !known) {
            return Err(Error::Overtaken(release.name.clone()));
        }
        self.at = now;
        Ok(text == own && id == release.id)
    }

    fn object(&self, release: &Release) -> Value {
        let kinds: BTreeSet<String> = self.entries.keys().map(group_kind).collect();
        let elsewhere: BTreeSet<&str> = self.entries.keys().map(|key| key.namespace.as_str()).collect();
        let elsewhere: Vec<&str> =
            elsewhere.into_iter().filter(|n| !n.is_empty() && *n != release.namespace).collect();
        json!({
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
        })
    }

    /// Takes it away, once nothing is in it.
    ///
    /// # Errors
    /// [`Error::Overtaken`] when somebody else wrote it meanwhile, or when the cluster does not do it.
    pub(crate) async fn delete(&self, cluster: &Cluster, release: &Release) -> Result<(), Error> {
        let Some(at) = &self.at else { return Ok(()) };
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": { "uid": at.uid, "resourceVersion": at.version },
        });
        let request = Request::with(Method::DELETE, path(release), JSON, &options);
        match cluster.find(&request).await {
            Err(error) if error.status() == Some(409) => Err(Error::Overtaken(release.name.clone())),
            done => done.map(|_| ()),
        }
    }
}

/// The text that an object holds.
fn text_of(live: &Value) -> &str {
    live["data"]["inventory"].as_str().unwrap_or_default()
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
        let (name, namespace) = ("shop".into(), "eu".into());
        Release { name, namespace, id: "1".into(), former: Vec::new(), key: Secret::new("k") }
    }

    #[test]
    fn what_is_applied_is_hashed_with_a_key() {
        // printf password | openssl dgst -sha256 -hmac k
        let found = keyed(&Secret::new("k"), b"password");
        assert_eq!(found, "29547da9137cbdc67e97383dab75d4edb89f9ac09254ceb0456a2fddeb2ec8a3");
        assert_ne!(found, keyed(&Secret::new("other"), b"password"));
    }

    #[test]
    fn the_set_is_named_as_the_enhancement_says() {
        let release = release();
        // printf 'trueline-shop.eu.ConfigMap.' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(set_id(&release), "applyset-WzdEOeqIZrc9ZVFJfa_M31-DLr6_DcuAwdr2MQKC8nU-v1");
    }
}
