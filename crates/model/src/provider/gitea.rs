//! How the page describes Gitea and Forgejo.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, Need, ProviderDescription,
    ProviderKind, ScopeDescription,
};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::Gitea,
    label: "Gitea / Forgejo",
    prominent: false,
    host: HostDescription {
        label: "Git host",
        default: "",
        fixed: false,
        switch: "",
        hint: "The address you open Gitea or Forgejo at, for example https://git.acme.dev or https://acme.dev/git.",
    },
    fields: &[
        FieldDescription {
            name: "organization",
            label: "Organization",
            required: true,
            scope: true,
            hint: "The organization that will own the repositories. The token's own user account works too.",
            docs_url: "https://docs.gitea.com/usage/access-control/permissions",
        },
        FieldDescription {
            name: "username",
            label: "Username",
            required: true,
            scope: false,
            hint: "The account that the token belongs to.",
            docs_url: "https://docs.gitea.com/development/api-usage",
        },
    ],
    credentials: &[CredentialDescription {
        kind: CredentialKind::Token,
        label: "Access token",
        secret_label: "Access Token",
        username: true,
        prefixes: &[],
        hint: "An access token stands in for a password and can do only what its permissions say.",
        create_url: "{host}/user/settings/applications",
        // routers/api/v1/api.go of 1.26: creating in an organization asks for write:organization, creating in
        // one's own account for write:user beside write:repository.
        scopes: &[
            ScopeDescription {
                name: "write:repository",
                purpose: "read, write and delete repositories",
                need: Need::Required,
            },
            ScopeDescription {
                name: "write:organization",
                purpose: "create repositories in an organization",
                need: Need::Required,
            },
            ScopeDescription { name: "read:user", purpose: "see whose token it is", need: Need::Required },
            ScopeDescription {
                name: "write:user",
                purpose: "only where a user account owns the repositories: create them there, in place of write:organization and read:user",
                need: Need::Optional,
            },
        ],
    }],
    creates: true,
    archives: true,
    docs_url: "https://docs.gitea.com/development/api-usage",
};
