//! Installing a chart: application, values and first deployment at once, or nothing of them.

use model::application::{Application, Source};
use model::deployment::{ChartPin, Deployment};
use model::environment::Environment;
use model::project::Project;
use model::values::{Slot, Values};
use model::{ApplicationId, FieldError, Name, ProjectId, Secret};
use seal::Fields;

use crate::preview::Preview;
use crate::wanted::{Pins, Wanted};
use crate::workers::Worker;
use crate::{Call, Control, Error, age_identity, application, deployment, idempotency, preview, values};

/// A chart to be installed.
#[derive(Clone, Default)]
pub struct New {
    /// The application's name; also the release name.
    pub name: String,
    /// The project's name.
    pub project: String,
    /// The chart repository's name.
    pub repository: String,
    /// The chart's name there.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// Base values, as YAML; may be empty.
    pub values: String,
    /// Secret values of the environment, as YAML.
    pub secret_values: Option<Secret>,
    /// Why; goes into the commit. May be empty.
    pub message: String,
    /// Digest of the preview that the caller saw: anything else is refused.
    pub digest: Option<String>,
    /// The address of a Git repository that exists; Trueline makes one when left out.
    pub git_repository: Option<String>,
    /// The folder in that repository; the root when left out.
    pub path: Option<String>,
}

/// What is to be stored.
struct Made {
    wanted: Wanted,
    project: Project,
}

/// Renders what installing would write. Writes nothing.
pub async fn preview(control: &Control, call: &Call, new: New) -> Result<Preview, Error> {
    let project = application::project_to_change(control, call, &new.project).await?;
    let mut made = made(control, call, &new, project).await?;
    preview::of(control, &mut made.wanted).await
}

/// Makes the application with its values and takes on its first deployment, all in one transaction.
///
/// # Errors
/// `gitops_not_configured` while the gate is closed, `name_taken`, `preview_outdated`, `invalid_values`, a chart
/// that cannot be had or is not fit to be installed, and fields that are wrong. Nothing is made then.
pub async fn install(control: &Control, call: &Call, new: New) -> Result<(Application, Deployment), Error> {
    let project = application::project_to_change(control, call, &new.project).await?;
    if let Some(id) = idempotency::earlier(control, call).await? {
        let deployment = deployment::earlier_deployment(control, &id).await?;
        let application = control.store.application(deployment.application).await?;
        return Ok((application.ok_or_else(|| Error::not_found("application", new.name))?, deployment));
    }
    let mut made = made(control, call, &new, project).await?;
    deployment::checked(&new.message)?;
    crate::gate::demand(control, &made.wanted.application).await?;
    deployment::previewed(control, &mut made.wanted, new.digest.as_deref()).await?;
    let deployment = store(control, call, &made, new).await?;
    let application = made.wanted.application;
    application::publish(control, &application);
    deployment::publish(control, &application, deployment.number);
    control.wake(Worker::Deployer);
    Ok((application, deployment))
}

async fn store(control: &Control, call: &Call, made: &Made, new: New) -> Result<Deployment, Error> {
    let Made { wanted, project } = made;
    let Pins { base, secrets, .. } = &wanted.pins;
    let request = deployment::Request { message: new.message, digest: new.digest, ..Default::default() };
    let tx = control.store.begin().await?;
    application::insert(control, &tx, call, &wanted.application, (project, base)).await?;
    if let Some(secrets) = secrets {
        tx.insert_values(secrets).await?;
    }
    let (deployment, _) = deployment::insert(control, &tx, call, wanted, &request).await?;
    tx.commit().await?;
    Ok(deployment)
}

/// What an installation means, before anything of it is stored.
async fn made(control: &Control, call: &Call, new: &New, project: Project) -> Result<Made, Error> {
    let (name, path, environment) = checked(control, new, project.id).await?;
    let config = control.store.active_gitops_config().await?;
    if let Some(other) = control.store.application_by_name(name.as_str()).await? {
        return Err(taken(call, &other));
    }
    let place = application::New {
        repository: new.git_repository.clone(),
        path: new.path.clone(),
        ..application::New::default()
    };
    let wanted_repository = application::wanted_repository(control, config.as_ref(), &place, &path).await?;
    let application = Application {
        id: ApplicationId(crate::random::id()),
        name,
        project: project.id,
        source: Source::Chart { repository: new.repository.clone(), chart: new.chart.clone() },
        gitops_config: config.map(|c| c.id),
        repository: None,
        wanted_repository,
        path,
        deleting_at: None,
        deletion_failure: None,
        deletion_failure_code: None,
        deletion: None,
        created_at: control.now(),
        version: 1,
    };
    let pin = ChartPin {
        repository: Some(new.repository.clone()),
        name: new.chart.clone(),
        version: new.version.trim().to_owned(),
        digest: None,
    };
    let pins = pins(control, call, new, (&application, &environment)).await?;
    let drafts = Vec::new();
    let wanted =
        Wanted { application, environment, image: None, pin, pins, drafts, restores: None, anew: false };
    Ok(Made { wanted, project })
}

async fn checked(
    control: &Control,
    new: &New,
    project: ProjectId,
) -> Result<(Name, String, Environment), Error> {
    let mut errors = Vec::new();
    let name = Name::parse("name", &new.name).map_err(|e| errors.push(e)).ok();
    let path = application::folder(new.path.as_deref()).map_err(|e| errors.push(e)).ok();
    for (field, text) in [("repository", &new.repository), ("chart", &new.chart), ("version", &new.version)] {
        if text.trim().is_empty() {
            errors.push(FieldError::new(field, "required", format!("Say which {field} is to be installed.")));
        }
    }
    let environment = control.store.environment_by_name(&new.environment).await?;
    let environment = match environment {
        Some(environment) => Some(crate::cluster::fitted(control, environment).await?),
        None => None,
    };
    if environment.is_none() {
        let message = format!("There is no environment {:?}.", new.environment);
        errors.push(FieldError::new("environment", "unknown", message));
    }
    if let Some(environment) = &environment {
        errors.extend(crate::project::outside(control, project, environment).await?);
    }
    match (name, path, environment) {
        (Some(name), Some(path), Some(environment)) if errors.is_empty() => Ok((name, path, environment)),
        _ => Err(Error::Invalid(errors)),
    }
}

/// The name is also the release's, so that a second claim to a release ends here.
fn taken(call: &Call, other: &Application) -> Error {
    let name = &other.name;
    let visible = call.require(model::role::Role::Viewer, model::role::Scope::Project(other.project)).is_ok();
    let what = if visible { format!(" (deployed from {})", other.source) } else { String::new() };
    let sentence = format!(
        "There is an application {name} already{what}, and a release is called as its application. Take another \
         name, or upgrade that one."
    );
    Error::conflict("name_taken", sentence)
}

async fn pins(
    control: &Control,
    call: &Call,
    new: &New,
    (application, environment): (&Application, &Environment),
) -> Result<Pins, Error> {
    let yaml = match new.values.trim() {
        "" => format!(
            "# Base values of {}: what all its environments share. Write down only what differs from the chart's\n\
             # defaults; an environment's override lies over these.\n",
            application.name
        ),
        _ => new.values.clone(),
    };
    if yaml.len() > Values::LIMIT {
        let message = format!("The values have {} bytes; at most {} are allowed.", yaml.len(), Values::LIMIT);
        return Err(Error::field("values", "too_long", message));
    }
    let base = values::first(call, application, Slot::Base, yaml);
    let secrets = match &new.secret_values {
        Some(text) if !text.is_empty() => {
            let sealed = sealed(control, environment, text).await?;
            Some(values::first(call, application, Slot::Secrets(environment.id), sealed))
        }
        _ => None,
    };
    Ok(Pins { base, over: None, secrets })
}

/// The text as the sealed file that is kept and committed.
async fn sealed(control: &Control, environment: &Environment, text: &Secret) -> Result<String, Error> {
    let keys = age_identity::seal_keys(control, environment).await?;
    let wrong = |error: seal::Error| {
        let code = error.code();
        Error::field("secret_values", code, Error::Seal(error).sentence())
    };
    let document = seal::change(&Secret::new(""), Some(text), &[]).map_err(wrong)?;
    let file = control.sealed.seal(&document, Fields::All, &keys, None, control.now()).map_err(wrong)?;
    String::from_utf8(file).map_err(|_| Error::Bug("sealed text".into()))
}
