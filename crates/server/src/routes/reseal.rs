//! Sealing anew what lies in Git, and how far that is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::server::Shared;
use crate::wire::reseal::Reseal;

/// Tells how far sealing anew is.
#[utoipa::path(get, path = "/age-identity/reseal", tag = "secrets", responses(
    (status = OK, body = Reseal), (status = FORBIDDEN, body = ProblemBody)))]
pub(crate) async fn get(State(server): State<Shared>, caller: Caller) -> Result<Json<Reseal>, Problem> {
    Ok(Json(control::reseal::progress(&server.control, &caller.call).await?.into()))
}

/// Seals anew, for the recipients of today, what every environment of every application has in Git: a commit for
/// each that needs one, which changes no text and no manifest. A hold does not stand in its way. Repeating it tries
/// again what failed.
#[utoipa::path(post, path = "/age-identity/reseal", tag = "secrets", responses(
    (status = ACCEPTED, body = Reseal), (status = FORBIDDEN, body = ProblemBody)))]
pub(crate) async fn request(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<(StatusCode, Json<Reseal>), Problem> {
    let resealing = control::reseal::request(&server.control, &caller.call).await?;
    Ok((StatusCode::ACCEPTED, Json(resealing.into())))
}
