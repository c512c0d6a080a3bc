//! GitOps configurations: for administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::gitops_config::Saved;
use model::role::{Role, Scope};

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::check::Check;
use crate::wire::gitops_config::{GitopsConfig, GitopsConfigInput};
use crate::wire::page::Page;

/// Lists GitOps configurations by name.
#[utoipa::path(get, path = "/gitops-configs", tag = "gitops", params(Slice), responses(
    (status = OK, body = Page<GitopsConfig>), (status = FORBIDDEN, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<GitopsConfig>>, Problem> {
    caller.call.require(Role::Administrator, Scope::Installation)?;
    let listed = server.control.store.reader(&caller.call.actor).gitops_configs(&slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for config in listed.items {
        items.push(full(&server, &caller, config).await?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// Gives one GitOps configuration, with the newest check under its name.
#[utoipa::path(get, path = "/gitops-configs/{name}", tag = "gitops",
    params(("name", description = "The configuration's name")),
    responses((status = OK, body = GitopsConfig), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<GitopsConfig>, Problem> {
    let config = control::gitops_config::named(&server.control, &caller.call, &name).await?;
    let version = config.version;
    Ok(tagged(StatusCode::OK, version, full(&server, &caller, config).await?))
}

/// Checks an account and saves it if it works; nothing is saved when a required stage fails, which is answered
/// as `check_failed` with the report as `check`. With `If-None-Match: *` it must not exist yet, with
/// `If-Match` it must not have changed. Takes up to 50 s; the stages can be followed as events.
#[utoipa::path(put, path = "/gitops-configs/{name}", tag = "gitops",
    params(("name", description = "The configuration's name")), request_body = GitopsConfigInput,
    responses((status = OK, body = GitopsConfig), (status = CREATED, body = GitopsConfig),
    (status = FORBIDDEN, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<GitopsConfigInput>,
) -> Result<Tagged<GitopsConfig>, Problem> {
    let input = (name.as_str(), input.into());
    let saved = control::gitops_config::save(&server.control, &caller.call, input, condition.into()).await?;
    match saved {
        Saved::Stored { config, created } => {
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            let version = config.version;
            Ok(tagged(status, version, full(&server, &caller, *config).await?))
        }
        Saved::Refused(check) => {
            let cause = check
                .report
                .stages
                .iter()
                .filter(|s| s.required && s.state == model::check::StageState::Failed)
                .find_map(|s| s.diagnosis.as_ref());
            let cause = cause.map_or("The check failed.", |d| d.sentence.as_str());
            let detail = format!("{cause} Nothing was saved.");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "check_failed", detail)
                .with("check", Check::from(*check)))
        }
    }
}

/// Checks what is sent, or the stored configuration when nothing is, and saves nothing. Takes up to 50 s.
#[utoipa::path(post, path = "/gitops-configs/{name}/check", tag = "gitops",
    params(("name", description = "The configuration's name; it need not exist")),
    request_body = Option<GitopsConfigInput>,
    responses((status = OK, body = Check), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn check(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    input: Option<Input<GitopsConfigInput>>,
) -> Result<Json<Check>, Problem> {
    let input = input.map(|Input(input)| input.into());
    let check = control::gitops_config::try_out(&server.control, &caller.call, &name, input).await?;
    Ok(Json(check.into()))
}

/// Lets new applications use the configuration. Existing ones stay where they are.
#[utoipa::path(post, path = "/gitops-configs/{name}/activate", tag = "gitops",
    params(("name", description = "The configuration's name")),
    responses((status = OK, body = GitopsConfig), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody)))]
pub(crate) async fn activate(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
) -> Result<Tagged<GitopsConfig>, Problem> {
    let expected = condition.version();
    let config = control::gitops_config::activate(&server.control, &caller.call, &name, expected).await?;
    let version = config.version;
    Ok(tagged(StatusCode::OK, version, full(&server, &caller, config).await?))
}

/// Deletes a configuration that no application lives in.
#[utoipa::path(delete, path = "/gitops-configs/{name}", tag = "gitops",
    params(("name", description = "The configuration's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    control::gitops_config::delete(&server.control, &caller.call, &name, condition.version()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The configuration as its own address gives it.
pub(crate) async fn full(
    server: &Shared,
    caller: &Caller,
    config: model::gitops_config::GitopsConfig,
) -> Result<GitopsConfig, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let applications = reader.count_applications_of_gitops_config(config.id).await?;
    let check = reader.latest_check(config.name.as_str()).await?;
    let budget = control::hosts::budget(&server.control, &config).await;
    let standing = control::check::credential::standing(&server.control, &config).await?;
    Ok(GitopsConfig::of(config, applications, &standing, check, budget))
}
