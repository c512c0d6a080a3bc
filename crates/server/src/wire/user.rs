//! Users on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::role::RoleBinding;
use super::secret::Secret;

/// A user.
#[derive(Serialize, ToSchema)]
pub struct User {
    /// Its identity.
    pub id: String,
    /// Its sign-in name.
    pub name: String,
    /// Its address for commits.
    pub email: String,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Whether the first password has to be changed.
    pub password_is_initial: bool,
    /// Its roles.
    pub roles: Vec<RoleBinding>,
    /// When it was made.
    pub created_at: String,
    /// Counts changes; the ETag.
    pub version: i64,
}

impl User {
    /// A user with its roles.
    pub fn new(user: model::user::User, roles: Vec<control::user::NamedRole>) -> Self {
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
pub struct NewUser {
    /// Its sign-in name.
    #[garde(length(max = 200))]
    pub name: String,
    /// Its address for commits.
    #[garde(length(max = 254))]
    pub email: String,
    /// The first password, at least 10 characters; its owner is asked to change it.
    #[garde(skip)]
    pub password: Secret,
    /// Its roles.
    #[garde(length(max = 500), dive)]
    #[serde(default)]
    pub roles: Vec<RoleBinding>,
}

/// What to change of a user; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Its address for commits.
    #[garde(length(max = 254))]
    pub email: Option<String>,
    /// Whether it may sign in.
    #[garde(skip)]
    pub enabled: Option<bool>,
    /// A new first password.
    #[garde(skip)]
    pub password: Option<Secret>,
    /// All roles, instead of those held.
    #[garde(length(max = 500), dive)]
    pub roles: Option<Vec<RoleBinding>>,
}
