//! Clusters on the wire. Kubeconfigs only come in.

use control::cluster::Input;
use garde::Validate;
use model::cluster as noun;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::CheckStage;
use super::secret::Secret;

/// How Trueline comes to a cluster.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClusterSource {
    /// With a kubeconfig.
    Kubeconfig,
    /// As the service account of the pod that Trueline itself runs in.
    InCluster,
}

impl From<noun::ClusterSource> for ClusterSource {
    fn from(source: noun::ClusterSource) -> Self {
        match source {
            noun::ClusterSource::Kubeconfig => Self::Kubeconfig,
            noun::ClusterSource::InCluster => Self::InCluster,
        }
    }
}

impl From<ClusterSource> for noun::ClusterSource {
    fn from(source: ClusterSource) -> Self {
        match source {
            ClusterSource::Kubeconfig => Self::Kubeconfig,
            ClusterSource::InCluster => Self::InCluster,
        }
    }
}

/// How a cluster is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClusterState {
    /// Nobody has looked yet.
    Unchecked,
    /// It answers, and lets us in.
    Here,
    /// It does not answer.
    Away,
    /// It answers, and does not let us in, or is too old.
    Refused,
}

impl From<noun::ClusterState> for ClusterState {
    fn from(state: noun::ClusterState) -> Self {
        match state {
            noun::ClusterState::Unchecked => Self::Unchecked,
            noun::ClusterState::Here => Self::Here,
            noun::ClusterState::Away => Self::Away,
            noun::ClusterState::Refused => Self::Refused,
        }
    }
}

/// A cluster. Its kubeconfig is never sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cluster {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// How Trueline comes to it.
    pub(crate) source: ClusterSource,
    /// The API server's address.
    pub(crate) server: String,
    /// The context of the kubeconfig; null for its current one.
    pub(crate) context: Option<String>,
    /// Whether namespaces that are not there may be made.
    pub(crate) create_namespaces: bool,
    /// How it is.
    pub(crate) state: ClusterState,
    /// Since when.
    pub(crate) state_since: Option<String>,
    /// Its version as it says it, such as `v1.36.3`; while it is away the last one known.
    pub(crate) kubernetes_version: Option<String>,
    /// How many API versions and kinds it serves.
    pub(crate) api_versions: usize,
    /// The environments in it.
    pub(crate) environments: Vec<String>,
    /// The last look at it; for administrators of the installation.
    pub(crate) check: Option<ClusterCheck>,
    /// Who saved it last.
    pub(crate) saved_by: String,
    /// When it was saved last.
    pub(crate) saved_at: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
}

/// One look at a cluster.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClusterCheck {
    /// When it was.
    pub(crate) at: String,
    /// Whether a required stage failed.
    pub(crate) failed: bool,
    /// The stages in order: `reach`, `tls`, `authenticate`, `version`, `rights`.
    pub(crate) stages: Vec<CheckStage>,
    /// Who the cluster takes Trueline for; empty if it was not asked.
    pub(crate) user: String,
    /// The groups of that user.
    pub(crate) groups: Vec<String>,
    /// What is needed and not allowed.
    pub(crate) missing: Vec<MissingRight>,
    /// The smallest roles that allow it, as YAML for `kubectl apply`; null if nothing is missing in any namespace.
    pub(crate) manifest: Option<String>,
}

/// A right that the account lacks.
#[derive(Serialize, ToSchema)]
pub(crate) struct MissingRight {
    /// The verb, such as `patch`.
    pub(crate) verb: String,
    /// The group of the kind; empty for the oldest kinds.
    pub(crate) group: String,
    /// The kind's name in paths, such as `deployments`.
    pub(crate) resource: String,
    /// The namespace; empty for objects of the whole cluster.
    pub(crate) namespace: String,
    /// What the cluster says about it; often nothing.
    pub(crate) reason: String,
}

impl From<noun::ClusterCheck> for ClusterCheck {
    fn from(check: noun::ClusterCheck) -> Self {
        let word = noun::ClusterCheckStage::as_str;
        let missing = |m: noun::MissingRight| MissingRight {
            verb: m.verb,
            group: m.group,
            resource: m.resource,
            namespace: m.namespace,
            reason: m.reason,
        };
        Self {
            failed: check.failed().is_some(),
            at: super::time::text(check.at),
            stages: check.stages.into_iter().map(|line| CheckStage::of(line, word)).collect(),
            user: check.user,
            groups: check.groups,
            missing: check.missing.into_iter().map(missing).collect(),
            manifest: check.manifest,
        }
    }
}

impl Cluster {
    /// Joins a cluster with what is known of it and the environments in it.
    pub(crate) fn of(
        cluster: noun::Cluster,
        standing: noun::ClusterStanding,
        environments: Vec<String>,
    ) -> Self {
        Self {
            id: cluster.id.to_string(),
            name: cluster.name.to_string(),
            source: cluster.source.into(),
            server: cluster.server,
            context: cluster.context,
            create_namespaces: cluster.creates_namespaces,
            state: standing.state.into(),
            state_since: standing.since.map(super::time::text),
            kubernetes_version: standing.kubernetes_version,
            api_versions: standing.api_versions.len(),
            environments,
            check: standing.check.map(Into::into),
            saved_by: cluster.saved_by,
            saved_at: super::time::text(cluster.saved_at),
            created_at: super::time::text(cluster.created_at),
            version: cluster.version,
        }
    }
}

/// A cluster to be saved. What is left out stays as it is stored.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterInput {
    /// How Trueline comes to it; if left out with the kubeconfig that is given, else as before.
    #[garde(skip)]
    pub(crate) source: Option<ClusterSource>,
    /// The kubeconfig, with everything in it: no files, no programs.
    #[garde(skip)]
    pub(crate) kubeconfig: Option<Secret>,
    /// The context of the kubeconfig; its current one if empty, or if left out together with a kubeconfig.
    #[garde(length(max = 500))]
    pub(crate) context: Option<String>,
    /// Whether namespaces that are not there may be made; not if left out at first.
    #[garde(skip)]
    pub(crate) create_namespaces: Option<bool>,
    /// Whether it may be another cluster than before although applications run there: made anew, and what ran in it is
    /// gone.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) made_anew: bool,
}

impl From<ClusterInput> for Input {
    fn from(input: ClusterInput) -> Self {
        Self {
            source: input.source.map(Into::into),
            kubeconfig: input.kubeconfig.map(Into::into),
            context: input.context,
            creates_namespaces: input.create_namespaces,
            made_anew: input.made_anew,
        }
    }
}
