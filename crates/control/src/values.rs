//! Values that people write: saved as immutable versions, compared with what the author saw, taken in from Git
//! when they were changed there by hand. Saving is not deploying.

mod draft;
mod import;

use git::Entry;
use model::ValuesId;
use model::application::{Application, Source};
use model::environment::{BranchRule, Environment};
use model::image::ImageReference;
use model::layout;
use model::role::Role;
use model::values::{MergeMode, Origin, Slot, Values};
use render::{Layer, Request};
use store::View;

use crate::secret_values::Change;
use crate::{Call, Control, Error, application};

pub use draft::Unsaved;
use draft::once_each;
pub(crate) use draft::{Draft, insert, unsaved};
pub(crate) use import::demand_deployed;
pub use import::import;

/// Most characters of a version's message.
pub const MESSAGE_LIMIT: usize = 4000;

/// A version to be saved.
#[derive(Default)]
pub struct New {
    /// The environment whose override it is; base values without one.
    pub environment: Option<String>,
    /// The YAML.
    pub yaml: String,
    /// Why; may be empty.
    pub message: String,
    /// The number of the version that the author saw, 0 for none, if the caller says so.
    pub expected: Option<i64>,
    /// The version of an installed chart that they are meant for; the deployed one without it.
    pub version: Option<String>,
    /// How an override lies over the base values; as the newest version does when left out.
    pub merge: Option<MergeMode>,
    /// Secret values of environments that are saved with it.
    pub secrets: Vec<Change>,
}

/// One input of an application: its base values, an environment's override, or its secret values.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) application: Application,
    pub(crate) environment: Option<Environment>,
    pub(crate) slot: Slot,
}

impl Place {
    async fn find(
        control: &Control,
        application: Application,
        environment: Option<&str>,
    ) -> Result<Self, Error> {
        let environment = match environment {
            Some(name) => Some(crate::environment::named(control, name).await?),
            None => None,
        };
        let slot = Slot::plain(environment.as_ref().map(|e| e.id));
        Ok(Self { application, environment, slot })
    }

    fn slot(&self) -> Slot {
        self.slot
    }

    fn subject(&self) -> String {
        let noun = match self.slot {
            Slot::Base | Slot::Override(_) => "values",
            Slot::Secrets(_) => "secret-values",
        };
        match &self.environment {
            Some(environment) => format!("{noun}/{}/{}", self.application.name, environment.name),
            None => format!("{noun}/{}", self.application.name),
        }
    }

    /// The file below the application's folder.
    pub(crate) fn file(&self) -> String {
        let environment = self.environment.as_ref().map_or("", |e| e.name.as_str());
        match self.slot {
            Slot::Base => layout::BASE_VALUES.to_owned(),
            Slot::Override(_) => layout::override_values(environment),
            Slot::Secrets(_) => layout::secret_values(environment),
        }
    }

    pub(crate) async fn latest(&self, view: &View) -> Result<Option<Values>, Error> {
        Ok(view.latest_values(self.application.id, self.slot()).await?)
    }
}

/// What was saved together.
#[derive(Debug)]
pub struct Saved {
    /// The base values or the override.
    pub values: Values,
    /// Secret values that were saved with them, each with the name of its environment.
    pub secrets: Vec<(String, Values)>,
}

/// Saves a version of the base values or of an override, and with it secret values: all of it or nothing.
///
/// # Errors
/// `invalid_values` with line and column, stale when someone else saved since `expected`; of secret values as
/// [`crate::secret_values::save`], at fields that begin with `secret_values[0]`.
pub async fn save(control: &Control, call: &Call, name: &str, new: New) -> Result<Saved, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    messages(&new.message)?;
    once_each(&new.secrets)?;
    let place = Place::find(control, application.clone(), new.environment.as_deref()).await?;
    let latest = place.latest(&control.store).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    if new.expected.is_some_and(|expected| expected != number) {
        return Err(Error::stale("version of the values of", name));
    }
    let merge = merge(&place, latest.as_ref(), new.merge)?;
    check(control, &place, (&new.yaml, merge), new.version.as_deref()).await?;
    let mut drafts = vec![Draft::saved(control, call, (place, latest), (new.yaml, merge), &new.message)];
    let mut environments = Vec::new();
    for (at, change) in new.secrets.into_iter().enumerate() {
        environments.push(change.environment.clone());
        let change = Change { message: new.message.clone(), ..change };
        let draft = crate::secret_values::read(control, call, application.clone(), change).await;
        drafts.push(draft.map_err(|error| error.below(&format!("secret_values[{at}]")))?);
    }
    insert(control, call, &drafts).await?;
    let mut saved = drafts.into_iter().map(|draft| draft.values);
    let values = saved.next().ok_or_else(|| Error::Bug("nothing was saved".into()))?;
    Ok(Saved { values, secrets: environments.into_iter().zip(saved).collect() })
}

/// Checks the message of a version.
pub(crate) fn messages(message: &str) -> Result<(), Error> {
    if message.chars().count() <= MESSAGE_LIMIT {
        return Ok(());
    }
    let message = format!("A message has at most {MESSAGE_LIMIT} characters.");
    Err(Error::field("message", "too_long", message))
}

/// How a new version lies over the base values: as it says, else as the newest one does.
fn merge(place: &Place, latest: Option<&Values>, wanted: Option<MergeMode>) -> Result<MergeMode, Error> {
    match (place.slot, wanted) {
        (Slot::Base | Slot::Secrets(_), Some(MergeMode::Replace)) => {
            let message =
                "Base values replace nothing: name the environment whose override is to count alone.";
            Err(Error::field("merge", "only_for_overrides", message))
        }
        (Slot::Base | Slot::Secrets(_), _) => Ok(MergeMode::Merge),
        (Slot::Override(_), Some(wanted)) => Ok(wanted),
        (Slot::Override(_), None) => Ok(latest.map(|v| v.merge).unwrap_or_default()),
    }
}

/// What people wrote in plain text, the lowest layer first: base values and override, or the override alone where it
/// replaces them.
pub(crate) fn layers(base: Option<&Values>, over: Option<&Values>) -> Vec<Layer> {
    let replaced = over.is_some_and(|over| over.merge == MergeMode::Replace);
    let base = base.filter(|_| !replaced).map(|base| Layer::new(BASE, base.yaml.as_str()));
    let over = over.map(|over| Layer::new(OVERRIDE, over.yaml.as_str()));
    base.into_iter().chain(over).collect()
}

/// The first version of an input of an application that is being made.
pub(crate) fn first(
    call: &Call,
    application: &model::application::Application,
    slot: Slot,
    yaml: String,
) -> Values {
    Values {
        id: ValuesId(crate::random::id()),
        application: application.id,
        slot,
        number: 1,
        blob: git::object::blob_id(yaml.as_bytes()),
        yaml,
        merge: MergeMode::Merge,
        author: call.actor.name.clone(),
        author_email: call.actor.email.clone(),
        message: String::new(),
        origin: Origin::Saved,
        created_at: application.created_at,
    }
}

/// A version's content and where it came from.
pub(crate) struct Written {
    pub(crate) yaml: String,
    pub(crate) merge: MergeMode,
    pub(crate) author: String,
    pub(crate) email: String,
    pub(crate) message: String,
    pub(crate) origin: Origin,
}

/// Checks a text as it would lie over the chart's defaults, and an override over the base values as well. What an
/// installed chart wants beside may stand in another input, so it is demanded when something is deployed.
async fn check(
    control: &Control,
    place: &Place,
    (yaml, merge): (&str, MergeMode),
    version: Option<&str>,
) -> Result<(), Error> {
    let Place { application, environment, .. } = place;
    let mut layers = Vec::new();
    if environment.is_some() && merge == MergeMode::Merge {
        let base = control.store.latest_values(application.id, Slot::Base).await?;
        layers.extend(base.map(|b| Layer::new(BASE, b.yaml)));
    }
    layers.push(Layer::new(if environment.is_some() { OVERRIDE } else { BASE }, yaml));
    let chart = crate::chart::of_values(control, application, environment.as_ref(), version).await?;
    match (&application.source, chart) {
        (Source::Template { .. }, Some(chart)) => render::validate_values(&chart, &layers)?,
        (Source::Chart { .. }, Some(chart)) => render::validate_part_of_values(&chart, &layers)?,
        (_, None) => render::read_values(&layers)?,
    }
    Ok(())
}

/// What the layers are called in errors; as in `plan`.
pub(crate) const BASE: &str = "base values";
pub(crate) const OVERRIDE: &str = "override";

/// The input as it is on the branch of its environment; of base values the default branch's, or that of the
/// last deployment where each environment has a branch of its own.
pub(crate) async fn on_branch(control: &Control, place: &Place) -> Result<Option<Written>, Error> {
    let application = &place.application;
    let (Some(repository), Some(config)) = (&application.repository, application.gitops_config) else {
        return Ok(None);
    };
    let Some(config) = control.store.gitops_config(config).await? else { return Err(crate::gate::closed()) };
    let environment = place.environment.as_ref();
    let last = control.store.last_committed_deployment(application.id, environment.map(|e| e.id)).await?;
    let branch = match (last.and_then(|d| d.attempt), environment) {
        (Some(attempt), _) => attempt.branch,
        (None, Some(e)) if e.branch == BranchRule::PerEnvironment => format!("environment/{}", e.name),
        (None, _) => repository.default_branch.clone(),
    };
    let remote = crate::hosts::open(control, &config).await?.remote(repository)?;
    let path = layout::below(&application.path, &place.file());
    let mut snapshot = remote.read(&branch, &[path.as_str()]).await?;
    if snapshot.tip.is_none() {
        return Ok(None);
    }
    let yaml = match snapshot.entries.remove(&path) {
        Some(Entry::File { bytes, .. }) => String::from_utf8(bytes.to_vec()).map_err(|_| {
            Error::conflict("invalid_values", format!("{path} on the branch {branch} is not UTF-8 text."))
        })?,
        // Deleted by hand: nothing is overridden any more.
        None => String::new(),
        Some(Entry::Folder { .. } | Entry::Other { .. }) => {
            let sentence = format!("{path} on the branch {branch} is not a file.");
            return Err(Error::conflict("invalid_values", sentence));
        }
    };
    let touched = remote.last_change(&branch, &path).await?;
    let (author, email, message) = match touched {
        Some(touched) => (touched.author.name, touched.author.email, touched.message),
        None => ("unknown".into(), String::new(), String::new()),
    };
    let message = message.chars().take(MESSAGE_LIMIT).collect::<String>().trim().to_owned();
    Ok(Some(Written { yaml, merge: MergeMode::Merge, author, email, message, origin: Origin::Git }))
}

/// The values that would be in force, as YAML: base values, and an environment's override with an image if
/// they are named. Without an image, that of the environment's last deployment counts.
pub async fn effective(
    control: &Control,
    call: &Call,
    name: &str,
    environment: Option<&str>,
    image: Option<&str>,
) -> Result<String, Error> {
    let application = application::visible(control, call, name).await?;
    let image = image.map(|i| ImageReference::parse("image", i)).transpose();
    let image = image.map_err(|e| Error::Invalid(vec![e]))?;
    let place = Place::find(control, application, environment).await?;
    let application = &place.application;
    let chart = crate::chart::of_values(control, application, place.environment.as_ref(), None).await?;
    let chart = chart.ok_or_else(|| {
        let sentence = format!("{name} is not deployed yet, so its chart's defaults are not at hand.");
        Error::conflict("not_deployed", sentence)
    })?;
    let base = control.store.latest_values(application.id, Slot::Base).await?;
    let mut over = None;
    let mut image = image;
    if let Some(environment) = &place.environment {
        over = control.store.latest_values(application.id, Slot::Override(environment.id)).await?;
        if image.is_none() {
            let last = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
            image = last.and_then(|d| ImageReference::parse("image", &d.image).ok());
        }
    }
    let mut layers = layers(base.as_ref(), over.as_ref());
    if let Some(image) = image {
        layers.push(crate::template::image_values(application, &chart, &image)?);
    }
    let request = Request {
        chart: &chart,
        release: application.name.as_str(),
        namespace: place.environment.as_ref().map_or("default", |e| e.namespace.as_str()),
        is_upgrade: false,
        kubernetes_version: place
            .environment
            .as_ref()
            .map_or(crate::environment::KUBERNETES_VERSION, |e| e.kubernetes_version.as_str()),
        api_versions: place.environment.as_ref().map_or(&[], |e| e.api_versions.as_slice()),
        values: layers,
        before: None,
    };
    Ok(render::effective_values(control.helm()?, &request).await?)
}
