//! What stops a release, in words for the deployment.

use std::time::Duration;

use deploy::{Error as DeployError, Refusal, Why};
use model::Outcome;
use model::cluster::{ClusterSource, ClusterState};
use model::deployment::Failure;
use model::release::RefusedObject;

use super::{Site, bounds};
use crate::deployer::{Job, Stop};
use crate::{Control, Error};

/// The cluster does not answer, or does not let us in.
pub(super) const AWAY: &str = "cluster_away";
/// The cluster answers that it cannot now.
pub(super) const BUSY: &str = "cluster_busy";
/// A person has to confirm deletions.
pub(super) const CONFIRM: &str = "confirmation_needed";
/// Objects are not healthy yet.
pub(super) const PROGRESSING: &str = "progressing";
/// A hook did not do its work.
pub(crate) const HOOK: &str = "hook_failed";
/// A webhook that has to allow a change does not answer.
pub(super) const WEBHOOK: &str = "webhook_away";
/// Somebody may change what runs.
pub(super) const GUARDED: &str = "guarded";
/// The account may not do something.
const RIGHTS: &str = "rights_missing";
/// What is waited for without end.
const WAITS: [&str; 5] = [AWAY, BUSY, CONFIRM, PROGRESSING, GUARDED];
/// Until what is waited for is looked at again, unless something else is said: whoever ends the wait wakes it.
pub(super) const PAUSE: Duration = Duration::from_secs(300);
/// The same of a cluster that is known to be away: the look that finds it back wakes those who wait.
const AWAY_PAUSE: Duration = Duration::from_secs(60);
/// The same of one that did not answer just now, and of one that cannot now.
const SOON: Duration = Duration::from_secs(5);

/// Until something that takes long is looked at again: at first, after a minute, and, of what is only to go, after ten.
const LOOKS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];

/// Who waits for a cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waits {
    Deployment,
    Deletion,
    Correction,
}

impl Waits {
    /// What becomes of it, where the cluster is away.
    fn for_it(self) -> &'static str {
        match self {
            Self::Deployment => "The deployment waits for it and goes on by itself.",
            Self::Deletion => {
                "The deletion waits for it and goes on by itself. If it never comes back, delete the application again with \
                 --abandon-cluster (abandon_cluster=true): what runs there is left to itself."
            }
            Self::Correction => "What differs from Git is put right once it is back.",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Deletion => "deletion",
            Self::Correction => "correction",
        }
    }
}

/// Whether something is waited for, without end: no try has failed.
pub(super) fn is_wait(cause: &Failure) -> bool {
    WAITS.contains(&cause.code.as_str())
}

/// Refuses a cluster that is known to be away, or to let nobody in, without a call: one at a time looks whether it is
/// back, and all others go on when it is.
pub(super) async fn kept_out(control: &Control, site: &Site, who: Waits) -> Result<(), Stop> {
    let name = &site.cluster.name;
    let told = match crate::cluster::kept_out(control, &site.cluster).await? {
        None => return Ok(()),
        Some((ClusterState::Refused, why)) => format!("The cluster {name} does not let Trueline in: {why}"),
        Some((_, why)) => format!("The cluster {name} is away: {why}"),
    };
    let sentence = format!("{told} {}", who.for_it());
    Err(later(AWAY, sentence, Some(AWAY_PAUSE)))
}

/// Has a cluster looked at that did not answer just now.
pub(super) async fn doubted(control: &Control, site: &Site, cause: &Failure) -> Result<(), Error> {
    if cause.code == AWAY { crate::cluster::doubt(control, &site.cluster).await } else { Ok(()) }
}

/// Waits for something.
pub(super) fn later(code: &str, sentence: impl Into<String>, after: Option<Duration>) -> Stop {
    Stop::Later { after, cause: failure(code, sentence, "") }
}

fn failure(code: &str, sentence: impl Into<String>, detail: impl Into<String>) -> Failure {
    Failure { code: code.into(), sentence: sentence.into(), detail: detail.into() }
}

/// A cluster that cannot be opened as it is stored.
pub(super) fn unopened(site: &Result<Site, Error>, who: Waits) -> Stop {
    let why = site.as_ref().err().map(Error::sentence).unwrap_or_default();
    let sentence = format!("The cluster cannot be used: {why} {}", who.for_it());
    later(AWAY, sentence, Some(AWAY_PAUSE))
}

/// What the error of a cluster means for a deployment.
pub(super) fn of(site: &Site, error: DeployError) -> Stop {
    told(site, error, Waits::Deployment)
}

/// The same for whoever waits.
pub(super) fn told(site: &Site, error: DeployError, who: Waits) -> Stop {
    judged((site.cluster.name.as_str(), site.cluster.source), &error, who)
}

fn judged((name, source): (&str, ClusterSource), error: &DeployError, who: Waits) -> Stop {
    let told = crate::cluster::diagnosis_by(Some(source), error);
    match error {
        DeployError::Net(_) | DeployError::Answered { status: 502..=504, .. } => {
            later(AWAY, format!("The cluster {name} is away: {} {}", told.sentence, who.for_it()), Some(SOON))
        }
        DeployError::Answered { status: 408 | 429 | 500.., .. } => later(
            BUSY,
            format!("The cluster {name} cannot now: {} The {} goes on by itself.", told.sentence, who.noun()),
            Some(SOON),
        ),
        DeployError::Answered { status: 401, .. } | DeployError::SignIn { .. } => later(
            AWAY,
            format!(
                "The cluster {name} does not let Trueline in: {} The {} goes on after that.",
                told.sentence,
                who.noun()
            ),
            Some(SOON),
        ),
        DeployError::Answered { status: 403, .. } => {
            let sentence = format!("The cluster {name}: {} {}", told.sentence, grant(name));
            Stop::Failed(failure(RIGHTS, sentence, ""))
        }
        // Whoever waits does so without a seat at the cluster; the engine knows when it is too long.
        DeployError::Waits { what, passed } => {
            let pause = match passed.as_secs() {
                0..=60 => LOOKS[0],
                601.. if who == Waits::Deletion => LOOKS[2],
                _ => LOOKS[1],
            };
            later(PROGRESSING, format!("Waits: {}.", what.trim_end_matches('.')), Some(pause))
        }
        DeployError::Refused { refusals, .. } => refused(name, refusals, who),
        _ => {
            let cause = failure(&told.code, format!("The cluster {name}: {}", told.sentence), "");
            match error.outcome() {
                Outcome::RetryLater { after } => Stop::Later { after, cause },
                // Somebody else wrote to an object at the same time, or a kind is not served at the moment.
                Outcome::Conflict | Outcome::NotFound => Stop::Later { after: None, cause },
                Outcome::Invalid | Outcome::Forbidden | Outcome::NeedsHuman | Outcome::Bug => {
                    Stop::Failed(cause)
                }
            }
        }
    }
}

/// What it means that objects were refused. What may pass by itself is tried again.
fn refused(name: &str, refusals: &[Refusal], who: Waits) -> Stop {
    let lines: Vec<String> = refusals.iter().map(|r| format!("{}: {}", r.object, r.why)).collect();
    let passes = refusals.iter().all(|r| matches!(r.why, Why::Finalizers(_) | Why::Webhook(_)));
    let again = if passes { " It is tried again." } else { "" };
    let cause = failure(code(refusals), sentence(refusals, name, who) + again, lines.join("\n"));
    if passes { Stop::Later { after: None, cause } } else { Stop::Failed(cause) }
}

/// Writes down which objects were refused, then what that means.
pub(super) async fn noted(job: &mut Job, site: &Site, error: DeployError) -> Stop {
    let error = bounds::named(job, site, error).await;
    if let DeployError::Refused { refusals, .. } = &error {
        let refusals: Vec<RefusedObject> = refusals
            .iter()
            .map(|r| RefusedObject { object: super::key(&r.object), sentence: r.why.to_string() })
            .collect();
        if let Err(stop) = job.save(|d| d.release.refusals = refusals).await {
            return stop;
        }
    }
    of(site, error)
}

/// What was refused, and what to do about it.
fn sentence(refusals: &[Refusal], cluster: &str, who: Waits) -> String {
    let plain = |refusal: &Refusal| refusal.why.to_string().trim_end_matches('.').to_owned();
    let unwell = refusals.iter().all(|r| matches!(r.why, Why::NotHealthy { .. }));
    let sentence = match refusals {
        [one] if unwell => {
            format!("What is of a later wave was not applied: {}: {}.", one.object, plain(one))
        }
        [one] => format!("The cluster {cluster} did not take {}: {}.", one.object, plain(one)),
        [first, rest @ ..] if rest.iter().all(|other| other.why == first.why) => {
            format!("The cluster {cluster} did not take {} objects: {}.", refusals.len(), plain(first))
        }
        many => format!("The cluster {cluster} did not take {} objects.", many.len()),
    };
    match todo(refusals, cluster, who) {
        Some(todo) => format!("{sentence} {todo}"),
        None => sentence,
    }
}

/// What to do about a right that is missing.
fn grant(cluster: &str) -> String {
    format!(
        "Give the account that right: trueline cluster check {cluster} --roles prints the smallest roles for the usual \
         kinds."
    )
}

/// What to do about refusals, where their own words do not say so.
fn todo(refusals: &[Refusal], cluster: &str, who: Waits) -> Option<String> {
    let has = |test: fn(&Why) -> bool| refusals.iter().any(|r| test(&r.why));
    if has(|why| matches!(why, Why::Forbidden(_))) {
        Some(grant(cluster))
    } else if has(|why| matches!(why, Why::NoNamespace(_))) {
        Some(format!(
            "Make it, or let Trueline make namespaces there: trueline cluster add {cluster} --create-namespaces."
        ))
    } else if who == Waits::Deletion && has(|why| matches!(why, Why::HookFailed { .. })) {
        Some("It is tried again. Delete the application again with --skip-hooks (skip_hooks=true) to do without its hooks.".into())
    } else if who == Waits::Deployment && has(|why| matches!(why, Why::Immutable(_))) {
        Some("Deploy again with recreate (--recreate) to have it made anew, or give the field the value of before.".into())
    } else {
        None
    }
}

/// A word for what most of all stands in the way.
fn code(refusals: &[Refusal]) -> &'static str {
    let has = |test: fn(&Why) -> bool| refusals.iter().any(|r| test(&r.why));
    if has(|why| matches!(why, Why::Owned(_))) {
        "objects_owned_by_others"
    } else if has(|why| matches!(why, Why::Outside(_))) {
        "objects_outside_project"
    } else if has(|why| matches!(why, Why::Immutable(_) | Why::Irreplaceable(_))) {
        "field_immutable"
    } else if has(|why| matches!(why, Why::Forbidden(_))) {
        RIGHTS
    } else if has(|why| matches!(why, Why::HookFailed { .. })) {
        HOOK
    } else if has(|why| matches!(why, Why::NotHealthy { .. })) {
        "not_healthy"
    } else if refusals.iter().all(|r| matches!(r.why, Why::Webhook(_))) {
        WEBHOOK
    } else {
        "objects_refused"
    }
}

#[cfg(test)]
mod tests;
