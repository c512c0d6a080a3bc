//! Deployments: asked for by deployers of the application's project, seen by its viewers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use model::application::Application;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Creation, Input, Path, Query, Slice};
use crate::server::{Server, Shared};
use crate::wire::deployment::{Deployment, DeploymentDiff, DeploymentFile, NewDeployment};
use crate::wire::page::Page;
use crate::wire::release::ConfirmationInput;

/// Which deployments are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Those to this environment alone.
    environment: Option<String>,
}

/// Gives deployments of one application their form for the wire.
pub(crate) async fn forms(
    server: &Server,
    application: &Application,
    deployments: Vec<model::deployment::Deployment>,
) -> Result<Vec<Deployment>, Problem> {
    let links = control::deployment::links(&server.control, application).await;
    let mut names = HashMap::new();
    let mut forms = Vec::with_capacity(deployments.len());
    for deployment in deployments {
        let id = deployment.environment;
        if let Entry::Vacant(unknown) = names.entry(id) {
            let environment = server.control.store.environment(id).await?;
            let cluster = match environment.as_ref().and_then(|e| e.cluster) {
                Some(cluster) => server.control.store.cluster(cluster).await?.map(|c| c.name.to_string()),
                None => None,
            };
            unknown.insert((environment.map(|e| e.name.to_string()).unwrap_or_default(), cluster));
        }
        let commit_url = deployment.commit.as_deref().and_then(|commit| links.commit(commit));
        let (environment, cluster) = &names[&id];
        let places = (environment.as_str(), cluster.clone());
        forms.push(Deployment::new(deployment, application.name.as_str(), places, commit_url));
    }
    Ok(forms)
}

pub(crate) async fn form(
    server: &Server,
    application: &Application,
    deployment: model::deployment::Deployment,
) -> Result<Deployment, Problem> {
    let mut forms = forms(server, application, vec![deployment]).await?;
    Ok(forms.remove(0))
}

async fn visible(server: &Server, caller: &Caller, name: &str) -> Result<Application, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let found = reader.application_by_name(name).await?;
    Ok(found.ok_or_else(|| control::Error::not_found("application", name))?)
}

async fn numbered(
    server: &Server,
    caller: &Caller,
    (name, number): (&str, &str),
) -> Result<(Application, model::deployment::Deployment), Problem> {
    let application = visible(server, caller, name).await?;
    let reader = server.control.store.reader(&caller.call.actor);
    let found = match number.parse() {
        Ok(number) => reader.deployment_by_number(&application, number).await?,
        Err(_) => None,
    };
    let missing = || control::Error::not_found("deployment", format!("{name} {number}"));
    Ok((application, found.ok_or_else(missing)?))
}

/// The deployment as its address gives it, for news of it; `None` when the caller may not see it.
pub(crate) async fn seen(
    server: &Server,
    caller: &Caller,
    application: &str,
    number: i64,
) -> Result<Option<Deployment>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let Some(application) = reader.application_by_name(application).await? else { return Ok(None) };
    let Some(deployment) = reader.deployment_by_number(&application, number).await? else { return Ok(None) };
    form(server, &application, deployment).await.map(Some)
}

/// Lists the deployments of an application, the newest first.
#[utoipa::path(get, path = "/applications/{name}/deployments", tag = "deployments",
    params(("name", description = "The application's name"), Filter, Slice),
    responses((status = OK, body = Page<Deployment>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Deployment>>, Problem> {
    let application = visible(&server, &caller, &name).await?;
    let environment = match &filter.environment {
        Some(name) => Some(control::environment::named(&server.control, name).await?.id),
        None => None,
    };
    let reader = server.control.store.reader(&caller.call.actor);
    let listed = reader.deployments(&application, environment, &slice.page()?).await?;
    let items = forms(&server, &application, listed.items).await?;
    Ok(Json(Page { items, next: listed.next }))
}

/// Deploys an image, or a version of a chart, to an environment. The answer comes at once; follow the deployment at its own address or in
/// `/events`.
#[utoipa::path(post, path = "/applications/{name}/deployments", tag = "deployments",
    params(("name", description = "The application's name"),
    ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request deploys once")),
    request_body = NewDeployment,
    responses((status = ACCEPTED, body = Deployment), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`gitops_not_configured`, `held`, `preview_outdated`, `idempotency_key_reused`, `idempotency_key_outdated`"),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    input: Creation<NewDeployment>,
) -> Result<(StatusCode, HeaderMap, Json<Deployment>), Problem> {
    let call = caller.call.clone().keyed(input.key);
    let deployment = control::deployment::request(&server.control, &call, &name, input.value.into()).await?;
    let application = visible(&server, &caller, &name).await?;
    let mut headers = HeaderMap::new();
    let address = format!("/api/v1/applications/{name}/deployments/{}", deployment.number);
    if let Ok(address) = HeaderValue::from_str(&address) {
        headers.insert(header::LOCATION, address);
    }
    Ok((StatusCode::ACCEPTED, headers, Json(form(&server, &application, deployment).await?)))
}

/// Gives one deployment with its timeline.
#[utoipa::path(get, path = "/applications/{name}/deployments/{number}", tag = "deployments",
    params(("name", description = "The application's name"), ("number", description = "The deployment's number")),
    responses((status = OK, body = Deployment), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, number)): Path<(String, String)>,
) -> Result<Json<Deployment>, Problem> {
    let (application, deployment) = numbered(&server, &caller, (&name, &number)).await?;
    Ok(Json(form(&server, &application, deployment).await?))
}

/// Confirms the deletions that a deployment waits with, exactly those of the digest, by typing the application's name.
#[utoipa::path(post, path = "/applications/{name}/deployments/{number}/confirm", tag = "deployments",
    params(("name", description = "The application's name"), ("number", description = "The deployment's number")),
    request_body = ConfirmationInput,
    responses((status = OK, body = Deployment), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`confirmation_outdated`"),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn confirm(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, number)): Path<(String, String)>,
    Input(input): Input<ConfirmationInput>,
) -> Result<Json<Deployment>, Problem> {
    let (application, deployment) = numbered(&server, &caller, (&name, &number)).await?;
    let of = (name.as_str(), deployment.number);
    let typed = (input.digest.as_str(), input.application.as_str());
    let confirmed = control::cluster::confirm(&server.control, &caller.call, of, typed).await?;
    Ok(Json(form(&server, &application, confirmed).await?))
}

/// Lists the files of a deployment; empty until it is rendered.
#[utoipa::path(get, path = "/applications/{name}/deployments/{number}/files", tag = "deployments",
    params(("name", description = "The application's name"), ("number", description = "The deployment's number")),
    responses((status = OK, body = Page<DeploymentFile>), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn files(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, number)): Path<(String, String)>,
) -> Result<Json<Page<DeploymentFile>>, Problem> {
    let (_, deployment) = numbered(&server, &caller, (&name, &number)).await?;
    let files = deployment.rendered.map(|r| r.files).unwrap_or_default();
    let items = files.into_iter().map(|f| DeploymentFile { path: f.path, blob: f.blob }).collect();
    Ok(Json(Page::whole(items)))
}

/// With which deployment one is compared.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct With {
    /// The number of the other one; if left out, the last one in Git before it, to the same environment.
    with: Option<i64>,
}

/// Compares a deployment with another one of the application: what the other one has is old, what this one has is
/// new. Of secrets only names are told.
#[utoipa::path(get, path = "/applications/{name}/deployments/{number}/diff", tag = "deployments",
    params(("name", description = "The application's name"), ("number", description = "The deployment's number"), With),
    responses((status = OK, body = DeploymentDiff), (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`nothing_to_compare`, `files_gone`")))]
pub(crate) async fn diff(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, number)): Path<(String, String)>,
    Query(With { with }): Query<With>,
) -> Result<Json<DeploymentDiff>, Problem> {
    let (_, deployment) = numbered(&server, &caller, (&name, &number)).await?;
    let number = deployment.number;
    let found = control::history::difference(&server.control, &caller.call, &name, number, with).await?;
    Ok(Json(found.into()))
}
