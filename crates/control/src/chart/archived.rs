//! A chart as its chart repository has it, or had it when it was pulled.

use helm::archive::{Archive, ArchiveError};
use model::Outcome;
use model::deployment::ChartPin;
use render::Chart;

use crate::{Control, Error, Refusal, chart_repository};

/// The chart of a pin, unpacked and looked at: it is what it says it is, and whole. What was once pulled is kept;
/// then the chart repository may be gone.
///
/// # Errors
/// `chart_digest_changed` when the archive is not the one that the pin names, `invalid_chart` and its like when it
/// is not fit to be installed, and what the chart repository gives.
pub(super) async fn chart(
    control: &Control,
    repository: &str,
    pin: &ChartPin,
) -> Result<(ChartPin, Chart), Error> {
    let kept = match &pin.digest {
        Some(digest) => control.store.chart_archive(digest).await?.map(Archive::new),
        None => None,
    };
    let archive = match kept {
        Some(archive) => archive,
        None => chart_repository::pull(control, repository, &pin.name, &pin.version).await?,
    };
    if pin.digest.as_ref().is_some_and(|digest| *digest != archive.digest) {
        let (pinned, now) = (pin.digest.as_deref(), Some(archive.digest.as_str()));
        return Err(chart_repository::changed(&pin.to_string(), pinned, now));
    }
    // In registries the name of a chart may have folders before it.
    let name = pin.name.rsplit('/').next().unwrap_or_default();
    let chart = archive.chart(name, &pin.version).map_err(|error| unfit(pin, &error))?;
    helm::require_dependencies(&chart).map_err(render::Error::from)?;
    Ok((ChartPin { digest: Some(archive.digest), ..pin.clone() }, chart))
}

fn unfit(pin: &ChartPin, error: &ArchiveError) -> Error {
    let sentence = format!("The archive of {pin} cannot be used: {error}.");
    Error::Refused(Box::new(Refusal { outcome: Outcome::Invalid, code: error.code(), sentence, link: None }))
}
