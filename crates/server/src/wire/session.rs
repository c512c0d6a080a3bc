//! Sign-in on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::role::RoleBinding;
use super::secret::Secret;

/// Name and password.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The user's name.
    #[garde(length(min = 1, max = 200))]
    pub(crate) name: String,
    /// The password.
    #[garde(skip)]
    pub(crate) password: Secret,
}

/// The present and the new password.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The present password.
    #[garde(skip)]
    pub(crate) current: Secret,
    /// The new password, at least 10 characters.
    #[garde(skip)]
    pub(crate) new: Secret,
    /// Whether the caller's API tokens end as well, but the one of this request.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) revoke_tokens: bool,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// The user.
    pub(crate) user: SessionUser,
    /// The roles in force.
    pub(crate) roles: Vec<RoleBinding>,
    /// What changes made with the cookie repeat in the header `x-csrf-token`; empty for an API token.
    pub(crate) csrf: String,
}

/// The signed-in user.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionUser {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its address for commits.
    pub(crate) email: String,
    /// Whether the first password has to be changed.
    pub(crate) password_is_initial: bool,
}

impl From<&model::user::User> for SessionUser {
    fn from(user: &model::user::User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            password_is_initial: user.password_is_initial,
        }
    }
}
