//! Applications: seen by viewers of their project, made and deleted by its managers; previews for deployers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use control::application::{Deleting, New};
use control::cluster::{Data, Leaving};
use model::FieldError;
use model::application::Application as Stored;
use model::gitops_config::Deletion;
use serde::Deserialize;
use store::{ApplicationFilter, ApplicationOrder, ApplicationSource, ApplicationState};
use utoipa::IntoParams;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Creation, Input, Path, Query, Slice};
use crate::server::{Server, Shared};
use crate::wire::application::{
    Application, ApplicationChange, ChangedApplication, EnvironmentState, Names, NewApplication,
};
use crate::wire::deletion::DeletionPreview;
use crate::wire::page::Page;
use crate::wire::preview::{Preview, PreviewRequest};

/// Which applications are wanted, and in which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Those of this project.
    #[serde(default)]
    project: String,
    /// Those whose name contains this.
    #[serde(default)]
    search: String,
    /// Those that were deployed to this environment.
    #[serde(default)]
    environment: String,
    /// How they stand, in that environment or else in any: `stored`, `running`, `failed`, `healthy`, `degraded`,
    /// `drifted` or `none`.
    #[serde(default)]
    state: String,
    /// What they are deployed from: `chart` (of a chart repository) or `template`.
    #[serde(default)]
    source: String,
    /// `name`, `project` or `created`; with a hyphen before it the other way around.
    #[serde(default)]
    sort: String,
}

impl Filter {
    fn read(self) -> Result<ApplicationFilter, Problem> {
        let unknown = |field, word: &str, words| {
            let error = FieldError::new(field, "unknown", format!("{word:?} is not one of {words}."));
            Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "invalid", vec![error])
        };
        let state = match self.state.as_str() {
            "" => None,
            "stored" => Some(ApplicationState::Stored),
            "running" => Some(ApplicationState::Running),
            "failed" => Some(ApplicationState::Failed),
            "healthy" => Some(ApplicationState::Healthy),
            "degraded" => Some(ApplicationState::Degraded),
            "drifted" => Some(ApplicationState::Drifted),
            "none" => Some(ApplicationState::None),
            other => {
                let words = "stored, running, failed, healthy, degraded, drifted and none";
                return Err(unknown("state", other, words));
            }
        };
        let source = match self.source.as_str() {
            "" => None,
            "chart" => Some(ApplicationSource::Chart),
            "template" => Some(ApplicationSource::Template),
            other => return Err(unknown("source", other, "chart and template")),
        };
        let order = match self.sort.trim_start_matches('-') {
            "" | "name" => ApplicationOrder::Name,
            "project" => ApplicationOrder::Project,
            "created" => ApplicationOrder::Created,
            _ => return Err(unknown("sort", &self.sort, "name, project and created")),
        };
        Ok(ApplicationFilter {
            descending: self.sort.starts_with('-'),
            project: self.project,
            search: self.search,
            environment: self.environment,
            state,
            source,
            order,
        })
    }
}

/// What is to become of the repository.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Rule {
    /// `keep`, `archive` or `delete`; by the GitOps configuration's rule if left out.
    repository: Option<String>,
    /// Whether what holds data in its clusters, such as volumes, goes too. What other tools mark as theirs is not meant.
    cluster_data: Option<bool>,
    /// Whether what holds data stays, and is nobody's from then on; all else goes.
    keep_data: Option<bool>,
    /// Exactly what goes, as the preview showed it: `ENVIRONMENT:DIGEST`, several with commas between. If something else
    /// would go by then, nothing does, and the application says so.
    confirmed: Option<String>,
    /// Whether what it runs in clusters is left to itself, as they are away.
    abandon_cluster: Option<bool>,
    /// Whether its hooks are not run: one that fails would keep the application.
    skip_hooks: Option<bool>,
}

impl Rule {
    fn read(self) -> Result<Deleting, Problem> {
        let wrong = |field, code, message: String| {
            let error = FieldError::new(field, code, message);
            Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "invalid", vec![error])
        };
        let repository = match self.repository.as_deref() {
            None => None,
            Some(word) => Some(Deletion::parse(word).ok_or_else(|| {
                wrong("repository", "unknown", format!("{word:?} is not one of keep, archive and delete."))
            })?),
        };
        let data = match (self.cluster_data.unwrap_or(false), self.keep_data.unwrap_or(false)) {
            (false, false) => None,
            (true, false) => Some(Data::Goes),
            (false, true) => Some(Data::Stays),
            (true, true) => {
                let message = "What holds data goes (cluster_data) or stays (keep_data), not both.";
                return Err(wrong("keep_data", "contradiction", message.into()));
            }
        };
        let pair = |text: &str| {
            let (environment, digest) = text.trim().split_once(':')?;
            let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
            // The same bytes, however they are written.
            (!environment.is_empty() && is_digest).then(|| (environment.into(), digest.to_ascii_lowercase()))
        };
        let confirmed = self.confirmed.unwrap_or_default();
        let confirmed = confirmed.split(',').filter(|text| !text.trim().is_empty());
        let confirmed = confirmed.map(|text| {
            pair(text).ok_or_else(|| {
                let message = format!("{text:?} is not ENVIRONMENT:DIGEST, with the 64 hexadecimal digits that the preview gives.");
                wrong("confirmed", "malformed", message)
            })
        });
        let confirmed = confirmed.collect::<Result<_, _>>()?;
        let abandon = self.abandon_cluster.unwrap_or(false);
        let skip_hooks = self.skip_hooks.unwrap_or(false);
        Ok(Deleting { repository, cluster: Leaving { data, abandon, skip_hooks, confirmed } })
    }
}

/// How the end of an application is looked at.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Look {
    /// Whether what holds data is to stay.
    keep_data: Option<bool>,
}

/// Gives what deleting an application would do in its clusters. Only reads; waits for clusters that do not answer.
#[utoipa::path(get, path = "/applications/{name}/deletion", tag = "applications",
    params(("name", description = "The application's name"), Look),
    responses((status = OK, body = DeletionPreview), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn deletion(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(look): Query<Look>,
) -> Result<Json<DeletionPreview>, Problem> {
    let keep_data = look.keep_data.unwrap_or(false);
    let found =
        control::application::deletion_preview(&server.control, &caller.call, &name, keep_data).await?;
    Ok(Json(found.into()))
}

/// Gives applications their form for the wire.
async fn forms(server: &Server, caller: &Caller, found: Vec<Stored>) -> Result<Vec<Application>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let mut states = reader.environment_states(&found).await?;
    let (mut projects, mut configs) = (HashMap::new(), HashMap::new());
    let mut forms = Vec::with_capacity(found.len());
    for application in found {
        if let Entry::Vacant(entry) = projects.entry(application.project) {
            let project = reader.project(application.project).await?;
            entry.insert(project.map(|p| p.name.to_string()).unwrap_or_default());
        }
        if let Some(id) = application.gitops_config
            && !configs.contains_key(&id)
        {
            configs.insert(id, reader.gitops_config_name(id).await?);
        }
        let mut environments = Vec::new();
        for state in states.remove(&application.id).unwrap_or_default() {
            environments.push(environment(server, &application, state).await?);
        }
        environments.sort_by(|a, b| a.environment.cmp(&b.environment));
        let names = Names {
            project: projects.get(&application.project).cloned().unwrap_or_default(),
            gitops_config: application.gitops_config.and_then(|id| configs.get(&id).cloned().flatten()),
        };
        forms.push(Application::new(application, names, environments));
    }
    Ok(forms)
}

async fn environment(
    server: &Server,
    application: &Stored,
    state: store::EnvironmentState,
) -> Result<EnvironmentState, Problem> {
    let has_latest = state.latest.is_some();
    let both: Vec<_> = state.latest.into_iter().chain(state.current).collect();
    let mut forms = super::deployment::forms(server, application, both).await?.into_iter();
    let deployment = if has_latest { forms.next() } else { None };
    let current = forms.next();
    let named = deployment.as_ref().or(current.as_ref());
    let environment = match named {
        Some(deployment) => deployment.environment.clone(),
        None => {
            let found = server.control.store.environment(state.environment).await?;
            found.map(|e| e.name.to_string()).unwrap_or_default()
        }
    };
    let (hold, drift) = (state.hold.map(Into::into), state.drift.map(Into::into));
    Ok(EnvironmentState { environment, deployment, current, hold, drift })
}

pub(crate) async fn form(
    server: &Server,
    caller: &Caller,
    application: Stored,
) -> Result<Application, Problem> {
    let name = application.name.clone();
    let mut forms = forms(server, caller, vec![application]).await?;
    Ok(forms.pop().ok_or_else(|| control::Error::not_found("application", name.as_str()))?)
}

/// The application as its address gives it, for news of it; `None` when the caller may not see it.
pub(crate) async fn seen(
    server: &Server,
    caller: &Caller,
    name: &str,
) -> Result<Option<Application>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    match reader.application_by_name(name).await? {
        Some(application) => form(server, caller, application).await.map(Some),
        None => Ok(None),
    }
}

/// Lists the applications that the caller sees, by name unless another order is asked for.
#[utoipa::path(get, path = "/applications", tag = "applications", params(Filter, Slice), responses(
    (status = OK, body = Page<Application>), (status = UNAUTHORIZED, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(filter): Query<Filter>,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Application>>, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let listed = reader.applications(&filter.read()?, &slice.page()?).await?;
    Ok(Json(Page { items: forms(&server, &caller, listed.items).await?, next: listed.next }))
}

/// Makes an application with empty base values. Its repository is made by the first deployment.
#[utoipa::path(post, path = "/applications", tag = "applications",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request makes one")),
    request_body = NewApplication,
    responses((status = CREATED, body = Application), (status = FORBIDDEN, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    input: Creation<NewApplication>,
) -> Result<Tagged<Application>, Problem> {
    let call = caller.call.clone().keyed(input.key);
    let NewApplication { name, project, template, repository, path } = input.value;
    let new = New { name, project, template, repository, path };
    let application = control::application::create(&server.control, &call, new).await?;
    Ok(tagged(StatusCode::CREATED, application.version, form(&server, &caller, application).await?))
}

/// Gives one application with what its environments are at.
#[utoipa::path(get, path = "/applications/{name}", tag = "applications",
    params(("name", description = "The application's name")),
    responses((status = OK, body = Application), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<Application>, Problem> {
    let application = control::application::visible(&server.control, &caller.call, &name).await?;
    Ok(tagged(StatusCode::OK, application.version, form(&server, &caller, application).await?))
}

/// Changes the template, or its version, that new deployments take. `If-Match` holds the application's version that was
/// read, if it is to be the same still.
#[utoipa::path(patch, path = "/applications/{name}", tag = "applications",
    params(("name", description = "The application's name"),
    ("If-Match" = Option<String>, Header, description = "The version that was read")),
    request_body = ApplicationChange,
    responses((status = OK, body = ChangedApplication), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<ApplicationChange>,
) -> Result<Tagged<ChangedApplication>, Problem> {
    let wanted = (name.as_str(), input.template.as_str());
    let changed =
        control::template::change(&server.control, &caller.call, wanted, condition.version()).await?;
    let version = changed.application.version;
    let application = form(&server, &caller, changed.application).await?;
    let unfit = changed.unfit.into_iter().map(Into::into).collect();
    Ok(tagged(StatusCode::OK, version, ChangedApplication { application, unfit }))
}

/// Deletes an application: what it runs in clusters first, then what happens to its repository; then it disappears.
/// Asked again with more said, a deletion that waits goes on.
#[utoipa::path(delete, path = "/applications/{name}", tag = "applications",
    params(("name", description = "The application's name"), Rule),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(rule): Query<Rule>,
) -> Result<StatusCode, Problem> {
    control::application::delete(&server.control, &caller.call, &name, &rule.read()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Renders what a deployment would write and compares it with what the last one wrote. Writes nothing.
#[utoipa::path(post, path = "/applications/{name}/preview", tag = "applications",
    params(("name", description = "The application's name")), request_body = PreviewRequest,
    responses((status = OK, body = Preview), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn preview(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Input(input): Input<PreviewRequest>,
) -> Result<Json<Preview>, Problem> {
    let preview = control::preview::preview(&server.control, &caller.call, &name, input.into()).await?;
    Ok(Json(preview.into()))
}
