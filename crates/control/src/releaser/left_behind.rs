//! What an application left behind that was deleted while its cluster was away: one that has its name and namespace may
//! take it over, when a person says so.

use deploy::apply::Release;
use deploy::{Error as DeployError, Inventory, Owner, Why};
use model::ApplicationId;

use super::Site;
use super::failure;
use crate::deployer::{Job, Stop};

/// The release as it is applied: where adopting was asked for, what was left behind is its own.
pub(super) async fn release(job: &Job, site: &Site) -> Result<Release, Stop> {
    let mut release = site.release.clone();
    if job.deployment.release.adopt {
        match Inventory::read(&site.client, &release).await {
            Ok(_) => {}
            Err(error) => match former(job, &error).await? {
                Some(former) => release.former = vec![former],
                None => return Err(failure::of(site, error)),
            },
        }
    }
    Ok(release)
}

/// What to do about a refusal, where it is for something that was left behind.
pub(super) async fn told(job: &Job, site: &Site, error: &DeployError) -> Result<Option<Stop>, Stop> {
    let Some(_) = former(job, error).await? else { return Ok(None) };
    Ok(Some(Stop::failed(
        "objects_owned_by_others",
        format!(
            "What runs as {} in {} was left behind by an application that was deleted while its cluster was away. \
             Deploy with adopt to take it over: what it runs is changed to what Git says now.",
            job.application.name, site.place.namespace
        ),
    )))
}

/// The release that left it behind: one of this installation whose application is gone.
async fn former(job: &Job, error: &DeployError) -> Result<Option<String>, Stop> {
    let DeployError::Refused { refusals, .. } = error else { return Ok(None) };
    let ours = format!("{}/", job.control.store.installation().id);
    for refusal in refusals {
        let Why::Owned(Owner::Trueline(id)) = &refusal.why else { continue };
        let Some((application, _)) = id.strip_prefix(&ours).and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let Ok(application) = application.parse::<ApplicationId>() else { continue };
        if job.control.store.application(application).await?.is_none() {
            return Ok(Some(id.clone()));
        }
    }
    Ok(None)
}
