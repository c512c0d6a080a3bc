//! Sign-in of people: the session of the page.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use control::session::Present;
use model::user::User;

use crate::authentication::{Caller, Origin, clear_cookie, set_cookie};
use crate::error::{Problem, ProblemBody};
use crate::input::Input;
use crate::server::{Server, Shared};
use crate::wire::session::{PasswordChange, Session, SignIn};

async fn form(
    server: &Server,
    user: &User,
    csrf: String,
    caller: Option<&Caller>,
) -> Result<Session, Problem> {
    let control = &server.control;
    let roles = match caller {
        Some(caller) => control::user::named_roles(control, &caller.call.actor.roles).await?,
        None => control::user::named(control, control.store.bindings(user.id).await?).await?,
    };
    Ok(Session { user: user.into(), roles: roles.into_iter().map(Into::into).collect(), csrf })
}

/// Who is signed in.
#[utoipa::path(get, path = "/session", tag = "people", responses(
    (status = OK, body = Session), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn get(State(server): State<Shared>, caller: Caller) -> Result<Json<Session>, Problem> {
    let csrf = caller.session.as_ref().map(|s| s.session.csrf.clone()).unwrap_or_default();
    let user = match &caller.session {
        Some(Present { user, .. }) => user.clone(),
        None => control::user::visible(&server.control, &caller.call, &caller.call.actor.name).await?,
    };
    form(&server, &user, csrf, Some(&caller)).await.map(Json)
}

/// Signs in with name and password; the answer sets the cookie.
#[utoipa::path(post, path = "/session", tag = "people", request_body = SignIn, responses(
    (status = OK, body = Session), (status = UNAUTHORIZED, body = ProblemBody),
    (status = TOO_MANY_REQUESTS, body = ProblemBody)))]
pub(crate) async fn sign_in(
    State(server): State<Shared>,
    origin: Origin,
    Input(input): Input<SignIn>,
) -> Result<(HeaderMap, Json<Session>), Problem> {
    server.limits.take(&input.name, origin.address)?;
    let from = (origin.address.to_string(), origin.request);
    let opened =
        control::session::sign_in(&server.control, (&from.0, &from.1), &input.name, input.password.into())
            .await?;
    let session = form(&server, &opened.user, opened.session.csrf, None).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, set_cookie(&server, &opened.secret));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok((headers, Json(session)))
}

/// Signs out: ends the session of the cookie.
#[utoipa::path(delete, path = "/session", tag = "people", responses(
    (status = NO_CONTENT), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn sign_out(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<(StatusCode, HeaderMap), Problem> {
    if let Some(session) = &caller.session {
        control::session::sign_out(&server.control, &caller.call, session.session.id).await?;
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, clear_cookie());
    Ok((StatusCode::NO_CONTENT, headers))
}

/// Changes the caller's own password and ends its other sessions; with `revoke_tokens` its other API tokens too.
#[utoipa::path(post, path = "/session/password", tag = "people", request_body = PasswordChange, responses(
    (status = NO_CONTENT), (status = UNAUTHORIZED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn change_password(
    State(server): State<Shared>,
    origin: Origin,
    caller: Caller,
    Input(input): Input<PasswordChange>,
) -> Result<StatusCode, Problem> {
    // The present password could be guessed here as well.
    server.limits.take(&caller.call.actor.name, origin.address)?;
    let session = caller.session.as_ref().map(|s| s.session.id);
    let passwords = (input.current.into(), input.new.into());
    let revoke = input.revoke_tokens;
    control::user::change_own_password(&server.control, &caller.call, session, passwords, revoke).await?;
    Ok(StatusCode::NO_CONTENT)
}
