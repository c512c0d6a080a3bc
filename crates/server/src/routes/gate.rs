//! The gate: whether anything can be deployed at all.

use axum::Json;
use axum::extract::State;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::server::Shared;
use crate::wire::gate::Gate;

/// Says whether deploying is possible, and who can make it so.
#[utoipa::path(get, path = "/gate", tag = "gitops", responses(
    (status = OK, body = Gate), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn get(State(server): State<Shared>, caller: Caller) -> Result<Json<Gate>, Problem> {
    Ok(Json(control::gitops_config::gate(&server.control, &caller.call).await?.into()))
}
