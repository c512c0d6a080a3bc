//! Charts of chart repositories: found, shown, and a changed digest accepted.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Input, Path, Query};
use crate::server::Shared;
use crate::wire::chart::{Chart, ChartDetails, ChartVersion, ChartWithVersions, Trust};
use crate::wire::page::Page;

/// Which charts are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Words that all have to be found: in name, keywords, description, or the repository's name.
    search: Option<String>,
    /// Only charts of this repository.
    repository: Option<String>,
    /// Most items in the answer, 1 to 200; 50 if left out.
    limit: Option<u32>,
    /// `next` of the answer before; left out for the start.
    cursor: Option<String>,
}

/// Lists the charts of all repositories that match a search, the likeliest first.
#[utoipa::path(get, path = "/charts", tag = "charts", params(Wanted), responses(
    (status = OK, body = Page<Chart>), (status = UNAUTHORIZED, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    _caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<Chart>>, Problem> {
    let slice = crate::input::Slice::new(wanted.limit, wanted.cursor).page()?;
    let search = wanted.search.unwrap_or_default();
    let repository = wanted.repository.as_deref();
    let found = control::chart_repository::search(&server.control, &search, repository, &slice).await?;
    Ok(Json(Page::of(found, Chart::of)))
}

/// Gives a chart with all its versions. Slashes in its name are escaped as `%2F`.
#[utoipa::path(get, path = "/charts/{repository}/{chart}", tag = "charts",
    params(("repository", description = "The repository's name"), ("chart", description = "The chart's name")),
    responses((status = OK, body = ChartWithVersions), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    _caller: Caller,
    Path((repository, chart)): Path<(String, String)>,
) -> Result<Json<ChartWithVersions>, Problem> {
    let (chart, versions) = control::chart_repository::versions(&server.control, &repository, &chart).await?;
    let list = versions.into_iter().map(ChartVersion::from).collect();
    Ok(Json(ChartWithVersions { chart: Chart::of((chart, repository)), list }))
}

/// Gives what is in one version of a chart. The archive is pulled from the repository unless it is kept here.
#[utoipa::path(get, path = "/charts/{repository}/{chart}/versions/{version}", tag = "charts",
    params(("repository", description = "The repository's name"), ("chart", description = "The chart's name"),
    ("version", description = "The version")),
    responses((status = OK, body = ChartDetails), (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = SERVICE_UNAVAILABLE, body = ProblemBody)))]
pub(crate) async fn version(
    State(server): State<Shared>,
    _caller: Caller,
    Path((repository, chart, version)): Path<(String, String, String)>,
) -> Result<Json<ChartDetails>, Problem> {
    let details = control::chart_repository::details(&server.control, &repository, &chart, &version).await?;
    Ok(Json(ChartDetails::of(details, repository)))
}

/// Accepts the digest that a repository now tells of a version which had another one before.
#[utoipa::path(post, path = "/charts/{repository}/{chart}/versions/{version}/trust", tag = "charts",
    params(("repository", description = "The repository's name"), ("chart", description = "The chart's name"),
    ("version", description = "The version")), request_body = Trust,
    responses((status = OK, body = ChartVersion), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn trust(
    State(server): State<Shared>,
    caller: Caller,
    Path((repository, chart, version)): Path<(String, String, String)>,
    Input(input): Input<Trust>,
) -> Result<Json<ChartVersion>, Problem> {
    let which = (repository.as_str(), chart.as_str(), version.as_str());
    let version =
        control::chart_repository::trust(&server.control, &caller.call, which, &input.digest).await?;
    Ok(Json(version.into()))
}
