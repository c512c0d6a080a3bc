//! Roles as words, with the project they hold in.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role; each contains those before it.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Sees.
    Viewer,
    /// Deploys.
    Deployer,
    /// Changes applications and values.
    Manager,
    /// Everything.
    Administrator,
}

impl From<model::role::Role> for Role {
    fn from(role: model::role::Role) -> Self {
        use model::role::Role as R;
        match role {
            R::Viewer => Self::Viewer,
            R::Deployer => Self::Deployer,
            R::Manager => Self::Manager,
            R::Administrator => Self::Administrator,
        }
    }
}

impl From<Role> for model::role::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Deployer => Self::Deployer,
            Role::Manager => Self::Manager,
            Role::Administrator => Self::Administrator,
        }
    }
}

/// A role and where it holds.
#[derive(Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleBinding {
    /// The role.
    #[garde(skip)]
    role: Role,
    /// The project's name; null for the whole installation.
    #[garde(length(max = 50))]
    #[serde(default)]
    project: Option<String>,
}

impl From<control::user::NamedRole> for RoleBinding {
    fn from((role, project): control::user::NamedRole) -> Self {
        Self { role: role.into(), project }
    }
}

impl From<RoleBinding> for control::user::NamedRole {
    fn from(binding: RoleBinding) -> Self {
        (binding.role.into(), binding.project)
    }
}
