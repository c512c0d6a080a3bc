//! Environments: seen by everyone signed in, changed by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::environment::{Change, New};

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Creation, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::environment::{Environment, EnvironmentChange, NewEnvironment};
use crate::wire::page::Page;

/// Lists environments by name.
#[utoipa::path(get, path = "/environments", tag = "places", params(Slice), responses(
    (status = OK, body = Page<Environment>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Environment>>, Problem> {
    let listed = server.control.store.reader(&caller.call.actor).environments(&slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for environment in listed.items {
        items.push(form(&server, environment).await?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// The environment as its own address gives it.
async fn form(server: &Shared, environment: model::environment::Environment) -> Result<Environment, Problem> {
    Ok(Environment::of(control::environment::with_cluster(&server.control, environment).await?))
}

/// Makes an environment.
#[utoipa::path(post, path = "/environments", tag = "places", request_body = NewEnvironment, responses(
    (status = CREATED, body = Environment), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewEnvironment>,
) -> Result<Tagged<Environment>, Problem> {
    let new = New {
        name: input.value.name,
        description: input.value.description,
        cluster: input.value.cluster,
        namespace: input.value.namespace,
        kubernetes_version: input.value.kubernetes_version,
        api_versions: input.value.api_versions,
        branch: input.value.branch.map(Into::into),
        crds: input.value.crds.map(Into::into),
        drift: input.value.drift.map(Into::into),
        recipients: input.value.recipients,
    };
    let call = caller.call.keyed(input.key);
    let environment = control::environment::create(&server.control, &call, new).await?;
    let version = environment.version;
    Ok(tagged(StatusCode::CREATED, version, form(&server, environment).await?))
}

/// Gives one environment.
#[utoipa::path(get, path = "/environments/{name}", tag = "places",
    params(("name", description = "The environment's name")),
    responses((status = OK, body = Environment), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    _caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<Environment>, Problem> {
    let environment = control::environment::named(&server.control, &name).await?;
    let version = environment.version;
    Ok(tagged(StatusCode::OK, version, form(&server, environment).await?))
}

/// Changes an environment.
#[utoipa::path(patch, path = "/environments/{name}", tag = "places",
    params(("name", description = "The environment's name")), request_body = EnvironmentChange,
    responses((status = OK, body = Environment), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<EnvironmentChange>,
) -> Result<Tagged<Environment>, Problem> {
    let change = Change {
        description: input.description,
        cluster: input.cluster,
        namespace: input.namespace,
        kubernetes_version: input.kubernetes_version,
        api_versions: input.api_versions,
        recipients: input.recipients,
        crds: input.crds.map(Into::into),
        drift: input.drift.map(Into::into),
        expected: condition.version(),
    };
    let environment = control::environment::change(&server.control, &caller.call, &name, change).await?;
    let version = environment.version;
    Ok(tagged(StatusCode::OK, version, form(&server, environment).await?))
}

/// Deletes an environment that nothing was deployed to.
#[utoipa::path(delete, path = "/environments/{name}", tag = "places",
    params(("name", description = "The environment's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    control::environment::delete(&server.control, &caller.call, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
