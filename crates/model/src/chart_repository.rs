//! Chart repositories: where charts come from, and how the last look at one ended.

use crate::check::{Diagnosis, StageReport, StageState};
use crate::gitops_config::words;
use crate::{ChartRepositoryId, CheckId, Name, Timestamp};

/// What kind of server a chart repository is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChartRepositoryKind {
    /// A web server with an `index.yaml`.
    Http,
    /// An OCI registry.
    Oci,
}

impl ChartRepositoryKind {
    /// The kind's word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Oci => "oci",
        }
    }

    /// Reads the kind's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Oci].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A chart repository as an administrator entered it. Its secrets are kept apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartRepository {
    /// Its identity.
    pub id: ChartRepositoryId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// What kind of server it is.
    pub kind: ChartRepositoryKind,
    /// Its address: `https://…`, without `index.yaml` and without a slash at its end, or `oci://…`.
    pub url: String,
    /// The user name to sign in with; empty for none.
    pub username: String,
    /// Certificates of private authorities, PEM.
    pub ca_pem: Option<String>,
    /// The certificate that is shown to the server, PEM.
    pub client_certificate_pem: Option<String>,
    /// The address of the proxy that leads to it.
    pub proxy: Option<String>,
    /// The charts of a registry that does not list its own.
    pub charts: Vec<String>,
    /// Who saved it last.
    pub saved_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub saved_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

impl ChartRepository {
    /// Whether the secrets that are stored for this one may be sent to where another one says.
    pub fn same_address(&self, other: &Self) -> bool {
        let key = |r: &Self| (r.url.clone(), r.username.clone(), r.ca_pem.clone(), r.proxy.clone());
        key(self) == key(other)
    }
}

/// How the looks at a chart repository ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refresh {
    /// When it was last looked at.
    pub tried_at: Option<Timestamp>,
    /// When a look last succeeded.
    pub refreshed_at: Option<Timestamp>,
    /// Why the last look failed; what was known before is still there.
    pub failure: Option<RefreshFailure>,
    /// How many looks have failed since the last that succeeded.
    pub failures: i64,
    /// The `ETag` of what was read last.
    pub etag: Option<String>,
    /// The `Last-Modified` of what was read last.
    pub last_modified: Option<String>,
    /// The SHA-256 of what was read last, in hexadecimal.
    pub digest: Option<String>,
    /// What its index lists and was left out, in sentences; the first few.
    pub left_out: Vec<String>,
}

/// Why a look at a chart repository failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefreshFailure {
    /// A stable word for programs.
    pub code: String,
    /// What, where, why, and what to do.
    pub sentence: String,
}

words! {
    /// The stages of a check of a chart repository, in their order.
    ChartCheckStage {
        /// The server answers: name, connection.
        Reach = "reach",
        /// Its certificate is trusted; left out where there is none.
        Tls = "tls",
        /// It lets us read.
        Authenticate = "authenticate",
        /// Its index, or the list of a registry, is read.
        Index = "index",
        /// The repository and the charts that it lists are kept.
        Charts = "charts",
    }
}

/// A look at a chart repository that somebody wants to save. It is saved by the check itself, in its last stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartRepositoryCheck {
    /// Its identity.
    pub id: CheckId,
    /// Name of the chart repository; it may not exist (yet).
    pub repository: String,
    /// Who asked.
    pub requested_by: String,
    /// The stages in order.
    pub stages: Vec<StageReport<ChartCheckStage>>,
    /// The address that was probably meant.
    pub suggestion: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl ChartRepositoryCheck {
    /// Why it failed, if it did.
    pub fn failed(&self) -> Option<&Diagnosis> {
        let failed = self.stages.iter().find(|line| line.state == StageState::Failed);
        failed.and_then(|line| line.diagnosis.as_ref())
    }
}
