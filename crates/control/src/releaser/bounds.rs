//! What a release may do beyond changing its own objects: as its deployment asked, as its project may, and never with
//! what other applications have.

use std::collections::BTreeMap;
use std::time::Duration;

use deploy::apply::{Adopt, Change, Guard};
use deploy::{Error as DeployError, Owner, Why, set_named};
use model::application::Application;
use store::Neighbour;
use tokio_util::sync::CancellationToken;

use super::Site;
use crate::deployer::{Job, Stop};
use crate::{Control, Error};

/// How long one apply, or one deletion, waits for something with a seat at the cluster: what takes longer is looked at
/// again later.
pub(super) const HOLD: Duration = Duration::from_secs(10);

/// The bounds of a deployment.
pub(crate) async fn guard(job: &Job, site: &Site, stop: &CancellationToken) -> Result<Guard, Stop> {
    let asked = &job.deployment.release;
    let project = job.control.store.project(job.application.project).await?;
    let limits = project.map(|project| project.limits).unwrap_or_default();
    Ok(Guard {
        // What is another release's is not taken from here.
        adopt: if asked.adopt { Adopt::Tools } else { Adopt::Nothing },
        reach: limits.reach(site.cluster.name.as_str()),
        recreate: asked.recreate,
        create_namespace: site.cluster.creates_namespaces,
        confirmed: asked.confirmed.clone(),
        deployment: job.deployment.id.to_string(),
        change: match (job.deployment.reseals, job.deployment.restores) {
            (true, _) => Change::Nothing,
            (false, Some(_)) => Change::Rollback,
            (false, None) => Change::Upgrade,
        },
        // As of now, not as the chart was told: an earlier deployment may have been released since, and whatever became
        // of the inventory, what sets up must not run once more.
        released: job.control.store.was_released(job.application.id, &job.environment).await?,
        hold: HOLD,
        stop: stop.clone(),
        ..Guard::default()
    })
}

/// What other applications have in the same cluster, by the name of its set.
async fn others(
    control: &Control,
    application: &Application,
    site: &Site,
) -> Result<BTreeMap<String, String>, Error> {
    let found = control.store.neighbours(&site.place).await?;
    let one = |of: Neighbour| (set_named(&of.release, &of.namespace), whose(&of, application));
    Ok(found.into_iter().map(one).collect())
}

/// Whoever sees the one application sees those of its project, and no others for sure.
fn whose(of: &Neighbour, application: &Application) -> String {
    if of.project == application.project {
        format!("{} in {}", of.application, of.environment)
    } else {
        "of another project".to_owned()
    }
}

/// The error with the applications that objects belong to, in the place of their sets.
pub(super) async fn named(job: &Job, site: &Site, error: DeployError) -> DeployError {
    let is_set = |why: &Why| matches!(why, Why::Owned(Owner::ApplySet(_)));
    let DeployError::Refused { mut refusals, before } = error else { return error };
    if refusals.iter().any(|refusal| is_set(&refusal.why)) {
        let others = others(&job.control, &job.application, site).await.unwrap_or_default();
        for refusal in &mut refusals {
            if let Why::Owned(Owner::ApplySet(set)) = &refusal.why
                && let Some(whose) = others.get(set)
            {
                refusal.why = Why::Owned(Owner::ApplySet(whose.clone()));
            }
        }
    }
    DeployError::Refused { refusals, before }
}
