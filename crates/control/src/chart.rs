//! The chart that a deployment is made from, and charts from chart repositories as applications.

mod archived;
pub mod install;
mod pinned;

use model::application::{Application, Source};
use model::deployment::ChartPin;
use model::environment::Environment;
use render::Chart;
use store::Page;

use crate::{Control, Error};

pub(crate) use pinned::{found, pinned};

/// What an application's next deployment is made from, unless a person asks for something else.
///
/// # Errors
/// A refusal for an application whose chart is from a chart repository: its version has to be said.
pub(crate) fn pin(application: &Application) -> Result<ChartPin, Error> {
    match &application.source {
        Source::Template { name, version } => {
            Ok(ChartPin { repository: None, name: name.clone(), version: version.clone(), digest: None })
        }
        Source::Chart { repository, chart } => {
            let sentence = format!("Say which version of {repository}/{chart} is to be deployed.");
            Err(Error::field("version", "required", sentence))
        }
    }
}

/// The chart that values are written for: the template; of an installed chart the version that is named, else the
/// one that the environment, or any, was last given. `None` when nothing was deployed yet, or what was cannot be
/// had: then there is nothing to check the values against.
///
/// # Errors
/// When the version that is named cannot be had.
pub(crate) async fn of_values(
    control: &Control,
    application: &Application,
    environment: Option<&Environment>,
    version: Option<&str>,
) -> Result<Option<Chart>, Error> {
    let Source::Chart { repository, chart } = &application.source else {
        return pinned(control, &pin(application)?, application).await.map(Some);
    };
    if let Some(version) = version {
        let (repository, name) = (Some(repository.clone()), chart.clone());
        let pin = ChartPin { repository, name, version: version.to_owned(), digest: None };
        return pinned(control, &pin, application).await.map(Some);
    }
    let environment = environment.map(|e| e.id);
    let newest = Page { limit: 1, cursor: None };
    let last = match control.store.last_committed_deployment(application.id, environment).await? {
        Some(committed) => Some(committed),
        None => control.store.deployments(application.id, environment, &newest).await?.items.pop(),
    };
    let Some(last) = last else { return Ok(None) };
    match pinned(control, &last.chart, application).await {
        Ok(chart) => Ok(Some(chart)),
        Err(error) => {
            tracing::warn!(chart = %last.chart, error = %error.chain(), "values are not checked");
            Ok(None)
        }
    }
}
