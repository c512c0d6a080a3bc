//! Health rules: seen by everyone signed in, saved, tried and deleted by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::health_rule::{HealthExpressions, HealthRule, HealthTrial, HealthTrialInput};
use crate::wire::page::Page;

/// Lists health rules by their kind.
#[utoipa::path(get, path = "/health-rules", tag = "places", params(Slice), responses(
    (status = OK, body = Page<HealthRule>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<HealthRule>>, Problem> {
    let listed = server.control.store.reader(&caller.call.actor).health_rules(&slice.page()?).await?;
    Ok(Json(Page { items: listed.items.into_iter().map(Into::into).collect(), next: listed.next }))
}

/// Gives the health rule for a kind.
#[utoipa::path(get, path = "/health-rules/{name}", tag = "places",
    params(("name", description = "The kind with its group, such as `Widget.acme.dev`")),
    responses((status = OK, body = HealthRule), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    _caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<HealthRule>, Problem> {
    let rule = control::health_rule::named(&server.control, &name).await?;
    Ok(tagged(StatusCode::OK, rule.version, rule.into()))
}

/// Saves the health rule for a kind, all of it; what cannot be read is refused with line and column. With
/// `If-None-Match: *` it must not exist yet, with `If-Match` it must not have changed.
#[utoipa::path(put, path = "/health-rules/{name}", tag = "places",
    params(("name", description = "The kind with its group, such as `Widget.acme.dev`")),
    request_body = HealthExpressions,
    responses((status = OK, body = HealthRule), (status = CREATED, body = HealthRule),
    (status = FORBIDDEN, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<HealthExpressions>,
) -> Result<Tagged<HealthRule>, Problem> {
    let given = (name.as_str(), input.into());
    let (rule, created) =
        control::health_rule::save(&server.control, &caller.call, given, condition.into()).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(status, rule.version, rule.into()))
}

/// Deletes the health rule for a kind: its objects are as Trueline knows the kind by itself from then on.
#[utoipa::path(delete, path = "/health-rules/{name}", tag = "places",
    params(("name", description = "The kind with its group, such as `Widget.acme.dev`")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    control::health_rule::delete(&server.control, &caller.call, &name, condition.version()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells how an object would be by the expressions that are sent along, or without any by what holds for its kind now.
/// Nothing is stored, and no cluster is asked.
#[utoipa::path(post, path = "/health-trials", tag = "places", request_body = HealthTrialInput,
    responses((status = OK, body = HealthTrial), (status = FORBIDDEN, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn attempt(
    State(server): State<Shared>,
    caller: Caller,
    Input(input): Input<HealthTrialInput>,
) -> Result<Json<HealthTrial>, Problem> {
    let given = (input.object.as_str(), input.rule.map(Into::into));
    Ok(Json(control::health_rule::attempt(&server.control, &caller.call, given).await?.into()))
}
