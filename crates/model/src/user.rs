//! People who sign in, and their sessions.

use crate::{SessionId, Timestamp, UserId};

/// A person with a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Its identity.
    pub id: UserId,
    /// The sign-in name: as [`crate::Name`], but dots and underscores are allowed too.
    pub name: String,
    /// The address used as author of commits.
    pub email: String,
    /// The password's Argon2id hash in PHC form.
    pub password_hash: String,
    /// Whether the first password has to be changed.
    pub password_is_initial: bool,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// A sign-in of a person at the page. The cookie's secret itself is not kept, only its hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of the cookie's secret, in hexadecimal.
    pub secret_hash: String,
    /// SHA-256 of the secret that was just rotated out, in hexadecimal; still taken for a few seconds so
    /// that parallel requests do not sign the person out.
    pub previous_hash: Option<String>,
    /// The token that a changing request has to repeat in the header `x-csrf-token`.
    pub csrf: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the secret was last rotated.
    pub rotated_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends, whatever is done with it.
    pub expires_at: Timestamp,
}
