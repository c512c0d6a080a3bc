//! Azure DevOps, the hosted one and a Server, as the page asks for it.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, Need, ProviderDescription,
    ProviderKind, ScopeDescription,
};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::AzureDevOps,
    label: "Azure DevOps",
    prominent: true,
    host: HostDescription {
        label: "Azure DevOps Organization URL",
        default: "https://dev.azure.com/",
        fixed: false,
        switch: "",
        hint: "Complete it with your organization, for example https://dev.azure.com/acme. \
               https://acme.visualstudio.com and the address of a collection on a Server work too. \
               The project does not belong into it.",
    },
    fields: &[
        FieldDescription {
            name: "project",
            label: "Azure DevOps Project Name",
            required: true,
            scope: true,
            hint: "The project that will own the repositories. Its members need the right Create repository.",
            docs_url: "https://learn.microsoft.com/en-us/azure/devops/organizations/projects/about-projects",
        },
        FieldDescription {
            name: "username",
            label: "Username",
            required: true,
            scope: false,
            hint: "The account that the token belongs to, as a name or an e-mail address.",
            docs_url: "https://learn.microsoft.com/en-us/azure/devops/user-guide/what-is-azure-devops",
        },
    ],
    credentials: &[CredentialDescription {
        kind: CredentialKind::OrganizationToken,
        label: "Personal access token of the organization",
        secret_label: "Personal Access Token",
        // learn.microsoft.com, personal access tokens, and the notes of sprint 270: no new ones for all
        // organizations since 2026-03-15, none works after 2026-12-01.
        hint: "A personal access token stands in for a password and can do only what its scopes say. Make it \
               for this organization: tokens for all accessible organizations end on 2026-12-01.",
        create_url: "{host}/_usersSettings/tokens",
        prefixes: &[],
        username: true,
        scopes: &[
            ScopeDescription {
                name: "Code (read)",
                purpose: "see the project and read repositories; part of the one below",
                need: Need::Required,
            },
            ScopeDescription {
                name: "Code (read & write)",
                purpose: "commit and push; part of the one below",
                need: Need::Required,
            },
            ScopeDescription {
                name: "Code (read, write & manage)",
                purpose: "create, archive and delete repositories; contains the two above",
                need: Need::Required,
            },
            ScopeDescription {
                name: "Create repository",
                purpose: "not a scope but a right of the account in the project: project settings, \
                          Repositories, Security",
                need: Need::Required,
            },
        ],
    }],
    creates: true,
    archives: true,
    docs_url: "https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate",
};
