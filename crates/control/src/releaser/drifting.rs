//! What is known of drift at a place: how much, since when, and why it is not put right. People are told when that changes.

use model::cluster::{Place, PlaceDrift};
use model::deployment::Failure;

use crate::Call;
use crate::audit::Note;
use crate::deployer::{Job, Stop};

/// The most letters that are kept of why it is not put right.
const LONGEST: usize = 2_000;

/// Notes how many objects differ, and why they are not put right. A refusal is written down once, for as long as it is the
/// same.
pub(super) async fn note(
    job: &Job,
    place: &Place,
    (objects, refused): (usize, Option<String>),
) -> Result<(), Stop> {
    let control = &job.control;
    let before = control.store.drift_of_place(place.id).await?;
    let since = before.as_ref().map_or_else(|| control.now(), |before| before.since);
    let after = (objects > 0).then_some(PlaceDrift { objects: objects as u64, since, refused });
    if before == after {
        return Ok(());
    }
    let refused_before = before.and_then(|before| before.refused);
    let refused = after.as_ref().and_then(|after| after.refused.clone());
    let tx = control.store.begin().await?;
    tx.put_place_drift(place.id, after.as_ref()).await?;
    if let Some(refused) = refused.filter(|refused| refused_before.as_ref() != Some(refused)) {
        control.counts.drift_refused();
        Note::of(&Call::system(), "drift.refused", format!("application/{}", job.application.name))
            .in_project(job.application.project)
            .set("environment", job.environment.name.as_str())
            .set("objects", objects.to_string())
            .set("reason", refused)
            .write(control, &tx)
            .await?;
    }
    tx.commit().await?;
    crate::application::publish(control, &job.application);
    crate::resources::publish(job);
    Ok(())
}

/// Why a correction was refused, in words for people.
pub(super) fn told(cause: &Failure) -> String {
    let lines: Vec<&str> = cause.detail.lines().filter(|line| !line.is_empty()).collect();
    let all = [&[cause.sentence.as_str()][..], &lines].concat().join(" ");
    all.chars().take(LONGEST).collect()
}
