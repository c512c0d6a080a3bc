//! How a person leads a Rollout of Argo Rollouts that an application runs: on, to its end, or back to the version before.

use deploy::rollout;
use deploy::rollout::Idle;
pub use deploy::rollout::Step;
use model::role::Role;

use crate::actions::{Running, Workload, write};
use crate::{Call, Control, Error, application};

/// Tells a Rollout what to do next; Git stays as it is.
///
/// # Errors
/// Not found when nothing of this name lies in Git for the place, or it does not run there; a conflict when there is nothing
/// to do, or somebody else led it at the same time.
pub async fn lead(
    control: &Control,
    call: &Call,
    (name, place): (&str, &str),
    workload: &Workload<'_>,
    step: Step,
) -> Result<(), Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    let running = Running::find(control, &application, place).await?;
    let key = running.workload(workload)?;
    let action = match step {
        Step::Promote => "rollout.promoted",
        Step::PromoteFully => "rollout.promoted_fully",
        Step::Abort => "rollout.aborted",
        Step::Retry => "rollout.retried",
    };
    let client = &running.site.client;
    let change = rollout::plan(client, &key, step).await?.map_err(|idle| {
        let (code, sentence) = said(idle, &key.to_string());
        Error::conflict(code, sentence)
    })?;
    write(control, running.note(call, &application, action, &key)).await?;
    Ok(rollout::lead(client, &change).await?)
}

/// The code and the sentence for people.
fn said(idle: Idle, rollout: &str) -> (&'static str, String) {
    match idle {
        Idle::NotPaused => (
            "rollout_not_paused",
            format!(
                "{rollout} does not wait for anybody: a step of it runs. To leave out that and all steps that are left, \
                 promote it fully."
            ),
        ),
        Idle::OneVersion => (
            "rollout_one_version",
            format!("All pods of {rollout} are of one version: there is nothing to promote or to abort."),
        ),
        Idle::FirstVersion => (
            "rollout_first_version",
            format!("{rollout} has no version before this one that it could go back to."),
        ),
        Idle::Aborted => ("rollout_aborted", format!("{rollout} was aborted already.")),
        Idle::NotAborted => {
            ("rollout_not_aborted", format!("{rollout} was not aborted: there is nothing to try again."))
        }
    }
}
