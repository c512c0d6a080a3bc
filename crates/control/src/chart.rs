//! The chart that a deployment is made from, and charts from chart repositories as applications.

mod archived;
mod pinned;

use model::application::{Application, Source};
use model::deployment::ChartPin;

use crate::Error;

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
