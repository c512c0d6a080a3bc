//! Clusters: where environments that are not only kept in Git run, and how a cluster was when it was last looked at.

use crate::check::{Diagnosis, StageReport, StageState};
use crate::gitops_config::words;
use crate::{ApplicationId, ClusterId, EnvironmentId, Name, PlaceId, Timestamp};

words! {
    /// How Trueline comes to a cluster.
    ClusterSource {
        /// With a kubeconfig that a person gave.
        Kubeconfig = "kubeconfig",
        /// As the service account of the pod that Trueline itself runs in.
        InCluster = "in-cluster",
    }
}

words! {
    /// How a cluster is.
    ClusterState {
        /// Nobody has looked yet.
        Unchecked = "unchecked",
        /// It answers, and lets us in.
        Here = "here",
        /// It does not answer.
        Away = "away",
        /// It answers, and what it says keeps us out: the credential, or its version.
        Refused = "refused",
    }
}

words! {
    /// The stages of a check of a cluster, in their order.
    ClusterCheckStage {
        /// The API server answers: name, connection.
        Reach = "reach",
        /// Its certificate is trusted.
        Tls = "tls",
        /// It lets us in.
        Authenticate = "authenticate",
        /// It is new enough.
        Version = "version",
        /// The account may do what is needed.
        Rights = "rights",
    }
}

/// A cluster as an administrator entered it. Its kubeconfig is kept apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// Its identity.
    pub id: ClusterId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// How Trueline comes to it.
    pub source: ClusterSource,
    /// The API server's address.
    pub server: String,
    /// The context of the kubeconfig that is used, if another than its current one.
    pub context: Option<String>,
    /// Whether namespaces that are not there may be made.
    pub creates_namespaces: bool,
    /// What it is known by, whatever its address: the UID of its namespace `kube-system`. `None` until it was seen, and
    /// where the account may not look at that.
    pub identity: Option<String>,
    /// Who saved it last.
    pub saved_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub saved_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// What is known of a cluster from looking at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterStanding {
    /// How it is.
    pub state: ClusterState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Its version as it says it, such as `v1.36.3`; kept while it is away.
    pub kubernetes_version: Option<String>,
    /// What it serves, as charts ask for it: `apps/v1` and `apps/v1/Deployment`; kept while it is away.
    pub api_versions: Vec<String>,
    /// The last look.
    pub check: Option<ClusterCheck>,
}

impl Default for ClusterStanding {
    fn default() -> Self {
        Self {
            state: ClusterState::Unchecked,
            since: None,
            kubernetes_version: None,
            api_versions: Vec::new(),
            check: None,
        }
    }
}

/// One look at a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterCheck {
    /// When it was.
    pub at: Timestamp,
    /// The stages in order.
    pub stages: Vec<StageReport<ClusterCheckStage>>,
    /// Who the cluster takes us for; empty if it was not asked.
    pub user: String,
    /// The groups of that user.
    pub groups: Vec<String>,
    /// What is needed and not allowed.
    pub missing: Vec<MissingRight>,
    /// The smallest roles that allow it, as YAML; `None` if nothing is missing and nothing was left unasked.
    pub manifest: Option<String>,
}

impl ClusterCheck {
    /// Why it failed, if it did.
    pub fn failed(&self) -> Option<&Diagnosis> {
        let failed = self.stages.iter().find(|line| line.required && line.state == StageState::Failed);
        failed.and_then(|line| line.diagnosis.as_ref())
    }
}

/// A right that the account lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingRight {
    /// The verb, such as `patch`.
    pub verb: String,
    /// The group of the kind; empty for the oldest kinds.
    pub group: String,
    /// The kind's name in paths, such as `deployments`.
    pub resource: String,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// What the cluster says about it; often nothing.
    pub reason: String,
}

/// What differs at a place from Git, as the last look found it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceDrift {
    /// How many objects differ.
    pub objects: u64,
    /// Since when something differs, as far as looks tell.
    pub since: Timestamp,
    /// Why it is not put right, although the environment says so.
    pub refused: Option<String>,
}

/// What an application has taken in a cluster: nobody else deploys the same release to the same namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its identity.
    pub id: PlaceId,
    /// The cluster.
    pub cluster: ClusterId,
    /// The namespace.
    pub namespace: Name,
    /// The release: the application's name.
    pub release: Name,
    /// The application.
    pub application: ApplicationId,
    /// The environment.
    pub environment: EnvironmentId,
    /// When what runs there was to be taken away.
    pub leaving_at: Option<Timestamp>,
    /// Who said that what runs there is left to itself, as the cluster is away.
    pub abandoned_by: Option<String>,
    /// Why what runs there is still there, if it is to go.
    pub note: String,
    /// A stable word for that reason; empty without one.
    pub note_code: String,
    /// What a person has said of the deletions: what becomes of what holds data, and the digest of what goes.
    pub confirmed: Option<String>,
    /// When what runs there was last put right without being asked.
    pub corrected_at: Option<Timestamp>,
    /// How often that was done of late, with little time between.
    pub corrections: i64,
    /// When it was taken, or its cluster was made anew since.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}
