//! Projects: made, changed and deleted by administrators of the installation; and what their applications may touch in
//! clusters.

use model::environment::Environment;
use model::project::{Destination, Limits, Pattern, Project};
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
        limits: Limits::default(),
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

/// Patterns of a cluster's name and of its namespaces, as a person entered them.
pub type DestinationInput = (String, Vec<String>);

/// What to change of a project; `None` leaves it.
#[derive(Default)]
pub struct Change {
    /// One line for people.
    pub description: Option<String>,
    /// Where its applications may run: patterns of a cluster's name and of its namespaces; `Some(None)` for anywhere.
    pub destinations: Option<Option<Vec<DestinationInput>>>,
    /// Which kinds of the whole cluster they may write; `Some(None)` for any.
    pub cluster_kinds: Option<Option<Vec<String>>>,
    /// The version that the caller read, if it says so.
    pub expected: Option<i64>,
}

/// Changes a project. What runs already goes on running where it is; its next deployment is held against the limits.
///
/// # Errors
/// Fields that are wrong; a version that is not the expected one.
pub async fn change(control: &Control, call: &Call, name: &str, change: Change) -> Result<Project, Error> {
    let before = visible(control, call, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    let mut after = before.clone();
    let mut errors = Vec::new();
    if let Some(description) = change.description {
        errors.extend(describable(&description).err());
        after.description = description;
    }
    if let Some(destinations) = change.destinations {
        let read = destinations.map(|all| read_destinations(&all)).transpose();
        after.limits.destinations = read.map_err(|e| errors.push(e)).ok().flatten();
    }
    if let Some(kinds) = change.cluster_kinds {
        let read = kinds.map(|all| read_patterns("cluster_kinds", &all)).transpose();
        after.limits.cluster_kinds = read.map_err(|e| errors.push(e)).ok().flatten();
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    if change.expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale("project", name));
    }
    let tx = control.store.begin().await?;
    after.version = tx.update_project(&after).await.map_err(|e| Error::about(e, "project", name))?;
    Note::of(call, "project.changed", format!("project/{name}"))
        .in_project(after.id)
        .fields(&fields(&before), fields(&after))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(after)
}

/// What the audit shows of a project.
fn fields(project: &Project) -> Vec<(&'static str, String)> {
    let texts = |patterns: &[Pattern]| {
        let texts: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
        texts.join(" ")
    };
    let destination = |to: &Destination| format!("{}: {}", to.cluster.as_str(), texts(&to.namespaces));
    let destinations = match &project.limits.destinations {
        None => String::new(),
        Some(none) if none.is_empty() => "none".to_owned(),
        Some(some) => some.iter().map(destination).collect::<Vec<_>>().join("; "),
    };
    let kinds = match &project.limits.cluster_kinds {
        None => String::new(),
        Some(none) if none.is_empty() => "none".to_owned(),
        Some(some) => texts(some),
    };
    vec![
        ("description", project.description.clone()),
        ("destinations", destinations),
        ("cluster_kinds", kinds),
    ]
}

fn read_destinations(given: &[DestinationInput]) -> Result<Vec<Destination>, FieldError> {
    few("destinations", given.len())?;
    let read = |(at, (cluster, namespaces)): (usize, &DestinationInput)| {
        let field = |name: &str| format!("destinations[{at}].{name}");
        let cluster = Pattern::parse(&field("cluster"), cluster)?;
        let namespaces = read_patterns(&field("namespaces"), namespaces)?;
        if namespaces.is_empty() {
            let message = "Name at least one namespace or pattern; * stands for all of the cluster.";
            return Err(FieldError::new(field("namespaces"), "required", message));
        }
        Ok(Destination { cluster, namespaces })
    };
    given.iter().enumerate().map(read).collect()
}

fn read_patterns(field: &str, given: &[String]) -> Result<Vec<Pattern>, FieldError> {
    few(field, given.len())?;
    given.iter().map(|text| Pattern::parse(field, text)).collect()
}

fn few(field: &str, count: usize) -> Result<(), FieldError> {
    if count <= Limits::LIMIT {
        return Ok(());
    }
    let message = format!("At most {} can be named; * stands for any characters.", Limits::LIMIT);
    Err(FieldError::new(field, "too_many", message))
}

/// What speaks against applications of a project in an environment; nothing where there is no cluster.
pub(crate) async fn outside(
    control: &Control,
    project: ProjectId,
    environment: &Environment,
) -> Result<Option<FieldError>, Error> {
    let Some(cluster) = environment.cluster else { return Ok(None) };
    let Some(project) = control.store.project(project).await? else { return Ok(None) };
    let cluster = crate::cluster::by_id(control, cluster).await?;
    let reach = project.limits.reach(cluster.name.as_str());
    let Some(why) = reach.against_namespace(environment.namespace.as_str()) else { return Ok(None) };
    let message = format!(
        "{} is in the cluster {}: {why}. Deploy to another environment, or have an administrator change the limits of \
         the project {}.",
        environment.name, cluster.name, project.name
    );
    Ok(Some(FieldError::new("environment", "outside_project", message)))
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
