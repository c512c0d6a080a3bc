//! Chart repositories on the wire. Secrets only come in.

use control::chart_repository::Input;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::CheckStage;
use super::secret::Secret;

/// What kind of server a chart repository is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChartRepositoryKind {
    /// A web server with an `index.yaml`.
    Http,
    /// An OCI registry.
    Oci,
}

impl From<model::chart_repository::ChartRepositoryKind> for ChartRepositoryKind {
    fn from(kind: model::chart_repository::ChartRepositoryKind) -> Self {
        match kind {
            model::chart_repository::ChartRepositoryKind::Http => Self::Http,
            model::chart_repository::ChartRepositoryKind::Oci => Self::Oci,
        }
    }
}

/// Why the last look at a chart repository failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefreshFailure {
    /// A stable word for programs.
    pub(crate) code: String,
    /// What, where, why, and what to do.
    pub(crate) sentence: String,
}

/// A chart repository. Its secrets are never sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartRepository {
    /// Its name.
    pub(crate) name: String,
    /// What kind of server it is.
    pub(crate) kind: ChartRepositoryKind,
    /// Its address.
    pub(crate) url: String,
    /// The user name to sign in with; empty for none.
    pub(crate) username: String,
    /// Whether a password or token is stored.
    pub(crate) has_secret: bool,
    /// Certificates of private authorities, PEM.
    pub(crate) ca_pem: Option<String>,
    /// The certificate that is shown to the server, PEM; its key is never sent.
    pub(crate) client_certificate_pem: Option<String>,
    /// The address of the proxy that leads to it; its password is never sent.
    pub(crate) proxy: Option<String>,
    /// The charts of a registry that does not list its own, as entered.
    pub(crate) names: Vec<String>,
    /// How many charts it lists.
    pub(crate) charts: i64,
    /// How many versions these have.
    pub(crate) versions: i64,
    /// How many versions have another digest now than when they were first seen.
    pub(crate) changed: i64,
    /// When it was last looked at.
    pub(crate) tried_at: Option<String>,
    /// When a look last succeeded; what it listed then is what is shown.
    pub(crate) refreshed_at: Option<String>,
    /// Why the last look failed; null when it did not.
    pub(crate) failure: Option<RefreshFailure>,
    /// What its index lists and was left out, in sentences; the first few.
    pub(crate) left_out: Vec<String>,
    /// Who saved it last.
    pub(crate) saved_by: String,
    /// When it was saved last.
    pub(crate) saved_at: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
}

/// What is known beside the repository's own row.
pub(crate) struct Beside {
    pub(crate) has_secret: bool,
    pub(crate) refresh: model::chart_repository::Refresh,
    /// Charts, versions, changed versions.
    pub(crate) counts: (i64, i64, i64),
}

impl ChartRepository {
    /// Joins a repository with what is known beside it.
    pub(crate) fn of(of: model::chart_repository::ChartRepository, beside: Beside) -> Self {
        let Beside { has_secret, refresh, counts: (charts, versions, changed) } = beside;
        Self {
            name: of.name.to_string(),
            kind: of.kind.into(),
            url: of.url,
            username: of.username,
            has_secret,
            ca_pem: of.ca_pem,
            client_certificate_pem: of.client_certificate_pem,
            proxy: of.proxy,
            names: of.charts,
            charts,
            versions,
            changed,
            tried_at: refresh.tried_at.map(super::time::text),
            refreshed_at: refresh.refreshed_at.map(super::time::text),
            failure: refresh.failure.map(|f| RefreshFailure { code: f.code, sentence: f.sentence }),
            left_out: refresh.left_out,
            saved_by: of.saved_by,
            saved_at: super::time::text(of.saved_at),
            created_at: super::time::text(of.created_at),
            version: of.version,
        }
    }
}

/// A look at a chart repository that somebody saves, and how far it has come. Its last stage saves the repository.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartRepositoryCheck {
    /// Its identity.
    pub(crate) id: String,
    /// Name of the chart repository; it need not exist.
    pub(crate) repository: String,
    /// Who asked.
    pub(crate) requested_by: String,
    /// When it was asked for.
    pub(crate) created_at: String,
    /// When it ended; null while it goes on.
    pub(crate) finished_at: Option<String>,
    /// Whether it failed. Then nothing was saved, unless its failed stage has the code `stopped`: it was begun several
    /// times and never ended, and may or may not have been saved.
    pub(crate) failed: bool,
    /// The stages in order. The title of `index` says how much was read, as `Read index.yaml: 12.0 of 50.0 MB`.
    pub(crate) stages: Vec<CheckStage>,
    /// The address that was probably meant.
    pub(crate) suggestion: Option<String>,
}

impl From<model::chart_repository::ChartRepositoryCheck> for ChartRepositoryCheck {
    fn from(check: model::chart_repository::ChartRepositoryCheck) -> Self {
        let word = model::chart_repository::ChartCheckStage::as_str;
        Self {
            failed: check.failed().is_some(),
            id: check.id.to_string(),
            repository: check.repository,
            requested_by: check.requested_by,
            created_at: super::time::text(check.created_at),
            finished_at: check.finished_at.map(super::time::text),
            stages: check.stages.into_iter().map(|line| CheckStage::of(line, word)).collect(),
            suggestion: check.suggestion,
        }
    }
}

/// A chart repository to be saved. Secrets that are left out stay as they are stored, unless the address, the
/// user, the proxy or the trust changes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartRepositoryInput {
    /// The address: `https://…` for one with an `index.yaml`, `oci://…` for a registry.
    #[garde(length(max = 4000))]
    pub(crate) url: String,
    /// The user name to sign in with.
    #[garde(length(max = 4000))]
    #[serde(default)]
    pub(crate) username: String,
    /// The password or token.
    #[garde(skip)]
    pub(crate) secret: Option<Secret>,
    /// Certificates of private authorities, PEM.
    #[garde(length(max = 200_000))]
    pub(crate) ca_pem: Option<String>,
    /// The certificate to show to the server, PEM.
    #[garde(length(max = 200_000))]
    pub(crate) client_certificate_pem: Option<String>,
    /// Its private key, PEM.
    #[garde(skip)]
    pub(crate) client_key_pem: Option<Secret>,
    /// The address of the proxy that leads to it.
    #[garde(length(max = 4000))]
    pub(crate) proxy: Option<String>,
    /// The password of the proxy's user.
    #[garde(skip)]
    pub(crate) proxy_password: Option<Secret>,
    /// The charts of a registry that does not list its own.
    #[garde(length(max = 5000))]
    #[serde(default)]
    pub(crate) charts: Vec<String>,
}

impl From<ChartRepositoryInput> for Input {
    fn from(input: ChartRepositoryInput) -> Self {
        Self {
            url: input.url,
            username: input.username,
            secret: input.secret.map(Into::into),
            ca_pem: input.ca_pem,
            client_certificate_pem: input.client_certificate_pem,
            client_key_pem: input.client_key_pem.map(Into::into),
            proxy: input.proxy,
            proxy_password: input.proxy_password.map(Into::into),
            charts: input.charts,
        }
    }
}
