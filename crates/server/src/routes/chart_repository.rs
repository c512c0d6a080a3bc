//! Chart repositories: seen by everyone signed in, changed by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::gitops_config::Expected;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::chart_repository::{Beside, ChartRepository, ChartRepositoryInput};
use crate::wire::page::Page;

/// Lists chart repositories by name.
#[utoipa::path(get, path = "/chart-repositories", tag = "charts", params(Slice), responses(
    (status = OK, body = Page<ChartRepository>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<ChartRepository>>, Problem> {
    let listed = server.control.store.reader(&caller.call.actor).chart_repositories(&slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for repository in listed.items {
        items.push(full(&server, &caller, repository).await?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// Gives one chart repository.
#[utoipa::path(get, path = "/chart-repositories/{name}", tag = "charts",
    params(("name", description = "The repository's name")),
    responses((status = OK, body = ChartRepository), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<ChartRepository>, Problem> {
    let repository = control::chart_repository::named(&server.control, &name).await?;
    Ok(tagged(StatusCode::OK, repository.version, full(&server, &caller, repository).await?))
}

/// Looks at a chart repository and saves it if what it lists can be read; else the problem says why, and where an
/// address was probably meant, `errors` suggests it. With `If-None-Match: *` it must not exist yet, with
/// `If-Match` it must not have changed.
#[utoipa::path(put, path = "/chart-repositories/{name}", tag = "charts",
    params(("name", description = "The repository's name")), request_body = ChartRepositoryInput,
    responses((status = OK, body = ChartRepository), (status = CREATED, body = ChartRepository),
    (status = FORBIDDEN, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<ChartRepositoryInput>,
) -> Result<Tagged<ChartRepository>, Problem> {
    let expected = match condition {
        Condition::Any => Expected::Any,
        Condition::Version(version) => Expected::Version(version),
        Condition::Absent => Expected::Absent,
    };
    let input = (name.as_str(), input.into());
    let (repository, created) =
        control::chart_repository::save(&server.control, &caller.call, input, expected).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(status, repository.version, full(&server, &caller, repository).await?))
}

/// Deletes a chart repository and what is known of its charts. What was installed from it stays as it is.
#[utoipa::path(delete, path = "/chart-repositories/{name}", tag = "charts",
    params(("name", description = "The repository's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    control::chart_repository::delete(&server.control, &caller.call, &name, condition.version()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks at a chart repository now. How that ended is told by `failure`; a repository that fails keeps the charts
/// that it listed last.
#[utoipa::path(post, path = "/chart-repositories/{name}/refresh", tag = "charts",
    params(("name", description = "The repository's name")),
    responses((status = OK, body = ChartRepository), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = SERVICE_UNAVAILABLE, body = ProblemBody)))]
pub(crate) async fn refresh(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<ChartRepository>, Problem> {
    let repository = control::chart_repository::refresh(&server.control, &caller.call, &name).await?;
    Ok(tagged(StatusCode::OK, repository.version, full(&server, &caller, repository).await?))
}

/// The repository as its own address gives it.
pub(crate) async fn full(
    server: &Shared,
    caller: &Caller,
    repository: model::chart_repository::ChartRepository,
) -> Result<ChartRepository, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let beside = Beside {
        has_secret: reader.has_chart_repository_secret(repository.id).await?,
        refresh: reader.chart_refresh(repository.id).await?,
        counts: reader.count_charts(repository.id).await?,
    };
    Ok(ChartRepository::of(repository, beside))
}
