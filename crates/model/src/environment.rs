//! Where things run: a namespace of a cluster, or no cluster at all: then the desired state is only stored in Git.

use crate::gitops_config::words;
use crate::{ClusterId, EnvironmentId, Name, Timestamp};

/// An environment. Its name never changes: it is a folder in every repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment {
    /// Its identity.
    pub id: EnvironmentId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// One line for people; may be empty.
    pub description: String,
    /// The cluster; `None` for an environment whose state is only stored in Git.
    pub cluster: Option<ClusterId>,
    /// The namespace that manifests are rendered for.
    pub namespace: Name,
    /// The Kubernetes version to render for, such as `1.36.3`; with a cluster that one's counts.
    pub kubernetes_version: String,
    /// Further API versions to render for, such as `monitoring.coreos.com/v1`; with a cluster that one's count.
    pub api_versions: Vec<String>,
    /// Which branch of each repository holds this environment.
    pub branch: BranchRule,
    /// What becomes of the CustomResourceDefinitions that charts bring.
    pub crds: CrdRule,
    /// What becomes of what differs in the cluster from what Git says.
    pub drift: DriftRule,
    /// Who can open sealed files beside Trueline: age recipients (`age1…`), in order.
    pub recipients: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// Which branch of a repository holds an environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchRule {
    /// The repository's default branch.
    Default,
    /// `environment/<name>`.
    PerEnvironment,
}

impl BranchRule {
    /// The rule's word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::PerEnvironment => "per-environment",
        }
    }

    /// Reads the rule's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Default, Self::PerEnvironment].into_iter().find(|r| r.as_str() == text)
    }
}

words! {
    /// What becomes of the CustomResourceDefinitions that charts bring. None is ever pruned.
    CrdRule {
        /// They are made where they do not exist, and left alone afterwards, as Helm does.
        Create = "create",
        /// They follow the chart's version.
        Apply = "apply",
        /// They are left to others.
        Skip = "skip",
    }
}

words! {
    /// What becomes of what differs in the cluster from what Git says.
    DriftRule {
        /// It is shown; a person corrects it, or the next deployment.
        Show = "show",
        /// It is corrected by itself.
        Correct = "correct",
    }
}
