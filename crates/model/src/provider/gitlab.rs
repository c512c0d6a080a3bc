//! How the page describes GitLab.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, Need, ProviderDescription,
    ProviderKind, ScopeDescription,
};

/// The scopes of every kind of access token (docs.gitlab.com, scopes of access tokens).
const SCOPES: &[ScopeDescription] = &[
    ScopeDescription {
        name: "api",
        purpose: "create, read, archive and delete projects, read their rules",
        need: Need::Required,
    },
    ScopeDescription {
        name: "write_repository",
        purpose: "push and pull over Git; contained in api",
        need: Need::Optional,
    },
];

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::GitLab,
    label: "GitLab",
    prominent: true,
    host: HostDescription {
        label: "Git host",
        default: "https://gitlab.com",
        fixed: false,
        switch: "",
        hint: "The address you open GitLab at. A server of your own may lie below a path, for example https://acme.dev/gitlab.",
    },
    fields: &[
        FieldDescription {
            name: "group",
            label: "GitLab Group ID",
            required: true,
            scope: true,
            hint: "The number of the group that will own the repositories, or its full path, for example acme/platform. Subgroups work too.",
            docs_url: "https://docs.gitlab.com/user/group/#find-the-group-id",
        },
        FieldDescription {
            name: "username",
            label: "Username",
            required: true,
            scope: false,
            hint: "The account that the token belongs to.",
            docs_url: "https://docs.gitlab.com/user/profile/#access-your-user-profile",
        },
    ],
    credentials: &[
        CredentialDescription {
            kind: CredentialKind::PersonalToken,
            label: "Personal access token",
            secret_label: "Personal Access Token",
            username: true,
            prefixes: &["glpat-"],
            hint: "A personal access token stands in for a password. Its account needs the role Owner in the group to delete projects, Developer or Maintainer to create them.",
            create_url: "{host}/-/user_settings/personal_access_tokens?name=Trueline&scopes=api,write_repository",
            scopes: SCOPES,
        },
        CredentialDescription {
            kind: CredentialKind::GroupToken,
            label: "Group access token",
            secret_label: "Group Access Token",
            username: false,
            prefixes: &["glpat-"],
            hint: "A token of the group itself, with its own bot. Choose the role Owner: the page offers Guest first, which can do nothing. On gitlab.com only Premium and Ultimate have it.",
            create_url: "https://docs.gitlab.com/user/group/settings/group_access_tokens/",
            scopes: SCOPES,
        },
        CredentialDescription {
            kind: CredentialKind::ProjectToken,
            label: "Project access token",
            secret_label: "Project Access Token",
            username: false,
            prefixes: &["glpat-"],
            hint: "A token of one project. It cannot create projects: it fits the rule to ask for a repository per application, for that one project.",
            create_url: "https://docs.gitlab.com/user/project/settings/project_access_tokens/",
            scopes: SCOPES,
        },
    ],
    creates: true,
    archives: true,
    docs_url: "https://docs.gitlab.com/user/profile/personal_access_tokens/",
};
