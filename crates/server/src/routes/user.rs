//! Users: administrators of the installation see and change all, others see themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::user::{Change, New};

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Creation, Input, Path, Query, Slice};
use crate::server::{Server, Shared};
use crate::wire::page::Page;
use crate::wire::user::{NewUser, User, UserChange};

async fn form(server: &Server, caller: &Caller, user: model::user::User) -> Result<User, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let roles = control::user::named(&server.control, reader.bindings(&user).await?).await?;
    Ok(User::new(user, roles))
}

/// Lists users by name.
#[utoipa::path(get, path = "/users", tag = "people", params(Slice), responses(
    (status = OK, body = Page<User>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<User>>, Problem> {
    let listed = server.control.store.reader(&caller.call.actor).users(&slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for user in listed.items {
        items.push(form(&server, &caller, user).await?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "people", request_body = NewUser, responses(
    (status = CREATED, body = User), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewUser>,
) -> Result<Tagged<User>, Problem> {
    let new = New {
        name: input.value.name,
        email: input.value.email,
        password: input.value.password.into(),
        roles: input.value.roles.into_iter().map(Into::into).collect(),
    };
    let call = caller.call.clone().keyed(input.key);
    let user = control::user::create(&server.control, &call, new).await?;
    Ok(tagged(StatusCode::CREATED, user.version, form(&server, &caller, user).await?))
}

/// Gives one user.
#[utoipa::path(get, path = "/users/{name}", tag = "people", params(("name", description = "The user's name")),
    responses((status = OK, body = User), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<User>, Problem> {
    let user = control::user::visible(&server.control, &caller.call, &name).await?;
    Ok(tagged(StatusCode::OK, user.version, form(&server, &caller, user).await?))
}

/// Changes a user.
#[utoipa::path(patch, path = "/users/{name}", tag = "people", params(("name", description = "The user's name")),
    request_body = UserChange, responses((status = OK, body = User), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<UserChange>,
) -> Result<Tagged<User>, Problem> {
    let change = Change {
        email: input.email,
        enabled: input.enabled,
        password: input.password.map(Into::into),
        roles: input.roles.map(|roles| roles.into_iter().map(Into::into).collect()),
        revoke_tokens: input.revoke_tokens,
        expected: condition.version(),
    };
    let user = control::user::change(&server.control, &caller.call, &name, change).await?;
    Ok(tagged(StatusCode::OK, user.version, form(&server, &caller, user).await?))
}

/// Deletes a user with its sessions and tokens.
#[utoipa::path(delete, path = "/users/{name}", tag = "people", params(("name", description = "The user's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    control::user::delete(&server.control, &caller.call, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
