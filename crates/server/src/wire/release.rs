//! Releases into clusters on the wire: how far one has come, and what waits for a person.

use garde::Validate;
use model::layout::ObjectKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an object in a cluster is known by.
#[derive(Serialize, ToSchema)]
pub(crate) struct Object {
    /// The group of its kind; empty for the oldest kinds.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl From<ObjectKey> for Object {
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
    pub objects: Vec<Object>,
    /// Why that is asked.
    pub reasons: Vec<String>,
}

/// An object that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedObject {
    /// Which.
    pub object: Object,
    /// Why, word for word.
    pub sentence: String,
}

/// An object that is not healthy.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnhealthyObject {
    /// Which.
    pub object: Object,
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
            confirm: release.confirm.map(|confirm| Confirmation {
                digest: confirm.digest,
                objects: confirm.objects.into_iter().map(Into::into).collect(),
                reasons: confirm.reasons,
            }),
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
