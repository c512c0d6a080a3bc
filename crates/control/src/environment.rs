//! Environments without a cluster: made, changed and deleted by administrators of the installation.

use model::environment::{BranchRule, CrdRule, Environment};
use model::role::{Role, Scope};
use model::{EnvironmentId, FieldError, Name};

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
    /// The version that the caller read, if it says so.
    pub expected: Option<i64>,
}

/// The environment of this name; everyone signed in may see environments.
pub async fn named(control: &Control, name: &str) -> Result<Environment, Error> {
    let found = control.store.environment_by_name(name).await?;
    found.ok_or_else(|| Error::not_found("environment", name))
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
        namespace,
        kubernetes_version,
        api_versions,
        branch: new.branch.unwrap_or(BranchRule::Default),
        crds: new.crds.unwrap_or(CrdRule::Apply),
        recipients,
        created_at: control.now(),
        version: 1,
    };
    let tx = control.store.begin().await?;
    tx.insert_environment(&environment)
        .await
        .map_err(|e| Error::about(e, "environment", environment.name.as_str()))?;
    Note::of(call, "environment.created", format!("environment/{}", environment.name))
        .set("namespace", environment.namespace.as_str())
        .set("kubernetes_version", &environment.kubernetes_version)
        .set("branch", environment.branch.as_str())
        .set("crds", environment.crds.as_str())
        .change("recipients", None, Some(environment.recipients.join(" ")).filter(|r| !r.is_empty()))
        .write(control, &tx)
        .await?;
    idempotency::note(control, &tx, call, environment.name.as_str()).await?;
    tx.commit().await?;
    Ok(environment)
}

/// Changes what may change of an environment: not its name, namespace or branch, since repositories hold them.
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
    after.description = change.description.unwrap_or(after.description);
    after.crds = change.crds.unwrap_or(after.crds);
    after.kubernetes_version = change.kubernetes_version.unwrap_or(after.kubernetes_version);
    let versions = change.api_versions.unwrap_or(after.api_versions);
    after.api_versions =
        checked(&after.description, &after.kubernetes_version, versions).map_err(Error::Invalid)?;
    after.recipients = recipients(change.recipients.unwrap_or(after.recipients))?;
    let tx = control.store.begin().await?;
    after.version = tx.update_environment(&after).await.map_err(|e| Error::about(e, "environment", name))?;
    let pair = |of: fn(&Environment) -> String| (Some(of(&before)), Some(of(&after)));
    let (description, kubernetes, versions) = (
        pair(|e| e.description.clone()),
        pair(|e| e.kubernetes_version.clone()),
        pair(|e| e.api_versions.join(" ")),
    );
    Note::of(call, "environment.changed", format!("environment/{name}"))
        .change("description", description.0, description.1)
        .change("kubernetes_version", kubernetes.0, kubernetes.1)
        .change("api_versions", versions.0, versions.1)
        .change("recipients", Some(before.recipients.join(" ")), Some(after.recipients.join(" ")))
        .change("crds", Some(before.crds.as_str().to_owned()), Some(after.crds.as_str().to_owned()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(after)
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
