//! Deployment templates: what everyone signed in may read.

use axum::Json;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::Path;
use crate::wire::page::Page;
use crate::wire::template::Template;

/// Lists the deployment templates.
#[utoipa::path(get, path = "/templates", tag = "applications", responses(
    (status = OK, body = Page<Template>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(_caller: Caller) -> Json<Page<Template>> {
    Json(Page::whole(control::template::list().iter().map(Template::from).collect()))
}

/// Gives one deployment template.
#[utoipa::path(get, path = "/templates/{name}", tag = "applications",
    params(("name", description = "The template's name")),
    responses((status = OK, body = Template), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(_caller: Caller, Path(name): Path<String>) -> Result<Json<Template>, Problem> {
    Ok(Json(control::template::named(&name)?.into()))
}
