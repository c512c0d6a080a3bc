//! Bitbucket Cloud: bitbucket.org.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, Need, ProviderDescription,
    ProviderKind, ScopeDescription,
};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::BitbucketCloud,
    label: "Bitbucket Cloud",
    prominent: true,
    host: HostDescription {
        label: "Git host",
        default: "https://bitbucket.org",
        fixed: true,
        switch: "",
        hint: "Bitbucket Cloud is at https://bitbucket.org and nowhere else.",
    },
    fields: &[
        FieldDescription {
            name: "workspace",
            label: "Bitbucket Workspace ID",
            required: true,
            scope: true,
            hint: "The workspace that will own the repositories: the first part of their addresses.",
            docs_url: "https://support.atlassian.com/bitbucket-cloud/docs/what-is-a-workspace/",
        },
        FieldDescription {
            name: "project_key",
            label: "Bitbucket Project Key",
            required: false,
            scope: false,
            hint: "Empty: your workspace's oldest project is used.",
            docs_url: "https://support.atlassian.com/bitbucket-cloud/docs/create-a-project/",
        },
        FieldDescription {
            name: "username",
            label: "Atlassian Account E-mail",
            required: true,
            scope: false,
            hint: "The e-mail address of the account that the API token belongs to. An access token needs none.",
            docs_url: "https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/",
        },
    ],
    credentials: &[API_TOKEN, ACCESS_TOKEN],
    creates: true,
    archives: false,
    docs_url: "https://support.atlassian.com/bitbucket-cloud/docs/api-tokens/",
};

/// An account's token. Its scopes do not nest: writing does not include reading, creating neither
/// (support.atlassian.com, API token permissions, 2026).
const API_TOKEN: CredentialDescription = CredentialDescription {
    kind: CredentialKind::ApiToken,
    label: "API token",
    secret_label: "API Token",
    hint: "An API token stands in for the password of an Atlassian account. Use \"Create API token with scopes\" \
           and choose Bitbucket: a token without scopes does not work here. No scope contains another.",
    create_url: "https://id.atlassian.com/manage-profile/security/api-tokens",
    username: true,
    prefixes: &["ATATT"],
    scopes: &[
        scope("read:user:bitbucket", "see which account the token belongs to", Need::Required),
        scope("read:workspace:bitbucket", "see the workspace", Need::Required),
        scope("read:project:bitbucket", "see the project, and find the oldest one", Need::Required),
        scope("read:repository:bitbucket", "list, clone and fetch repositories", Need::Required),
        scope("write:repository:bitbucket", "push commits", Need::Required),
        scope(
            "admin:repository:bitbucket",
            "create repositories, and read the branch restrictions",
            Need::Required,
        ),
        scope(
            "delete:repository:bitbucket",
            "only to delete repositories, and to clean up after a check",
            Need::Optional,
        ),
        scope("read:pullrequest:bitbucket", "not needed yet: pull requests", Need::NotNeeded),
        scope("write:pullrequest:bitbucket", "not needed yet: pull requests", Need::NotNeeded),
        scope("read:webhook:bitbucket", "not needed yet: webhooks", Need::NotNeeded),
        scope("write:webhook:bitbucket", "not needed yet: webhooks", Need::NotNeeded),
    ],
};

/// A token of a workspace, a project or one repository; it belongs to no account. The first two exist on the
/// Premium plan only (support.atlassian.com, 2026). Its scopes have the older spelling.
const ACCESS_TOKEN: CredentialDescription = CredentialDescription {
    kind: CredentialKind::AccessToken,
    label: "Access token of a workspace, project or repository",
    secret_label: "Access Token",
    hint: "An access token belongs to a workspace, a project or one repository and to no person. Those of \
           workspaces and projects exist on the Premium plan only; one of a repository cannot create others.",
    create_url: "https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/",
    username: false,
    prefixes: &["ATCTT"],
    scopes: &[
        scope("project", "see the project, and find the oldest one", Need::Optional),
        scope("repository", "list, clone and fetch repositories", Need::Required),
        scope("repository:write", "push commits", Need::Required),
        scope("repository:admin", "create repositories, and read the branch restrictions", Need::Required),
        scope(
            "repository:delete",
            "only to delete repositories, and to clean up after a check",
            Need::Optional,
        ),
    ],
};

const fn scope(name: &'static str, purpose: &'static str, need: Need) -> ScopeDescription {
    ScopeDescription { name, purpose, need }
}
