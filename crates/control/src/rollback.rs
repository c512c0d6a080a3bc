//! The way back: which states can be brought back, and what bringing one back writes. The environment's folder of
//! the old deployment comes back byte for byte, but that its secrets are sealed for the recipients of today and that
//! custom resource definitions, which are never taken away, follow the environment's rule; nothing is rendered, and no
//! chart repository is asked. Base values belong to all environments: the branch keeps those that it has.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, End};
use model::environment::Environment;
use model::layout;
use model::values::MergeMode;
use seal::Keys;
use store::View;

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
    let (before, after) = view.restorable_around(application.id, environment.id, number).await?;
    let nearest = nearest(before.map(|d| d.number), after.map(|d| d.number));
    let Some(old) = found else {
        let message = format!("There is no deployment {number} of {}. {nearest}", application.name);
        return Err(Error::field("restore", "unknown", message.trim_end().to_owned()));
    };
    let refused = |why: &str| {
        let sentence = format!("Deployment {number} {why}. {nearest}");
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

/// The nearest numbers before and after another whose states can come back, for people.
fn nearest(before: Option<i64>, after: Option<i64>) -> String {
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
/// sealed for the recipients of today are sealed for them, and that custom resource definitions which are in Git now
/// stay there: by the environment's rule they are those of the old deployment (`apply`) or of today (`create`, `skip`)
/// where both have one. Inputs that were `taken` in from Git since stay on the branch
/// where nothing else is to change.
///
/// # Errors
/// `files_gone` when its files, or definitions of today, are neither kept nor in Git any more, `sealed_unopened` when one that has to be sealed
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
    let tip = tip(control, application, environment, old).await?;
    if let Some(tip) = &tip {
        keep_definitions(environment, &mut files, tip);
    }
    let tip = tip.unwrap_or_default();
    let digest = digest(application, environment, &files, &keys);
    let renewed = sealed_files::renew(control, &mut files, &tip, (&keys, old.number))?;
    let rendered_tree = plan::tree_below("rendered", &files)?;
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
        crds: definitions(&files),
        made_from: String::new(),
        merge: MergeMode::Merge,
        is_upgrade: true,
        told_upgrade: None,
        generated: Vec::new(),
        secrets,
        files: files.into_iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes)).collect(),
    };
    let release = String::from_utf8_lossy(&release).into_owned();
    Ok(State { plan, release, renewed, taken: paths })
}

/// The files that are on the branch now; nothing where the old ones are those. That they are not to be had is no
/// reason not to go back, unless definitions among them would be lost.
async fn tip(
    control: &Control,
    application: &Application,
    environment: &Environment,
    old: &Deployment,
) -> Result<Option<Files>, Error> {
    let last = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
    let Some(last) = last.filter(|last| last.id != old.id) else { return Ok(None) };
    let folder = layout::environment(environment.name.as_str());
    match committed::files(control, application, &last, &folder).await {
        Ok(files) => Ok(Some(files)),
        Err(error) => {
            let definitions = format!("{folder}/{DEFINITIONS}");
            let mut written = last.rendered.iter().flat_map(|rendered| &rendered.files);
            if written.any(|file| file.path.starts_with(&definitions)) {
                return Err(error);
            }
            tracing::info!(deployment = last.number, error = %error.chain(), "not compared");
            Ok(Some(Files::new()))
        }
    }
}

/// The folder of custom resource definitions below an environment's.
const DEFINITIONS: &str = "rendered/crds/";

/// Settles which custom resource definitions there are, by the environment's rule: none of today's goes.
fn keep_definitions(environment: &Environment, files: &mut Files, tip: &Files) {
    let is_one = |path: &str| path.starts_with(DEFINITIONS);
    let today = tip.iter().filter(|(path, _)| is_one(path));
    let today = today.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    let old = files.extract_if(.., |path, _| is_one(path)).collect();
    files.extend(plan::crds::settle(environment.crds, old, today));
}

/// The names of the custom resource definitions, by the names of their files.
fn definitions(files: &Files) -> Vec<String> {
    let names = files.keys().filter_map(|path| path.strip_prefix(DEFINITIONS)?.rsplit('/').next());
    let named = |file: &str| {
        let name =
            file.strip_suffix(".yaml")?.strip_prefix("CustomResourceDefinition.apiextensions.k8s.io.")?;
        Some(name.to_owned())
    };
    names.filter_map(named).collect()
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
        for (before, after, want) in [
            (Some(41), Some(43), "The nearest that can come back are 41 and 43."),
            (Some(41), None, "The nearest that can come back is 41."),
            (None, Some(43), "The nearest that can come back is 43."),
            (None, None, "Nothing was deployed there yet that could come back."),
        ] {
            assert_eq!(nearest(before, after), want);
        }
    }
}
