//! Projects: made, described and deleted by administrators of the installation.

use model::project::Project;
use model::role::{Role, Scope};
use model::{FieldError, Name, ProjectId};

use crate::audit::Note;
use crate::{Call, Control, Error, idempotency};

/// Most characters of a description.
pub const DESCRIPTION_LIMIT: usize = 500;

/// The project of this name, if the caller is at least a viewer in it.
pub async fn visible(control: &Control, call: &Call, name: &str) -> Result<Project, Error> {
    let found = control.store.project_by_name(name).await?;
    call.see(found, |p| Scope::Project(p.id), "project", name)
}

/// Makes a project.
pub async fn create(control: &Control, call: &Call, name: &str, description: &str) -> Result<Project, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    if let Some(name) = idempotency::earlier(control, call).await? {
        return visible(control, call, &name).await;
    }
    let mut errors = Vec::new();
    let name = Name::parse("name", name).map_err(|e| errors.push(e)).ok();
    errors.extend(describable(description).err());
    let (Some(name), []) = (name, errors.as_slice()) else { return Err(Error::Invalid(errors)) };
    let project = Project {
        id: ProjectId(crate::random::id()),
        name,
        description: description.to_owned(),
        created_at: control.now(),
        version: 1,
    };
    let tx = control.store.begin().await?;
    tx.insert_project(&project).await.map_err(|e| Error::about(e, "project", project.name.as_str()))?;
    Note::of(call, "project.created", format!("project/{}", project.name))
        .in_project(project.id)
        .set("description", description)
        .write(control, &tx)
        .await?;
    idempotency::note(control, &tx, call, project.name.as_str()).await?;
    tx.commit().await?;
    Ok(project)
}

/// Changes a project's description. `expected` is the version that the caller read, if it says so.
pub async fn describe(
    control: &Control,
    call: &Call,
    name: &str,
    description: &str,
    expected: Option<i64>,
) -> Result<Project, Error> {
    let mut project = visible(control, call, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    describable(description).map_err(|e| Error::Invalid(vec![e]))?;
    if expected.is_some_and(|v| v != project.version) {
        return Err(Error::stale("project", name));
    }
    let before = std::mem::replace(&mut project.description, description.to_owned());
    let tx = control.store.begin().await?;
    project.version = tx.update_project(&project).await.map_err(|e| Error::about(e, "project", name))?;
    Note::of(call, "project.changed", format!("project/{name}"))
        .in_project(project.id)
        .change("description", Some(before), Some(description.into()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(project)
}

/// Deletes a project that has no applications; roles bound to it go with it.
pub async fn delete(control: &Control, call: &Call, name: &str) -> Result<(), Error> {
    let project = visible(control, call, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    let tx = control.store.begin().await?;
    tx.delete_project(project.id).await.map_err(|e| Error::about(e, "project", name))?;
    Note::of(call, "project.deleted", format!("project/{name}"))
        .in_project(project.id)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses descriptions that are too long or have more than one line.
pub(crate) fn describable(description: &str) -> Result<(), FieldError> {
    let wrong = |code, message: &str| Err(FieldError::new("description", code, message));
    if description.chars().count() > DESCRIPTION_LIMIT {
        return wrong("too_long", "A description has at most 500 characters.");
    }
    if description.chars().any(char::is_control) {
        return wrong("invalid_character", "A description is one line without control characters.");
    }
    Ok(())
}
