//! API tokens on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::role::Role;

/// An API token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    /// Its identity.
    pub(crate) id: String,
    /// What its owner calls it.
    pub(crate) name: String,
    /// The most it may do.
    pub(crate) role: Role,
    /// The project that it is limited to; null for the whole installation.
    pub(crate) project: Option<String>,
    /// Its last four characters.
    pub(crate) hint: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// When it ends.
    pub(crate) expires_at: String,
    /// When it was last used, to the minute.
    pub(crate) used_at: Option<String>,
}

impl Token {
    /// A token with the name of its project.
    pub(crate) fn new(token: model::token::Token, project: Option<String>) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            role: token.role.into(),
            project,
            hint: token.hint,
            created_at: super::time::text(token.created_at),
            expires_at: super::time::text(token.expires_at),
            used_at: token.used_at.map(super::time::text),
        }
    }
}

/// A token to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it.
    #[garde(length(max = 100))]
    pub(crate) name: String,
    /// The most it may do.
    #[garde(skip)]
    pub(crate) role: Role,
    /// The project to limit it to; null for the whole installation.
    #[garde(length(max = 50))]
    #[serde(default)]
    pub(crate) project: Option<String>,
    /// When it ends, in days from now, 1 to 366.
    #[garde(skip)]
    pub(crate) expires_in_days: u32,
}

/// A token just made: the only time that its secret is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The token.
    pub(crate) token: Token,
    /// What to send as `Authorization: Bearer`.
    pub(crate) secret: String,
}
