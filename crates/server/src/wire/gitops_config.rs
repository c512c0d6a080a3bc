//! GitOps configurations on the wire. Secrets only come in.

use control::check::candidate::{Input, RulesInput};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::Check;
use super::secret::Secret;

/// Most bytes of certificates.
const CA_LIMIT: usize = 200_000;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $model:path { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($(#[$vdoc])* $variant),+ }

        impl From<$model> for $name {
            fn from(word: $model) -> Self {
                use $model as Model;
                match word { $(Model::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $model {
            fn from(word: $name) -> Self {
                use $model as Model;
                match word { $($name::$variant => Model::$variant),+ }
            }
        }
    };
}

words! {
    /// Where an application's repository comes from.
    RepositorySource = model::gitops_config::RepositorySource {
        /// One repository per application, created by Trueline.
        PerApplication,
        /// Each application names a repository that exists.
        Ask,
    }
}

words! {
    /// Who can see a repository.
    Visibility = model::gitops_config::Visibility {
        /// Only who was given access.
        Private,
        /// Everybody.
        Public,
    }
}

words! {
    /// What happens to a repository when its application goes.
    Deletion = model::gitops_config::Deletion {
        /// It stays as it is.
        Keep,
        /// It becomes read-only.
        Archive,
        /// It is deleted.
        Delete,
    }
}

/// A GitOps configuration: one Git account. Its secret is never sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct GitopsConfig {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The kind of the host.
    pub(crate) provider: String,
    /// The host's address; empty for the built-in host.
    pub(crate) host: String,
    /// The organization or user account, where the host has those; else empty.
    pub(crate) organization: String,
    /// The group, where the host has those; else empty.
    pub(crate) group: String,
    /// The project, where it owns the repositories; else empty.
    pub(crate) project: String,
    /// The workspace, where the host has those; else empty.
    pub(crate) workspace: String,
    /// The key of the project that new repositories are put in; null where none was entered.
    pub(crate) project_key: Option<String>,
    /// The kind of the credential.
    pub(crate) credential: String,
    /// The account's user name.
    pub(crate) username: String,
    /// Whether a secret is stored.
    pub(crate) has_secret: bool,
    /// Certificates of private authorities, PEM.
    pub(crate) ca_pem: Option<String>,
    /// The certificate that is shown to the host, PEM; its key is never sent.
    pub(crate) client_certificate_pem: Option<String>,
    /// The address of the proxy that leads to the host; its password is never sent.
    pub(crate) proxy: Option<String>,
    /// The rules for repositories.
    pub(crate) repositories: RepositoryRules,
    /// Whether new applications use it.
    pub(crate) active: bool,
    /// How many applications live in it.
    pub(crate) applications: i64,
    /// Who saved it last.
    pub(crate) saved_by: String,
    /// When it was saved last.
    pub(crate) saved_at: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
    /// How the stored credential stands: `ok`, `ending` or `failing`, as its own checks told.
    pub(crate) credential_state: &'static str,
    /// When the stored credential ends, where the host tells.
    pub(crate) expires_at: Option<String>,
    /// The newest check under its name.
    pub(crate) check: Option<Check>,
    /// What is left of the credential's rate budget: as this process knows it, else as the newest check of the stored
    /// credential saw it; null where the host does not tell.
    pub(crate) rate: Option<Rate>,
}

/// What is left of a credential's rate budget at its host.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rate {
    /// Calls left until the reset; null where the host does not tell.
    pub(crate) left: Option<u64>,
    /// Calls between two resets; null where the host does not tell.
    pub(crate) limit: Option<u64>,
    /// When it is full again; null where the host does not tell.
    pub(crate) resets_at: Option<String>,
    /// Until when nothing is sent, because the host asked for it; null when it did not.
    pub(crate) waiting_until: Option<String>,
}

impl Rate {
    /// As this process knows it; counts that it does not know are those that a check saw. A host may ask to be left
    /// alone without telling any.
    fn of(budget: Option<control::hosts::Budget>, seen: Option<(u64, u64)>) -> Option<Self> {
        let known = budget.unwrap_or_default();
        let (left, limit) = match (known.left, known.limit) {
            (None, None) => seen.unzip(),
            counts => counts,
        };
        let told = left.is_some() || limit.is_some() || known.waiting_until.is_some();
        told.then(|| Self {
            left,
            limit,
            resets_at: known.resets_at.map(super::time::text),
            waiting_until: known.waiting_until.map(super::time::text),
        })
    }
}

/// The rules for the repositories of a configuration.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepositoryRules {
    /// Where an application's repository comes from.
    pub(crate) source: RepositorySource,
    /// Prefix of the names of repositories, without the hyphen.
    pub(crate) prefix: String,
    /// Default branch of new repositories; null leaves it to the host.
    pub(crate) default_branch: Option<String>,
    /// Who can see new repositories.
    pub(crate) visibility: Visibility,
    /// What happens to a repository when its application goes.
    pub(crate) deletion: Deletion,
    /// Name of the committer of all commits.
    pub(crate) committer_name: String,
    /// Address of the committer.
    pub(crate) committer_email: String,
}

impl GitopsConfig {
    /// Joins a configuration with what is known beside it.
    pub(crate) fn of(
        config: model::gitops_config::GitopsConfig,
        applications: i64,
        standing: &control::check::credential::Standing,
        check: Option<model::check::Check>,
        budget: Option<control::hosts::Budget>,
    ) -> Self {
        let (account, rules) = (config.account, config.rules);
        let field = account.provider.describe().scope().map_or("", |f| f.name);
        let scope = |name: &str| if field == name { account.scope.clone() } else { String::new() };
        Self {
            id: config.id.to_string(),
            name: config.name.to_string(),
            provider: account.provider.as_str().into(),
            host: account.host,
            organization: scope("organization"),
            group: scope("group"),
            project: scope("project"),
            workspace: scope("workspace"),
            project_key: account.project_key,
            credential: account.credential.as_str().into(),
            username: account.username,
            // A configuration is only saved with the secret that its kind of credential needs.
            has_secret: account.credential != model::provider::CredentialKind::None,
            ca_pem: account.ca_pem,
            client_certificate_pem: account.client_certificate_pem,
            proxy: account.proxy,
            repositories: RepositoryRules {
                source: rules.source.into(),
                prefix: rules.prefix,
                default_branch: rules.default_branch,
                visibility: rules.visibility.into(),
                deletion: rules.deletion.into(),
                committer_name: rules.committer_name,
                committer_email: rules.committer_email,
            },
            active: config.active,
            applications,
            saved_by: config.saved_by,
            saved_at: super::time::text(config.saved_at),
            created_at: super::time::text(config.created_at),
            version: config.version,
            credential_state: standing.state.as_str(),
            expires_at: standing.expires_at.map(super::time::text),
            check: check.map(Into::into),
            rate: Rate::of(budget, standing.rate_left),
        }
    }
}

/// An account to be checked, and saved if it works.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GitopsConfigInput {
    /// The kind of the host, as `GET /providers` names it.
    #[garde(length(max = 100))]
    pub(crate) provider: String,
    /// The host's address; the kind's own if left out.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) host: Option<String>,
    /// The organization or user account, for a host that has those.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) organization: Option<String>,
    /// The group by its id or full path, for a host that has those.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// The project that owns the repositories, for a host that has those.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) project: Option<String>,
    /// The workspace, for a host that has those.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) workspace: Option<String>,
    /// The key of the project that new repositories are put in; empty leaves it to the host.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) project_key: Option<String>,
    /// The kind of the credential; the kind's first if left out.
    #[garde(length(max = 100))]
    #[serde(default)]
    pub(crate) credential: Option<String>,
    /// The account's user name.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) username: Option<String>,
    /// The secret; empty or left out keeps the stored one.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) secret: Option<Secret>,
    /// Certificates of private authorities, PEM.
    #[garde(length(max = CA_LIMIT))]
    #[serde(default)]
    pub(crate) ca_pem: Option<String>,
    /// The certificate to show the host, PEM.
    #[garde(length(max = CA_LIMIT))]
    #[serde(default)]
    pub(crate) client_certificate_pem: Option<String>,
    /// Its key, PEM; empty or left out keeps the stored one.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) client_key_pem: Option<Secret>,
    /// The address of the proxy that leads to the host, with its user name if it asks for one.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) proxy: Option<String>,
    /// The proxy's password; empty or left out keeps the stored one.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) proxy_password: Option<Secret>,
    /// The rules for repositories; what is left out stays.
    #[garde(dive)]
    #[serde(default)]
    pub(crate) repositories: Option<RepositoryRulesInput>,
    /// The address of a repository that the check may push to, on a branch of its own that it deletes again; only
    /// where applications name their repositories. Without it the check only reads. Not kept.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub(crate) check_repository: Option<String>,
    /// Whether new applications are to use it; yes if left out.
    #[garde(skip)]
    #[serde(default)]
    pub(crate) activate: Option<bool>,
}

/// Rules for repositories to be set; what is left out stays, or is the default.
#[derive(Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepositoryRulesInput {
    /// Where an application's repository comes from.
    #[garde(skip)]
    pub(crate) source: Option<RepositorySource>,
    /// Prefix of the names of repositories, without the hyphen.
    #[garde(length(max = 200))]
    pub(crate) prefix: Option<String>,
    /// Default branch of new repositories; empty leaves it to the host.
    #[garde(length(max = 200))]
    pub(crate) default_branch: Option<String>,
    /// Who can see new repositories.
    #[garde(skip)]
    pub(crate) visibility: Option<Visibility>,
    /// What happens to a repository when its application goes.
    #[garde(skip)]
    pub(crate) deletion: Option<Deletion>,
    /// Name of the committer of all commits.
    #[garde(length(max = 1000))]
    pub(crate) committer_name: Option<String>,
    /// Address of the committer.
    #[garde(length(max = 1000))]
    pub(crate) committer_email: Option<String>,
}

impl From<GitopsConfigInput> for Input {
    fn from(input: GitopsConfigInput) -> Self {
        Self {
            provider: input.provider,
            host: input.host.unwrap_or_default(),
            scope: [
                ("organization", input.organization),
                ("group", input.group),
                ("project", input.project),
                ("workspace", input.workspace),
                ("project_key", input.project_key),
            ]
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
            .collect(),
            credential: input.credential,
            username: input.username.unwrap_or_default(),
            secret: input.secret.map(Into::into),
            ca_pem: input.ca_pem,
            client_certificate_pem: input.client_certificate_pem,
            client_key_pem: input.client_key_pem.map(Into::into),
            proxy: input.proxy,
            proxy_password: input.proxy_password.map(Into::into),
            rules: input.repositories.map(|rules| RulesInput {
                source: rules.source.map(Into::into),
                prefix: rules.prefix,
                default_branch: rules.default_branch,
                visibility: rules.visibility.map(Into::into),
                deletion: rules.deletion.map(Into::into),
                committer_name: rules.committer_name,
                committer_email: rules.committer_email,
            }),
            check_repository: input.check_repository,
            activate: input.activate.unwrap_or(true),
            ..Self::default()
        }
    }
}
