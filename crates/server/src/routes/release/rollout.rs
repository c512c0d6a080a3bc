//! Rollouts of Argo Rollouts that applications run: led on, to their end, or back.

use axum::extract::State;
use axum::http::StatusCode;
use control::actions::Workload;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Input, Path};
use crate::server::Shared;
use crate::wire::release::rollout::Leading;

/// Tells a Rollout of Argo Rollouts what to do next: to go on, to leave out the steps that are left, to go back to the version
/// before, or to try again. What lies in Git stays as it is.
#[utoipa::path(post, path = "/applications/{name}/environments/{environment}/rollout", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    request_body = Leading,
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`rollout_not_paused`, `rollout_one_version`, \
        `rollout_first_version`, `rollout_aborted`, `rollout_not_aborted`: there is nothing to do"),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn lead(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Input(input): Input<Leading>,
) -> Result<StatusCode, Problem> {
    let space = input.namespace.as_deref();
    let rollout =
        Workload { kind: "Rollout", name: &input.name, group: Some("argoproj.io"), namespace: space };
    let place = (name.as_str(), environment.as_str());
    control::rollout::lead(&server.control, &caller.call, place, &rollout, input.step.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
