//! What a deployment would change: the same plan as the deployer makes, compared with what the last deployment
//! put into Git.

mod diff;

use std::collections::BTreeMap;

use model::application::Application;
use model::deployment::{ChartPin, Deployment};
use model::environment::CrdRule;
use model::layout;
use model::values::MergeMode;
use render::{Chart, Generated, OwnValue, SecretChange};

use crate::plan::{self, Plan};
use crate::wanted::{Asked, Wanted};
use crate::{Call, Control, Error, age_identity, chart, committed, rollback};

pub(crate) use diff::files as differing;
pub use diff::{Change, FileDiff, Hunk, Line, Side};

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
    /// How many of each kind.
    pub kinds: BTreeMap<String, usize>,
    /// The values in force, as YAML.
    pub effective_values: String,
    /// The chart of the last deployment, and of this one.
    pub charts: (Option<ChartPin>, ChartPin),
    /// What another chart means for the values that people wrote.
    pub own_values: Vec<OwnValue>,
    /// Why that is not known, for people: the chart of the last deployment cannot be read.
    pub own_values_unread: Option<String>,
    /// The custom resource definitions that the chart brings, and what becomes of them.
    pub crds: (CrdRule, Vec<String>),
    /// What the chart's author has to say to people.
    pub notes: Option<String>,
    /// Values that the chart generated: those that stay, and those that are new.
    pub generated: Vec<Generated>,
    /// What becomes of the entries of Secrets.
    pub secrets: Vec<SecretChange>,
    /// How the override lay over the base values in the last deployment, `None` without one; and how it does in this.
    pub merge: (Option<MergeMode>, MergeMode),
    /// The number of the deployment that it is compared with; `None` before the first.
    pub compared_with: Option<i64>,
}

/// Renders what a deployment would write and compares it with what is in Git. Writes nothing.
pub async fn preview(control: &Control, call: &Call, name: &str, asked: Asked) -> Result<Preview, Error> {
    of(control, &mut Wanted::read(control, call, name, &asked).await?).await
}

/// The preview of what a request means; the application need not be stored yet.
pub(crate) async fn of(control: &Control, wanted: &mut Wanted) -> Result<Preview, Error> {
    let (application, environment) = (wanted.application.id, wanted.environment.id);
    let last = control.store.last_committed_deployment(application, Some(environment)).await?;
    let (plan, (own_values, own_values_unread)) = match wanted.restores {
        Some(number) => {
            let (application, environment) = (&wanted.application, &wanted.environment);
            rollback::demand_change(&control.store, application, environment, number).await?;
            (rollback::previewed(control, wanted, number).await?, (Vec::new(), None))
        }
        None => {
            let chart = wanted.chart(control).await?;
            let plan = plan::plan(control, &wanted.inputs(&chart, last.as_ref())).await?;
            (plan, own_values(control, wanted, &chart, last.as_ref()).await?)
        }
    };
    let merge = (merge_of(control, last.as_ref()).await?, wanted.pins.merge());
    let environment = &wanted.environment;
    let folder = format!("{}/", layout::rendered(environment.name.as_str()));
    let before = stored(control, &wanted.application, last.as_ref(), &folder).await?;
    let after = planned(&plan, &folder);
    let mut changed = diff::files(&before, &after);
    // Sealed files tell people nothing; what becomes of Secrets is said apart.
    changed.retain(|d| !d.path.starts_with("secrets/"));
    let values = changed.iter().position(|d| d.path == VALUES).map(|i| changed.remove(i));
    let number = last.as_ref().map(|d| d.number);
    Ok(Preview {
        digest: plan.digest,
        values,
        manifests: changed,
        objects: plan.objects,
        kinds: plan.kinds,
        effective_values: plan.effective_values,
        charts: (last.map(|d| d.chart), wanted.pin.clone()),
        own_values,
        own_values_unread,
        merge,
        crds: (environment.crds, plan.crds),
        notes: plan.notes,
        generated: plan.generated,
        secrets: plan.secrets,
        compared_with: number,
    })
}

/// How the override of a deployment lay over its base values.
async fn merge_of(control: &Control, last: Option<&Deployment>) -> Result<Option<MergeMode>, Error> {
    let Some(last) = last else { return Ok(None) };
    let over = match last.override_values {
        Some(id) => control.store.values(id).await?,
        None => None,
    };
    Ok(Some(over.map(|over| over.merge).unwrap_or_default()))
}

/// What people's own values meet in another chart than the last one, and why that is not known. Without the last chart
/// there is nothing to compare: that is no reason to show no preview.
async fn own_values(
    control: &Control,
    wanted: &Wanted,
    chart: &Chart,
    last: Option<&Deployment>,
) -> Result<(Vec<OwnValue>, Option<String>), Error> {
    let Some(last) = last.filter(|last| last.chart != wanted.pin) else { return Ok((Vec::new(), None)) };
    let mut layers = wanted.pins.layers();
    if let Some(secrets) = &wanted.pins.secrets {
        let opened = seal::open(secrets.yaml.as_bytes(), &age_identity::identities(control).await?)?;
        layers.push(render::Layer::secret("secret values", opened));
    }
    match chart::pinned(control, &last.chart, &wanted.application).await {
        Ok(before) => Ok((render::own_values(&before, chart, &layers)?, None)),
        Err(error) => {
            tracing::warn!(chart = %last.chart, error = %error.chain(), "not compared");
            let unread = format!(
                "The chart of deployment {}, {}, cannot be read: {}",
                last.number,
                last.chart,
                error.sentence()
            );
            Ok((Vec::new(), Some(unread)))
        }
    }
}

/// The file of the values in force below the folder `rendered`.
const VALUES: &str = "values.yaml";

/// The rendered files of the last deployment by path: those that are kept, else those in Git. Of what is not to be had
/// nothing is known, and all of the new file counts as changed: that is no reason to show no preview.
async fn stored(
    control: &Control,
    application: &Application,
    last: Option<&Deployment>,
    folder: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let Some(last) = last else { return Ok(BTreeMap::new()) };
    let found = match committed::files(control, application, last, folder.trim_end_matches('/')).await {
        Ok(found) => found,
        Err(error) => {
            tracing::info!(deployment = last.number, error = %error.chain(), "not compared");
            BTreeMap::new()
        }
    };
    let files = last.rendered.as_ref().map(|r| r.files.as_slice()).unwrap_or_default();
    let text = |path: &str| {
        found.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    let ours = files.iter().filter_map(|f| f.path.strip_prefix(folder));
    Ok(ours.map(|path| (path.to_owned(), text(path))).collect())
}

fn planned(plan: &Plan, folder: &str) -> BTreeMap<String, String> {
    let ours = plan.files.iter().filter_map(|(path, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Some((path.strip_prefix(folder)?.to_owned(), text))
    });
    ours.collect()
}
