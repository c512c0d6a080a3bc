//! One row of the client's list: a GitOps configuration in its form, and back.

use axum::http::StatusCode;
use model::gitops_config::{Alias, GitopsConfig, RepositorySource};
use model::provider::{CredentialDescription, CredentialKind, ProviderKind};
use serde::{Deserialize, Serialize};

use super::tls::{self, Given, Key, Tls};
use crate::error::Problem;
use crate::wire;
use crate::wire::gitops_config::{GitopsConfigInput, RepositoryRulesInput};
use crate::wire::secret::Secret;

/// The words of `authMode`.
const MODES: [&str; 5] = [PASSWORD, ACCESS_TOKEN, API_TOKEN, "SSH", "SSH_AND_PASSWORD"];
const PASSWORD: &str = "PASSWORD";
const ACCESS_TOKEN: &str = "ACCESS_TOKEN";
const API_TOKEN: &str = "API_TOKEN";

/// The providers that the client knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    GitHub,
    GitLab,
    AzureDevOps,
    BitbucketCloud,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::GitHub, Self::GitLab, Self::AzureDevOps, Self::BitbucketCloud];

    /// The client's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "GITHUB",
            Self::GitLab => "GITLAB",
            Self::AzureDevOps => "AZURE_DEVOPS",
            Self::BitbucketCloud => "BITBUCKET_CLOUD",
        }
    }

    /// Reads the client's word.
    ///
    /// # Errors
    /// 400 for any other.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let text = text.unwrap_or_default();
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            invalid("provider", format!("{text:?} is no provider here; there are {words}."))
        })
    }

    /// The client's provider for ours; none for kinds that it does not know.
    pub(crate) fn of(provider: ProviderKind) -> Option<Self> {
        match provider {
            ProviderKind::GitHub => Some(Self::GitHub),
            ProviderKind::GitLab => Some(Self::GitLab),
            ProviderKind::AzureDevOps => Some(Self::AzureDevOps),
            ProviderKind::BitbucketCloud => Some(Self::BitbucketCloud),
            ProviderKind::Gitea | ProviderKind::Git | ProviderKind::BuiltIn => None,
        }
    }

    /// The client's name for a field of ours.
    pub(crate) fn field(self, ours: &str) -> String {
        match ours {
            "secret" => "token",
            "organization" | "group" | "project" | "workspace" | "scope" => match self {
                Self::GitHub => "gitHubOrgId",
                Self::GitLab => "gitLabGroupId",
                Self::AzureDevOps => "azureProjectName",
                Self::BitbucketCloud => "bitBucketWorkspaceId",
            },
            "project_key" => "bitBucketProjectKey",
            "ca_pem" => "tlsConfig.caData",
            "client_certificate_pem" => "tlsConfig.tlsCertData",
            "client_key_pem" => "tlsConfig.tlsKeyData",
            "credential" => "authMode",
            other => other,
        }
        .into()
    }

    /// Our kind for it.
    pub(crate) fn ours(self) -> ProviderKind {
        match self {
            Self::GitHub => ProviderKind::GitHub,
            Self::GitLab => ProviderKind::GitLab,
            Self::AzureDevOps => ProviderKind::AzureDevOps,
            Self::BitbucketCloud => ProviderKind::BitbucketCloud,
        }
    }

    /// Our word for it.
    pub(crate) fn word(self) -> &'static str {
        self.ours().as_str()
    }
}

/// A row as it is read. All texts are there, always; secrets never are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    id: i64,
    provider: &'static str,
    username: String,
    token: &'static str,
    git_lab_group_id: String,
    git_hub_org_id: String,
    host: String,
    active: bool,
    azure_project_name: String,
    bit_bucket_workspace_id: String,
    bit_bucket_project_key: String,
    allow_custom_repository: bool,
    #[serde(rename = "enableTLSVerification")]
    enable_tls_verification: bool,
    tls_config: TlsConfig,
    #[serde(rename = "isCADataPresent")]
    is_ca_data_present: bool,
    #[serde(rename = "isTLSCertDataPresent")]
    is_tls_cert_data_present: bool,
    #[serde(rename = "isTLSKeyDataPresent")]
    is_tls_key_data_present: bool,
    auth_mode: String,
}

/// TLS data as it is read: nothing of it, only that it is there is told.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct TlsConfig {
    ca_data: &'static str,
    tls_cert_data: &'static str,
    tls_key_data: &'static str,
}

impl Row {
    /// Puts a configuration into the client's form.
    pub(crate) fn of(config: GitopsConfig, kind: Kind, alias: Option<&Alias>) -> Self {
        let tls = stored_tls(Some(&config));
        let account = config.account;
        let scope = |of: Kind| if of == kind { account.scope.clone() } else { String::new() };
        let kept = alias.map(|a| a.kept.clone()).filter(|kept| !kept.is_empty());
        Self {
            id: alias.map_or(0, |a| a.number),
            provider: kind.as_str(),
            token: "",
            git_lab_group_id: scope(Kind::GitLab),
            git_hub_org_id: scope(Kind::GitHub),
            azure_project_name: scope(Kind::AzureDevOps),
            bit_bucket_workspace_id: scope(Kind::BitbucketCloud),
            bit_bucket_project_key: account.project_key.unwrap_or_default(),
            username: account.username,
            host: account.host,
            active: config.active,
            allow_custom_repository: config.rules.source == RepositorySource::Ask,
            enable_tls_verification: tls != Tls::default(),
            tls_config: TlsConfig::default(),
            is_ca_data_present: tls.ca.is_some(),
            is_tls_cert_data_present: tls.certificate.is_some(),
            is_tls_key_data_present: tls.key != Key::None,
            auth_mode: kept.unwrap_or_else(|| mode_of(account.credential).into()),
        }
    }
}

/// A row as it is sent. What is null or left out is as good as empty.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RowInput {
    pub(crate) id: Option<i64>,
    pub(crate) provider: Option<String>,
    username: Option<String>,
    token: Option<Secret>,
    git_lab_group_id: Option<String>,
    git_hub_org_id: Option<String>,
    host: Option<String>,
    pub(crate) active: Option<bool>,
    azure_project_name: Option<String>,
    bit_bucket_workspace_id: Option<String>,
    bit_bucket_project_key: Option<String>,
    allow_custom_repository: Option<bool>,
    #[serde(rename = "enableTLSVerification")]
    enable_tls_verification: Option<bool>,
    tls_config: Option<TlsInput>,
    #[serde(rename = "isCADataPresent")]
    is_ca_data_present: Option<bool>,
    #[serde(rename = "isTLSCertDataPresent")]
    is_tls_cert_data_present: Option<bool>,
    #[serde(rename = "isTLSKeyDataPresent")]
    is_tls_key_data_present: Option<bool>,
    auth_mode: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct TlsInput {
    ca_data: Option<String>,
    tls_cert_data: Option<String>,
    tls_key_data: Option<Secret>,
}

impl RowInput {
    /// Reads the row into an account to be checked, with what is stored for what it does not say.
    ///
    /// # Errors
    /// 400 for words that there are not, 412 for TLS data that does not fit together.
    pub(crate) fn read(
        self,
        kind: Kind,
        before: Option<&GitopsConfig>,
        activate: bool,
    ) -> Result<control::check::candidate::Input, Problem> {
        let mode = self.auth_mode.filter(|mode| !mode.is_empty());
        if let Some(mode) = &mode
            && !MODES.contains(&mode.as_str())
        {
            return Err(invalid("authMode", format!("{mode:?} is none of {}.", MODES.join(", "))));
        }
        let TlsInput { ca_data, tls_cert_data, tls_key_data } = self.tls_config.unwrap_or_default();
        let key: Option<model::Secret> = tls_key_data.clone().map(Into::into);
        let given = [
            Given { text: ca_data.as_deref(), present: self.is_ca_data_present },
            Given { text: tls_cert_data.as_deref(), present: self.is_tls_cert_data_present },
            Given { text: key.as_ref().map(model::Secret::reveal), present: self.is_tls_key_data_present },
        ];
        let tls = tls::joined(self.enable_tls_verification, given, stored_tls(before))?;
        let token: Option<model::Secret> = self.token.clone().map(Into::into);
        let token = token.as_ref().map_or("", |t| t.reveal());
        let credential = credential(kind, mode.as_deref(), token, before);
        let source = match self.allow_custom_repository {
            Some(true) => Some(wire::gitops_config::RepositorySource::Ask),
            Some(false) | None => Some(wire::gitops_config::RepositorySource::PerApplication),
        };
        let input = GitopsConfigInput {
            organization: self.git_hub_org_id.filter(|_| kind == Kind::GitHub),
            group: self.git_lab_group_id.filter(|_| kind == Kind::GitLab),
            project: self.azure_project_name.filter(|_| kind == Kind::AzureDevOps),
            workspace: self.bit_bucket_workspace_id.filter(|_| kind == Kind::BitbucketCloud),
            project_key: self.bit_bucket_project_key.filter(|_| kind == Kind::BitbucketCloud),
            provider: kind.word().into(),
            // The client sends all sorts of addresses for Bitbucket Cloud, of which there is one.
            host: self.host.filter(|_| kind != Kind::BitbucketCloud),
            credential,
            username: self.username,
            secret: self.token,
            ca_pem: tls.ca,
            client_certificate_pem: tls.certificate,
            client_key_pem: tls_key_data,
            // The client has no word for proxies: what is stored stays.
            proxy: before.and_then(|b| b.account.proxy.clone()),
            proxy_password: None,
            repositories: Some(RepositoryRulesInput { source, ..RepositoryRulesInput::default() }),
            check_repository: None,
            activate: Some(activate),
        };
        crate::input::within_limits(&input)?;
        let mut input: control::check::candidate::Input = input.into();
        input.kept = mode;
        // The name that the client shows when it could not be deleted.
        input.test_name = control::check::TestName { prefix: "devtron-sample-repo-dryrun-", random: 6 };
        Ok(input)
    }
}

/// The kind of credential: as the mode says where it says something, as the token looks, as it is stored.
fn credential(kind: Kind, mode: Option<&str>, token: &str, before: Option<&GitopsConfig>) -> Option<String> {
    let offered = kind.ours().describe().credentials;
    let word = |word: &str| offered.iter().map(|c| c.kind.as_str()).find(|k| *k == word).map(str::to_owned);
    let told = match mode {
        Some(ACCESS_TOKEN) => word("access-token"),
        Some(API_TOKEN) => word("api-token"),
        _ => None,
    };
    let looks = credential_that_begins(token, offered);
    told.or(looks).or_else(|| before.map(|b| b.account.credential.as_str().to_owned()))
}

/// The kind whose tokens begin as this one does, by the longest beginning.
fn credential_that_begins(token: &str, offered: &[CredentialDescription]) -> Option<String> {
    let begins = |c: &CredentialDescription| {
        c.prefixes.iter().filter(|p| token.starts_with(**p)).map(|p| p.len()).max()
    };
    let found = offered.iter().filter_map(|c| Some((begins(c)?, c.kind)));
    // Of kinds that begin alike the first counts, which is the provider's default.
    found.min_by_key(|(length, _)| std::cmp::Reverse(*length)).map(|(_, kind)| kind.as_str().to_owned())
}

/// The mode of a configuration that was not saved by this client.
fn mode_of(credential: CredentialKind) -> &'static str {
    match credential {
        CredentialKind::AccessToken => ACCESS_TOKEN,
        CredentialKind::ApiToken => API_TOKEN,
        CredentialKind::ClassicToken
        | CredentialKind::FineGrainedToken
        | CredentialKind::PersonalToken
        | CredentialKind::GroupToken
        | CredentialKind::ProjectToken
        | CredentialKind::OrganizationToken
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::None => PASSWORD,
    }
}

fn stored_tls(config: Option<&GitopsConfig>) -> Tls {
    let Some(GitopsConfig { account, .. }) = config else { return Tls::default() };
    let certificate = account.client_certificate_pem.clone();
    // A certificate is only saved with its key.
    let key = if certificate.is_some() { Key::Stored } else { Key::None };
    Tls { ca: account.ca_pem.clone(), certificate, key }
}

/// One field that is wrong.
pub(crate) fn invalid(field: &str, message: String) -> Problem {
    let error = model::FieldError::new(field, "invalid", message);
    Problem::invalid(StatusCode::BAD_REQUEST, "invalid", vec![error])
}
