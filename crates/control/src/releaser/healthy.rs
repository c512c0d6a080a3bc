//! From released to finished: what was applied is looked at until it is healthy, or will not become so.

use std::time::Duration;

use deploy::health::{Status, is_settled};
use deploy::watch::{Node, Tree};
use deploy::{Key, Observed, timeout};
use model::Timestamp;
use model::deployment::{End, Failure, Stage};
use model::release::{Health, UnhealthyObject};

use super::failure::{self, PROGRESSING};
use super::{Site, said};
use crate::deployer::{Job, Stop};

/// What fails at first may still come: an image that is pushed just now, a volume that is bound later.
const GRACE: Duration = Duration::from_secs(20);
/// So many failing pods are told.
const MOST_PODS: usize = 10;
/// How long a watch may take to see what was applied.
const SEEN: Duration = Duration::from_secs(1);
/// Between two looks while all that is left is paused.
const PAUSED: Duration = Duration::from_secs(30);
/// Between two looks where nothing is heard of, at first, and after a while.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// One look.
pub(super) async fn pass(job: &mut Job, site: &Site) -> Result<(), Stop> {
    let found = found(job, site).await?;
    let (at, of) = (job.control.now(), found.len());
    let left: Vec<Observed> =
        found.into_iter().filter(|found| !is_settled(&found.key, found.health.status)).collect();
    let mut unhealthy: Vec<UnhealthyObject> =
        left.iter().map(|found| unhealthy_object(&found.key, &found.health)).collect();
    let Some(first) = worst(&unhealthy).cloned() else {
        let note = format!("{of} objects healthy");
        return job
            .save(|d| {
                d.release.message = String::new();
                d.release.unhealthy = Vec::new();
                d.finish(End::Healthy, at, note);
            })
            .await;
    };
    let since = job.deployment.passed_at(Stage::Released).unwrap_or(at);
    let moved_at = match job.deployment.release.progressed_at {
        Some(moved_at) if states(&unhealthy) == states(&job.deployment.release.unhealthy) => {
            moved_at.max(since)
        }
        Some(_) | None => at,
    };
    let times = Times {
        passed: Duration::from_millis(at.milliseconds_since(since)),
        still: Duration::from_millis(at.milliseconds_since(moved_at)),
    };
    if first.health == Health::Suspended {
        let how = first.message.trim_end_matches('.');
        let message = format!(
            "Paused: {} ({how}). The deployment ends once that goes on, or a newer one takes its place.",
            said(&first.object)
        );
        note(job, (unhealthy, moved_at), &message).await?;
        return Err(failure::later(PROGRESSING, message, Some(PAUSED)));
    }
    // Pods explain it and decide nothing: one of the version before, or of a run of yesterday, may fail as well.
    let pods = pods(job, site).await;
    let first = pods.first().cloned().unwrap_or(first);
    let how = match first.message.as_str() {
        "" => format!("{} is {}", said(&first.object), first.health.as_str()),
        message => format!("{}: {message}", said(&first.object)),
    };
    unhealthy.extend(pods);
    if is_over(&left, times) {
        return degraded(job, unhealthy, how, times.passed).await;
    }
    let message = format!("Waits until {of} objects are healthy; {}.", how.trim_end_matches('.'));
    note(job, (unhealthy, moved_at), &message).await?;
    Err(failure::later(PROGRESSING, message, Some(PAUSES[usize::from(times.passed > GRACE)])))
}

/// How long it is since everything was applied, and since something moved.
#[derive(Clone, Copy)]
struct Times {
    passed: Duration,
    still: Duration,
}

/// Whether it will not become healthy: something took all of its time, or says that it is not well while nothing moves.
fn is_over(left: &[Observed], times: Times) -> bool {
    let is = |found: &Observed, status| found.health.status == status;
    // A Rollout has steps and pauses of any length, and its controller counts from the last of them.
    let stepwise = |key: &Key| (key.group.as_str(), key.kind.as_str()) == ("argoproj.io", "Rollout");
    let late = |found: &Observed| {
        let since = if stepwise(&found.key) { times.still } else { times.passed };
        !is(found, Status::Suspended) && since >= found.timeout.unwrap_or(timeout::USUAL)
    };
    let grows = left.iter().any(|found| is(found, Status::Progressing));
    let unwell = left.iter().any(|found| is(found, Status::Degraded));
    left.iter().any(late) || (unwell && !grows && times.still >= GRACE)
}

fn unhealthy_object(key: &Key, health: &deploy::health::Health) -> UnhealthyObject {
    UnhealthyObject { object: super::key(key), health: word(health.status), message: health.message.clone() }
}

/// What is told first: what is not well, then what is on its way, then what somebody has stopped.
fn worst(unhealthy: &[UnhealthyObject]) -> Option<&UnhealthyObject> {
    let of = |health| unhealthy.iter().find(|u| u.health == health);
    of(Health::Degraded).or_else(|| of(Health::Progressing)).or(unhealthy.first())
}

/// Shows what is waited for.
async fn note(
    job: &mut Job,
    (unhealthy, moved_at): (Vec<UnhealthyObject>, Timestamp),
    message: &str,
) -> Result<(), Stop> {
    if job.deployment.release.unhealthy == unhealthy {
        return Ok(());
    }
    let message = message.to_owned();
    job.save(|d| {
        d.release.unhealthy = unhealthy;
        d.release.message = message;
        d.release.progressed_at = Some(moved_at);
    })
    .await
}

/// How the objects of the application themselves are, and what they say: one more replica is a step. Pods only
/// explain it.
fn states(unhealthy: &[UnhealthyObject]) -> Vec<&UnhealthyObject> {
    unhealthy.iter().filter(|u| u.object.kind != "Pod").collect()
}

/// How each object of the release is: as its watches saw it, which the cluster is not asked for; by reads where they
/// cannot be of the time after the apply.
async fn found(job: &Job, site: &Site) -> Result<Vec<Observed>, Stop> {
    if site.watches.expects(&site.release, &job.deployment.id.to_string())
        && let Some(tree) = tree(job, site).await
    {
        let own = tree.nodes.into_iter().filter(|node| node.parent.is_none() && !node.leaves);
        // A job that is gone was done, and is of no interest any more.
        let gone = |node: &Node| node.uid.is_empty() && node.key.group == "batch" && node.key.kind == "Job";
        let one = |node: Node| Observed { key: node.key, health: node.health, timeout: node.timeout };
        return Ok(own.filter(|node| !gone(node)).map(one).collect());
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
        .map(|node| unhealthy_object(&node.key, &node.health))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(status: Status, timeout: Option<u64>) -> Observed {
        Observed {
            key: Key {
                group: "apps".into(),
                kind: "Deployment".into(),
                namespace: "eu".into(),
                name: "web".into(),
            },
            health: deploy::health::Health { status, message: String::new() },
            timeout: timeout.map(Duration::from_secs),
        }
    }

    #[test]
    fn what_moves_is_waited_for_and_each_has_its_own_time() {
        use Status::{Degraded, Progressing, Suspended};
        for (left, passed, still, want) in [
            (vec![(Degraded, None)], 30, 19, false),
            (vec![(Degraded, None)], 30, 20, true),
            // Another one is on its way, and may be what this one waits for.
            (vec![(Degraded, None), (Progressing, None)], 300, 300, false),
            (vec![(Degraded, None), (Progressing, None)], 600, 1, true),
            (vec![(Degraded, None), (Suspended, None)], 30, 20, true),
            (vec![(Degraded, None)], 600, 1, true),
            (vec![(Progressing, None)], 599, 599, false),
            (vec![(Progressing, None)], 600, 1, true),
            (vec![(Progressing, Some(3_600))], 3_599, 900, false),
            (vec![(Progressing, Some(60))], 60, 1, true),
            (vec![(Suspended, Some(60))], 9_000, 9_000, false),
        ] {
            let objects: Vec<_> = left.iter().map(|(status, timeout)| observed(*status, *timeout)).collect();
            let times = Times { passed: Duration::from_secs(passed), still: Duration::from_secs(still) };
            assert_eq!(is_over(&objects, times), want, "{left:?} {passed} {still}");
        }
    }

    #[test]
    fn a_rollout_may_pause_for_longer_than_a_step_may_take() {
        for (status, passed, still, want) in [
            (Status::Suspended, 9_000, 9_000, false),
            (Status::Progressing, 9_000, 1, false),
            (Status::Progressing, 9_000, 659, false),
            (Status::Progressing, 9_000, 660, true),
        ] {
            let mut rollout = observed(status, Some(660));
            (rollout.key.group, rollout.key.kind) = ("argoproj.io".into(), "Rollout".into());
            let times = Times { passed: Duration::from_secs(passed), still: Duration::from_secs(still) };
            assert_eq!(is_over(&[rollout], times), want, "{status:?} {passed} {still}");
        }
    }

    #[test]
    fn one_more_replica_is_a_step() {
        let one = |message: &str| UnhealthyObject {
            message: message.into(),
            ..unhealthy_object(
                &observed(Status::Progressing, None).key,
                &deploy::health::Health { status: Status::Progressing, message: String::new() },
            )
        };
        assert_ne!(states(&[one("1 of 3 replicas are ready")]), states(&[one("2 of 3 replicas are ready")]));
        assert_eq!(states(&[one("1 of 3 replicas are ready")]), states(&[one("1 of 3 replicas are ready")]));
    }
}
