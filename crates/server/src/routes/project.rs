//! Projects: seen where a role is held, changed by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Creation, Input, Path, Query, Slice};
use crate::server::{Server, Shared};
use crate::wire::page::Page;
use crate::wire::project::{NewProject, Project, ProjectChange};

async fn form(
    server: &Server,
    caller: &Caller,
    project: model::project::Project,
) -> Result<Project, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let counts = reader.count_applications(&[project.id]).await?;
    let count = counts.get(&project.id).copied().unwrap_or(0);
    Ok(Project::new(project, count))
}

/// Lists the projects that the caller sees, by name.
#[utoipa::path(get, path = "/projects", tag = "places", params(Slice), responses(
    (status = OK, body = Page<Project>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Project>>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let listed = reader.projects("", &slice.page()?).await?;
    let ids: Vec<_> = listed.items.iter().map(|p| p.id).collect();
    let counts = reader.count_applications(&ids).await?;
    Ok(Json(Page::of(listed, |p| {
        let count = counts.get(&p.id).copied().unwrap_or(0);
        Project::new(p, count)
    })))
}

/// Makes a project.
#[utoipa::path(post, path = "/projects", tag = "places", request_body = NewProject, responses(
    (status = CREATED, body = Project), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewProject>,
) -> Result<Tagged<Project>, Problem> {
    let call = caller.call.clone().keyed(input.key);
    let NewProject { name, description } = input.value;
    let project = control::project::create(&server.control, &call, &name, &description).await?;
    Ok(tagged(StatusCode::CREATED, project.version, form(&server, &caller, project).await?))
}

/// Gives one project.
#[utoipa::path(get, path = "/projects/{name}", tag = "places",
    params(("name", description = "The project's name")),
    responses((status = OK, body = Project), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<Project>, Problem> {
    let project = control::project::visible(&server.control, &caller.call, &name).await?;
    Ok(tagged(StatusCode::OK, project.version, form(&server, &caller, project).await?))
}

/// Changes a project: its description, and what its applications may touch in clusters. What runs already goes on
/// running; the next deployment is held against the limits.
#[utoipa::path(patch, path = "/projects/{name}", tag = "places",
    params(("name", description = "The project's name")), request_body = ProjectChange,
    responses((status = OK, body = Project), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = PRECONDITION_FAILED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<ProjectChange>,
) -> Result<Tagged<Project>, Problem> {
    let change = input.change(condition.version());
    let project = control::project::change(&server.control, &caller.call, &name, change).await?;
    Ok(tagged(StatusCode::OK, project.version, form(&server, &caller, project).await?))
}

/// Deletes a project that has no applications.
#[utoipa::path(delete, path = "/projects/{name}", tag = "places",
    params(("name", description = "The project's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    control::project::delete(&server.control, &caller.call, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
