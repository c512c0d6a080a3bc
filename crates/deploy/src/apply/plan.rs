//! What is to be applied, checked as far as that goes without the cluster's word: kinds, scopes, names, order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;

use super::Release;
use super::hooks::{Hooked, terms};
use crate::cluster::Cluster;
use crate::inventory::{self, STATE, keyed, set_id};
use crate::order::{Phase, wave};
use crate::ownership::PART_OF;
use crate::{Error, Key, Kind, Object, Refusal, Resource, Why, timeout};

/// Letters of a hash that tell states of one object apart.
const LETTERS: usize = 16;

/// An object with all that is needed to apply it.
pub(super) struct Planned {
    pub(super) key: Key,
    pub(super) resource: Resource,
    /// Whether its definition is applied along, so that the cluster may not serve it yet.
    pub(super) along: bool,
    pub(super) wave: i64,
    pub(super) phase: Phase,
    pub(super) body: Bytes,
    /// The keyed hash of the body, which has its beginning in an annotation.
    pub(super) hash: String,
    /// Whether it goes by itself once it has ended.
    pub(super) ends: bool,
    /// How long it may take, if it says so.
    pub(super) timeout: Option<Duration>,
}

/// Everything that is to be done with a release, in order.
pub(super) struct Plan {
    pub(super) objects: Vec<Planned>,
    pub(super) hooks: Vec<Hooked>,
}

impl Plan {
    /// What identifies this very state: of two deployments without a name the same is meant if this is the same.
    pub(super) fn digest(&self) -> String {
        let hooks = self.hooks.iter().map(|hook| &hook.planned);
        let lines = self.objects.iter().chain(hooks).map(|p| format!("{}/{} {}", p.key.group, p.key, p.hash));
        inventory::hash(lines.collect::<Vec<_>>().join("\n").as_bytes())
    }
}

/// Puts objects in order, hooks apart.
///
/// # Errors
/// [`Error::Refused`] with every object that is there twice, of a kind that nobody knows, or named as the inventory.
pub(super) async fn plan(cluster: &Cluster, release: &Release, objects: Vec<Object>) -> Result<Plan, Error> {
    let set = set_id(release);
    let along: BTreeMap<Kind, Resource> = objects.iter().flat_map(defined).collect();
    let (mut planned, mut refusals, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    let (mut hooks, mut runs): (Vec<Hooked>, BTreeMap<Key, String>) = (Vec::new(), BTreeMap::new());
    // A definition that is applied along is newer than the one that is served.
    let kinds = objects.iter().map(|object| &object.kind).filter(|kind| !along.contains_key(kind));
    let served = cluster.exactly(&kinds.cloned().collect()).await?;
    for object in objects {
        let terms = terms(&object)?;
        // Run by `helm test` alone.
        if terms.as_ref().is_some_and(|terms| terms.events.is_empty()) {
            continue;
        }
        let Some(resource) = along.get(&object.kind).or(served.get(&object.kind)).cloned() else {
            refusals.push(Refusal { object: object.key(), why: Why::UnknownKind(object.kind.to_string()) });
            continue;
        };
        let object = object.in_namespace(resource.namespaced, &release.namespace);
        let key = object.key();
        if key == inventory::key(release) {
            refusals.push(Refusal { object: key, why: Why::Inventory });
            continue;
        }
        let mut body = object.labelled(PART_OF, &set);
        let (wave, phase) = (wave(&object)?, Phase::of(&object.kind));
        let hash = keyed(&release.key, body.to_string().as_bytes());
        body["metadata"]["annotations"][STATE] = hash[..LETTERS].into();
        let body = Bytes::from(body.to_string());
        // A hook of several events lies in the folder of each.
        if terms.is_some() && runs.get(&key) == Some(&hash) {
            continue;
        }
        if !seen.insert(key.clone()) {
            refusals.push(Refusal { object: key, why: Why::Duplicate });
            continue;
        }
        let along = along.contains_key(&object.kind);
        let ends =
            object.kind.is("batch", "Job") && object.value()["spec"]["ttlSecondsAfterFinished"].is_u64();
        timeout::check(&object)?;
        let timeout = timeout::of(object.value());
        let one = Planned { key, resource, along, wave, phase, body, hash, ends, timeout };
        match terms {
            None => planned.push(one),
            Some(terms) => {
                runs.insert(one.key.clone(), one.hash.clone());
                hooks.push(Hooked { planned: one, terms });
            }
        }
    }
    if !refusals.is_empty() {
        return Err(Error::Refused { refusals, before: true });
    }
    planned.sort_by(|a, b| (a.wave, a.phase, &a.key).cmp(&(b.wave, b.phase, &b.key)));
    hooks.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(Plan { objects: planned, hooks })
}

/// The kinds that a definition brings, as they will be served.
fn defined(object: &Object) -> Vec<(Kind, Resource)> {
    if !object.kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        return Vec::new();
    }
    let spec = &object.value()["spec"];
    let text = |pointer: &str| spec.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
    let versions = spec["versions"].as_array().into_iter().flatten();
    versions
        .filter(|version| version["served"] == true)
        .filter_map(|version| version["name"].as_str())
        .map(|version| {
            let kind = Kind {
                group: text("/group").into(),
                version: version.into(),
                kind: text("/names/kind").into(),
            };
            let resource = Resource {
                kind: kind.clone(),
                plural: text("/names/plural").into(),
                namespaced: text("/scope") == "Namespaced",
                verbs: Vec::new(),
            };
            (kind, resource)
        })
        .collect()
}
