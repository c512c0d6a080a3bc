//! From released to finished: what was applied is looked at until it is healthy, or will not become so.

use std::time::Duration;

use deploy::Key;
use deploy::health::Status;
use deploy::watch::{Node, Tree};
use model::deployment::{End, Failure, Stage};
use model::layout::ObjectKey;
use model::release::{Health, UnhealthyObject};

use super::failure::{self, PROGRESSING};
use super::{Site, said};
use crate::deployer::{Job, Stop};

/// What fails at first may still come: an image that is pushed just now, a volume that is bound later.
const GRACE: Duration = Duration::from_secs(20);
/// The longest that something may take to become healthy.
const LIMIT: Duration = Duration::from_secs(600);
/// So many failing pods are told.
const MOST_PODS: usize = 10;
/// How long a watch may take to see what was applied.
const SEEN: Duration = Duration::from_secs(1);
/// Between two looks where nothing is heard of, at first, and after a while.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// One look.
pub(super) async fn pass(job: &mut Job, site: &Site) -> Result<(), Stop> {
    let found = found(job, site).await?;
    let mut unhealthy: Vec<UnhealthyObject> = found
        .iter()
        .map(|(key, health)| UnhealthyObject {
            object: super::key(key),
            health: word(health.status),
            message: health.message.clone(),
        })
        .filter(|u| matches!(u.health, Health::Progressing | Health::Degraded))
        .collect();
    let (at, of) = (job.control.now(), found.len());
    let since = job.deployment.passed_at(Stage::Released).unwrap_or(at);
    let passed = Duration::from_millis(at.milliseconds_since(since));
    let moved = states(&unhealthy) != states(&job.deployment.release.unhealthy);
    let moved_at = match job.deployment.release.progressed_at {
        Some(moved_at) if !moved => moved_at.max(since),
        Some(_) | None => at,
    };
    let still = Duration::from_millis(at.milliseconds_since(moved_at));
    let Some(first) = unhealthy.iter().find(|u| u.health == Health::Degraded).or(unhealthy.first()) else {
        let note = format!("{of} objects healthy");
        return job
            .save(|d| {
                d.release.message = String::new();
                d.release.unhealthy = Vec::new();
                d.finish(End::Healthy, at, note);
            })
            .await;
    };
    let worst = first.health;
    // Pods explain it and decide nothing: one of the version before, or of a run of yesterday, may fail as well.
    let pods = pods(job, site).await;
    let first = pods.first().unwrap_or(first);
    let how = match first.message.as_str() {
        "" => format!("{} is {}", said(&first.object), first.health.as_str()),
        message => format!("{}: {message}", said(&first.object)),
    };
    unhealthy.extend(pods);
    let is_over = match worst {
        Health::Degraded => still >= GRACE,
        _ => passed >= LIMIT,
    };
    if is_over {
        return degraded(job, unhealthy, how, passed).await;
    }
    let message = format!("Waits until {of} objects are healthy; {}.", how.trim_end_matches('.'));
    if job.deployment.release.unhealthy != unhealthy {
        let (unhealthy, message) = (unhealthy, message.clone());
        job.save(|d| {
            d.release.unhealthy = unhealthy;
            d.release.message = message;
            d.release.progressed_at = Some(moved_at);
        })
        .await?;
    }
    Err(failure::later(PROGRESSING, message, Some(PAUSES[usize::from(passed > GRACE)])))
}

/// How the objects of the application themselves are, without words; pods only explain it.
fn states(unhealthy: &[UnhealthyObject]) -> Vec<(&ObjectKey, Health)> {
    let own = unhealthy.iter().filter(|u| u.object.kind != "Pod");
    own.map(|u| (&u.object, u.health)).collect()
}

/// How each object of the release is: as its watches saw it, which the cluster is not asked for; by reads where they
/// cannot be of the time after the apply.
async fn found(job: &Job, site: &Site) -> Result<Vec<(Key, deploy::health::Health)>, Stop> {
    if site.watches.expects(&site.release, &job.deployment.id.to_string())
        && let Some(tree) = tree(job, site).await
    {
        let own = tree.nodes.into_iter().filter(|node| node.parent.is_none());
        // A job that is gone was done, and is of no interest any more.
        let gone = |node: &Node| node.uid.is_empty() && node.key.group == "batch" && node.key.kind == "Job";
        return Ok(own.filter(|node| !gone(node)).map(|node| (node.key, node.health)).collect());
    }
    deploy::observe(&site.client, &site.release).await.map_err(|error| failure::of(site, error))
}

/// What the watches know, once they have seen everything.
async fn tree(job: &Job, site: &Site) -> Option<Tree> {
    let names = (job.application.name.as_str(), job.environment.name.as_str());
    let mut trees = crate::resources::follow(&job.control, site, &site.place, names).await.ok()?;
    let complete = trees.wait_for(|tree| tree.complete && tree.away.is_none());
    drop(tokio::time::timeout(SEEN, complete).await.ok()?.ok()?);
    // What changes from here on has it looked at again.
    job.control.followed.wait(site.place.id);
    let tree = trees.borrow().clone();
    Some(tree).filter(|tree| tree.complete && tree.away.is_none())
}

/// What objects of the application made and that fails, with the reason: a pod says more than who waits for it.
async fn pods(job: &Job, site: &Site) -> Vec<UnhealthyObject> {
    let names = (job.application.name.as_str(), job.environment.name.as_str());
    let Ok(trees) = crate::resources::follow(&job.control, site, &site.place, names).await else {
        return Vec::new();
    };
    let tree = trees.borrow().clone();
    let made = tree.nodes.iter().filter(|node| node.parent.is_some() && node.key.kind == "Pod");
    made.filter(|node| node.health.status == Status::Degraded)
        .take(MOST_PODS)
        .map(|node| UnhealthyObject {
            object: super::key(&node.key),
            health: word(node.health.status),
            message: node.health.message.clone(),
        })
        .collect()
}

/// It will not become healthy, as far as can be told.
async fn degraded(
    job: &mut Job,
    unhealthy: Vec<UnhealthyObject>,
    how: String,
    passed: Duration,
) -> Result<(), Stop> {
    let at = job.control.now();
    let lines: Vec<String> = unhealthy
        .iter()
        .map(|u| format!("{}: {} {}", said(&u.object), u.health.as_str(), u.message))
        .collect();
    let sentence = format!(
        "The cluster runs it, and it is not healthy {} s later: {}. Look at its pods, or roll back.",
        passed.as_secs(),
        how.trim_end_matches('.')
    );
    let failure =
        Failure { code: "not_healthy".into(), sentence: sentence.clone(), detail: lines.join("\n") };
    job.save(|d| {
        d.release.message = String::new();
        d.release.unhealthy = unhealthy;
        d.failure = Some(failure);
        d.finish(End::Degraded, at, sentence);
    })
    .await
}

/// The model's word.
pub(crate) fn word(status: Status) -> Health {
    match status {
        Status::Healthy => Health::Healthy,
        Status::Progressing => Health::Progressing,
        Status::Degraded => Health::Degraded,
        Status::Suspended => Health::Suspended,
        Status::Unknown => Health::Unknown,
    }
}
