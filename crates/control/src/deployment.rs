//! Deployments as people ask for them: what is checked before one is taken on, and which older one gives way.
//! Carrying them out is left to the deployer.

use std::sync::Arc;

use model::application::Application;
use model::deployment::{Deployment, End, Stage};
use model::environment::Environment;
use model::image::ImageReference;
use model::repository::Repository;
use model::role::{Role, Scope};
use model::values::{Slot, Values};
use model::{ApplicationId, DeploymentId, EnvironmentId, FieldError};
use store::{Claim, Tx, Work};

use crate::audit::Note;
use crate::plan::{self, Inputs};
use crate::workers::Worker;
use crate::{Call, Control, Error, Topic, chart, idempotency};

/// Most characters of a deployment's message.
pub const MESSAGE_LIMIT: usize = 4000;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The environment's name.
    pub environment: String,
    /// The image.
    pub image: String,
    /// Why; goes into the commit. May be empty.
    pub message: String,
    /// Digest of the preview that the caller saw: anything else is refused.
    pub digest: Option<String>,
}

/// What a request turned out to mean.
struct Wanted<'a> {
    request: &'a Request,
    application: Application,
    environment: Environment,
    image: ImageReference,
}

/// The versions of values that a deployment pins.
struct Pins {
    base: Values,
    over: Option<Values>,
    secrets: Option<Values>,
}

/// Takes on a deployment: everything is checked, numbered and stored, older requests that have not begun to
/// push give way, and the deployer is woken. What becomes of it is seen in its stages.
///
/// # Errors
/// `gitops_not_configured` while the gate is closed, `held` while a hold stands there, `preview_outdated` when it would give something else
/// than the preview named, `idempotency_key_reused`, and fields that are wrong.
pub async fn request(
    control: &Control,
    call: &Call,
    application: &str,
    request: Request,
) -> Result<Deployment, Error> {
    let wanted = wanted(control, call, application, &request).await?;
    if let Some(earlier) = idempotency::earlier(control, call).await? {
        return earlier_deployment(control, &earlier).await;
    }
    crate::gate::demand(control, &wanted.application).await?;
    crate::hold::demand_none(&control.store, &wanted.application, &wanted.environment).await?;
    let previewed = match &request.digest {
        Some(digest) => Some(previewed(control, &wanted, digest).await?),
        None => None,
    };
    let (deployment, superseded) = store(control, call, &wanted, previewed).await?;
    for number in superseded.into_iter().chain([deployment.number]) {
        publish(control, &wanted.application, number);
    }
    control.wake(Worker::Deployer);
    Ok(deployment)
}

/// Tells who watches that a deployment went on.
pub(crate) fn publish(control: &Control, application: &Application, number: i64) {
    control.publish(Topic::Deployment {
        application: application.name.to_string(),
        project: application.project,
        number,
    });
}

async fn wanted<'a>(
    control: &Control,
    call: &Call,
    name: &str,
    request: &'a Request,
) -> Result<Wanted<'a>, Error> {
    let found = control.store.application_by_name(name).await?;
    let application = call.see(found, |a| Scope::Project(a.project), "application", name)?;
    call.require(Role::Deployer, Scope::Project(application.project))?;
    let mut errors: Vec<FieldError> = checked(request);
    let image = ImageReference::parse("image", &request.image).map_err(|e| errors.push(e)).ok();
    let environment = control.store.environment_by_name(&request.environment).await?;
    if environment.is_none() {
        let message = format!("There is no environment {:?}.", request.environment);
        errors.push(FieldError::new("environment", "unknown", message));
    }
    let (Some(image), Some(environment), []) = (image, environment, errors.as_slice()) else {
        return Err(Error::Invalid(errors));
    };
    if application.deleting_at.is_some() {
        let sentence = format!("The application {name} is being deleted; nothing can be deployed any more.");
        return Err(Error::conflict("application_deleted", sentence));
    }
    Ok(Wanted { request, application, environment, image })
}

fn checked(request: &Request) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if request.message.chars().count() > MESSAGE_LIMIT {
        let message = format!("A message has at most {MESSAGE_LIMIT} characters.");
        errors.push(FieldError::new("message", "too_long", message));
    }
    if request.message.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
        let message = "A message has no control characters but line breaks and tabs.";
        errors.push(FieldError::new("message", "invalid_character", message));
    }
    errors
}

/// The deployment that an earlier request with the same key made.
async fn earlier_deployment(control: &Control, id: &str) -> Result<Deployment, Error> {
    let wrong = || Error::Bug(format!("{id:?} was remembered as a deployment"));
    let found = control.store.deployment(id.parse().map_err(|_| wrong())?).await?;
    found.ok_or_else(|| Error::not_found("deployment", id))
}

/// What a deployment would be made from now, if that gives the digest.
async fn previewed(control: &Control, wanted: &Wanted<'_>, digest: &str) -> Result<Pins, Error> {
    let Wanted { application, environment, image, .. } = wanted;
    let pins = pins(&control.store, wanted).await?;
    let before = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
    let pin = chart::pin(application)?;
    let inputs = Inputs {
        application,
        environment,
        image: Some(image),
        chart: &chart::pinned(control, &pin, application, environment).await?,
        pin: &pin,
        base: &pins.base,
        over: pins.over.as_ref(),
        secrets: pins.secrets.as_ref(),
        before: before.as_ref(),
        anew: false,
    };
    let plan = plan::plan(control, &inputs).await?;
    if plan.digest == digest { Ok(pins) } else { Err(outdated()) }
}

/// The refusal of a deployment that would not give what was previewed.
pub(crate) fn outdated() -> Error {
    Error::conflict(
        "preview_outdated",
        "Something changed since the preview: deploying now would give something else. Look at the new preview.",
    )
}

async fn pins(view: &store::View, wanted: &Wanted<'_>) -> Result<Pins, Error> {
    let application = wanted.application.id;
    let environment = wanted.environment.id;
    let base = view.latest_values(application, Slot::Base).await?;
    let over = view.latest_values(application, Slot::Override(environment)).await?;
    let secrets = view.latest_values(application, Slot::Secrets(environment)).await?;
    let base = base.ok_or_else(|| Error::Bug(format!("{} has no base values", wanted.application.name)))?;
    Ok(Pins { base, over, secrets })
}

/// One transaction: the deployment, those that give way to it, the key and the audit.
async fn store(
    control: &Control,
    call: &Call,
    wanted: &Wanted<'_>,
    previewed: Option<Pins>,
) -> Result<(Deployment, Vec<i64>), Error> {
    let tx = control.store.begin().await?;
    // Counting up also makes requests for one application wait for one another.
    let number = tx.next_deployment_number(wanted.application.id).await?;
    crate::hold::demand_none(&tx, &wanted.application, &wanted.environment).await?;
    let pins = pins(&tx, wanted).await?;
    if let Some(seen) = previewed {
        let ids = |p: &Pins| (p.base.id, p.over.as_ref().map(|v| v.id), p.secrets.as_ref().map(|v| v.id));
        if ids(&seen) != ids(&pins) {
            return Err(outdated());
        }
    }
    let deployment = made(control, call, wanted, &pins, number)?;
    tx.insert_deployment(&deployment).await?;
    let superseded = supersede(control, &tx, &deployment).await?;
    idempotency::note(control, &tx, call, &deployment.id.to_string()).await?;
    Note::of(call, "deployment.requested", format!("application/{}", wanted.application.name))
        .in_project(wanted.application.project)
        .set("number", number.to_string())
        .set("environment", wanted.environment.name.as_str())
        .set("image", &deployment.image)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok((deployment, superseded))
}

fn made(
    control: &Control,
    call: &Call,
    wanted: &Wanted<'_>,
    pins: &Pins,
    number: i64,
) -> Result<Deployment, Error> {
    let created_at = control.now();
    let mut deployment = Deployment {
        id: DeploymentId(crate::random::id()),
        number,
        application: wanted.application.id,
        environment: wanted.environment.id,
        chart: chart::pin(&wanted.application)?,
        image: wanted.image.to_string(),
        message: wanted.request.message.trim().to_owned(),
        author: call.actor.name.clone(),
        author_email: call.actor.email.clone(),
        base_values: pins.base.id,
        override_values: pins.over.as_ref().map(|v| v.id),
        secret_values: pins.secrets.as_ref().map(|v| v.id),
        restores: None,
        anew: false,
        expected_digest: wanted.request.digest.clone(),
        stage: Stage::Requested,
        end: None,
        failure: None,
        rendered: None,
        attempt: None,
        commit: None,
        timeline: Vec::new(),
        created_at,
        version: 1,
    };
    deployment.pass(Stage::Requested, created_at, 0, "");
    Ok(deployment)
}

/// Ends the older requests for the environment whose push has not begun; gives their numbers.
async fn supersede(control: &Control, tx: &Tx, newest: &Deployment) -> Result<Vec<i64>, Error> {
    let place = (newest.application, newest.environment);
    end_waiting(control, tx, place, |deployment| {
        if deployment.number < newest.number {
            let note = format!("Deployment {} took its place.", newest.number);
            deployment.finish(End::Superseded, control.now(), note);
        }
    })
    .await
}

/// Ends the requests for an environment whose push has not begun, in the way of `end`; gives their numbers.
pub(crate) async fn end_waiting(
    control: &Control,
    tx: &Tx,
    (application, environment): (ApplicationId, EnvironmentId),
    end: impl Fn(&mut Deployment),
) -> Result<Vec<i64>, Error> {
    let mut ended = Vec::new();
    for mut deployment in tx.unfinished_deployments(application, environment).await? {
        while deployment.replaceable() {
            let mut over = deployment.clone();
            end(&mut over);
            let Some(how) = over.end else { break };
            match tx.update_deployment(&over).await {
                Ok(_) => {
                    let nobodys = Claim {
                        work: Work::Deployment,
                        id: deployment.id.to_string(),
                        owner: String::new(),
                        tries: 0,
                    };
                    tx.release(&nobodys).await?;
                    control.counts.deployment_ended(how);
                    ended.push(deployment.number);
                    break;
                }
                // The deployer was faster: look again at how far it is.
                Err(store::Error::Stale) => match tx.deployment(deployment.id).await? {
                    Some(now) => deployment = now,
                    None => break,
                },
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(ended)
}

/// The pages of an application's repository at its host.
pub struct Links {
    place: Option<(Arc<dyn git::Provider>, Repository)>,
}

impl Links {
    /// The page of a commit, where the host has one.
    pub fn commit(&self, commit: &str) -> Option<String> {
        self.place.as_ref().and_then(|(host, repository)| host.commit_url(repository, commit))
    }
}

/// The pages of an application's repository. Nothing is asked of the host; what cannot be found out is left out.
pub async fn links(control: &Control, application: &Application) -> Links {
    let Some(repository) = application.repository.clone() else { return Links { place: None } };
    let host = async {
        let config = crate::gate::demand(control, application).await?;
        crate::hosts::open(control, &config).await
    };
    match host.await {
        Ok(host) => Links { place: Some((host, repository)) },
        Err(error) => {
            tracing::debug!(application = application.name.as_str(), error = %error.chain(), "no links");
            Links { place: None }
        }
    }
}
