//! Charts of chart repositories on the wire.

use control::chart_repository::Details;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A chart and its newest version.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chart {
    /// Its repository's name.
    pub(crate) repository: String,
    /// Its name; in a registry it may hold slashes.
    pub(crate) name: String,
    /// The newest stable version, or the newest of all where none is stable.
    pub(crate) version: String,
    /// The version of what it installs; may be empty.
    pub(crate) app_version: String,
    /// One sentence; may be empty. From outside: text, never markup.
    pub(crate) description: String,
    /// Words that it is to be found by.
    pub(crate) keywords: Vec<String>,
    /// Whether its makers advise against the newest version.
    pub(crate) deprecated: bool,
    /// How many versions there are.
    pub(crate) versions: i64,
}

impl Chart {
    /// A chart with its repository's name.
    pub(crate) fn of((chart, repository): (model::chart::Chart, String)) -> Self {
        Self {
            repository,
            name: chart.name,
            version: chart.version,
            app_version: chart.app_version,
            description: chart.description,
            keywords: chart.keywords,
            deprecated: chart.deprecated,
            versions: chart.versions,
        }
    }
}

/// A chart with all its versions.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartWithVersions {
    #[serde(flatten)]
    pub(crate) chart: Chart,
    /// Its versions, the newest first; those that are listed no more at the end.
    pub(crate) list: Vec<ChartVersion>,
}

/// One version of a chart.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartVersion {
    /// The version.
    pub(crate) version: String,
    /// The version of what it installs; may be empty.
    pub(crate) app_version: String,
    /// When it was published, as the repository tells it; may be empty.
    pub(crate) created: String,
    /// The archive's SHA-256 as the repository tells it now; null where it does not.
    pub(crate) digest: Option<String>,
    /// The SHA-256 that it had when it was first seen, or that was accepted since.
    pub(crate) trusted_digest: Option<String>,
    /// Whether these differ: it cannot be installed before an administrator accepts the new one.
    pub(crate) changed: bool,
    /// Whether its makers advise against it.
    pub(crate) deprecated: bool,
    /// Whether the repository still lists it.
    pub(crate) listed: bool,
}

impl From<model::chart::ChartVersion> for ChartVersion {
    fn from(version: model::chart::ChartVersion) -> Self {
        Self {
            changed: version.changed(),
            version: version.version,
            app_version: version.app_version,
            created: version.created,
            digest: version.digest,
            trusted_digest: version.trusted_digest,
            deprecated: version.deprecated,
            listed: version.listed,
        }
    }
}

/// A chart that another one names as a part of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartDependency {
    /// Its name.
    pub(crate) name: String,
    /// The versions that will do.
    pub(crate) version: String,
    /// Where it is published; empty for one that lies in the chart.
    pub(crate) repository: String,
    /// What it is called within the chart, where that is not its name.
    pub(crate) alias: Option<String>,
    /// The paths in the values that switch it on; empty when it always is.
    pub(crate) condition: String,
}

/// What is in one version of a chart. All texts are from outside: text, never markup.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartDetails {
    /// Its repository's name.
    pub(crate) repository: String,
    /// Its name.
    pub(crate) name: String,
    /// The version.
    pub(crate) version: String,
    /// The version of what it installs; may be empty.
    pub(crate) app_version: String,
    /// When it was published, as the repository tells it; may be empty.
    pub(crate) created: String,
    /// Whether its makers advise against it.
    pub(crate) deprecated: bool,
    /// One sentence.
    pub(crate) description: String,
    /// The page of its makers.
    pub(crate) home: String,
    /// The archive's SHA-256.
    pub(crate) digest: String,
    /// Its README, Markdown as written; null where it has none.
    pub(crate) readme: Option<String>,
    /// `values.yaml` as written.
    pub(crate) default_values: String,
    /// `values.schema.json` as written; null where it has none.
    pub(crate) schema: Option<String>,
    /// The charts that it names as parts of it.
    pub(crate) dependencies: Vec<ChartDependency>,
    /// The names of its custom resource definitions.
    pub(crate) crds: Vec<String>,
}

impl ChartDetails {
    /// The details with the repository's name.
    pub(crate) fn of(details: Details, repository: String) -> Self {
        let Details { version, digest, about, dependencies } = details;
        let dependencies = dependencies.into_iter().map(|d| ChartDependency {
            name: d.name,
            version: d.version,
            repository: d.repository,
            alias: d.alias,
            condition: d.condition,
        });
        Self {
            repository,
            name: version.chart,
            version: version.version,
            app_version: version.app_version,
            created: version.created,
            deprecated: version.deprecated,
            description: about.description,
            home: about.home,
            digest,
            readme: about.readme,
            default_values: about.default_values,
            schema: about.schema,
            dependencies: dependencies.collect(),
            crds: about.crds,
        }
    }
}

/// The digest of a version that is accepted.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trust {
    /// The SHA-256 as the repository tells it now.
    #[garde(length(min = 1, max = 200))]
    pub(crate) digest: String,
}
