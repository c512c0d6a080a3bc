//! Sealing anew: after a rotation of the age identity, or a change of an environment's recipients, what lies in Git is
//! sealed for the recipients of today by a commit of each environment of each application. No text, no manifest and no
//! pod changes, so a hold does not stand in the way of it. The worker that does it is the resealer.

pub(crate) mod resealer;

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, Stage};
use model::environment::Environment;
use model::reseal::{Progress, Reseal};
use model::role::{Role, Scope};
use model::values::Slot;
use model::{ResealId, Timestamp, layout};
use store::View;

use crate::audit::Note;
use crate::sealed_files::Files;
use crate::workers::Worker;
use crate::{Call, Control, Error};

/// Reseals that one transaction writes.
const TOGETHER: usize = 500;
/// How often a request begins again because an application was deleted meanwhile.
const STALE: u32 = 5;

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
    let mut again = 0..STALE;
    loop {
        // Read without a transaction: others wait to write.
        let wanted = wanted(control, call).await?;
        match ask(control, call, &wanted).await {
            Err(Error::Store(store::Error::Stale)) if again.next().is_some() => {}
            asked => break asked?,
        }
    }
    control.wake(Worker::Resealer);
    summed(&control.store).await
}

/// A reseal of each environment of each application in which something was committed.
async fn wanted(control: &Control, call: &Call) -> Result<Vec<Reseal>, Error> {
    let reseal = |(application, environment)| Reseal {
        id: ResealId(crate::random::id()),
        application,
        environment,
        by: call.actor.name.clone(),
        email: call.actor.email.clone(),
        progress: Progress::Waiting,
        deployment: None,
        failure: None,
        created_at: control.now(),
    };
    Ok(control.store.committed_places().await?.into_iter().map(reseal).collect())
}

/// Writes what is asked for, some at a time, so that nobody waits long to write. Of a request that ends in the middle
/// the audit tells; it may be repeated.
async fn ask(control: &Control, call: &Call, wanted: &[Reseal]) -> Result<(), Error> {
    let mut batches = wanted.chunks(TOGETHER);
    let tx = control.store.begin().await?;
    tx.ask_reseals(batches.next().unwrap_or_default()).await?;
    Note::of(call, "age_identity.reseal_requested", "age-identity")
        .set("environments", wanted.len().to_string())
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    for batch in batches {
        let tx = control.store.begin().await?;
        tx.ask_reseals(batch).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Inputs that were taken in from Git since a deployment, by their paths below the environment's folder; nothing where
/// the file was deleted there. The branch holds them, deployed or not: whoever seals anew writes them again, and not the
/// older ones of the deployment.
pub(crate) async fn taken_in(
    control: &Control,
    application: &Application,
    environment: &Environment,
    last: &Deployment,
) -> Result<BTreeMap<String, Option<Bytes>>, Error> {
    let name = environment.name.as_str();
    let folder = layout::environment(name);
    let inputs = [
        (layout::override_values(name), Slot::Override(environment.id)),
        (layout::secret_values(name), Slot::Secrets(environment.id)),
    ];
    let mut taken = BTreeMap::new();
    for (path, slot) in inputs {
        let since = last.passed_at(Stage::Committed);
        let Some(newest) = control.store.newest_taken_in(application.id, slot, since).await? else {
            continue;
        };
        let below = path.trim_start_matches(&folder).trim_start_matches('/').to_owned();
        taken.insert(below, Some(Bytes::from(newest.yaml)).filter(|text| !text.is_empty()));
    }
    Ok(taken)
}

/// Puts what was taken in where it is on the branch.
pub(crate) fn lay_over(files: &mut Files, taken: BTreeMap<String, Option<Bytes>>) {
    for (path, text) in taken {
        match text {
            Some(text) => files.insert(path, text),
            None => files.remove(&path),
        };
    }
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
    let count = |count: i64| usize::try_from(count).unwrap_or_default();
    let (total, done) = view.count_reseals().await?;
    let failed = view.failed_reseals().await?.into_iter();
    let failed = failed.map(|(reseal, application, environment)| Unsealed {
        application,
        environment,
        deployment: reseal.deployment,
        sentence: reseal.failure.unwrap_or_default(),
    });
    let asked = view.newest_reseal().await?.map(|reseal| (reseal.by, reseal.created_at));
    Ok(Resealing { total: count(total), done: count(done), failed: failed.collect(), asked })
}
