//! What an application left behind that was deleted while its cluster was away: one of the same project that has its name
//! and namespace may take it over, when a person says so; one of another project when an administrator does.

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
                Some(former) if former.is_free => release.former = vec![former.release],
                Some(former) => return Err(refusal(job, site, &former)),
                None => return Err(failure::of(site, error)),
            },
        }
    }
    Ok(release)
}

/// What to do about a refusal, where it is for something that was left behind.
pub(super) async fn told(job: &Job, site: &Site, error: &DeployError) -> Result<Option<Stop>, Stop> {
    Ok(former(job, error).await?.map(|former| refusal(job, site, &former)))
}

/// A release whose application is gone.
struct Former {
    release: String,
    /// Whether this deployment may take over what it left behind.
    is_free: bool,
}

fn refusal(job: &Job, site: &Site, former: &Former) -> Stop {
    let (whose, who) = match former.is_free {
        true => ("an application", "Deploy"),
        false => (
            "an application of another project, or of one that is not known any more,",
            "An administrator of the installation may deploy",
        ),
    };
    let sentence = format!(
        "What runs as {} in {} was left behind by {whose} that was deleted while its cluster was away. {who} with adopt \
         to take it over: what it runs is changed to what Git says now.",
        job.application.name, site.place.namespace
    );
    Stop::failed("objects_owned_by_others", sentence)
}

/// The release that left it behind: one of this installation whose application is gone.
async fn former(job: &Job, error: &DeployError) -> Result<Option<Former>, Stop> {
    let DeployError::Refused { refusals, .. } = error else { return Ok(None) };
    let ours = format!("{}/", job.control.store.installation().id);
    for refusal in refusals {
        let Why::Owned(Owner::Trueline(id)) = &refusal.why else { continue };
        let Some((application, _)) = id.strip_prefix(&ours).and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let Ok(application) = application.parse::<ApplicationId>() else { continue };
        if job.control.store.application(application).await?.is_none() {
            let project = job.control.store.project_of_left_behind(id).await?;
            let is_free = job.deployment.release.adopt_across || project == Some(job.application.project);
            return Ok(Some(Former { release: id.clone(), is_free }));
        }
    }
    Ok(None)
}
