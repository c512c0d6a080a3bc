//! The parts of GitLab's answers that are read. Nearly everything may be missing or null in a real answer.

use model::Timestamp;
use serde::{Deserialize, Deserializer};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// What a role is counted as: `access_level` (docs.gitlab.com, members API).
pub(super) type Level = u64;

/// Reads it, pushes to branches that nobody protects, creates projects where the group lets it.
pub(super) const DEVELOPER: Level = 30;
/// Pushes to protected branches as they are by default.
pub(super) const MAINTAINER: Level = 40;
/// Deletes and archives.
pub(super) const OWNER: Level = 50;

/// The role in GitLab's own word.
pub(super) fn role(level: Level) -> &'static str {
    match level {
        0..=9 => "no role",
        10..=14 => "Guest",
        15..=19 => "Planner",
        20..=29 => "Reporter",
        30..=39 => "Developer",
        40..=49 => "Maintainer",
        _ => "Owner",
    }
}

/// `GET /user`.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
    /// Only administrators of the server are told.
    pub(super) is_admin: Option<bool>,
}

/// `GET /personal_access_tokens/self`, which answers for group and project access tokens too.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) scopes: Option<Vec<String>>,
    pub(super) expires_at: Option<String>,
}

/// `GET /version`; also the only shape that proves a GitLab to one who may read it.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) version: Option<String>,
}

/// `GET /groups/{id}`.
#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) id: u64,
    pub(super) full_path: String,
    pub(super) project_creation_level: Option<String>,
}

/// `GET /namespaces/{id}`.
#[derive(Deserialize)]
pub(super) struct Namespace {
    pub(super) id: u64,
    pub(super) full_path: String,
    #[serde(default)]
    pub(super) kind: String,
}

/// A project, alone or in a list.
#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) path_with_namespace: String,
    #[serde(default)]
    pub(super) web_url: String,
    #[serde(default)]
    pub(super) http_url_to_repo: String,
    pub(super) default_branch: Option<String>,
    pub(super) archived: Option<bool>,
    /// The older name of the field, read beside the newer one.
    pub(super) marked_for_deletion_at: Option<String>,
    pub(super) marked_for_deletion_on: Option<String>,
    pub(super) permissions: Option<Permissions>,
}

impl Project {
    /// Whether it waits to be deleted and is only kept until then.
    pub(super) fn marked(&self) -> bool {
        self.marked_for_deletion_at.is_some() || self.marked_for_deletion_on.is_some()
    }

    /// The day at which it goes, where the host says.
    pub(super) fn gone_on(&self) -> Option<&str> {
        self.marked_for_deletion_on.as_deref().or(self.marked_for_deletion_at.as_deref())
    }

    /// What the caller may do, by either way of membership.
    pub(super) fn level(&self) -> Option<Level> {
        let permissions = self.permissions.as_ref()?;
        let of = |access: &Option<Access>| access.as_ref().and_then(|a| a.access_level);
        of(&permissions.project_access).max(of(&permissions.group_access))
    }
}

/// Memberships of the caller; one of them is null in most answers.
#[derive(Deserialize)]
pub(super) struct Permissions {
    pub(super) project_access: Option<Access>,
    pub(super) group_access: Option<Access>,
}

/// A membership: of a project, of a group, or `GET /groups/{id}/members/all/{user}`.
#[derive(Deserialize)]
pub(super) struct Access {
    #[serde(default, deserialize_with = "number")]
    pub(super) access_level: Option<Level>,
}

/// `GET /projects/{id}/protected_branches`.
#[derive(Deserialize)]
pub(super) struct ProtectedBranch {
    pub(super) name: String,
    pub(super) push_access_levels: Option<Vec<PushAccess>>,
}

/// Who may push to a protected branch: a role, or one user, group or deploy key.
#[derive(Deserialize)]
pub(super) struct PushAccess {
    #[serde(default, deserialize_with = "number")]
    pub(super) access_level: Option<Level>,
    pub(super) user_id: Option<u64>,
    pub(super) group_id: Option<u64>,
    pub(super) deploy_key_id: Option<u64>,
}

/// `GET /projects/{id}/push_rule`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PushRule {
    pub(super) reject_unsigned_commits: Option<bool>,
    pub(super) reject_non_dco_commits: Option<bool>,
    pub(super) member_check: Option<bool>,
    pub(super) commit_committer_check: Option<bool>,
    pub(super) commit_committer_name_check: Option<bool>,
    pub(super) commit_message_regex: Option<String>,
    pub(super) commit_message_negative_regex: Option<String>,
    pub(super) branch_name_regex: Option<String>,
    pub(super) author_email_regex: Option<String>,
    pub(super) file_name_regex: Option<String>,
}

/// A number, also where the official description has a text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Level>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok())))
}

/// The end of a token: at the beginning of that day, UTC (docs.gitlab.com, group access tokens); some versions
/// answer with a time of day.
pub(super) fn read_expiry(text: &str) -> Option<Timestamp> {
    let day = Date::parse(text.get(..10)?, format_description!(version = 2, "[year]-[month]-[day]")).ok()?;
    let full = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok();
    let at = full.unwrap_or_else(|| day.midnight().assume_utc());
    at.unix_timestamp().checked_mul(1_000_000).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_read_as_day_and_as_time() {
        for (text, seconds) in [
            ("2026-12-01", Some(1_796_083_200)),
            ("2026-12-01T09:30:00.000Z", Some(1_796_117_400)),
            ("soon", None),
            ("", None),
            ("2026-13-01", None),
        ] {
            assert_eq!(read_expiry(text).map(Timestamp::seconds), seconds, "{text}");
        }
    }

    #[test]
    fn access_is_read_whatever_its_shape() {
        for (text, level) in [
            (r#"{"permissions":{"project_access":null,"group_access":{"access_level":50}}}"#, Some(50)),
            (r#"{"permissions":{"project_access":{"access_level":"30"},"group_access":null}}"#, Some(30)),
            (r#"{"permissions":{"project_access":null,"group_access":null}}"#, None),
            (r#"{"permissions":null}"#, None),
        ] {
            let text = text.replacen('{', r#"{"id":1,"path_with_namespace":"a/b","#, 1);
            let project: Project = serde_json::from_str(&text).unwrap();
            assert_eq!(project.level(), level, "{text}");
        }
    }
}
