//! Taking in what was changed by hand on a branch, without losing what was saved and is not deployed yet.

use model::deployment::{Deployment, Stage};
use model::role::Role;
use model::values::{Origin, Slot, Values};

use super::{Draft, Place, Written, check, insert, on_branch};
use crate::{Call, Control, Error, application};

/// Takes in what is on the branch after it was changed there by hand, with the author of that change. What was saved
/// since the last commit and is not deployed yet is put on top of it, line by line, as a version of its own; `replace`
/// takes Git's text alone.
///
/// # Errors
/// `nothing_in_git` when there is nothing yet. `invalid_values` when what is on the branch cannot be used: it stays
/// there, and nothing is taken in. `not_deployed_yet` when what waits cannot be put on top of what Git
/// has: both change the same lines, or the values that come out are not valid.
pub async fn import(
    control: &Control,
    call: &Call,
    name: &str,
    environment: Option<&str>,
    replace: bool,
) -> Result<Values, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    let place = Place::find(control, application, environment).await?;
    let Some(found) = on_branch(control, &place).await? else {
        let sentence = format!("{name} has no {} in Git yet; deploying writes it.", place.file());
        return Err(Error::conflict("nothing_in_git", sentence));
    };
    let latest = place.latest(&control.store).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    // The mode is not in Git's file: it stays what it is.
    let merge = latest.as_ref().map(|v| v.merge).unwrap_or_default();
    let known = known(control, &place).await?;
    let before = known.as_ref().map_or("", |known| known.yaml.as_str());
    match &latest {
        Some(latest) if latest.yaml == found.yaml || before == found.yaml && !replace => {
            return Ok(latest.clone());
        }
        _ => {}
    }
    check(control, &place, (&found.yaml, merge), None).await?;
    let together = match &latest {
        Some(latest) if !replace => {
            let together = together(call, (&place, latest), (before, &found))?;
            if let Some(together) = &together {
                let checked = check(control, &place, (&together.yaml, merge), None).await;
                checked.map_err(|error| waits(&place, latest, &error.sentence()))?;
            }
            together
        }
        _ => None,
    };
    let mut drafts = vec![Draft::next(control, place.clone(), number + 1, Written { merge, ..found })];
    drafts.extend(together.map(|together| Draft::next(control, place, number + 2, together)));
    insert(control, call, &drafts).await?;
    drafts.pop().map(|draft| draft.values).ok_or_else(|| Error::Bug("nothing was taken in".into()))
}

/// Git's text with what was saved on top of it, if something was that is not in Git yet; `before` is what Git had.
fn together(
    call: &Call,
    (place, latest): (&Place, &Values),
    (before, found): (&str, &Written),
) -> Result<Option<Written>, Error> {
    if before == latest.yaml {
        return Ok(None);
    }
    let yaml = diffy::merge(before, &latest.yaml, &found.yaml)
        .map_err(|_| waits(place, latest, "It changes the same lines as Git does."))?;
    if yaml == found.yaml {
        return Ok(None);
    }
    let message = format!("Version {} on top of what was changed in Git", latest.number);
    let (author, email) = (call.actor.name.clone(), call.actor.email.clone());
    Ok(Some(Written { yaml, merge: latest.merge, author, email, message, origin: Origin::Saved }))
}

/// Demands that the newest version is in Git, where versions cannot be put together.
///
/// # Errors
/// `not_deployed_yet` when taking in what is in Git would lose it.
pub(crate) async fn demand_deployed(control: &Control, place: &Place, latest: &Values) -> Result<(), Error> {
    match known(control, place).await? {
        Some(known) if known.yaml == latest.yaml => Ok(()),
        _ => Err(waits(place, latest, "What is sealed cannot be put together.")),
    }
}

fn waits(place: &Place, latest: &Values, why: &str) -> Error {
    let what = match (&place.environment, place.slot) {
        (Some(environment), Slot::Secrets(_)) => format!("the secret values of {}", environment.name),
        (Some(environment), _) => format!("the override of {}", environment.name),
        (None, _) => "the base values".to_owned(),
    };
    let number = latest.number;
    let sentence = format!(
        "Version {number} of {what} was saved and never deployed, and cannot be put on top of what Git has: nothing was \
         taken in. {why} Take in Git's text alone, then put the changes of version {number} in again; it stays in the \
         history."
    );
    Error::conflict("not_deployed_yet", sentence)
}

/// The version that Git had before the change by hand: what was taken in since the last commit, or what that commit
/// wrote.
async fn known(control: &Control, place: &Place) -> Result<Option<Values>, Error> {
    let (store, application, slot) = (&control.store, place.application.id, place.slot);
    let last = store.last_committed_deployment(application, slot.environment()).await?;
    let Some(attempt) = last.and_then(|d| d.attempt) else { return Ok(None) };
    let committed = store.last_committed_on_branch(application, &attempt.branch).await?;
    // What restores an earlier state leaves the base values alone.
    let wrote = |d: &&Deployment| match slot.environment() {
        Some(environment) => d.environment == environment,
        None => d.restores.is_none(),
    };
    let last = committed.iter().filter(wrote).max_by_key(|d| d.passed_at(Stage::Committed));
    let since = last.and_then(|d| d.passed_at(Stage::Committed));
    if let Some(taken) = store.newest_taken_in(application, slot, since).await? {
        return Ok(Some(taken));
    }
    let pinned = last.and_then(|d| match slot {
        Slot::Base => Some(d.base_values),
        Slot::Override(_) => d.override_values,
        Slot::Secrets(_) => d.secret_values,
    });
    match pinned {
        Some(id) => Ok(store.values(id).await?),
        None => Ok(None),
    }
}
