//! Chart repositories: seen by everyone signed in, changed by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use control::chart_repository::Saved;
use model::FieldError;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::chart_repository::{Beside, ChartRepository, ChartRepositoryCheck, ChartRepositoryInput};
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

/// Looks at a chart repository and saves it if what it lists can be read; else the problem says why, carries the
/// report as `check`, and where an address was probably meant, `errors` suggests it. With `If-None-Match: *` it must
/// not exist yet, with `If-Match` it must not have changed. Takes up to 50 s; what takes longer is answered with 202
/// and goes on: the check can be followed as events and at `check`, and saves the repository in its last stage. With
/// `Prefer: respond-async` it is answered so at once.
#[utoipa::path(put, path = "/chart-repositories/{name}", tag = "charts",
    params(("name", description = "The repository's name"),
    ("Prefer" = Option<String>, Header, description = "`respond-async`: do not wait for the check")),
    request_body = ChartRepositoryInput,
    responses((status = OK, body = ChartRepository), (status = CREATED, body = ChartRepository),
    (status = ACCEPTED, body = ChartRepositoryCheck), (status = FORBIDDEN, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody,
        description = "`stopped`: it was begun several times and never ended; it may or may not have been saved")))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    (condition, headers): (Condition, HeaderMap),
    Input(input): Input<ChartRepositoryInput>,
) -> Result<Response, Problem> {
    let preferred = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let at_once = preferred.flat_map(|value| value.split(',')).any(|word| word.trim() == "respond-async");
    let (input, expected) = ((name.as_str(), input.into()), condition.into());
    let call = &caller.call;
    match control::chart_repository::save(&server.control, call, input, expected, !at_once).await? {
        Saved::Stored { repository, created } => {
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            let version = repository.version;
            Ok(tagged(status, version, full(&server, &caller, *repository).await?).into_response())
        }
        Saved::Going(check) => {
            Ok((StatusCode::ACCEPTED, Json(ChartRepositoryCheck::from(*check))).into_response())
        }
        Saved::Refused(check) => Err(refused(*check)),
    }
}

/// Why nothing was saved.
fn refused(check: model::chart_repository::ChartRepositoryCheck) -> Problem {
    let why = check.failed().cloned().unwrap_or_default();
    let mut wrong = FieldError::new("url", "unusable", why.sentence.clone());
    if let Some(meant) = &check.suggestion {
        wrong = wrong.suggest(meant);
    }
    let detail = format!("{} Nothing was saved.", why.sentence);
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.code, detail)
        .wrong(vec![wrong])
        .with("check", ChartRepositoryCheck::from(check))
}

/// Gives the newest check under the name: how far it has come, or how it ended.
#[utoipa::path(get, path = "/chart-repositories/{name}/check", tag = "charts",
    params(("name", description = "The repository's name; it need not exist")),
    responses((status = OK, body = ChartRepositoryCheck), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn check(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ChartRepositoryCheck>, Problem> {
    let check = control::chart_repository::latest_check(&server.control, &caller.call, &name).await?;
    Ok(Json(check.into()))
}

/// Gives one check under the name, however many others were asked for since. One that ended is forgotten with a later
/// save, ten minutes after its end at the earliest.
#[utoipa::path(get, path = "/chart-repositories/{name}/checks/{id}", tag = "charts",
    params(("name", description = "The repository's name; it need not exist"), ("id", description = "The check's id")),
    responses((status = OK, body = ChartRepositoryCheck), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn check_by_id(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<ChartRepositoryCheck>, Problem> {
    let check = control::chart_repository::check_by_id(&server.control, &caller.call, (&name, &id)).await?;
    Ok(Json(check.into()))
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
