//! Charts installed as applications, by managers of the project.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{application, deployment};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Creation, Input};
use crate::server::Shared;
use crate::wire::chart_install::{Installation, NewInstallation};
use crate::wire::preview::Preview;

/// Installs a chart: makes the application with its values and takes on its first deployment, or does nothing. The
/// answer comes at once; follow the deployment at its own address or in `/events`.
#[utoipa::path(post, path = "/charts/install", tag = "charts",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request installs once")),
    request_body = NewInstallation,
    responses((status = ACCEPTED, body = Installation), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`gitops_not_configured`, `name_taken`, `preview_outdated`, `chart_digest_changed`, `idempotency_key_reused`, `idempotency_key_outdated`"),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody, description = "`invalid_values` with `problems`: path, line, column, message, layer")))]
pub(crate) async fn install(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewInstallation>,
) -> Result<(StatusCode, HeaderMap, Json<Installation>), Problem> {
    let call = caller.call.clone().keyed(input.key);
    let made = control::chart::install::install(&server.control, &call, input.value.into()).await?;
    let (made, taken_on) = made;
    let mut headers = HeaderMap::new();
    let address = format!("/api/v1/applications/{}/deployments/{}", made.name, taken_on.number);
    if let Ok(address) = HeaderValue::from_str(&address) {
        headers.insert(header::LOCATION, address);
    }
    let deployment = deployment::form(&server, &made, taken_on).await?;
    let application = application::form(&server, &caller, made).await?;
    Ok((StatusCode::ACCEPTED, headers, Json(Installation { application, deployment })))
}

/// Renders what installing a chart would write. Writes nothing.
#[utoipa::path(post, path = "/charts/preview", tag = "charts", request_body = NewInstallation,
    responses((status = OK, body = Preview), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody, description = "`invalid_values` with `problems`: path, line, column, message, layer")))]
pub(crate) async fn preview(
    State(server): State<Shared>,
    caller: Caller,
    Input(input): Input<NewInstallation>,
) -> Result<Json<Preview>, Problem> {
    let preview = control::chart::install::preview(&server.control, &caller.call, input.into()).await?;
    Ok(Json(preview.into()))
}
