//! The parts of Gitea's and Forgejo's answers that are read.

use serde::Deserialize;

/// `GET /version`.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

/// `GET /user`, `GET /users/{name}`.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
}

/// A repository, full or as in a list.
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) default_branch: Option<String>,
    pub(super) archived: Option<bool>,
    pub(super) mirror: Option<bool>,
    pub(super) permissions: Option<Held>,
}

/// What the account may do with a repository, whatever the token's scopes are.
#[derive(Deserialize, Default)]
pub(super) struct Held {
    #[serde(default)]
    pub(super) admin: bool,
    #[serde(default)]
    pub(super) push: bool,
}

/// A branch, as far as rules for it are concerned.
#[derive(Deserialize)]
pub(super) struct Branch {
    /// Gitea 1.26 and Forgejo both tell it for the account that asks.
    pub(super) user_can_push: Option<bool>,
    #[serde(default)]
    pub(super) protected: bool,
}

/// A rule for branches.
#[derive(Deserialize, Clone, Default, Debug)]
#[serde(default)]
pub(super) struct Rule {
    /// A branch's name, or a pattern of names; older versions only have `branch_name`.
    pub(super) rule_name: String,
    pub(super) branch_name: String,
    /// The lower one goes first; Forgejo has none.
    pub(super) priority: i64,
    pub(super) enable_push: bool,
    pub(super) enable_push_whitelist: bool,
    pub(super) push_whitelist_usernames: Option<Vec<String>>,
    pub(super) push_whitelist_teams: Option<Vec<String>>,
    pub(super) require_signed_commits: bool,
    pub(super) required_approvals: i64,
    pub(super) protected_file_patterns: String,
    pub(super) unprotected_file_patterns: String,
}
