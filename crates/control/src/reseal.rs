//! Sealing anew: after a rotation of the age identity, or a change of an environment's recipients, what lies in Git is
//! sealed for the recipients of today by a commit of each environment of each application. No text, no manifest and no
//! pod changes, so a hold does not stand in the way of it. The worker that does it is the resealer.

pub(crate) mod resealer;

use model::reseal::{Progress, Reseal};
use model::role::{Role, Scope};
use model::{ResealId, Timestamp};
use store::View;

use crate::audit::Note;
use crate::workers::Worker;
use crate::{Call, Control, Error};

/// How far sealing anew is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resealing {
    /// How many environments of applications are part of it.
    pub total: usize,
    /// How many of them are sealed for the recipients of today.
    pub done: usize,
    /// Those that could not be sealed anew; the next request tries them again.
    pub failed: Vec<Unsealed>,
    /// Who asked for it, and when; nothing when nobody ever did.
    pub asked: Option<(String, Timestamp)>,
}

impl Resealing {
    /// Whether there is nothing left to try.
    pub fn has_ended(&self) -> bool {
        self.done + self.failed.len() == self.total
    }
}

/// An environment of an application that could not be sealed anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsealed {
    /// The application's name.
    pub application: String,
    /// The environment's name.
    pub environment: String,
    /// The number of the deployment that failed, if it came to one.
    pub deployment: Option<i64>,
    /// What, where, why, and what to do.
    pub sentence: String,
}

/// Asks for everything in Git to be sealed anew. What is asked for already goes on; what failed is tried again; what
/// is sealed for the recipients of today stays as it is.
///
/// # Errors
/// Forbidden to all but administrators of the installation.
pub async fn request(control: &Control, call: &Call) -> Result<Resealing, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let tx = control.store.begin().await?;
    let places = tx.committed_places().await?;
    for (application, environment) in &places {
        let reseal = Reseal {
            id: ResealId(crate::random::id()),
            application: *application,
            environment: *environment,
            by: call.actor.name.clone(),
            email: call.actor.email.clone(),
            progress: Progress::Waiting,
            deployment: None,
            failure: None,
            created_at: control.now(),
        };
        tx.ask_reseal(&reseal).await?;
    }
    Note::of(call, "age_identity.reseal_requested", "age-identity")
        .set("environments", places.len().to_string())
        .write(control, &tx)
        .await?;
    let resealing = summed(&tx).await?;
    tx.commit().await?;
    control.wake(Worker::Resealer);
    Ok(resealing)
}

/// Tells how far it is.
///
/// # Errors
/// Forbidden to all but administrators of the installation.
pub async fn progress(control: &Control, call: &Call) -> Result<Resealing, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    summed(&control.store).await
}

async fn summed(view: &View) -> Result<Resealing, Error> {
    let reseals = view.reseals().await?;
    let newest = reseals.iter().max_by_key(|reseal| reseal.created_at);
    let asked = newest.map(|reseal| (reseal.by.clone(), reseal.created_at));
    let done = reseals.iter().filter(|reseal| reseal.progress == Progress::Done).count();
    let total = reseals.len();
    let mut failed = Vec::new();
    for reseal in reseals.into_iter().filter(|reseal| reseal.progress == Progress::Failed) {
        let application = view.application(reseal.application).await?;
        let environment = view.environment(reseal.environment).await?;
        let (Some(application), Some(environment)) = (application, environment) else { continue };
        failed.push(Unsealed {
            application: application.name.to_string(),
            environment: environment.name.to_string(),
            deployment: reseal.deployment,
            sentence: reseal.failure.unwrap_or_default(),
        });
    }
    Ok(Resealing { total, done, failed, asked })
}
