//! Deployments as people ask for them: what is checked before one is taken on, and which older one gives way.
//! Carrying them out is left to the deployer.

use std::sync::Arc;

use model::application::Application;
use model::deployment::{Deployment, End, Stage};
use model::image::ImageReference;
use model::release::Release;
use model::repository::Repository;
use model::role::{Role, Scope};
use model::{ApplicationId, DeploymentId, EnvironmentId, FieldError};
use store::{Claim, Tx, Work};

use crate::audit::Note;
use crate::wanted::{Asked, Pins, Wanted};
use crate::workers::Worker;
use crate::{Call, Control, Error, Topic, application, hold, idempotency, plan, rollback};

/// Most characters of a deployment's message.
pub const MESSAGE_LIMIT: usize = 4000;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What is to be deployed where.
    pub asked: Asked,
    /// Why; goes into the commit. May be empty.
    pub message: String,
    /// Digest of the preview that the caller saw: anything else is refused.
    pub digest: Option<String>,
    /// Whether objects in the cluster that are somebody else's become the application's.
    pub adopt: bool,
    /// Whether objects with a changed immutable field are deleted and made anew.
    pub recreate: bool,
}

/// Takes on a deployment: everything is checked, numbered and stored, older requests that have not begun to
/// push give way, and the deployer is woken. What becomes of it is seen in its stages.
///
/// # Errors
/// `gitops_not_configured` while the gate is closed, `held` while a hold stands there, `preview_outdated` when it
/// would give something else than the preview named, `already_deployed` and `not_restorable` of rollbacks,
/// `idempotency_key_reused`, and fields that are wrong.
pub async fn request(
    control: &Control,
    call: &Call,
    name: &str,
    request: Request,
) -> Result<Deployment, Error> {
    let mut wanted = Wanted::read(control, call, name, &request.asked).await?;
    checked(&request.message)?;
    if let Some(earlier) = idempotency::earlier(control, call).await? {
        return earlier_deployment(control, &earlier).await;
    }
    crate::gate::demand(control, &wanted.application).await?;
    hold::demand_none(&control.store, &wanted).await?;
    previewed(control, &mut wanted, request.digest.as_deref()).await?;
    let (deployment, superseded) = store(control, call, &wanted, &request).await?;
    for number in superseded.into_iter().chain([deployment.number]) {
        publish(control, &wanted.application, number);
    }
    if deployment.restores.is_some() {
        // Its hold is shown with the application.
        application::publish(control, &wanted.application);
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

/// Checks a message.
pub(crate) fn checked(message: &str) -> Result<(), Error> {
    let mut errors = Vec::new();
    if message.chars().count() > MESSAGE_LIMIT {
        let message = format!("A message has at most {MESSAGE_LIMIT} characters.");
        errors.push(FieldError::new("message", "too_long", message));
    }
    if message.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
        let message = "A message has no control characters but line breaks and tabs.";
        errors.push(FieldError::new("message", "invalid_character", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// The deployment that an earlier request with the same key made.
pub(crate) async fn earlier_deployment(control: &Control, id: &str) -> Result<Deployment, Error> {
    let wrong = || Error::Bug(format!("{id:?} was remembered as a deployment"));
    let found = control.store.deployment(id.parse().map_err(|_| wrong())?).await?;
    found.ok_or_else(|| Error::not_found("deployment", id))
}

/// Looks at the chart, at the values in it, and at what would come of them if a preview is named.
///
/// # Errors
/// `preview_outdated` when something else would come of them than what was previewed.
pub(crate) async fn previewed(
    control: &Control,
    wanted: &mut Wanted,
    digest: Option<&str>,
) -> Result<(), Error> {
    if let Some(number) = wanted.restores {
        let Wanted { application, environment, .. } = &*wanted;
        rollback::demand_change(&control.store, application, environment, number).await?;
        let plan = rollback::previewed(control, wanted, number).await?;
        return if digest.is_none_or(|digest| plan.digest == digest) { Ok(()) } else { Err(outdated()) };
    }
    if digest.is_none() && wanted.pin.repository.is_none() && wanted.drafts.is_empty() {
        return Ok(());
    }
    let chart = wanted.chart(control).await?;
    let Some(digest) = digest else { return wanted.check(&chart) };
    let (application, environment) = (wanted.application.id, wanted.environment.id);
    let before = control.store.last_committed_deployment(application, Some(environment)).await?;
    let plan = plan::plan(control, &wanted.inputs(&chart, before.as_ref())).await?;
    if plan.digest == digest { Ok(()) } else { Err(outdated()) }
}

/// The refusal of a deployment that would not give what was previewed.
pub(crate) fn outdated() -> Error {
    Error::conflict(
        "preview_outdated",
        "Something changed since the preview: deploying now would give something else. Look at the new preview.",
    )
}

/// One transaction: the deployment, those that give way to it, the key and the audit.
async fn store(
    control: &Control,
    call: &Call,
    wanted: &Wanted,
    request: &Request,
) -> Result<(Deployment, Vec<i64>), Error> {
    let tx = control.store.begin().await?;
    let taken = insert(control, &tx, call, wanted, request).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Within a transaction: the deployment, those that give way to it (their numbers), the key and the audit.
pub(crate) async fn insert(
    control: &Control,
    tx: &Tx,
    call: &Call,
    wanted: &Wanted,
    request: &Request,
) -> Result<(Deployment, Vec<i64>), Error> {
    let Wanted { application, environment, .. } = wanted;
    // Counting up also makes requests for one application wait for one another.
    let number = tx.next_deployment_number(application.id).await?;
    hold::demand_none(tx, wanted).await?;
    let pins = match wanted.restores {
        None => {
            for draft in &wanted.drafts {
                draft.insert(control, tx, call).await?;
            }
            Pins::newest(tx, application, environment).await?
        }
        Some(old) => {
            rollback::demand_change(tx, application, environment, old).await?;
            hold::bring(control, tx, call, wanted, (number, &request.message)).await?;
            wanted.pins.clone()
        }
    };
    if request.digest.is_some() && !pins.same(&wanted.pins) {
        return Err(outdated());
    }
    let deployment = made(control, call, &Wanted { pins, ..wanted.clone() }, request, number);
    crate::cluster::claim(control, tx, application, environment.id).await?;
    tx.insert_deployment(&deployment).await?;
    let superseded = supersede(control, tx, &deployment).await?;
    idempotency::note(control, tx, call, &deployment.id.to_string()).await?;
    let image = Some(deployment.image.clone()).filter(|image| !image.is_empty());
    let chart = deployment.chart.repository.is_some().then(|| deployment.chart.to_string());
    Note::of(call, "deployment.requested", format!("application/{}", application.name))
        .in_project(application.project)
        .set("number", number.to_string())
        .set("environment", environment.name.as_str())
        .change("image", None, image)
        .change("chart", None, chart)
        .change("restores", None, deployment.restores.map(|n| n.to_string()))
        .change("adopt", None, request.adopt.then(|| "true".to_owned()))
        .change("recreate", None, request.recreate.then(|| "true".to_owned()))
        .write(control, tx)
        .await?;
    Ok((deployment, superseded))
}

fn made(control: &Control, call: &Call, wanted: &Wanted, request: &Request, number: i64) -> Deployment {
    let Wanted { application, environment, image, pin, pins, restores, anew, .. } = wanted;
    let created_at = control.now();
    let mut deployment = Deployment {
        id: DeploymentId(crate::random::id()),
        number,
        application: application.id,
        environment: environment.id,
        chart: pin.clone(),
        image: image.as_ref().map(ImageReference::to_string).unwrap_or_default(),
        message: request.message.trim().to_owned(),
        author: call.actor.name.clone(),
        author_email: call.actor.email.clone(),
        base_values: pins.base.id,
        override_values: pins.over.as_ref().map(|v| v.id),
        secret_values: pins.secrets.as_ref().map(|v| v.id),
        restores: *restores,
        reseals: false,
        anew: *anew,
        expected_digest: request.digest.clone(),
        stage: Stage::Requested,
        end: None,
        failure: None,
        rendered: None,
        attempt: None,
        commit: None,
        release: Release {
            adopt: request.adopt,
            adopt_across: request.adopt && call.actor.may(Role::Administrator, Scope::Installation),
            recreate: request.recreate,
            ..Release::default()
        },
        timeline: Vec::new(),
        created_at,
        version: 1,
    };
    deployment.pass(Stage::Requested, created_at, 0, "");
    deployment
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
