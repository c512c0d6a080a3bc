//! The chart that a deployment is made from.

use model::application::{Application, Source};
use model::deployment::ChartPin;
use model::environment::Environment;
use render::{Chart, templates};

use crate::{Control, Error};

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

/// The chart of a pin.
///
/// # Errors
/// A refusal when it is nowhere to be had.
pub(crate) async fn pinned(
    _control: &Control,
    pin: &ChartPin,
    application: &Application,
    _environment: &Environment,
) -> Result<Chart, Error> {
    let shipped = templates::get(&pin.name).filter(|_| pin.repository.is_none());
    shipped.map(|template| template.chart.clone()).ok_or_else(|| {
        let sentence = format!(
            "{} is deployed from the chart {} {}, which this version of Trueline does not carry.",
            application.name, pin.name, pin.version
        );
        Error::conflict("chart_unknown", sentence)
    })
}
