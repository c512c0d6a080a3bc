//! What a deployment would change: the same plan as the deployer makes, compared with what the last deployment
//! put into Git.

mod diff;

use std::collections::BTreeMap;

use model::deployment::Deployment;
use model::image::ImageReference;
use model::layout;
use model::role::{Role, Scope};
use model::values::Slot;

use crate::plan::{self, Inputs, Plan};
use crate::{Call, Control, Error, application, chart};

pub use diff::{Change, FileDiff, Hunk, Line, Side};

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The environment's name.
    pub environment: String,
    /// The image.
    pub image: String,
}

/// What a deployment would give, and what is different from before.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Names what was looked at: a deployment that repeats it is refused if it would give something else.
    pub digest: String,
    /// What changes in the values in force.
    pub values: Option<FileDiff>,
    /// What changes in objects, by path below the folder `rendered`.
    pub manifests: Vec<FileDiff>,
    /// The number of objects.
    pub objects: usize,
    /// The values in force, as YAML.
    pub effective_values: String,
    /// What the chart's author has to say to people.
    pub notes: Option<String>,
    /// The number of the deployment that it is compared with; `None` before the first.
    pub compared_with: Option<i64>,
}

/// Renders what a deployment would write and compares it with what is in Git. Writes nothing.
pub async fn preview(control: &Control, call: &Call, name: &str, request: Request) -> Result<Preview, Error> {
    let application = application::visible(control, call, name).await?;
    call.require(Role::Deployer, Scope::Project(application.project))?;
    let mut errors = Vec::new();
    let image = ImageReference::parse("image", &request.image).map_err(|e| errors.push(e)).ok();
    let environment = control.store.environment_by_name(&request.environment).await?;
    if environment.is_none() {
        let message = format!("There is no environment {:?}.", request.environment);
        errors.push(model::FieldError::new("environment", "unknown", message));
    }
    let (Some(image), Some(environment)) = (image, environment) else { return Err(Error::Invalid(errors)) };
    let store = &control.store;
    let base = store
        .latest_values(application.id, Slot::Base)
        .await?
        .ok_or_else(|| Error::Bug(format!("{name} has no base values")))?;
    let over = store.latest_values(application.id, Slot::Override(environment.id)).await?;
    let secrets = store.latest_values(application.id, Slot::Secrets(environment.id)).await?;
    let last = store.last_committed_deployment(application.id, Some(environment.id)).await?;
    let pin = chart::pin(&application)?;
    let inputs = Inputs {
        application: &application,
        environment: &environment,
        image: Some(&image),
        chart: &chart::pinned(control, &pin, &application, &environment).await?,
        pin: &pin,
        base: &base,
        over: over.as_ref(),
        secrets: secrets.as_ref(),
        before: last.as_ref(),
        anew: false,
    };
    let plan = plan::plan(control, &inputs).await?;
    let folder = format!("{}/", layout::rendered(environment.name.as_str()));
    let before = stored(control, last.as_ref(), &folder).await?;
    let after = planned(&plan, &folder);
    let mut changed = diff::files(&before, &after);
    let values = changed.iter().position(|d| d.path == VALUES).map(|i| changed.remove(i));
    Ok(Preview {
        digest: plan.digest,
        values,
        manifests: changed,
        objects: plan.objects,
        effective_values: plan.effective_values,
        notes: plan.notes,
        compared_with: last.map(|d| d.number),
    })
}

/// The file of the values in force below the folder `rendered`.
const VALUES: &str = "values.yaml";

/// The rendered files of the last deployment by path; of bytes that are no longer kept nothing is known, and
/// all of the new file counts as changed.
async fn stored(
    control: &Control,
    last: Option<&Deployment>,
    folder: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let files = last.and_then(|d| d.rendered.as_ref()).map(|r| r.files.as_slice()).unwrap_or_default();
    let ours: Vec<(&str, &String)> =
        files.iter().filter_map(|f| Some((f.path.strip_prefix(folder)?, &f.blob))).collect();
    let ids: Vec<String> = ours.iter().map(|(_, blob)| (*blob).clone()).collect();
    let blobs = control.store.blobs(&ids).await?;
    let text = |blob: &String| {
        blobs.get(blob).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    Ok(ours.into_iter().map(|(path, blob)| (path.to_owned(), text(blob))).collect())
}

fn planned(plan: &Plan, folder: &str) -> BTreeMap<String, String> {
    let ours = plan.files.iter().filter_map(|(path, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Some((path.strip_prefix(folder)?.to_owned(), text))
    });
    ours.collect()
}
