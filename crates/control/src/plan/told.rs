//! What a chart is told: that it is installed, or that it is upgraded. An upgrade it is once a deployment was applied as a
//! whole; while the first one is on its way into the cluster nobody knows, and a chart that asks is waited with.

use model::application::Application;
use model::deployment::{Deployment, Failure, Stage};
use model::environment::Environment;

use super::Inputs;
use crate::{Control, Error};

/// The code of the wait for the first deployment.
pub(crate) const FIRST: &str = "first_deployment_under_way";
/// How long the first deployment is waited for, in seconds since it is in Git: one that hangs must not hold up the one that
/// puts it right.
const PATIENCE_SECONDS: i64 = 120;
/// What stands before the name of the deployment that is waited for, then of the one that was.
const WAITS: &str = "Waits for deployment ";
const WAITED: &str = "Waited for deployment ";

/// What a chart is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// Nothing was applied as a whole, and nothing is about to be.
    Install,
    /// Something was.
    Upgrade,
    /// That depends on the deployment of this number, which is on its way into the cluster.
    Open(i64),
}

/// What a chart is told now.
pub(super) async fn now(
    control: &Control,
    application: &Application,
    environment: &Environment,
) -> Result<Told, Error> {
    if control.store.was_released(application.id, environment).await? {
        return Ok(Told::Upgrade);
    }
    if environment.cluster.is_none() {
        return Ok(Told::Install);
    }
    let since = control.now().plus_seconds(-PATIENCE_SECONDS);
    let goes_on = |d: &&Deployment| d.passed_at(Stage::Committed).is_some_and(|at| at >= since);
    let unfinished = control.store.unfinished_deployments(application.id, environment.id).await?;
    Ok(unfinished.iter().rev().find(goes_on).map_or(Told::Install, |first| Told::Open(first.number)))
}

/// The deployment that decides what the chart is told, if it asks and that is open.
///
/// # Errors
/// When the secret values, which are looked through as well, do not open.
pub(crate) async fn waits_for(control: &Control, inputs: &Inputs<'_>) -> Result<Option<i64>, Error> {
    let Told::Open(first) = now(control, inputs.application, inputs.environment).await? else {
        return Ok(None);
    };
    let keys = crate::age_identity::seal_keys(control, inputs.environment).await?;
    let values = super::layers(inputs, &keys)?;
    Ok(render::asks_for_phase(inputs.chart, &values).then_some(first))
}

/// What is shown of the wait.
pub(crate) fn waits(first: i64) -> Failure {
    let minutes = PATIENCE_SECONDS / 60;
    let sentence = format!(
        "{WAITS}{first}, the first one here, {minutes} minutes at most: the chart asks whether it is installed or \
         upgraded, and an upgrade it is once deployment {first} is in the cluster."
    );
    Failure { code: FIRST.into(), sentence, detail: String::new() }
}

/// The same once the wait is over; nothing of any other note.
pub(crate) fn waited(note: &str) -> Option<String> {
    note.strip_prefix(WAITS).map(|rest| format!("{WAITED}{rest}"))
}

/// Why what was previewed while the first deployment was on its way is not what would be deployed now; nothing where that is
/// not why.
pub(crate) fn not_as_previewed(note: &str, told_upgrade: Option<bool>) -> Option<Error> {
    let first = note.strip_prefix(WAITS)?.split(',').next()?;
    (told_upgrade == Some(false)).then(|| {
        let sentence = format!(
            "The preview counted on deployment {first}, which is not in the cluster: the chart would be told that it is \
             installed, not upgraded. Look at the new preview."
        );
        Error::conflict("preview_outdated", sentence)
    })
}

/// What is shown where the cluster was given an upgrade whose chart was told that it is installed, or the other way round.
pub(crate) fn otherwise(told_upgrade: bool) -> &'static str {
    match told_upgrade {
        false => {
            "an earlier deployment came through after the chart was told that it is installed: deploy again for what it \
             renders for an upgrade"
        }
        true => {
            "the chart was told that it is upgraded, and nothing is there of what came before: deploy again for what it \
             renders for an installation"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_for_in_vain_is_why_a_preview_does_not_hold() {
        let note = waits(7).sentence;
        let why = not_as_previewed(&note, Some(false)).expect("it waited").to_string();
        assert!(why.contains("counted on deployment 7,"), "{why}");
        for (note, told) in [(note.as_str(), Some(true)), (note.as_str(), None), ("2 objects", Some(false))] {
            assert!(not_as_previewed(note, told).is_none(), "{note} {told:?}");
        }
    }
}
