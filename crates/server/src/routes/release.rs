//! What runs of applications in the clusters of their environments.

pub(crate) mod action;
pub(crate) mod rollout;

use axum::Json;
use axum::extract::State;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::Path;
use crate::server::Shared;
use crate::wire::release::Resources;

/// Gives what runs of an application in an environment: what Git has, and what that made. The event `resources` of the
/// topic `application:NAME` says when it changed, for ten minutes after the last look.
#[utoipa::path(get, path = "/applications/{name}/environments/{environment}/resources", tag = "deployments",
    params(("name", description = "The application's name"),
    ("environment", description = "The environment's name")),
    responses((status = OK, body = Resources),
    (status = NOT_FOUND, body = ProblemBody, description = "also where nothing was released into a cluster")))]
pub(crate) async fn resources(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
) -> Result<Json<Resources>, Problem> {
    let found = control::resources::of(&server.control, &caller.call, &name, &environment).await?;
    Ok(Json(found.into()))
}
