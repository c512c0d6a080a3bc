//! What a version of a chart says about itself.

use model::chart::ChartVersion;

use super::{named, pull};
use crate::{Control, Error};

/// A version of a chart with what is in it.
pub struct Details {
    /// What the repository lists.
    pub version: ChartVersion,
    /// The archive's SHA-256, in hexadecimal.
    pub digest: String,
    /// What it says about itself.
    pub about: helm::About,
    /// The charts that it names as parts of it.
    pub dependencies: Vec<helm::Dependency>,
}

/// Tells what is in a version of a chart. Everyone signed in may know.
pub async fn details(
    control: &Control,
    repository: &str,
    chart: &str,
    version: &str,
) -> Result<Details, Error> {
    let known = named(control, repository).await?;
    let listed = control.store.chart_version(known.id, chart, version).await?;
    let listed =
        listed.ok_or_else(|| Error::not_found("chart", format!("{repository}/{chart} {version}")))?;
    let archive = pull(control, repository, chart, version).await?;
    let broken = |error: helm::ChartError| {
        Error::Charts(helm::Error::Archive {
            url: format!("{repository}/{chart} {version}"),
            error: error.into(),
        })
    };
    let own = chart.rsplit('/').next().unwrap_or(chart);
    let read = archive.chart(own, version);
    let read = read.map_err(|error| helm::Error::Archive { url: repository.to_owned(), error })?;
    let about = helm::about(&read);
    Ok(Details {
        version: listed,
        digest: archive.digest,
        about,
        dependencies: helm::dependencies(&read).map_err(broken)?,
    })
}
