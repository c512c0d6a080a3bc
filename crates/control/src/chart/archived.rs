//! A chart as its chart repository has it, or had it when it was pulled.

use model::deployment::ChartPin;
use render::Chart;

use crate::{Control, Error};

/// The chart of a pin, unpacked and looked at: it is what it says it is, and whole.
///
/// # Errors
/// `chart_digest_changed` when the archive is not the one that the pin names, `invalid_chart` when it is not fit
/// to be installed, and what the chart repository gives.
pub(super) async fn chart(
    _control: &Control,
    repository: &str,
    pin: &ChartPin,
) -> Result<(ChartPin, Chart), Error> {
    let sentence = format!("There is no chart repository {repository:?} for {pin}.");
    Err(Error::conflict("chart_repository_unknown", sentence))
}
