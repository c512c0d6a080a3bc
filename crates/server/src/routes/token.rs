//! API tokens of the caller.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use control::token::New;
use model::TokenId;
use model::role::Scope;

use crate::authentication::{Caller, Origin, bearer};
use crate::error::{Problem, ProblemBody};
use crate::input::{Creation, Path};
use crate::server::{Server, Shared};
use crate::wire::page::Page;
use crate::wire::token::{MadeToken, NewToken, Token};

async fn form(server: &Server, token: model::token::Token) -> Result<Token, Problem> {
    let project = match token.scope {
        Scope::Installation => None,
        // The owner of the token named it, and keeps seeing the name.
        Scope::Project(id) => server.control.store.project(id).await?.map(|p| p.name.to_string()),
    };
    Ok(Token::new(token, project))
}

/// Lists the caller's tokens by name.
#[utoipa::path(get, path = "/tokens", tag = "people", responses(
    (status = OK, body = Page<Token>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(State(server): State<Shared>, caller: Caller) -> Result<Json<Page<Token>>, Problem> {
    let mut items = Vec::new();
    for token in server.control.store.reader(&caller.call.actor).tokens().await? {
        items.push(form(&server, token).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// Makes a token for the caller; its secret is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "people", request_body = NewToken, responses(
    (status = CREATED, body = MadeToken), (status = UNAUTHORIZED, body = ProblemBody),
    (status = FORBIDDEN, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let new = New {
        name: input.value.name,
        role: input.value.role.into(),
        project: input.value.project,
        expires_in_days: input.value.expires_in_days,
    };
    let call = caller.call.keyed(input.key);
    let (token, secret) = control::token::create(&server.control, &call, new).await?;
    let made = MadeToken { token: form(&server, token).await?, secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends a token. With itself a token is ended also where it lets nobody in any more, as its owner is disabled.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "people", params(("id", description = "The token's id")),
    responses((status = NO_CONTENT), (status = UNAUTHORIZED, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Result<Caller, Problem>,
    origin: Origin,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let parsed: Result<TokenId, _> = id.parse();
    match (caller, parsed, bearer(&headers)) {
        (Ok(caller), Ok(id), _) => control::token::delete(&server.control, &caller.call, id).await?,
        (Ok(_), Err(_), _) => return Err(control::Error::not_found("token", id).into()),
        (Err(_), Ok(id), Some(secret)) => {
            let from = (origin.address.to_string(), origin.request);
            control::token::end(&server.control, (id, secret), from).await?;
        }
        (Err(refused), _, _) => return Err(refused),
    }
    Ok(StatusCode::NO_CONTENT)
}
