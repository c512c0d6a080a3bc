//! How the page describes GitHub.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, Need, ProviderDescription,
    ProviderKind, ScopeDescription,
};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::GitHub,
    label: "GitHub",
    prominent: true,
    host: HostDescription {
        label: "Git host",
        default: "https://github.com",
        fixed: true,
        switch: "Use GitHub Enterprise Server",
        hint: "The address you open GitHub at, for example https://github.acme.dev.",
    },
    fields: &[
        FieldDescription {
            name: "organization",
            label: "GitHub Organization Name",
            required: true,
            scope: true,
            hint: "The organization that will own the repositories. A user account works too.",
            docs_url: "https://docs.github.com/en/organizations/collaborating-with-groups-in-organizations/about-organizations",
        },
        FieldDescription {
            name: "username",
            label: "Username",
            required: true,
            scope: false,
            hint: "The account that the token belongs to.",
            docs_url: "https://docs.github.com/en/get-started/learning-about-github/types-of-github-accounts",
        },
    ],
    credentials: &[CLASSIC, FINE_GRAINED],
    creates: true,
    archives: true,
    docs_url: "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens",
};

const CLASSIC: CredentialDescription = CredentialDescription {
    kind: CredentialKind::ClassicToken,
    label: "Personal access token (classic)",
    secret_label: "Personal Access Token",
    username: true,
    prefixes: &["ghp_"],
    hint: "A personal access token stands in for a password and can do only what its scopes say.",
    create_url: "{host}/settings/tokens/new?scopes=repo,delete_repo&description=Trueline",
    scopes: &[
        ScopeDescription {
            name: "repo",
            purpose: "create, read and write private repositories",
            need: Need::Required,
        },
        ScopeDescription {
            name: "delete_repo",
            purpose: "only to delete repositories, and to clean up after a check",
            need: Need::Optional,
        },
        ScopeDescription {
            name: "admin:org",
            purpose: "asked for by other tools; not needed by Trueline",
            need: Need::NotNeeded,
        },
    ],
};

/// Its permissions are repository permissions; the token's resource owner has to be the organization
/// (docs.github.com, 2026).
const FINE_GRAINED: CredentialDescription = CredentialDescription {
    kind: CredentialKind::FineGrainedToken,
    label: "Fine-grained personal access token",
    secret_label: "Fine-grained Token",
    username: true,
    prefixes: &["github_pat_"],
    hint: "Made for one owner: choose the organization as resource owner, and all repositories. The organization may \
           have to approve it first.",
    create_url: "{host}/settings/personal-access-tokens/new",
    scopes: &[
        ScopeDescription {
            name: "Administration: Read and write",
            purpose: "create, archive and delete repositories",
            need: Need::Required,
        },
        ScopeDescription {
            name: "Contents: Read and write",
            purpose: "read and write repositories over Git",
            need: Need::Required,
        },
        ScopeDescription {
            name: "Metadata: Read-only",
            purpose: "find repositories; GitHub adds it by itself",
            need: Need::Required,
        },
        ScopeDescription {
            name: "Pull requests: Read and write",
            purpose: "only to deliver by pull request",
            need: Need::Optional,
        },
        ScopeDescription {
            name: "Webhooks: Read and write",
            purpose: "only to be told of changes at once",
            need: Need::Optional,
        },
    ],
};
