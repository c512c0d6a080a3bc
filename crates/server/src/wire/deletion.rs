//! What deleting an application would do in its clusters, on the wire.

use control::application::Left;
use serde::Serialize;
use utoipa::ToSchema;

use super::release::{ClusterObject, Confirmation};

/// What deleting an application would do in its clusters.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletionPreview {
    /// The environments in which it runs in a cluster, by name.
    pub environments: Vec<EnvironmentDeletion>,
}

/// What deleting an application would do in one environment.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnvironmentDeletion {
    /// The environment's name.
    pub environment: String,
    /// The cluster's name; null if it is known no longer.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// Why the cluster cannot be asked now: then nothing else is known.
    pub away: Option<String>,
    /// What would be deleted, in this order.
    pub goes: Vec<ClusterObject>,
    /// What would stay.
    pub stays: Vec<StayingObject>,
    /// What nobody can say anything about now: the cluster does not serve its kind.
    pub unseen: Vec<ClusterObject>,
    /// What of it holds data: it goes only when that is said.
    pub data: Vec<ClusterObject>,
    /// What a person has to confirm first; null if nothing.
    pub waiting: Option<Confirmation>,
}

/// An object that would stay.
#[derive(Serialize, ToSchema)]
pub(crate) struct StayingObject {
    /// Which.
    pub object: ClusterObject,
    /// Why.
    pub why: String,
}

impl From<Vec<Left>> for DeletionPreview {
    fn from(found: Vec<Left>) -> Self {
        Self { environments: found.into_iter().map(Into::into).collect() }
    }
}

impl From<Left> for EnvironmentDeletion {
    fn from(left: Left) -> Self {
        let objects = |keys: Vec<model::layout::ObjectKey>| keys.into_iter().map(Into::into).collect();
        let stays = left.stays.into_iter().map(|(key, why)| StayingObject { object: key.into(), why });
        Self {
            environment: left.environment,
            cluster: left.cluster,
            namespace: left.namespace,
            away: left.away,
            goes: objects(left.goes),
            stays: stays.collect(),
            unseen: objects(left.unseen),
            data: objects(left.data),
            waiting: left.waiting.map(Into::into),
        }
    }
}
