//! Users on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::role::RoleBinding;
use super::secret::Secret;

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    /// Its identity.
    pub(crate) id: String,
    /// Its sign-in name.
    pub(crate) name: String,
    /// Its address for commits.
    pub(crate) email: String,
    /// Whether it may sign in.
    pub(crate) enabled: bool,
    /// Whether the first password has to be changed.
    pub(crate) password_is_initial: bool,
    /// Its roles.
    pub(crate) roles: Vec<RoleBinding>,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
}

impl User {
    /// A user with its roles.
    pub(crate) fn new(user: model::user::User, roles: Vec<control::user::NamedRole>) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name,
            email: user.email,
            enabled: user.enabled,
            password_is_initial: user.password_is_initial,
            roles: roles.into_iter().map(Into::into).collect(),
            created_at: super::time::text(user.created_at),
            version: user.version,
        }
    }
}

/// A user to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// Its sign-in name.
    #[garde(length(max = 200))]
    pub(crate) name: String,
    /// Its address for commits.
    #[garde(length(max = 254))]
    pub(crate) email: String,
    /// The first password, at least 10 characters; its owner is asked to change it.
    #[garde(skip)]
    pub(crate) password: Secret,
    /// Its roles.
    #[garde(length(max = 500), dive)]
    #[serde(default)]
    pub(crate) roles: Vec<RoleBinding>,
}

/// What to change of a user; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// Its address for commits.
    #[garde(length(max = 254))]
    pub(crate) email: Option<String>,
    /// Whether it may sign in.
    #[garde(skip)]
    pub(crate) enabled: Option<bool>,
    /// A new first password.
    #[garde(skip)]
    pub(crate) password: Option<Secret>,
    /// All roles, instead of those held.
    #[garde(length(max = 500), dive)]
    pub(crate) roles: Option<Vec<RoleBinding>>,
    /// Whether its API tokens end, those that `trueline login` made among them.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) revoke_tokens: bool,
}
