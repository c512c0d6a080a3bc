//! Values that people write: saved as immutable versions, compared with what the author saw, taken in from Git
//! when they were changed there by hand. Saving is not deploying.

use git::Entry;
use model::ValuesId;
use model::application::{Application, Source};
use model::environment::{BranchRule, Environment};
use model::image::ImageReference;
use model::layout;
use model::role::Role;
use model::values::{Origin, Slot, Values};
use render::{Layer, Request};
use store::View;

use crate::audit::Note;
use crate::{Call, Control, Error, application};

/// Most characters of a version's message.
pub const MESSAGE_LIMIT: usize = 4000;

/// A version to be saved.
#[derive(Clone, Debug, Default)]
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
}

/// One input of an application: its base values, an environment's override, or its secret values.
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

/// Saves a version of the base values or of an override.
///
/// # Errors
/// `invalid_values` with line and column, stale when someone else saved since `expected`.
pub async fn save(control: &Control, call: &Call, name: &str, new: New) -> Result<Values, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    if new.message.chars().count() > MESSAGE_LIMIT {
        let message = format!("A message has at most {MESSAGE_LIMIT} characters.");
        return Err(Error::field("message", "too_long", message));
    }
    let place = Place::find(control, application, new.environment.as_deref()).await?;
    let latest = place.latest(&control.store).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    if new.expected.is_some_and(|expected| expected != number) {
        return Err(Error::stale("version of the values of", name));
    }
    check(control, &place, &new.yaml, new.version.as_deref()).await?;
    match latest {
        // The same once more is no new version.
        Some(latest) if latest.yaml == new.yaml => return Ok(latest),
        _ => {}
    }
    let written = Written {
        yaml: new.yaml,
        author: call.actor.name.clone(),
        email: call.actor.email.clone(),
        message: new.message.trim().to_owned(),
        origin: Origin::Saved,
    };
    store(control, call, &place, number + 1, written).await
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
    pub(crate) author: String,
    pub(crate) email: String,
    pub(crate) message: String,
    pub(crate) origin: Origin,
}

pub(crate) async fn store(
    control: &Control,
    call: &Call,
    place: &Place,
    number: i64,
    written: Written,
) -> Result<Values, Error> {
    let application = &place.application;
    let values = Values {
        id: ValuesId(crate::random::id()),
        application: application.id,
        slot: place.slot(),
        number,
        blob: git::object::blob_id(written.yaml.as_bytes()),
        yaml: written.yaml,
        author: written.author,
        author_email: written.email,
        message: written.message,
        origin: written.origin,
        created_at: control.now(),
    };
    let action = match (values.slot, values.origin) {
        (Slot::Base | Slot::Override(_), Origin::Saved) => "values.saved",
        (Slot::Base | Slot::Override(_), Origin::Git) => "values.imported",
        (Slot::Secrets(_), Origin::Saved) => "secret_values.saved",
        (Slot::Secrets(_), Origin::Git) => "secret_values.imported",
    };
    let tx = control.store.begin().await?;
    let name = application.name.as_str();
    tx.insert_values(&values).await.map_err(|e| Error::about(e, "version of the values of", name))?;
    Note::of(call, action, place.subject())
        .in_project(application.project)
        .set("number", number.to_string())
        .set("blob", &values.blob)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    application::publish(control, application);
    Ok(values)
}

/// Checks a text as it would lie over the chart's defaults, and an override over the base values as well. What an
/// installed chart wants beside may stand in another input, so it is demanded when something is deployed.
async fn check(control: &Control, place: &Place, yaml: &str, version: Option<&str>) -> Result<(), Error> {
    let Place { application, environment, .. } = place;
    let mut layers = Vec::new();
    if environment.is_some() {
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

/// Takes in the base values or an override as they are on the branch, with the author of the change. Gives the
/// newest version as it is when nothing was changed there.
///
/// # Errors
/// `invalid_values` when what is on the branch cannot be used: it stays there, and nothing is taken in.
pub async fn import(
    control: &Control,
    call: &Call,
    name: &str,
    environment: Option<&str>,
) -> Result<Values, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    let place = Place::find(control, application, environment).await?;
    let Some(found) = on_branch(control, &place).await? else {
        let sentence = format!("{name} has no {} in Git yet; deploying writes it.", place.file());
        return Err(Error::conflict("nothing_in_git", sentence));
    };
    let latest = place.latest(&control.store).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    match latest {
        Some(latest) if latest.yaml == found.yaml => return Ok(latest),
        _ => {}
    }
    check(control, &place, &found.yaml, None).await?;
    store(control, call, &place, number + 1, found).await
}

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
    Ok(Some(Written { yaml, author, email, message, origin: Origin::Git }))
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
    let mut layers = Vec::new();
    let base = control.store.latest_values(application.id, Slot::Base).await?;
    layers.extend(base.map(|b| Layer::new(BASE, b.yaml)));
    let mut image = image;
    if let Some(environment) = &place.environment {
        let over = control.store.latest_values(application.id, Slot::Override(environment.id)).await?;
        layers.extend(over.map(|o| Layer::new(OVERRIDE, o.yaml)));
        if image.is_none() {
            let last = control.store.last_committed_deployment(application.id, Some(environment.id)).await?;
            image = last.and_then(|d| ImageReference::parse("image", &d.image).ok());
        }
    }
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
