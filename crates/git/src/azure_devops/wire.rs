//! The parts of Azure DevOps' answers that are read. Nearly everything may be missing in a real answer.

use serde::Deserialize;

/// A list: `{count, value}`.
#[derive(Deserialize)]
pub(super) struct Listed<T> {
    pub(super) value: Vec<T>,
}

/// `GET _apis/connectionData`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionData {
    pub(super) authenticated_user: Option<User>,
}

/// Whom a credential belongs to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    pub(super) provider_display_name: Option<String>,
    pub(super) properties: Option<Properties>,
}

/// What is told beside a user's name.
#[derive(Deserialize)]
pub(super) struct Properties {
    #[serde(rename = "Account")]
    pub(super) account: Option<Property>,
}

/// One value with its type.
#[derive(Deserialize)]
pub(super) struct Property {
    #[serde(rename = "$value")]
    pub(super) value: Option<String>,
}

impl User {
    /// Nobody: how a public organization calls one without a credential that it takes.
    pub(super) fn anonymous(&self) -> bool {
        self.id.starts_with("aaaaaaaa-aaaa-aaaa-aaaa-")
    }

    /// The sign-in name, else the display name.
    pub(super) fn name(self) -> Option<String> {
        let account = self.properties.and_then(|p| p.account).and_then(|a| a.value);
        account.or(self.provider_display_name).filter(|n| !n.is_empty())
    }
}

/// One entry of `_apis/resourceAreas`; `null` for an organization that is unknown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Area {
    pub(super) location_url: Option<String>,
}

/// A project, full or inside a repository.
#[derive(Clone, Deserialize)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) state: Option<String>,
}

/// A repository.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) project: Option<Project>,
    /// `refs/heads/main`; absent while the repository is empty (recorded 2024).
    pub(super) default_branch: Option<String>,
    pub(super) remote_url: Option<String>,
    pub(super) web_url: Option<String>,
    pub(super) is_disabled: Option<bool>,
}

/// One configuration of a policy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    #[serde(default)]
    pub(super) is_enabled: bool,
    #[serde(default)]
    pub(super) is_blocking: bool,
    #[serde(default)]
    pub(super) is_deleted: bool,
    #[serde(rename = "type")]
    pub(super) kind: PolicyKind,
    #[serde(default)]
    pub(super) settings: Settings,
}

/// Which policy it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyKind {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
}

/// What a policy asks for; each kind has its own fields.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) author_email_patterns: Option<Vec<String>>,
    pub(super) filename_patterns: Option<Vec<String>>,
    pub(super) max_path_length: Option<u64>,
    pub(super) maximum_git_blob_size_in_bytes: Option<u64>,
    pub(super) minimum_approver_count: Option<u64>,
}

/// The answer of `_apis/permissions`: bare as described, wrapped as the service sends lists.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Held {
    Wrapped(Listed<bool>),
    Bare(Vec<bool>),
}

impl Held {
    /// Whether all of them are held.
    pub(super) fn all(&self) -> bool {
        let (Self::Wrapped(Listed { value }) | Self::Bare(value)) = self;
        !value.is_empty() && value.iter().all(|held| *held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_nobody_are_told_apart() {
        let read = |text: &str| -> User {
            let data: ConnectionData = serde_json::from_str(text).unwrap();
            data.authenticated_user.unwrap()
        };
        let ann = read(
            r#"{"authenticatedUser":{"id":"22157d54-1821-6536-a446-928b06348385","providerDisplayName":"Ann",
                "properties":{"Account":{"$type":"System.String","$value":"ann@acme.dev"}}}}"#,
        );
        assert!(!ann.anonymous());
        assert_eq!(ann.name().as_deref(), Some("ann@acme.dev"));
        let build = read(r#"{"authenticatedUser":{"id":"1","providerDisplayName":"Build","properties":{}}}"#);
        assert_eq!(build.name().as_deref(), Some("Build"));
        let nobody = read(
            r#"{"authenticatedUser":{"id":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa","providerDisplayName":""}}"#,
        );
        assert!(nobody.anonymous());
        assert_eq!(nobody.name(), None);
    }

    #[test]
    fn permissions_are_read_bare_and_wrapped() {
        for (text, want) in [
            ("[true]", true),
            (r#"{"count":1,"value":[true]}"#, true),
            (r#"{"count":2,"value":[true,false]}"#, false),
            ("[]", false),
        ] {
            assert_eq!(serde_json::from_str::<Held>(text).unwrap().all(), want, "{text}");
        }
    }
}
