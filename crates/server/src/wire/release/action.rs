//! What is done with what runs, on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ClusterObject;

/// A workload that is to be restarted.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workload {
    /// Its kind, such as `Deployment`.
    #[garde(length(min = 1, max = 200))]
    pub kind: String,
    /// Its name.
    #[garde(length(min = 1, max = 300))]
    pub name: String,
    /// The group of its kind; needed where several are meant.
    #[garde(length(max = 300))]
    pub group: Option<String>,
    /// Its namespace; needed where several are meant.
    #[garde(length(max = 300))]
    pub namespace: Option<String>,
}

/// A workload that is to have another number of pods.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scaling {
    /// Its kind, such as `Deployment`.
    #[garde(length(min = 1, max = 200))]
    pub kind: String,
    /// Its name.
    #[garde(length(min = 1, max = 300))]
    pub name: String,
    /// The group of its kind; needed where several are meant.
    #[garde(length(max = 300))]
    pub group: Option<String>,
    /// Its namespace; needed where several are meant.
    #[garde(length(max = 300))]
    pub namespace: Option<String>,
    /// How many pods, 1,000 at most.
    #[garde(skip)]
    pub replicas: u32,
}

/// Objects that are to be as Git says again.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    /// Which; all that differ where none is named.
    #[garde(length(max = 1000))]
    #[serde(default)]
    pub objects: Vec<ClusterObject>,
}

/// Which part of which log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// The pod.
    pub pod: String,
    /// Its namespace; needed where several pods have this name.
    pub namespace: Option<String>,
    /// The container; needed where the pod has several.
    pub container: Option<String>,
    /// So many lines from the end; 200 if left out, 10,000 at most.
    pub lines: Option<u32>,
    /// Whether what is written later comes as well, until the caller ends it.
    pub follow: Option<bool>,
    /// Of the container that ran before this one was started.
    pub previous: Option<bool>,
}

/// What happened to objects.
#[derive(Serialize, ToSchema)]
pub(crate) struct Happenings {
    /// The newest first, 200 at most.
    pub events: Vec<Happening>,
}

/// Something that happened to an object, as the cluster's parts tell it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Happening {
    /// To which.
    pub object: ClusterObject,
    /// `Normal` or `Warning`.
    pub r#type: &'static str,
    /// In one word, such as `FailedScheduling`.
    pub reason: String,
    /// In a sentence.
    pub message: String,
    /// How often.
    pub count: u32,
    /// When last; null where the cluster does not say.
    pub last_at: Option<String>,
}

/// Where a cluster is no longer as Git says.
#[derive(Serialize, ToSchema)]
pub(crate) struct Drift {
    /// The number of the deployment that it was compared with, the last one in Git; null where nothing of the application
    /// came into Git for the environment yet.
    pub deployment: Option<i64>,
    /// The objects that differ.
    pub objects: Vec<DriftedObject>,
}

/// An object that is not as Git says.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftedObject {
    /// Which.
    pub object: ClusterObject,
    /// Whether it is not there at all.
    pub missing: bool,
    /// What is different in it.
    pub differences: Vec<DriftedField>,
}

/// A field that is not as Git says.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftedField {
    /// Where, such as `spec.template.spec.containers[web].image`.
    pub path: String,
    /// What Git says; null where it says nothing. Values of Secrets are `***`.
    pub git: Option<String>,
    /// What the cluster has; null where it has nothing.
    pub cluster: Option<String>,
    /// Who changed it; null where that cannot be known.
    pub who: Option<Changer>,
}

/// Who changed a field.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changer {
    /// The name that the program gave itself, such as `kubectl-edit`.
    pub manager: String,
    /// When it last changed something in the object.
    pub at: Option<String>,
}

impl From<control::actions::Key> for ClusterObject {
    fn from(key: control::actions::Key) -> Self {
        let control::actions::Key { group, kind, namespace, name } = key;
        Self { group, kind, namespace, name }
    }
}

impl From<ClusterObject> for control::actions::Key {
    fn from(ClusterObject { group, kind, namespace, name }: ClusterObject) -> Self {
        Self { group, kind, namespace, name }
    }
}

/// A text, or nothing where it is empty.
fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<Vec<control::actions::Happening>> for Happenings {
    fn from(found: Vec<control::actions::Happening>) -> Self {
        let events = found.into_iter().map(|each| Happening {
            object: each.object.into(),
            r#type: if each.warning { "Warning" } else { "Normal" },
            reason: each.reason,
            message: each.message,
            count: each.count,
            last_at: some(each.last),
        });
        Self { events: events.collect() }
    }
}

impl From<control::actions::Drifted> for Drift {
    fn from(found: control::actions::Drifted) -> Self {
        let field = |field: control::actions::Difference| DriftedField {
            path: field.path,
            git: field.git,
            cluster: field.cluster,
            who: field.who.map(|who| Changer { manager: who.manager, at: some(who.at) }),
        };
        let deployment = found.deployment;
        let objects = found.objects.into_iter().map(|each| DriftedObject {
            object: each.object.into(),
            missing: each.missing,
            differences: each.differences.into_iter().map(field).collect(),
        });
        Self { deployment, objects: objects.collect() }
    }
}
