//! From requested to rendered: the files are made from what the deployment pins, and stored.

use bytes::Bytes;
use model::deployment::{Deployment, PlannedFile, Rendered, Stage};
use model::environment::Environment;
use model::image::ImageReference;
use model::layout;
use model::values::Values;
use model::{FieldError, ValuesId};
use store::View;

use super::{Job, Stop, files, restored};
use crate::plan::{self, Inputs, Plan, told};
use crate::{Error, chart};

/// Renders and stores the files; nothing is rendered a second time after that.
pub(super) async fn pass(job: &mut Job) -> Result<(), Stop> {
    let (plan, text, renewed) = match job.deployment.restores {
        Some(number) => {
            let state = restored::state(job, number).await?;
            let text = restored::release(job, &state).await?;
            (state.plan, text, (state.renewed, state.taken))
        }
        None => {
            let plan = planned(job).await?;
            let text = files::release(job, &plan)?;
            (plan, text, (0, Vec::new()))
        }
    };
    if job.deployment.expected_digest.as_ref().is_some_and(|digest| *digest != plan.digest) {
        let note = job.deployment.timeline.last().map_or("", |entry| entry.note.as_str());
        let why = told::not_as_previewed(note, plan.told_upgrade);
        return Err(why.unwrap_or_else(crate::deployment::outdated).into());
    }
    let release = layout::release(job.environment.name.as_str());
    let away = crate::cluster::standing_note(&job.control, &job.environment).await?;
    let note = [Some(note(&job.deployment, plan.objects, &renewed)), away];
    let note = note.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let (rendered_tree, chart_tree, digest) = (plan.rendered_tree, plan.chart_tree, plan.digest);
    let (notes, told_upgrade) = (plan.notes, plan.told_upgrade);
    let mut all: Vec<(String, Bytes)> = plan.files;
    all.push((release, Bytes::from(text)));
    let listed =
        all.iter().map(|(path, bytes)| PlannedFile { path: path.clone(), blob: git::object::blob_id(bytes) });
    let rendered =
        Rendered { digest, rendered_tree, chart_tree, files: listed.collect(), notes, told_upgrade };
    store(job, &all, rendered, note).await?;
    job.files = all;
    Ok(())
}

/// What people are told of the files.
fn note(deployment: &Deployment, objects: usize, (renewed, taken): &(usize, Vec<String>)) -> String {
    let renewed = *renewed;
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (objects, sealed) = (plural(objects, "object"), plural(renewed, "file"));
    match deployment.restores {
        None => objects,
        Some(number) if deployment.reseals && !taken.is_empty() => {
            let taken = taken.join(" and ");
            format!(
                "{sealed} sealed anew; {taken} as taken in from Git; all else as deployment {number} left it"
            )
        }
        Some(number) if deployment.reseals => {
            format!("{sealed} sealed anew; all else as deployment {number} left it")
        }
        Some(number) if renewed == 0 => format!("{objects}, as deployment {number} left them"),
        Some(number) => {
            format!("{objects}, as deployment {number} left them; {sealed} sealed for today's recipients")
        }
    }
}

/// Blobs and stage in one transaction.
async fn store(job: &mut Job, all: &[(String, Bytes)], rendered: Rendered, note: String) -> Result<(), Stop> {
    let (at, took) = job.clock();
    let mut next = job.deployment.clone();
    let tx = job.control.store.begin().await?;
    for (file, (_, bytes)) in rendered.files.iter().zip(all) {
        tx.put_blob(&file.blob, bytes, at).await?;
    }
    let blobs: Vec<&str> = rendered.files.iter().map(|f| f.blob.as_str()).collect();
    tx.keep_blobs(next.id, &blobs).await?;
    next.rendered = Some(rendered);
    if let Some(waited) = next.timeline.last().and_then(|entry| told::waited(&entry.note)) {
        next.wait(waited);
    }
    next.pass(Stage::Rendered, at, took, note);
    next.version = tx.update_deployment(&next).await?;
    tx.commit().await?;
    job.took(next);
    Ok(())
}

async fn planned(job: &Job) -> Result<Plan, Stop> {
    let Job { control, deployment, application, environment, .. } = job;
    let image = match deployment.image.as_str() {
        "" => None,
        image => Some(
            ImageReference::parse("image", image)
                .map_err(|FieldError { message, .. }| Error::Bug(format!("a stored image: {message}")))?,
        ),
    };
    let base = pinned(job, deployment.base_values).await?;
    let over = maybe_pinned(job, deployment.override_values).await?;
    let secrets = maybe_pinned(job, deployment.secret_values).await?;
    let before = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
    let inputs = Inputs {
        application,
        environment,
        image: image.as_ref(),
        chart: &chart::pinned(control, &deployment.chart, application).await?,
        pin: &deployment.chart,
        base: &base,
        over: over.as_ref(),
        secrets: secrets.as_ref(),
        before: before.as_ref(),
        anew: deployment.anew,
    };
    if let Some(first) = told::waits_for(control, &inputs).await? {
        return Err(Stop::Later { after: None, cause: told::waits(first) });
    }
    Ok(plan::plan(control, &inputs).await?)
}

/// Whether the chart was told something else of what the deployment is than it would be told now, and nothing of it is in
/// Git yet.
pub(super) async fn is_outdated(
    view: &View,
    deployment: &Deployment,
    environment: &Environment,
) -> Result<bool, store::Error> {
    let told = deployment.rendered.as_ref().and_then(|rendered| rendered.told_upgrade);
    match told.filter(|_| deployment.attempt.is_none()) {
        Some(told) => Ok(view.was_released(deployment.application, environment).await? != told),
        None => Ok(false),
    }
}

/// Takes it back to be rendered once more.
pub(super) async fn again(job: &mut Job) -> Result<(), Stop> {
    job.files = Vec::new();
    job.save(Deployment::render_again).await
}

async fn maybe_pinned(job: &Job, id: Option<ValuesId>) -> Result<Option<Values>, Stop> {
    match id {
        Some(id) => pinned(job, id).await.map(Some),
        None => Ok(None),
    }
}

async fn pinned(job: &Job, id: ValuesId) -> Result<Values, Stop> {
    let found = job.control.store.values(id).await?;
    found.ok_or_else(|| Error::Bug(format!("version {id} of the values is gone")).into())
}
