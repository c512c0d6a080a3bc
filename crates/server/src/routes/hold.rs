//! Holds: placed and released by deployers of the application's project; viewers see them with the application.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Input, Path};
use crate::server::Shared;
use crate::wire::hold::{Hold, NewHold};

/// Holds an environment of an application: nothing is deployed there until someone releases it. Requests whose
/// push has not begun fail; previews work on.
#[utoipa::path(put, path = "/applications/{name}/environments/{environment}/hold", tag = "holds",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    request_body = NewHold,
    responses((status = OK, body = Hold), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`held`: another hold stands there"),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn place(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Input(input): Input<NewHold>,
) -> Result<Json<Hold>, Problem> {
    let hold =
        control::hold::place(&server.control, &caller.call, &name, &environment, &input.reason).await?;
    Ok(Json(hold.into()))
}

/// Releases the hold on an environment of an application.
#[utoipa::path(delete, path = "/applications/{name}/environments/{environment}/hold", tag = "holds",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn release(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    control::hold::release(&server.control, &caller.call, &name, &environment).await?;
    Ok(StatusCode::NO_CONTENT)
}
