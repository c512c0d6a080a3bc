//! How the page describes a Git server that has nothing but Git.

use super::{
    CredentialDescription, CredentialKind, FieldDescription, HostDescription, ProviderDescription,
    ProviderKind,
};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::Git,
    label: "Other Git server",
    prominent: false,
    host: HostDescription {
        label: "Git host",
        default: "",
        fixed: false,
        switch: "",
        hint: "What the addresses of its repositories begin with, for example https://git.acme.dev. Only Git over HTTPS is used.",
    },
    fields: &[FieldDescription {
        name: "username",
        label: "Username",
        required: true,
        scope: false,
        hint: "The user name that Git is given beside the password.",
        docs_url: "https://git-scm.com/docs/gitcredentials",
    }],
    credentials: &[CredentialDescription {
        kind: CredentialKind::Password,
        label: "Password or token",
        secret_label: "Password or Token",
        username: true,
        prefixes: &[],
        hint: "What Git asks for when you push to a repository there.",
        create_url: "",
        scopes: &[],
    }],
    creates: false,
    archives: false,
    docs_url: "https://git-scm.com/docs/http-protocol",
};
