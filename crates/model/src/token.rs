//! API tokens: opaque, kept as a hash, with an end and never with more rights than their owner.

use crate::role::{Role, Scope};
use crate::{Timestamp, TokenId, UserId};

/// An API token of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its identity.
    pub id: TokenId,
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of the token, in hexadecimal.
    pub secret_hash: String,
    /// The last four characters, to recognise it.
    pub hint: String,
    /// The most it may do.
    pub role: Role,
    /// Where it may do it.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}
