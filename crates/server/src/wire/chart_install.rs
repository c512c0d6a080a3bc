//! Installations of charts on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::application::Application;
use super::deployment::Deployment;
use super::secret::Secret;

/// A chart to be installed, or to be looked at before.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInstallation {
    /// The application's name, which is the release's: lower-case letters, digits and hyphens; unique.
    #[garde(length(max = 200))]
    pub name: String,
    /// The project's name.
    #[garde(length(max = 200))]
    pub project: String,
    /// The chart repository's name.
    #[garde(length(max = 200))]
    pub repository: String,
    /// The chart's name there.
    #[garde(length(max = 500))]
    pub chart: String,
    /// The chart's version.
    #[garde(length(max = 200))]
    pub version: String,
    /// The environment's name.
    #[garde(length(max = 200))]
    pub environment: String,
    /// Base values, as YAML.
    #[garde(skip)]
    #[serde(default)]
    pub values: String,
    /// Secret values of the environment, as YAML: kept and committed only sealed.
    #[garde(skip)]
    #[serde(default)]
    pub secret_values: Option<Secret>,
    /// Why; goes into the commit. At most 4000 characters.
    #[garde(length(max = 20_000))]
    #[serde(default)]
    pub message: String,
    /// Digest of the preview that was looked at: the installation is refused if it would give something else.
    #[garde(length(max = 200))]
    #[serde(default)]
    pub digest: Option<String>,
    /// Address of a Git repository that exists; one is made if left out.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub git_repository: Option<String>,
    /// The folder in that repository; the root if left out.
    #[garde(length(max = 2000))]
    #[serde(default)]
    pub path: Option<String>,
}

impl From<NewInstallation> for control::chart::install::New {
    fn from(new: NewInstallation) -> Self {
        let NewInstallation { name, project, repository, chart, version, environment, .. } = new;
        let NewInstallation { values, secret_values, message, digest, git_repository, path, .. } = new;
        let secret_values = secret_values.map(Into::into);
        Self {
            name,
            project,
            repository,
            chart,
            version,
            environment,
            values,
            secret_values,
            message,
            digest,
            git_repository,
            path,
        }
    }
}

/// An installed chart: the application, and the deployment that was taken on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Installation {
    /// The application.
    pub application: Application,
    /// Its deployment.
    pub deployment: Deployment,
}
