//! The parts of Bitbucket Cloud's answers that are read. Nearly everything may be missing or null in a real
//! answer; recordings show both.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The account of a token: `GET /user`. Atlassian accounts have no user name of their own any more; what
/// people see is the nickname.
#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) uuid: String,
    pub(crate) nickname: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) display_name: Option<String>,
}

impl User {
    /// The name that people know the account by.
    pub(crate) fn name(&self) -> &str {
        let names = [&self.nickname, &self.username, &self.display_name];
        names.into_iter().flatten().map(String::as_str).find(|n| !n.is_empty()).unwrap_or(&self.uuid)
    }
}

/// A project of a workspace.
#[derive(Clone, Deserialize)]
pub(crate) struct Project {
    pub(crate) key: String,
    pub(crate) created_on: Option<String>,
}

impl Project {
    /// When it was made, for finding the oldest; one that does not tell comes last.
    pub(crate) fn age(&self) -> i128 {
        let at = self.created_on.as_deref().and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok());
        at.map_or(i128::MAX, OffsetDateTime::unix_timestamp_nanos)
    }
}

/// A repository, full or as in a list.
#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(crate) uuid: String,
    pub(crate) full_name: String,
    #[serde(default)]
    pub(crate) links: Links,
    pub(crate) mainbranch: Option<Branch>,
}

/// Where a repository is.
#[derive(Default, Deserialize)]
pub(crate) struct Links {
    #[serde(default)]
    pub(crate) clone: Vec<Link>,
    pub(crate) html: Option<Link>,
}

/// One address.
#[derive(Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    pub(crate) href: String,
}

/// The main branch of a repository that has one.
#[derive(Deserialize)]
pub(crate) struct Branch {
    #[serde(default)]
    pub(crate) name: String,
}

/// A restriction of branches.
#[derive(Deserialize)]
pub(crate) struct Restriction {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) branch_match_kind: String,
    pub(crate) branch_type: Option<String>,
    pub(crate) pattern: Option<String>,
    #[serde(default)]
    pub(crate) users: Vec<User>,
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
}

/// A group of people, as in a restriction.
#[derive(Deserialize)]
pub(crate) struct Group {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
}

/// One page of a list. The last page has no `next`, or an empty one (seen in a recording of 2026).
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) values: Vec<T>,
    pub(crate) next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_project_is_the_one_made_first() {
        let project =
            |key: &str, at: Option<&str>| Project { key: key.into(), created_on: at.map(str::to_owned) };
        let mut all = [
            project("NONE", None),
            project("WEST", Some("2019-05-01T01:00:00.000000+02:00")),
            project("EAST", Some("2019-05-01T00:30:00+00:00")),
            project("ODD", Some("yesterday")),
        ];
        all.sort_by_key(Project::age);
        assert_eq!(all[0].key, "WEST");
        assert_eq!(all[1].key, "EAST");
    }

    #[test]
    fn an_account_is_called_by_what_people_see() {
        let read = |text: &str| serde_json::from_str::<User>(text).unwrap().name().to_owned();
        assert_eq!(read(r#"{"uuid":"{1}","nickname":"ann","display_name":"Ann B"}"#), "ann");
        assert_eq!(read(r#"{"uuid":"{1}","nickname":null,"display_name":"Ann B"}"#), "Ann B");
        assert_eq!(read(r#"{"uuid":"{1}"}"#), "{1}");
    }
}
