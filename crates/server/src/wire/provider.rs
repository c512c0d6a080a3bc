//! The description of the provider kinds on the wire: page and command line are drawn from it.

use model::provider::{CredentialDescription, FieldDescription, Need, ProviderDescription, ScopeDescription};
use serde::Serialize;
use utoipa::ToSchema;

/// A kind of Git host and what has to be entered for an account there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Provider {
    /// The kind's word, such as `github`.
    pub(crate) kind: &'static str,
    /// The name people know it by.
    pub(crate) label: &'static str,
    /// Whether it stands in the first row of the page.
    pub(crate) prominent: bool,
    /// How the host's address is asked for.
    pub(crate) host: ProviderHost,
    /// The fields beside host and secret, in order.
    pub(crate) fields: Vec<ProviderField>,
    /// The credentials it takes; the first is the default.
    pub(crate) credentials: Vec<ProviderCredential>,
    /// Whether repositories can be created there; without it each application names its own.
    pub(crate) creates: bool,
    /// Whether repositories can be made read-only there.
    pub(crate) archives: bool,
    /// The host's page about what is entered here; may be empty.
    pub(crate) docs_url: &'static str,
}

/// How the host's address is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderHost {
    /// Label of the field; empty when there is none.
    pub(crate) label: &'static str,
    /// The address offered.
    pub(crate) default: &'static str,
    /// Whether the field is closed until the switch is used.
    pub(crate) fixed: bool,
    /// Text of the switch.
    pub(crate) switch: &'static str,
    /// One sentence under the field.
    pub(crate) hint: &'static str,
}

/// One field of the form.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderField {
    /// The field's name in requests.
    pub(crate) name: &'static str,
    /// Its label, in the provider's own spelling.
    pub(crate) label: &'static str,
    /// Whether it has to be filled in.
    pub(crate) required: bool,
    /// Whether it names what owns the repositories.
    pub(crate) scope: bool,
    /// One sentence under the field.
    pub(crate) hint: &'static str,
    /// The page behind *Learn more*.
    pub(crate) docs_url: &'static str,
}

/// One kind of credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderCredential {
    /// Its word, such as `classic-token`.
    pub(crate) kind: &'static str,
    /// Its name on the page.
    pub(crate) label: &'static str,
    /// Label of the secret's field; empty when no secret is asked for.
    pub(crate) secret_label: &'static str,
    /// Whether the user name is asked for beside the secret.
    pub(crate) username: bool,
    /// How secrets of this kind begin, where the host gives them a prefix.
    pub(crate) prefixes: Vec<&'static str>,
    /// One sentence that explains what it is.
    pub(crate) hint: &'static str,
    /// The host's page where one is made; `{host}` stands for the host's address.
    pub(crate) create_url: &'static str,
    /// The scopes, with what each is for.
    pub(crate) scopes: Vec<ProviderScope>,
}

/// One scope of a credential.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderScope {
    /// The host's word for it.
    pub(crate) name: &'static str,
    /// What it is needed for.
    pub(crate) purpose: &'static str,
    /// How much.
    pub(crate) need: ProviderNeed,
}

/// How much a scope is needed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProviderNeed {
    /// Nothing works without it.
    Required,
    /// Needed for one feature only.
    Optional,
    /// Asked for by other tools; not needed.
    NotNeeded,
}

impl From<&'static ProviderDescription> for Provider {
    fn from(provider: &'static ProviderDescription) -> Self {
        let host = &provider.host;
        Self {
            kind: provider.kind.as_str(),
            label: provider.label,
            prominent: provider.prominent,
            host: ProviderHost {
                label: host.label,
                default: host.default,
                fixed: host.fixed,
                switch: host.switch,
                hint: host.hint,
            },
            fields: provider.fields.iter().map(Into::into).collect(),
            credentials: provider.credentials.iter().map(Into::into).collect(),
            creates: provider.creates,
            archives: provider.archives,
            docs_url: provider.docs_url,
        }
    }
}

impl From<&'static FieldDescription> for ProviderField {
    fn from(field: &'static FieldDescription) -> Self {
        Self {
            name: field.name,
            label: field.label,
            required: field.required,
            scope: field.scope,
            hint: field.hint,
            docs_url: field.docs_url,
        }
    }
}

impl From<&'static CredentialDescription> for ProviderCredential {
    fn from(credential: &'static CredentialDescription) -> Self {
        Self {
            kind: credential.kind.as_str(),
            label: credential.label,
            secret_label: credential.secret_label,
            username: credential.username,
            prefixes: credential.prefixes.to_vec(),
            hint: credential.hint,
            create_url: credential.create_url,
            scopes: credential.scopes.iter().map(Into::into).collect(),
        }
    }
}

impl From<&'static ScopeDescription> for ProviderScope {
    fn from(scope: &'static ScopeDescription) -> Self {
        Self {
            name: scope.name,
            purpose: scope.purpose,
            need: match scope.need {
                Need::Required => ProviderNeed::Required,
                Need::Optional => ProviderNeed::Optional,
                Need::NotNeeded => ProviderNeed::NotNeeded,
            },
        }
    }
}
