//! What can go wrong with a registry beside the way to it.

use model::Outcome;
use model::check::Diagnosis;

/// Why a registry does not give what was asked for. Every address is shown without credentials.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegistryError {
    /// What answers is no registry.
    #[error("{host} answers (status {status}), but not as an OCI registry")]
    NoRegistry {
        /// Host and port.
        host: String,
        /// The status of the answer.
        status: u16,
        /// Whether it was a page for people.
        page: bool,
    },
    /// What was entered cannot be the name of a chart in a registry.
    #[error("{chart:?} is no name in a registry")]
    InvalidName {
        /// What was entered.
        chart: String,
    },
    /// The registry has nothing at the path, or does not show it.
    #[error("the registry has no {chart}")]
    NoChart {
        /// The chart's whole address.
        chart: String,
    },
    /// There is something, but nothing of it is a version.
    #[error("{chart} has no tag that is a version")]
    NoVersions {
        /// The chart's whole address.
        chart: String,
    },
    /// The version is not there.
    #[error("{chart} has no version {version}")]
    NoVersion {
        /// The chart's whole address.
        chart: String,
        /// The version that was asked for.
        version: String,
    },
    /// Something else than a chart.
    #[error("{chart} {version} is no Helm chart but {found}")]
    NotAChart {
        /// The whole address.
        chart: String,
        /// The version that was asked for.
        version: String,
        /// What it says it is.
        found: String,
    },
    /// The registry does not list its content.
    #[error("{host} does not list its content")]
    NoCatalogue {
        /// Host and port.
        host: String,
    },
    /// A file is not the one that its digest names.
    #[error("{what} of {chart} has the digest {found} instead of {told}")]
    Digest {
        /// Which file.
        what: String,
        /// The chart's whole address.
        chart: String,
        /// The digest asked for.
        told: String,
        /// What came.
        found: String,
    },
    /// A file is not as large as its manifest tells.
    #[error("{what} of {chart} has {found} bytes instead of {told}")]
    Size {
        /// Which file.
        what: String,
        /// The chart's whole address.
        chart: String,
        /// The size told.
        told: u64,
        /// What came.
        found: u64,
    },
    /// An answer that cannot be used.
    #[error("unusable answer about {chart}: {what}")]
    Malformed {
        /// The chart's whole address, or the host.
        chart: String,
        /// What cannot be used.
        what: String,
    },
    /// The registry wants the password sent to a host that is not its own.
    #[error("{host} wants the password sent to {realm}")]
    ForeignTokenServer {
        /// Host and port of the registry.
        host: String,
        /// The token server's address.
        realm: String,
    },
    /// The registry asks for a kind of authentication that is not known here.
    #[error("{host} asks for {scheme:?}")]
    UnknownChallenge {
        /// Host and port of the registry.
        host: String,
        /// What it asks for.
        scheme: String,
    },
}

impl RegistryError {
    /// Whether it means that something else than a chart is kept there: in a registry that also has images that is
    /// nothing special.
    pub(super) fn is_other_content(&self) -> bool {
        matches!(self, Self::NotAChart { .. } | Self::NoVersions { .. } | Self::NoChart { .. })
    }

    /// What the error means for whoever has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::InvalidName { .. } => Outcome::Invalid,
            Self::NoRegistry { .. }
            | Self::NoChart { .. }
            | Self::NoVersions { .. }
            | Self::NoVersion { .. }
            | Self::NotAChart { .. }
            | Self::NoCatalogue { .. }
            | Self::Digest { .. }
            | Self::Size { .. }
            | Self::Malformed { .. }
            | Self::ForeignTokenServer { .. }
            | Self::UnknownChallenge { .. } => Outcome::NeedsHuman,
        }
    }

    /// What failed, for people and programs.
    pub fn diagnosis(&self) -> Diagnosis {
        let (code, sentence) = match self {
            Self::NoRegistry { host, status, page } => (
                "not_a_registry",
                format!(
                    "{host} answers with {} (status {status}) where an OCI registry has its interface (/v2/): check \
                     the host. The address is oci:// with host and path, as its makers give it for `helm pull`.",
                    if *page { "a web page" } else { "something else" }
                ),
            ),
            Self::InvalidName { chart } => (
                "invalid_chart_name",
                format!(
                    "{chart:?} is no name of a chart in a registry: small letters, digits, dots, hyphens and \
                     underscores, with slashes between the parts of a path, such as web or team/web."
                ),
            ),
            Self::NoChart { chart } => (
                "chart_not_found",
                format!(
                    "The registry has no {chart}, or does not show it to this account: check path and name. The path \
                     of the repository and the chart's name make its address together."
                ),
            ),
            Self::NoVersions { chart } => (
                "chart_without_versions",
                format!("{chart} is there, but none of its tags is a version such as 1.2.3."),
            ),
            Self::NoVersion { chart, version } => (
                "chart_version_not_found",
                format!(
                    "{chart} has no version {version}, or the registry does not show it to this account."
                ),
            ),
            Self::NotAChart { chart, version, found } => (
                "not_a_chart",
                format!("{chart} {version} is no Helm chart but {found}: name the charts of this registry."),
            ),
            Self::NoCatalogue { host } => (
                "chart_names_needed",
                format!(
                    "{host} does not list what it holds, as most public registries: enter the names of the charts."
                ),
            ),
            other => other.distrust(),
        };
        Diagnosis { code: code.into(), sentence, missing: None, link: None }
    }

    /// The words for what is not believed.
    fn distrust(&self) -> (&'static str, String) {
        match self {
            Self::Digest { what, chart, told, found } => (
                "chart_digest_differs",
                format!(
                    "{what} of {chart} has the digest {found}, but {told} was asked for: it was damaged or exchanged. \
                     Nothing was taken from it."
                ),
            ),
            Self::Size { what, chart, told, found } => (
                "chart_size_differs",
                format!(
                    "{what} of {chart} has {found} bytes, but its manifest tells {told}. Nothing was taken from it."
                ),
            ),
            Self::Malformed { chart, what } => {
                ("unusable_answer", format!("The registry's answer about {chart} cannot be used: {what}."))
            }
            Self::ForeignTokenServer { host, realm } => (
                "foreign_token_server",
                format!(
                    "{host} wants the password sent to {realm}, which is neither the same host nor one of its domain. \
                     It was not sent. If the charts are public, enter no user name and no password."
                ),
            ),
            Self::UnknownChallenge { host, scheme } => (
                "unknown_authentication",
                format!("{host} asks for {scheme:?}; only Bearer (token server) and Basic are known here."),
            ),
            other => ("unusable_answer", format!("{other}.")),
        }
    }
}
