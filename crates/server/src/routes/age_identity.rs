//! The age identity of the installation: its recipient is for everybody who is signed in, the identity itself
//! for administrators who say their password again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::authentication::{Caller, Origin};
use crate::error::{Problem, ProblemBody};
use crate::input::Input;
use crate::server::{Server, Shared};
use crate::wire::age_identity::{AgeExport, AgeIdentity, AgeImport, ExportedIdentity};

async fn form(server: &Server) -> Result<Json<AgeIdentity>, Problem> {
    let identities = control::age_identity::all(&server.control).await?;
    let form = AgeIdentity::of(identities);
    Ok(Json(form.ok_or_else(|| control::Error::not_found("age identity", "newest"))?))
}

/// Gives the recipient that files in Git are sealed to.
#[utoipa::path(get, path = "/age-identity", tag = "secrets", responses(
    (status = OK, body = AgeIdentity), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn get(State(server): State<Shared>, _caller: Caller) -> Result<Json<AgeIdentity>, Problem> {
    form(&server).await
}

/// Gives the identity itself: keep it where the installation's loss does not reach it. The only answer that
/// holds it.
#[utoipa::path(post, path = "/age-identity/export", tag = "secrets", request_body = AgeExport, responses(
    (status = OK, body = ExportedIdentity), (status = FORBIDDEN, body = ProblemBody),
    (status = TOO_MANY_REQUESTS, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn export(
    State(server): State<Shared>,
    origin: Origin,
    caller: Caller,
    Input(input): Input<AgeExport>,
) -> Result<(HeaderMap, Json<ExportedIdentity>), Problem> {
    // The password could be guessed here as well.
    server.limits.take(&caller.call.actor.name, origin.address)?;
    let identity =
        control::age_identity::export(&server.control, &caller.call, input.password.into()).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, Json(ExportedIdentity { identity: identity.reveal().to_owned() })))
}

/// Puts a new identity in the place of the newest. Earlier ones still open what was sealed to them; what lies in Git
/// is sealed to the new one by `POST /age-identity/reseal`, else in each environment by its next deployment.
#[utoipa::path(post, path = "/age-identity/rotate", tag = "secrets", responses(
    (status = OK, body = AgeIdentity), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn rotate(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<Json<AgeIdentity>, Problem> {
    control::age_identity::rotate(&server.control, &caller.call).await?;
    form(&server).await
}

/// Takes in identities that open what was sealed elsewhere, such as an export of an installation that was lost. They
/// only open; nothing is sealed to them. Those that are known already change nothing.
#[utoipa::path(post, path = "/age-identity/import", tag = "secrets", request_body = AgeImport, responses(
    (status = OK, body = AgeIdentity), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn import(
    State(server): State<Shared>,
    caller: Caller,
    Input(input): Input<AgeImport>,
) -> Result<Json<AgeIdentity>, Problem> {
    control::age_identity::import(&server.control, &caller.call, &input.identity.into()).await?;
    form(&server).await
}
