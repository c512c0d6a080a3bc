//! What is to be applied, checked as far as that goes without the cluster's word: kinds, scopes, names, order.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::Release;
use crate::cluster::Cluster;
use crate::inventory::{self, keyed, set_id};
use crate::order::{Phase, wave};
use crate::ownership::PART_OF;
use crate::{Error, Key, Kind, Object, Refusal, Resource, Why};

/// What makes an object a hook of Helm: when it is to run.
const HOOK: &str = "helm.sh/hook";

/// An object with all that is needed to apply it.
pub(super) struct Planned {
    pub(super) key: Key,
    pub(super) resource: Resource,
    /// Whether its definition is applied along, so that the cluster may not serve it yet.
    pub(super) along: bool,
    pub(super) wave: i64,
    pub(super) phase: Phase,
    pub(super) body: Bytes,
    /// The keyed hash of the body.
    pub(super) hash: String,
}

/// Puts objects in order.
///
/// # Errors
/// [`Error::Refused`] with every object that is there twice, of a kind that nobody knows, or named as the inventory.
pub(super) async fn plan(
    cluster: &Cluster,
    release: &Release,
    objects: Vec<Object>,
) -> Result<Vec<Planned>, Error> {
    let set = set_id(release);
    let along: BTreeMap<Kind, Resource> = objects.iter().flat_map(defined).collect();
    let (mut planned, mut refusals, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut asked: BTreeMap<Kind, Option<Resource>> = BTreeMap::new();
    for object in objects {
        match object.annotation(HOOK) {
            // Run by `helm test` alone.
            Some(hook) if hook.split(',').all(|event| event.trim().starts_with("test")) => continue,
            Some(hook) if hook.trim() != "crd-install" => {
                refusals.push(Refusal { object: object.key(), why: Why::Hook(hook.into()) });
                continue;
            }
            _ => {}
        }
        if !asked.contains_key(&object.kind) {
            // A definition that is applied along is newer than the one that is served.
            let found = match along.get(&object.kind) {
                Some(resource) => Some(resource.clone()),
                None => cluster.resource(&object.kind).await?,
            };
            asked.insert(object.kind.clone(), found);
        }
        let Some(resource) = asked.get(&object.kind).cloned().flatten() else {
            refusals.push(Refusal { object: object.key(), why: Why::UnknownKind(object.kind.to_string()) });
            continue;
        };
        let object = object.in_namespace(resource.namespaced, &release.namespace);
        let key = object.key();
        if key == inventory::key(release) {
            refusals.push(Refusal { object: key, why: Why::Inventory });
            continue;
        }
        if !seen.insert(key.clone()) {
            refusals.push(Refusal { object: key, why: Why::Duplicate });
            continue;
        }
        let body = Bytes::from(object.labelled(PART_OF, &set).to_string());
        let (wave, phase, hash) = (wave(&object)?, Phase::of(&object.kind), keyed(&release.key, &body));
        let along = along.contains_key(&object.kind);
        planned.push(Planned { key, resource, along, wave, phase, body, hash });
    }
    if !refusals.is_empty() {
        return Err(Error::Refused { refusals, before: true });
    }
    planned.sort_by(|a, b| (a.wave, a.phase, &a.key).cmp(&(b.wave, b.phase, &b.key)));
    Ok(planned)
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
