//! Where the chart of a deployment comes from. Once it was deployed, its bytes are kept with what was committed:
//! then no chart repository is needed any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use model::Outcome;
use model::application::Application;
use model::deployment::{ChartPin, Deployment};
use model::layout;
use render::{Chart, templates};

use super::archived;
use crate::{Control, Error, committed};

/// Commits that are looked at for a chart.
const COMMITS: usize = 3;

/// The chart of a pin: shipped with the program; as an earlier deployment of the application wrote it, from the
/// blobs that are kept or from Git; else from its chart repository, which keeps what was once pulled.
///
/// # Errors
/// A refusal when it is nowhere to be had, or is another one there than the pin says.
pub(crate) async fn pinned(
    control: &Control,
    pin: &ChartPin,
    application: &Application,
) -> Result<Chart, Error> {
    found(control, pin, application).await.map(|(_, chart)| chart)
}

/// The same, for a pin that may not know the digest yet: with the pin as it is found.
pub(crate) async fn found(
    control: &Control,
    pin: &ChartPin,
    application: &Application,
) -> Result<(ChartPin, Chart), Error> {
    let shipped = || templates::get(&pin.name).filter(|template| template.version == pin.version);
    if let (None, Some(template)) = (&pin.repository, shipped()) {
        return Ok((pin.clone(), template.chart.clone()));
    }
    let unread = match deployed(control, pin, application).await {
        Ok(Some(found)) => return Ok(found),
        Ok(None) => None,
        // The chart repository may have it.
        Err(error) => Some(error),
    };
    let elsewhere = match &pin.repository {
        Some(repository) => archived::chart(control, repository, pin).await,
        None => Err(not_carried(pin, application)),
    };
    match (elsewhere, unread) {
        (Err(_), Some(error)) if matches!(error.outcome(), Outcome::RetryLater { .. }) => Err(error),
        (elsewhere, _) => elsewhere,
    }
}

fn not_carried(pin: &ChartPin, application: &Application) -> Error {
    let mut sentence = format!(
        "{} is deployed from the chart {pin}, which this version of Trueline does not carry, and no earlier deployment \
         of it left that chart in Git.",
        application.name
    );
    if let Some(shipped) = templates::get(&pin.name).filter(|_| pin.repository.is_none()) {
        let _never_fails = write!(
            sentence,
            " Change its template to {}@{}, and look at the preview.",
            shipped.name, shipped.version
        );
    }
    Error::conflict("chart_unknown", sentence)
}

/// The chart as an earlier deployment wrote it.
async fn deployed(
    control: &Control,
    pin: &ChartPin,
    application: &Application,
) -> Result<Option<(ChartPin, Chart)>, Error> {
    let earlier = control.store.deployments_of_chart(application.id, pin).await?;
    for deployment in &earlier {
        let Some(folder) = folder(control, deployment).await? else { continue };
        if let Some(files) = committed::kept(control, deployment, &folder).await? {
            return read(deployment, files).map(Some);
        }
    }
    for deployment in earlier.iter().filter(|d| d.commit.is_some()).take(COMMITS) {
        let Some(folder) = folder(control, deployment).await? else { continue };
        match committed::files(control, application, deployment, &folder).await {
            Ok(files) => return read(deployment, files).map(Some),
            Err(error) if error.outcome() == Outcome::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

async fn folder(control: &Control, deployment: &Deployment) -> Result<Option<String>, Error> {
    let environment = control.store.environment(deployment.environment).await?;
    Ok(environment.map(|e| layout::chart(e.name.as_str())))
}

fn read(deployment: &Deployment, files: BTreeMap<String, Bytes>) -> Result<(ChartPin, Chart), Error> {
    let files = files.into_iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
    let chart = Chart::new(files).map_err(render::Error::from)?;
    Ok((deployment.chart.clone(), chart))
}
