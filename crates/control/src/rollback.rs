//! The way back: which states can be brought back, and what bringing one back writes. The environment's folder of
//! the old deployment comes back byte for byte, but that its secrets are sealed for the recipients of today; nothing
//! is rendered, and no chart repository is asked. Base
//! values belong to all environments: the branch keeps those that it has.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, End};
use model::environment::Environment;
use model::layout;
use model::values::MergeMode;
use seal::Keys;
use store::{Page, View};

use crate::plan::{self, Plan};
use crate::sealed_files::{self, Files};
use crate::wanted::Wanted;
use crate::{Control, Error, committed, reseal};

/// A state that comes back.
pub(crate) struct State {
    /// What is written: the environment's folder without `release.yaml`; no base values.
    pub(crate) plan: Plan,
    /// The old `release.yaml`.
    pub(crate) release: String,
    /// How many files were sealed anew.
    pub(crate) renewed: usize,
    /// Inputs that were not the old deployment's, but taken in from Git since.
    pub(crate) taken: Vec<String>,
}

/// The deployment of this number, if its state can be brought back to the environment.
///
/// # Errors
/// `not_restorable` for one that never was in force there, with the nearest that were.
pub(crate) async fn target(
    view: &View,
    application: &Application,
    environment: &Environment,
    number: i64,
) -> Result<Deployment, Error> {
    let found = view.deployment_by_number(application.id, number).await?;
    let all = view.deployments(application.id, Some(environment.id), &Page::first()).await?.items;
    let good: Vec<i64> = all.iter().filter(|d| is_good(d)).map(|d| d.number).collect();
    let Some(old) = found else {
        let message =
            format!("There is no deployment {number} of {}. {}", application.name, nearest(&good, number));
        return Err(Error::field("restore", "unknown", message.trim_end().to_owned()));
    };
    let refused = |why: &str| {
        let sentence = format!("Deployment {number} {why}. {}", nearest(&good, number));
        Error::conflict("not_restorable", sentence.trim_end().to_owned())
    };
    if old.environment != environment.id {
        return Err(refused(&format!("was to another environment than {}", environment.name)));
    }
    if !is_good(&old) {
        return Err(refused(match old.end {
            None => "has not ended yet: there is no state of it to go back to",
            Some(End::Failed) => "failed: there is no state of it to go back to",
            Some(End::Superseded) if old.commit.is_some() => {
                "was superseded before the cluster ran it: it was never seen to be good"
            }
            Some(End::Superseded) => {
                "was superseded before it was in Git: there is no state of it to go back to"
            }
            Some(End::Stored | End::Healthy | End::Degraded) => {
                "has no commit: there is no state of it to go back to"
            }
        }));
    }
    Ok(old)
}

/// Demands that bringing a state back would change something.
///
/// # Errors
/// `already_deployed` when the state is what is there, and nothing newer is on its way.
pub(crate) async fn demand_change(
    view: &View,
    application: &Application,
    environment: &Environment,
    number: i64,
) -> Result<(), Error> {
    let old = view.deployment_by_number(application.id, number).await?;
    let last = view.last_committed_deployment(application.id, Some(environment.id)).await?;
    let (Some(old), Some(last)) = (old, last) else { return Ok(()) };
    let waiting = view.unfinished_deployments(application.id, environment.id).await?;
    if !waiting.is_empty() {
        return Ok(());
    }
    if !same_state(&last, &old) && origin(view, last.clone()).await? != origin(view, old).await? {
        return Ok(());
    }
    let by = if last.number == number {
        "it is the last deployment there".to_owned()
    } else {
        format!("deployment {} has the same state", last.number)
    };
    let sentence = format!(
        "The state of deployment {number} is what {} has in {}: {by}. There is nothing to roll back.",
        application.name, environment.name
    );
    Err(Error::conflict("already_deployed", sentence))
}

/// Whether a deployment left a state in Git.
fn is_good(deployment: &Deployment) -> bool {
    deployment.ended_in_git() && deployment.rendered.is_some()
}

fn same_state(one: &Deployment, other: &Deployment) -> bool {
    let of = |d: &Deployment| {
        let trees = d.rendered.as_ref().map(|r| (r.rendered_tree.clone(), r.chart_tree.clone()));
        (trees, d.override_values, d.secret_values)
    };
    of(one) == of(other)
}

/// The number of the deployment whose state one has: its own, or that of the one which it brought back or sealed
/// anew.
async fn origin(view: &View, mut of: Deployment) -> Result<i64, Error> {
    while let Some(number) = of.restores.filter(|number| *number < of.number) {
        match view.deployment_by_number(of.application, number).await? {
            Some(earlier) => of = earlier,
            None => return Ok(number),
        }
    }
    Ok(of.number)
}

/// The nearest good numbers before and after another, for people.
fn nearest(good: &[i64], number: i64) -> String {
    let before = good.iter().filter(|n| **n < number).max();
    let after = good.iter().filter(|n| **n > number).min();
    match (before, after) {
        (Some(before), Some(after)) => format!("The nearest that can come back are {before} and {after}."),
        (Some(one), None) | (None, Some(one)) => format!("The nearest that can come back is {one}."),
        (None, None) => "Nothing was deployed there yet that could come back.".into(),
    }
}

/// What a request to bring a state back would write.
///
/// # Errors
/// As [`state`].
pub(crate) async fn previewed(control: &Control, wanted: &Wanted, number: i64) -> Result<Plan, Error> {
    let Wanted { application, environment, .. } = wanted;
    let old = target(&control.store, application, environment, number).await?;
    Ok(state(control, application, environment, (&old, BTreeMap::new())).await?.plan)
}

/// What bringing back the state of an old deployment writes: the same bytes, but that sealed files which are not
/// sealed for the recipients of today are sealed for them. Inputs that were `taken` in from Git since stay on the branch
/// where nothing else is to change.
///
/// # Errors
/// `files_gone` when its files are neither kept nor in Git any more, `sealed_unopened` when one that has to be sealed
/// anew does not open, and what the Git host gives.
pub(crate) async fn state(
    control: &Control,
    application: &Application,
    environment: &Environment,
    (old, taken): (&Deployment, BTreeMap<String, Option<Bytes>>),
) -> Result<State, Error> {
    let folder = layout::environment(environment.name.as_str());
    let mut files = committed::files(control, application, old, &folder).await?;
    let paths = taken.keys().cloned().collect();
    reseal::lay_over(&mut files, taken);
    let release = files.remove("release.yaml").unwrap_or_default();
    let rendered = old.rendered.as_ref();
    let rendered = rendered.ok_or_else(|| Error::Bug(format!("deployment {} has no files", old.number)))?;
    let keys = crate::age_identity::seal_keys(control, environment).await?;
    let digest = digest(application, environment, &files, &keys);
    let tip = tip(control, application, environment, old).await?;
    let renewed = sealed_files::renew(control, &mut files, &tip, (&keys, old.number))?;
    let rendered_tree =
        if renewed == 0 { rendered.rendered_tree.clone() } else { plan::tree_below("rendered", &files)? };
    let kinds = kinds(&files);
    let objects = kinds.values().sum();
    let values = files.get("rendered/values.yaml").cloned().unwrap_or_default();
    let secrets = sealed_files::changes(&tip, &files, &keys.identities);
    let plan = Plan {
        digest,
        rendered_tree,
        chart_tree: rendered.chart_tree.clone(),
        effective_values: String::from_utf8_lossy(&values).into_owned(),
        notes: rendered.notes.clone(),
        objects,
        kinds,
        crds: Vec::new(),
        made_from: String::new(),
        merge: MergeMode::Merge,
        is_upgrade: true,
        generated: Vec::new(),
        secrets,
        files: files.into_iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes)).collect(),
    };
    let release = String::from_utf8_lossy(&release).into_owned();
    Ok(State { plan, release, renewed, taken: paths })
}

/// The sealed files that are on the branch now. That they are not to be had is no reason not to go back.
async fn tip(
    control: &Control,
    application: &Application,
    environment: &Environment,
    old: &Deployment,
) -> Result<Files, Error> {
    let last = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
    let Some(last) = last.filter(|last| last.id != old.id) else { return Ok(Files::new()) };
    let folder = layout::environment(environment.name.as_str());
    match committed::files(control, application, &last, &folder).await {
        Ok(files) => Ok(files.into_iter().filter(|(path, _)| sealed_files::is_sealed(path)).collect()),
        Err(error) => {
            tracing::info!(deployment = last.number, error = %error.chain(), "not compared");
            Ok(Files::new())
        }
    }
}

/// How many objects of each kind there are, by the names of their files.
fn kinds(files: &Files) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for path in files.keys().filter(|path| path.starts_with("rendered/") && *path != "rendered/values.yaml") {
        let name = path.rsplit('/').next().unwrap_or_default();
        *kinds.entry(name.split('.').next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    kinds
}

/// Says whether two states are the same: over the files and whom they are sealed for, never over number, person or
/// time. Files that are sealed anew count as they were: no two of them have the same bytes.
fn digest(application: &Application, environment: &Environment, files: &Files, keys: &Keys) -> String {
    let recipients: Vec<&str> = keys.recipients.iter().map(seal::Recipient::as_str).collect();
    let recipients = recipients.join(" ");
    let blobs: Vec<(&str, String)> =
        files.iter().map(|(path, bytes)| (path.as_str(), git::object::blob_id(bytes))).collect();
    let mut parts = vec!["restore 2", application.name.as_str(), environment.name.as_str(), &recipients];
    parts.extend(blobs.iter().flat_map(|(path, blob)| [*path, blob.as_str()]));
    plan::hashed(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_good_ones_are_named() {
        for (good, number, want) in [
            (&[43, 41, 3][..], 42, "The nearest that can come back are 41 and 43."),
            (&[41, 3], 42, "The nearest that can come back is 41."),
            (&[43], 42, "The nearest that can come back is 43."),
            (&[], 42, "Nothing was deployed there yet that could come back."),
        ] {
            assert_eq!(nearest(good, number), want);
        }
    }
}
