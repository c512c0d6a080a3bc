//! Releases into clusters on the wire: how far one has come, and what waits for a person.

pub(crate) mod action;
pub(crate) mod rollout;

use garde::Validate;
use model::layout::ObjectKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an object in a cluster is known by.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ClusterObject {
    /// The group of its kind; empty for the oldest kinds.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl From<ObjectKey> for ClusterObject {
    fn from(key: ObjectKey) -> Self {
        let ObjectKey { group, kind, namespace, name } = key;
        Self { group, kind, namespace: namespace.unwrap_or_default(), name }
    }
}

/// How an object in a cluster is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// It is what it is to be.
    Healthy,
    /// It is becoming so.
    Progressing,
    /// It will not become so by itself.
    Degraded,
    /// Somebody has stopped it.
    Suspended,
    /// It does not say.
    Unknown,
}

impl From<model::release::Health> for Health {
    fn from(health: model::release::Health) -> Self {
        match health {
            model::release::Health::Healthy => Self::Healthy,
            model::release::Health::Progressing => Self::Progressing,
            model::release::Health::Degraded => Self::Degraded,
            model::release::Health::Suspended => Self::Suspended,
            model::release::Health::Unknown => Self::Unknown,
        }
    }
}

/// How far the release of a deployment into its cluster has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct Release {
    /// What goes on; may be empty.
    pub message: String,
    /// How many objects are as Git has them.
    pub applied: u64,
    /// How many there are.
    pub of: u64,
    /// Deletions that wait for a person; null when none do.
    pub confirm: Option<Confirmation>,
    /// Objects that were refused.
    pub refusals: Vec<RefusedObject>,
    /// Objects that are not healthy (yet).
    pub unhealthy: Vec<UnhealthyObject>,
}

/// Deletions that wait for a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Confirmation {
    /// What the confirmation has to name.
    pub digest: String,
    /// What would be deleted.
    pub objects: Vec<ClusterObject>,
    /// Why that is asked.
    pub reasons: Vec<String>,
}

impl From<model::release::Confirmation> for Confirmation {
    fn from(confirm: model::release::Confirmation) -> Self {
        let objects = confirm.objects.into_iter().map(Into::into).collect();
        Self { digest: confirm.digest, objects, reasons: confirm.reasons }
    }
}

/// An object that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedObject {
    /// Which.
    pub object: ClusterObject,
    /// Why, word for word.
    pub sentence: String,
}

/// An object that is not healthy.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnhealthyObject {
    /// Which.
    pub object: ClusterObject,
    /// How it is.
    pub status: Health,
    /// What it says about that.
    pub message: String,
}

impl From<model::release::Release> for Release {
    fn from(release: model::release::Release) -> Self {
        let refused = |r: model::release::RefusedObject| RefusedObject {
            object: r.object.into(),
            sentence: r.sentence,
        };
        let unhealthy = |u: model::release::UnhealthyObject| UnhealthyObject {
            object: u.object.into(),
            status: u.health.into(),
            message: u.message,
        };
        Self {
            message: release.message,
            applied: release.applied,
            of: release.of,
            confirm: release.confirm.map(Into::into),
            refusals: release.refusals.into_iter().map(refused).collect(),
            unhealthy: release.unhealthy.into_iter().map(unhealthy).collect(),
        }
    }
}

/// A confirmation of deletions.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmationInput {
    /// The digest of the deletions.
    #[garde(length(max = 200))]
    pub digest: String,
    /// The name of the application, typed by the person.
    #[garde(length(max = 200))]
    pub application: String,
}

/// What runs of an application in an environment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resources {
    /// The cluster's name.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// How the worst of them is.
    pub status: Health,
    /// What it says about that; may be empty.
    pub message: String,
    /// Whether every kind was looked at.
    pub complete: bool,
    /// Why the cluster cannot be asked now; what is shown may be old.
    pub away: Option<String>,
    /// The objects, each after what it belongs to.
    pub resources: Vec<Resource>,
}

/// An object that runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resource {
    /// Which.
    pub object: ClusterObject,
    /// The version that it is watched in.
    pub version: String,
    /// Its identity in the cluster; empty where it is not there.
    pub uid: String,
    /// The index of what made it, in this list; null for what Git has.
    pub parent: Option<usize>,
    /// How it is.
    pub status: Health,
    /// What it says about that; may be empty.
    pub message: String,
    /// How many are ready, for what has replicas or containers.
    pub ready: Option<u32>,
    /// Of how many.
    pub wanted: Option<u32>,
    /// The names of a pod's containers, those that start it first; of all else none.
    pub containers: Vec<String>,
}

impl From<control::resources::Resources> for Resources {
    fn from(of: control::resources::Resources) -> Self {
        let (health, message) = of.health();
        let complete = of.tree.as_ref().is_some_and(|tree| tree.complete);
        let nodes = of.nodes().into_iter().map(|node| Resource {
            object: node.object.into(),
            version: node.version,
            uid: node.uid,
            parent: node.parent,
            status: node.health.into(),
            message: node.message,
            ready: node.ready.map(|(ready, _)| ready),
            wanted: node.ready.map(|(_, wanted)| wanted),
            containers: node.containers,
        });
        let resources = nodes.collect();
        Self {
            status: health.into(),
            message,
            complete,
            resources,
            cluster: of.cluster,
            namespace: of.namespace,
            away: of.away,
        }
    }
}
