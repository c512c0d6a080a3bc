//! Holds: while one stands on an environment of an application, nothing is deployed there. Anybody who deploys
//! may place and release one; a rollback brings its own.

use model::application::Application;
use model::deployment::{End, Failure};
use model::environment::Environment;
use model::hold::Hold;
use model::role::Role;
use model::{FieldError, Timestamp};
use store::{Tx, View};
use time::OffsetDateTime;

use crate::audit::Note;
use crate::wanted::Wanted;
use crate::{Call, Control, Error, application, deployment};

/// Places a hold. What was asked for before and has not begun to push fails; a push that has begun goes on. The
/// same person's same hold once more changes nothing.
///
/// # Errors
/// `held` when another hold stands there: it is released first, never replaced.
pub async fn place(
    control: &Control,
    call: &Call,
    name: &str,
    environment: &str,
    reason: &str,
) -> Result<Hold, Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    let environment = crate::environment::named(control, environment).await?;
    let reason = checked(reason)?;
    let tx = control.store.begin().await?;
    tx.lock_application(application.id).await.map_err(|e| Error::about(e, "application", name))?;
    if let Some(standing) = tx.hold(application.id, environment.id).await? {
        let same = standing.by == call.actor.name && standing.reason == reason;
        return if same { Ok(standing) } else { Err(stands(&application, &environment, &standing)) };
    }
    let hold = Hold {
        application: application.id,
        environment: environment.id,
        by: call.actor.name.clone(),
        reason,
        deployment: None,
        created_at: control.now(),
    };
    tx.insert_hold(&hold).await?;
    let sentence = refusal(&application, &environment, &hold);
    let stopped = deployment::end_waiting(control, &tx, (application.id, environment.id), |waiting| {
        let failure = Failure { code: "held".into(), sentence: sentence.clone(), detail: String::new() };
        waiting.fail(failure, control.now());
    });
    let stopped = stopped.await?;
    Note::of(call, "hold.placed", format!("application/{name}"))
        .in_project(application.project)
        .set("environment", environment.name.as_str())
        .set("reason", &hold.reason)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    for number in stopped {
        deployment::publish(control, &application, number);
    }
    application::publish(control, &application);
    Ok(hold)
}

/// Releases a hold: the next deployment is made from the newest values again.
///
/// # Errors
/// Not found when none stands there.
pub async fn release(control: &Control, call: &Call, name: &str, environment: &str) -> Result<(), Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    let environment = crate::environment::named(control, environment).await?;
    let tx = control.store.begin().await?;
    tx.lock_application(application.id).await.map_err(|e| Error::about(e, "application", name))?;
    let Some(hold) = tx.hold(application.id, environment.id).await? else {
        return Err(Error::not_found("hold", format!("{name} in {}", environment.name)));
    };
    tx.delete_hold(application.id, environment.id).await?;
    Note::of(call, "hold.released", format!("application/{name}"))
        .in_project(application.project)
        .set("environment", environment.name.as_str())
        .change("by", Some(hold.by), None)
        .change("reason", Some(hold.reason), None)
        .change("deployment", hold.deployment.map(|n| n.to_string()), None)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    application::publish(control, &application);
    Ok(())
}

fn checked(reason: &str) -> Result<String, Error> {
    let reason = reason.trim();
    let wrong = |code, message: String| Error::Invalid(vec![FieldError::new("reason", code, message)]);
    if reason.chars().count() > Hold::REASON_LIMIT {
        return Err(wrong("too_long", format!("A reason has at most {} characters.", Hold::REASON_LIMIT)));
    }
    if reason.chars().any(|c| c.is_control()) {
        let message = "A reason is one line: it has no line breaks and no control characters.";
        return Err(wrong("invalid_character", message.into()));
    }
    Ok(reason.to_owned())
}

/// Demands that no hold stands in the way. That of a rollback that failed does not stand in another one's.
///
/// # Errors
/// `held`: who, why, since when, and what to do.
pub(crate) async fn demand_none(view: &View, wanted: &Wanted) -> Result<(), Error> {
    let Wanted { application, environment, .. } = wanted;
    let Some(hold) = view.hold(application.id, environment.id).await? else { return Ok(()) };
    if let (Some(_), Some(number)) = (wanted.restores, hold.deployment) {
        let brought = view.deployment_by_number(application.id, number).await?;
        if brought.is_some_and(|d| d.end == Some(End::Failed)) {
            return Ok(());
        }
    }
    Err(Error::conflict("held", refusal(application, environment, &hold)))
}

/// Within the transaction of a rollback: the hold that it brings along, in place of that of one that failed.
/// `rollback` is its number, and why it was asked for.
pub(crate) async fn bring(
    control: &Control,
    tx: &Tx,
    call: &Call,
    wanted: &Wanted,
    rollback: (i64, &str),
) -> Result<(), Error> {
    let Wanted { application, environment, restores, .. } = wanted;
    let (number, why) = rollback;
    let said: String =
        why.trim().lines().next().unwrap_or_default().chars().take(Hold::REASON_LIMIT).collect();
    let said = said.replace('\t', " ");
    let reason = match restores {
        Some(old) if said.is_empty() => format!("Rolled back to deployment {old}"),
        _ => said,
    };
    let standing = tx.hold(application.id, environment.id).await?;
    tx.delete_hold(application.id, environment.id).await?;
    let hold = Hold {
        application: application.id,
        environment: environment.id,
        by: call.actor.name.clone(),
        reason,
        deployment: Some(number),
        created_at: control.now(),
    };
    tx.insert_hold(&hold).await?;
    let before = standing.and_then(|hold| hold.deployment).map(|n| n.to_string());
    Note::of(call, "hold.placed", format!("application/{}", application.name))
        .in_project(application.project)
        .set("environment", environment.name.as_str())
        .set("reason", &hold.reason)
        .change("deployment", before, Some(number.to_string()))
        .write(control, tx)
        .await
}

/// Why a hold stands, for those whom it stops.
fn refusal(application: &Application, environment: &Environment, hold: &Hold) -> String {
    let name = &application.name;
    let environment = &environment.name;
    format!(
        "{} Nothing is deployed there until somebody releases the hold (trueline app release {name} \
         --environment {environment}).",
        standing(application.name.as_str(), environment.as_str(), hold)
    )
}

fn stands(application: &Application, environment: &Environment, hold: &Hold) -> Error {
    let said = standing(application.name.as_str(), environment.name.as_str(), hold);
    Error::conflict(
        "held",
        format!("{said} Release that hold first, then place yours; one does not replace another."),
    )
}

fn standing(application: &str, environment: &str, hold: &Hold) -> String {
    let why = match (hold.deployment, hold.reason.as_str()) {
        (None, "") => String::new(),
        (None, reason) => format!(": {reason}"),
        (Some(number), "") => format!(" (deployment {number} rolled back)"),
        (Some(number), reason) => format!(" (deployment {number} rolled back): {reason}"),
    };
    let end = if why.ends_with(['.', '!', '?']) { "" } else { "." };
    format!(
        "{environment} of {application} is held by {} since {}{why}{end}",
        hold.by,
        since(hold.created_at)
    )
}

/// A point in time for people, to the minute.
fn since(at: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ApplicationId, EnvironmentId};
    use uuid::Uuid;

    #[test]
    fn who_why_and_since_when_are_told() {
        for (deployment, reason, want) in [
            (None, "", "production of shop is held by ann since 2026-11-22 21:51 UTC."),
            (
                None,
                "Wait for bob!",
                "production of shop is held by ann since 2026-11-22 21:51 UTC: Wait for bob!",
            ),
            (
                Some(44),
                "Totals are wrong",
                "production of shop is held by ann since 2026-11-22 21:51 UTC (deployment 44 rolled back): \
                 Totals are wrong.",
            ),
        ] {
            let hold = Hold {
                application: ApplicationId(Uuid::nil()),
                environment: EnvironmentId(Uuid::nil()),
                by: "ann".into(),
                reason: reason.into(),
                deployment,
                created_at: Timestamp(1_795_384_297_000_000),
            };
            assert_eq!(standing("shop", "production", &hold), want);
        }
        assert_eq!(checked(" Wait ").unwrap(), "Wait");
        assert!(checked("a\nb").is_err());
        assert!(checked(&"a".repeat(1001)).is_err());
    }
}
