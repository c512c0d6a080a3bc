//! How the page describes the built-in Git host.

use super::{CredentialDescription, CredentialKind, HostDescription, ProviderDescription, ProviderKind};

pub(super) static DESCRIPTION: ProviderDescription = ProviderDescription {
    kind: ProviderKind::BuiltIn,
    label: "Built-in",
    prominent: false,
    host: HostDescription { label: "", default: "", fixed: true, switch: "", hint: "" },
    fields: &[],
    credentials: &[CredentialDescription {
        kind: CredentialKind::None,
        label: "None needed",
        secret_label: "",
        username: false,
        prefixes: &[],
        hint: "Repositories are kept in Trueline's own data folder and served by Trueline itself. Good for trying things out.",
        create_url: "",
        scopes: &[],
    }],
    creates: true,
    archives: true,
    docs_url: "",
};
