//! The parts of GitHub's answers that are read. Nearly everything may be missing or null in a real answer.

use model::Timestamp;
use serde::Deserialize;
use time::OffsetDateTime;
use time::macros::format_description;

/// An account: `GET /user`, `GET /users/{name}`.
#[derive(Deserialize)]
pub(super) struct Owner {
    pub(super) login: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

/// `GET /meta`: the one field that every version of it has.
#[derive(Deserialize)]
pub(super) struct Meta {
    pub(super) verifiable_password_authentication: Option<bool>,
}

/// A repository, full or as in a list.
#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) full_name: String,
    #[serde(default)]
    pub(super) html_url: String,
    #[serde(default)]
    pub(super) clone_url: String,
    pub(super) default_branch: Option<String>,
    pub(super) archived: Option<bool>,
    pub(super) disabled: Option<bool>,
    pub(super) permissions: Option<Held>,
}

/// What the credential may do with a repository.
#[derive(Deserialize, Default)]
pub(super) struct Held {
    pub(super) admin: Option<bool>,
    pub(super) push: Option<bool>,
}

/// The header `github-authentication-token-expiration`: `2026-12-01 09:30:00 UTC`, or with an offset such as
/// `-0500` (both forms seen in public bug reports).
pub(super) fn read_expiry(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace("UTC", "+0000");
    let form = format_description!(
        version = 2,
        "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    let at = OffsetDateTime::parse(&text, &form).ok()?;
    at.unix_timestamp().checked_mul(1_000_000).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_read_in_both_forms() {
        for (text, seconds) in [
            ("2022-06-03 23:08:25 UTC", Some(1_654_297_705)),
            ("2022-06-03 18:08:25 -0500", Some(1_654_297_705)),
            ("2022-06-04 01:08:25 +0200", Some(1_654_297_705)),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(read_expiry(text).map(Timestamp::seconds), seconds, "{text}");
        }
    }
}
