//! Environments, with a cluster or without: made, changed and deleted by administrators of the installation.

use model::environment::{BranchRule, CrdRule, DriftRule, Environment};
use model::role::{Role, Scope};
use model::{ClusterId, EnvironmentId, FieldError, Name};

use crate::audit::Note;
use crate::{Call, Control, Error, idempotency};

/// Most further recipients of an environment.
const RECIPIENTS_LIMIT: usize = 50;
/// The Kubernetes version rendered for when none is given.
pub const KUBERNETES_VERSION: &str = "1.36.3";
/// Most API versions that an environment may name.
pub const API_VERSIONS_LIMIT: usize = 500;

/// What a new environment is to be; `None` stands for the default.
#[derive(Default)]
pub struct New {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// The name of its cluster; without one its state is only stored in Git.
    pub cluster: Option<String>,
    /// The namespace to render for; the environment's name by default.
    pub namespace: Option<String>,
    /// The Kubernetes version to render for.
    pub kubernetes_version: Option<String>,
    /// Further API versions to render for.
    pub api_versions: Vec<String>,
    /// Which branch holds it; the repository's default branch by default.
    pub branch: Option<BranchRule>,
    /// What becomes of the CustomResourceDefinitions of charts; applied by default.
    pub crds: Option<CrdRule>,
    /// What becomes of what differs in its cluster from Git; shown by default.
    pub drift: Option<DriftRule>,
    /// Who can open sealed files beside Trueline: age recipients.
    pub recipients: Vec<String>,
}

/// What to change of an environment; `None` leaves it.
#[derive(Default)]
pub struct Change {
    /// One line for people.
    pub description: Option<String>,
    /// The Kubernetes version to render for.
    pub kubernetes_version: Option<String>,
    /// Further API versions to render for.
    pub api_versions: Option<Vec<String>>,
    /// Who can open sealed files beside Trueline, instead of those before: age recipients.
    pub recipients: Option<Vec<String>>,
    /// What becomes of the CustomResourceDefinitions of charts.
    pub crds: Option<CrdRule>,
    /// What becomes of what differs in its cluster from Git.
    pub drift: Option<DriftRule>,
    /// The name of its cluster; empty for none. Refused while something runs there.
    pub cluster: Option<String>,
    /// The namespace. Refused while something runs there.
    pub namespace: Option<String>,
    /// The version that the caller read, if it says so.
    pub expected: Option<i64>,
}

/// The environment of this name; everyone signed in may see environments.
pub async fn named(control: &Control, name: &str) -> Result<Environment, Error> {
    let found = control.store.environment_by_name(name).await?;
    found.ok_or_else(|| Error::not_found("environment", name))
}

/// The environment as people see it: with version and API versions of its cluster.
pub async fn seen(control: &Control, name: &str) -> Result<Environment, Error> {
    let found = named(control, name).await?;
    crate::cluster::fitted(control, found).await
}

/// The same of one that is at hand, with the name of its cluster.
pub async fn with_cluster(
    control: &Control,
    environment: Environment,
) -> Result<(Environment, Option<String>), Error> {
    let name = cluster_name(control, environment.cluster).await?;
    Ok((crate::cluster::fitted(control, environment).await?, name))
}

/// Makes an environment.
pub async fn create(control: &Control, call: &Call, new: New) -> Result<Environment, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    if let Some(name) = idempotency::earlier(control, call).await? {
        return named(control, &name).await;
    }
    let mut errors = Vec::new();
    let name = Name::parse("name", &new.name).map_err(|e| errors.push(e)).ok();
    let namespace = Name::parse("namespace", new.namespace.as_ref().unwrap_or(&new.name))
        .map_err(|e| errors.extend(new.namespace.is_some().then_some(e)))
        .ok();
    let kubernetes_version = new.kubernetes_version.unwrap_or_else(|| KUBERNETES_VERSION.into());
    let cluster = match new.cluster.as_deref().map(str::trim).filter(|c| !c.is_empty()) {
        Some(name) => cluster_named(control, name).await?.map_err(|e| errors.push(e)).ok(),
        None => None,
    };
    let checked = checked(&new.description, &kubernetes_version, new.api_versions);
    let api_versions = checked.map_err(|e| errors.extend(e)).ok();
    let (Some(name), Some(namespace), Some(api_versions), []) =
        (name, namespace, api_versions, errors.as_slice())
    else {
        return Err(Error::Invalid(errors));
    };
    let recipients = recipients(new.recipients)?;
    let environment = Environment {
        id: EnvironmentId(crate::random::id()),
        name,
        description: new.description,
        cluster,
        namespace,
        kubernetes_version,
        api_versions,
        branch: new.branch.unwrap_or(BranchRule::Default),
        crds: new.crds.unwrap_or(CrdRule::Apply),
        drift: new.drift.unwrap_or(DriftRule::Show),
        recipients,
        created_at: control.now(),
        version: 1,
    };
    let tx = control.store.begin().await?;
    tx.insert_environment(&environment)
        .await
        .map_err(|e| Error::about(e, "environment", environment.name.as_str()))?;
    Note::of(call, "environment.created", format!("environment/{}", environment.name))
        .change("cluster", None, new.cluster.filter(|c| !c.trim().is_empty()))
        .set("namespace", environment.namespace.as_str())
        .set("kubernetes_version", &environment.kubernetes_version)
        .set("branch", environment.branch.as_str())
        .set("crds", environment.crds.as_str())
        .set("drift", environment.drift.as_str())
        .change("recipients", None, Some(environment.recipients.join(" ")).filter(|r| !r.is_empty()))
        .write(control, &tx)
        .await?;
    idempotency::note(control, &tx, call, environment.name.as_str()).await?;
    tx.commit().await?;
    Ok(environment)
}

/// Changes what may change of an environment: not its name or branch, since repositories hold them; its cluster and
/// the namespace in it only while nothing runs there.
pub async fn change(
    control: &Control,
    call: &Call,
    name: &str,
    change: Change,
) -> Result<Environment, Error> {
    let before = named(control, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    if change.expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale("environment", name));
    }
    let mut after = before.clone();
    moved(control, &mut after, (change.cluster.as_deref(), change.namespace.as_deref())).await?;
    after.description = change.description.unwrap_or(after.description);
    after.crds = change.crds.unwrap_or(after.crds);
    after.drift = change.drift.unwrap_or(after.drift);
    after.kubernetes_version = change.kubernetes_version.unwrap_or(after.kubernetes_version);
    let versions = change.api_versions.unwrap_or(after.api_versions);
    after.api_versions =
        checked(&after.description, &after.kubernetes_version, versions).map_err(Error::Invalid)?;
    after.recipients = recipients(change.recipients.unwrap_or(after.recipients))?;
    let clusters =
        (cluster_name(control, before.cluster).await?, cluster_name(control, after.cluster).await?);
    let tx = control.store.begin().await?;
    tx.lock_environment(before.id).await.map_err(|e| Error::about(e, "environment", name))?;
    if (before.cluster, &before.namespace) != (after.cluster, &after.namespace) {
        demand_nothing_runs(&tx, &before).await?;
    }
    after.version = tx.update_environment(&after).await.map_err(|e| Error::about(e, "environment", name))?;
    let pair = |of: fn(&Environment) -> String| (Some(of(&before)), Some(of(&after)));
    let (description, kubernetes, versions) = (
        pair(|e| e.description.clone()),
        pair(|e| e.kubernetes_version.clone()),
        pair(|e| e.api_versions.join(" ")),
    );
    if before.drift != after.drift {
        tx.hasten_places_in(before.id).await?;
    }
    Note::of(call, "environment.changed", format!("environment/{name}"))
        .change("description", description.0, description.1)
        .change("cluster", clusters.0, clusters.1)
        .change("namespace", Some(before.namespace.to_string()), Some(after.namespace.to_string()))
        .change("kubernetes_version", kubernetes.0, kubernetes.1)
        .change("api_versions", versions.0, versions.1)
        .change("recipients", Some(before.recipients.join(" ")), Some(after.recipients.join(" ")))
        .change("crds", Some(before.crds.as_str().to_owned()), Some(after.crds.as_str().to_owned()))
        .change("drift", Some(before.drift.as_str().to_owned()), Some(after.drift.as_str().to_owned()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    // What was changed in its cluster may have to be put right from now on.
    control.wake(crate::Worker::Releaser);
    Ok(after)
}

/// The name of a cluster, if it is known.
async fn cluster_name(control: &Control, cluster: Option<ClusterId>) -> Result<Option<String>, Error> {
    let Some(cluster) = cluster else { return Ok(None) };
    Ok(control.store.cluster(cluster).await?.map(|cluster| cluster.name.to_string()))
}

/// The id of a cluster, or what is wrong with its name.
async fn cluster_named(control: &Control, name: &str) -> Result<Result<ClusterId, FieldError>, Error> {
    Ok(match control.store.cluster_by_name(name).await? {
        Some(cluster) => Ok(cluster.id),
        None => {
            let message = format!("There is no cluster {name:?}. Add it first, or leave the field out.");
            Err(FieldError::new("cluster", "unknown", message))
        }
    })
}

/// The environment with another cluster or namespace.
async fn moved(
    control: &Control,
    environment: &mut Environment,
    (cluster, namespace): (Option<&str>, Option<&str>),
) -> Result<(), Error> {
    let mut errors = Vec::new();
    match cluster.map(str::trim) {
        None => {}
        Some("") => environment.cluster = None,
        Some(name) => match cluster_named(control, name).await? {
            Ok(cluster) => environment.cluster = Some(cluster),
            Err(error) => errors.push(error),
        },
    }
    if let Some(namespace) = namespace {
        match Name::parse("namespace", namespace) {
            Ok(same) if same == environment.namespace => {}
            Ok(_) if environment.cluster.is_none() => errors.push(FieldError::new(
                "namespace",
                "fixed",
                "Without a cluster the namespace stays what it is: somebody else applies what Git has for it. Make \
                 another environment.",
            )),
            Ok(namespace) => environment.namespace = namespace,
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Demands that nothing of an environment runs in its cluster. What was taken there for deployments that all failed
/// before anything was in Git is given back.
async fn demand_nothing_runs(tx: &store::Tx, environment: &Environment) -> Result<(), Error> {
    let mut places = Vec::new();
    for place in tx.places_in(environment.id).await? {
        if never_committed(tx, &place).await? {
            tx.delete_place(place.id).await?;
        } else {
            places.push(place);
        }
    }
    let Some(first) = places.first() else { return Ok(()) };
    let others = match places.len() - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let sentence = format!(
        "In {} runs {}{others}. Take that away first by deleting the application, or make another environment.",
        environment.name, first.release
    );
    Err(Error::conflict("environment_deployed", sentence))
}

/// Whether no deployment of a place came into Git, and none is under way: nothing of it can be in the cluster.
async fn never_committed(tx: &store::Tx, place: &model::cluster::Place) -> Result<bool, Error> {
    let (application, environment) = (place.application, place.environment);
    let last = tx.latest_deployment(application, environment).await?;
    Ok(last.is_none_or(|last| last.end.is_some())
        && place.leaving_at.is_none()
        && tx.last_committed_deployment(application, Some(environment)).await?.is_none())
}

/// Deletes an environment that nothing was deployed to.
pub async fn delete(control: &Control, call: &Call, name: &str) -> Result<(), Error> {
    let environment = named(control, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    let tx = control.store.begin().await?;
    tx.delete_environment(environment.id).await.map_err(|e| Error::about(e, "environment", name))?;
    Note::of(call, "environment.deleted", format!("environment/{name}")).write(control, &tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Checks further recipients; gives them without duplicates, in order.
fn recipients(given: Vec<String>) -> Result<Vec<String>, Error> {
    if given.len() > RECIPIENTS_LIMIT {
        let message = format!("At most {RECIPIENTS_LIMIT} recipients can be named.");
        return Err(Error::field("recipients", "too_many", message));
    }
    let parsed: Result<Vec<_>, seal::Error> = given.iter().map(|text| seal::Recipient::parse(text)).collect();
    let mut parsed = parsed.map_err(|error| {
        let code = error.code();
        Error::field("recipients", code, Error::Seal(error).sentence())
    })?;
    parsed.sort();
    parsed.dedup();
    Ok(parsed.into_iter().map(|recipient| recipient.to_string()).collect())
}

/// Checks the fields that may change; gives the API versions without duplicates, in order.
fn checked(
    description: &str,
    kubernetes_version: &str,
    api_versions: Vec<String>,
) -> Result<Vec<String>, Vec<FieldError>> {
    let mut errors: Vec<FieldError> = crate::project::describable(description).err().into_iter().collect();
    let numbers: Vec<&str> = kubernetes_version.split('.').collect();
    let number = |n: &&str| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    if numbers.len() != 3 || !numbers.iter().all(number) {
        let message = format!("A Kubernetes version looks like {KUBERNETES_VERSION}.");
        errors.push(FieldError::new("kubernetes_version", "invalid", message));
    }
    if api_versions.len() > API_VERSIONS_LIMIT {
        let message = format!("At most {API_VERSIONS_LIMIT} API versions can be named.");
        errors.push(FieldError::new("api_versions", "too_many", message));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-/".contains(c);
    let wrong = api_versions.iter().find(|v| v.is_empty() || v.len() > 253 || !v.chars().all(allowed));
    if let Some(wrong) = wrong {
        let message = format!("{wrong:?} is no API version; one looks like monitoring.coreos.com/v1.");
        errors.push(FieldError::new("api_versions", "invalid", message));
    }
    let mut sorted = api_versions;
    sorted.sort();
    sorted.dedup();
    if errors.is_empty() { Ok(sorted) } else { Err(errors) }
}

#[cfg(test)]
mod tests;
