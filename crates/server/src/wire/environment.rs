//! Environments on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which branch of a repository holds an environment.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Branch {
    /// The repository's default branch.
    Default,
    /// `environment/<name>`.
    PerEnvironment,
}

impl From<model::environment::BranchRule> for Branch {
    fn from(rule: model::environment::BranchRule) -> Self {
        match rule {
            model::environment::BranchRule::Default => Self::Default,
            model::environment::BranchRule::PerEnvironment => Self::PerEnvironment,
        }
    }
}

impl From<Branch> for model::environment::BranchRule {
    fn from(branch: Branch) -> Self {
        match branch {
            Branch::Default => Self::Default,
            Branch::PerEnvironment => Self::PerEnvironment,
        }
    }
}

/// What becomes of the CustomResourceDefinitions that charts bring in their folder `crds`. None is ever pruned.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CrdRule {
    /// They are made where they do not exist, and left alone afterwards, as Helm does.
    Create,
    /// They follow the chart's version.
    Apply,
    /// They are left to others.
    Skip,
}

impl From<model::environment::CrdRule> for CrdRule {
    fn from(rule: model::environment::CrdRule) -> Self {
        match rule {
            model::environment::CrdRule::Create => Self::Create,
            model::environment::CrdRule::Apply => Self::Apply,
            model::environment::CrdRule::Skip => Self::Skip,
        }
    }
}

impl From<CrdRule> for model::environment::CrdRule {
    fn from(rule: CrdRule) -> Self {
        match rule {
            CrdRule::Create => Self::Create,
            CrdRule::Apply => Self::Apply,
            CrdRule::Skip => Self::Skip,
        }
    }
}

/// What becomes of what differs in an environment's cluster from what Git says.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DriftRule {
    /// It is shown; a person corrects it, or the next deployment.
    Show,
    /// It is corrected by itself.
    Correct,
}

impl From<model::environment::DriftRule> for DriftRule {
    fn from(rule: model::environment::DriftRule) -> Self {
        match rule {
            model::environment::DriftRule::Show => Self::Show,
            model::environment::DriftRule::Correct => Self::Correct,
        }
    }
}

impl From<DriftRule> for model::environment::DriftRule {
    fn from(rule: DriftRule) -> Self {
        match rule {
            DriftRule::Show => Self::Show,
            DriftRule::Correct => Self::Correct,
        }
    }
}

/// What makes a cluster follow.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Engine {
    /// Nothing: the state is stored in Git, something else applies it.
    None,
    /// Trueline's own: what is in Git is applied to the environment's cluster.
    Apply,
}

/// An environment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Environment {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// One line for people.
    pub(crate) description: String,
    /// The name of its cluster; null where its state is only stored in Git.
    pub(crate) cluster: Option<String>,
    /// The namespace that manifests are rendered for.
    pub(crate) namespace: String,
    /// The Kubernetes version to render for; with a cluster its own, as it was when it was last seen.
    pub(crate) kubernetes_version: String,
    /// Further API versions to render for.
    pub(crate) api_versions: Vec<String>,
    /// Who can open its sealed files beside Trueline: age recipients.
    pub(crate) recipients: Vec<String>,
    /// Which branch of each repository holds it.
    pub(crate) branch: Branch,
    /// What becomes of the CustomResourceDefinitions of charts.
    pub(crate) crds: CrdRule,
    /// What becomes of what differs in its cluster from Git.
    pub(crate) drift: DriftRule,
    /// What makes a cluster follow.
    pub(crate) engine: Engine,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
}

impl Environment {
    /// An environment with the name of its cluster.
    pub(crate) fn of((environment, cluster): (model::environment::Environment, Option<String>)) -> Self {
        Self {
            id: environment.id.to_string(),
            name: environment.name.to_string(),
            description: environment.description,
            engine: if cluster.is_some() { Engine::Apply } else { Engine::None },
            cluster,
            namespace: environment.namespace.to_string(),
            kubernetes_version: environment.kubernetes_version,
            api_versions: environment.api_versions,
            recipients: environment.recipients,
            branch: environment.branch.into(),
            crds: environment.crds.into(),
            drift: environment.drift.into(),
            created_at: super::time::text(environment.created_at),
            version: environment.version,
        }
    }
}

/// An environment to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEnvironment {
    /// Its name: lower-case letters, digits and hyphens. It never changes.
    #[garde(length(max = 200))]
    pub(crate) name: String,
    /// One line for people, at most 500 characters.
    #[garde(length(max = 4000))]
    #[serde(default)]
    pub(crate) description: String,
    /// The name of its cluster; without one its state is only stored in Git.
    #[garde(length(max = 200))]
    pub(crate) cluster: Option<String>,
    /// The namespace to render for; its name if left out.
    #[garde(length(max = 200))]
    pub(crate) namespace: Option<String>,
    /// The Kubernetes version to render for, such as `1.36.3`.
    #[garde(length(max = 50))]
    pub(crate) kubernetes_version: Option<String>,
    /// Further API versions to render for.
    #[garde(length(max = 500))]
    #[serde(default)]
    pub(crate) api_versions: Vec<String>,
    /// Which branch of each repository holds it.
    #[garde(skip)]
    pub(crate) branch: Option<Branch>,
    /// What becomes of the CustomResourceDefinitions of charts; `apply` if left out.
    #[garde(skip)]
    pub(crate) crds: Option<CrdRule>,
    /// What becomes of what differs in its cluster from Git; `show` if left out.
    #[garde(skip)]
    pub(crate) drift: Option<DriftRule>,
    /// Who can open its sealed files beside Trueline: age recipients.
    #[garde(length(max = 100))]
    #[serde(default)]
    pub(crate) recipients: Vec<String>,
    /// What makes a cluster follow: by whether it has one.
    #[garde(skip)]
    #[expect(dead_code, reason = "whether there is a cluster decides")]
    pub(crate) engine: Option<Engine>,
}

/// What to change of an environment; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentChange {
    /// One line for people.
    #[garde(length(max = 4000))]
    pub(crate) description: Option<String>,
    /// The name of its cluster, empty for none; refused while something runs there.
    #[garde(length(max = 200))]
    pub(crate) cluster: Option<String>,
    /// The namespace in its cluster; refused while something runs there, and without a cluster.
    #[garde(length(max = 200))]
    pub(crate) namespace: Option<String>,
    /// The Kubernetes version to render for.
    #[garde(length(max = 50))]
    pub(crate) kubernetes_version: Option<String>,
    /// Further API versions to render for.
    #[garde(length(max = 500))]
    pub(crate) api_versions: Option<Vec<String>>,
    /// Who can open its sealed files beside Trueline, all of them: age recipients. Each application's files are
    /// sealed for them with its next deployment.
    #[garde(length(max = 50))]
    #[serde(default)]
    pub(crate) recipients: Option<Vec<String>>,
    /// What becomes of the CustomResourceDefinitions of charts.
    #[garde(skip)]
    pub(crate) crds: Option<CrdRule>,
    /// What becomes of what differs in its cluster from Git.
    #[garde(skip)]
    pub(crate) drift: Option<DriftRule>,
}
