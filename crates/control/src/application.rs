//! Applications: made with their first base values, seen where a role is held, and deleted in two steps. What
//! becomes of the repository is carried out by the remover.

mod deletion;
mod naming;
pub(crate) mod removal;

use model::application::{Application, Source};
use model::gitops_config::{GitopsConfig, RepositorySource};
use model::project::Project;
use model::role::{Role, Scope};
use model::values::{Slot, Values};
use model::{ApplicationId, FieldError, Name};
use store::Tx;

pub use deletion::{Deleting, Left, delete, preview as deletion_preview};
pub(crate) use naming::repository as wanted_repository;

use crate::audit::Note;
use crate::{Call, Control, Error, Topic, idempotency};

/// The template that is taken when none is named.
pub const DEFAULT_TEMPLATE: &str = "deployment";

/// An application to be made.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Its name; also the release name.
    pub name: String,
    /// The project's name.
    pub project: String,
    /// The template, `name` or `name@version`; [`DEFAULT_TEMPLATE`] when left out.
    pub template: Option<String>,
    /// The address of a repository that exists; Trueline makes one when left out.
    pub repository: Option<String>,
    /// The folder in that repository; the root when left out.
    pub path: Option<String>,
}

/// The application of this name, if the caller is at least a viewer in its project.
pub async fn visible(control: &Control, call: &Call, name: &str) -> Result<Application, Error> {
    let found = control.store.application_by_name(name).await?;
    call.see(found, |a| Scope::Project(a.project), "application", name)
}

/// The application of this name for changing it: the caller needs `role`, and it must not be going away.
pub(crate) async fn changeable(
    control: &Control,
    call: &Call,
    name: &str,
    role: Role,
) -> Result<Application, Error> {
    let application = visible(control, call, name).await?;
    call.require(role, Scope::Project(application.project))?;
    if application.deleting_at.is_some() {
        return Err(Error::conflict(
            "application_deleted",
            format!("The application {name} is being deleted."),
        ));
    }
    Ok(application)
}

/// Makes an application and version 1 of its base values. Its repository is made, or taken into use, by the
/// first deployment.
pub async fn create(control: &Control, call: &Call, new: New) -> Result<Application, Error> {
    let project = project_to_change(control, call, &new.project).await?;
    if let Some(name) = idempotency::earlier(control, call).await? {
        return visible(control, call, &name).await;
    }
    let checked = checked(&new)?;
    let config = control.store.active_gitops_config().await?;
    let wanted = wanted_repository(control, config.as_ref(), &new, &checked.path).await?;
    let application = Application {
        id: ApplicationId(crate::random::id()),
        name: checked.name,
        project: project.id,
        source: Source::Template {
            name: checked.template.name.clone(),
            version: checked.template.version.clone(),
        },
        gitops_config: config.as_ref().map(|c| c.id),
        repository: None,
        wanted_repository: wanted,
        path: checked.path,
        deleting_at: None,
        deletion_failure: None,
        deletion_failure_code: None,
        deletion: None,
        created_at: control.now(),
        version: 1,
    };
    let yaml = format!(
        "# Base values of {}: what all its environments share. Write down only what differs from the\n\
         # template's defaults; an environment's override lies over these.\n",
        application.name
    );
    let base = crate::values::first(call, &application, Slot::Base, yaml);
    let tx = control.store.begin().await?;
    insert(control, &tx, call, &application, (&project, &base)).await?;
    idempotency::note(control, &tx, call, application.name.as_str()).await?;
    tx.commit().await?;
    publish(control, &application);
    Ok(application)
}

/// The project of this name, for making applications in it.
pub(crate) async fn project_to_change(control: &Control, call: &Call, name: &str) -> Result<Project, Error> {
    let project = crate::project::visible(control, call, name).await.map_err(|error| match error {
        Error::NotFound { .. } => {
            let message = format!("There is no project {name:?}, or you may not see it.");
            Error::field("project", "unknown", message)
        }
        error => error,
    })?;
    call.require(Role::Manager, Scope::Project(project.id))?;
    Ok(project)
}

/// A folder in a repository as a person gives it; the root when left out.
pub(crate) fn folder(path: Option<&str>) -> Result<String, FieldError> {
    naming::path(path.unwrap_or_default())
}

struct Checked {
    name: Name,
    template: &'static render::templates::Template,
    path: String,
}

fn checked(new: &New) -> Result<Checked, Error> {
    let mut errors = Vec::new();
    let name = Name::parse("name", &new.name).map_err(|e| errors.push(e)).ok();
    let template = crate::template::shipped(new.template.as_deref().unwrap_or(DEFAULT_TEMPLATE))
        .map_err(|e| errors.push(e))
        .ok();
    let path = folder(new.path.as_deref()).map_err(|e| errors.push(e)).ok();
    match (name, template, path) {
        (Some(name), Some(template), Some(path)) => Ok(Checked { name, template, path }),
        _ => Err(Error::Invalid(errors)),
    }
}

/// Within a transaction: application, base values and audit entry.
pub(crate) async fn insert(
    control: &Control,
    tx: &Tx,
    call: &Call,
    application: &Application,
    (project, base): (&Project, &Values),
) -> Result<(), Error> {
    let name = application.name.as_str();
    tx.insert_application(application).await.map_err(|e| Error::about(e, "application", name))?;
    tx.insert_values(base).await?;
    let what = match application.source {
        Source::Template { .. } => "template",
        Source::Chart { .. } => "chart",
    };
    Note::of(call, "application.created", format!("application/{name}"))
        .in_project(project.id)
        .set("project", project.name.as_str())
        .set(what, application.source.to_string())
        .change("repository", None, application.wanted_repository.clone())
        .change("path", None, Some(application.path.clone()).filter(|p| !p.is_empty()))
        .write(control, tx)
        .await
}

/// Tells who watches that an application changed.
pub(crate) fn publish(control: &Control, application: &Application) {
    let (name, project) = (application.name.to_string(), application.project);
    control.publish(Topic::Application { name, project });
}

/// Whether applications of this configuration name their repository themselves.
fn asks(config: Option<&GitopsConfig>) -> bool {
    config.is_some_and(|c| c.rules.source == RepositorySource::Ask)
}
