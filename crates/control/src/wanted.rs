//! What a preview or a deployment is asked for, and what that means now: who may ask, which chart, which values.
//! Both read a request here, so that what was previewed is what is deployed.

use model::application::{Application, Source};
use model::deployment::{ChartPin, Deployment};
use model::environment::Environment;
use model::image::ImageReference;
use model::role::{Role, Scope};
use model::values::{MergeMode, Slot, Values};
use model::{FieldError, ValuesId};
use render::{Chart, Layer};

use crate::plan::Inputs;
use crate::values::{Draft, Unsaved};
use crate::{Call, Control, Error, application, chart, rollback, values};

/// What is asked for: an image where the application is deployed from a template, a version where it is a chart.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The environment's name.
    pub environment: String,
    /// The image; templates need one.
    pub image: Option<String>,
    /// The version of the chart; of charts that are deployed already, the same again when left out.
    pub version: Option<String>,
    /// The number of the deployment whose state is to be brought back.
    pub restore: Option<i64>,
    /// Another template or version than the application's own, `name@version`, for this once.
    pub template: Option<String>,
    /// Whether what the chart generates is to be generated anew.
    pub anew: bool,
    /// Values that are not saved yet.
    pub unsaved: Unsaved,
}

/// The versions of values that a deployment is made from.
#[derive(Clone, Debug)]
pub(crate) struct Pins {
    pub(crate) base: Values,
    pub(crate) over: Option<Values>,
    pub(crate) secrets: Option<Values>,
}

impl Pins {
    /// The newest versions.
    pub(crate) async fn newest(
        view: &store::View,
        application: &Application,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let latest = |slot| view.latest_values(application.id, slot);
        let base = latest(Slot::Base).await?;
        let over = latest(Slot::Override(environment.id)).await?;
        let secrets = latest(Slot::Secrets(environment.id)).await?;
        let base = base.ok_or_else(|| Error::Bug(format!("{} has no base values", application.name)))?;
        Ok(Self { base, over, secrets })
    }

    /// Whether both are the same versions.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let ids = |p: &Self| (p.base.id, p.over.as_ref().map(|v| v.id), p.secrets.as_ref().map(|v| v.id));
        ids(self) == ids(other)
    }

    /// What people wrote in plain text, the lowest layer first.
    pub(crate) fn layers(&self) -> Vec<Layer> {
        values::layers(Some(&self.base), self.over.as_ref())
    }

    /// How the override lies over the base values.
    pub(crate) fn merge(&self) -> MergeMode {
        self.over.as_ref().map(|over| over.merge).unwrap_or_default()
    }

    /// The same with these versions in their places.
    pub(crate) fn with(mut self, drafts: &[Draft]) -> Self {
        for Draft { values, .. } in drafts {
            match values.slot {
                Slot::Base => self.base = values.clone(),
                Slot::Override(_) => self.over = Some(values.clone()),
                Slot::Secrets(_) => self.secrets = Some(values.clone()),
            }
        }
        self
    }
}

/// What a request means.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) application: Application,
    pub(crate) environment: Environment,
    pub(crate) image: Option<ImageReference>,
    /// The chart; its digest is known once [`Wanted::chart`] has found it.
    pub(crate) pin: ChartPin,
    pub(crate) pins: Pins,
    /// Versions among the pins that are stored with the deployment.
    pub(crate) drafts: Vec<Draft>,
    pub(crate) restores: Option<i64>,
    pub(crate) anew: bool,
}

impl Wanted {
    /// Reads a request: nothing outside the database is asked.
    ///
    /// # Errors
    /// Fields that are wrong, and roles that are missing.
    pub(crate) async fn read(
        control: &Control,
        call: &Call,
        name: &str,
        asked: &Asked,
    ) -> Result<Self, Error> {
        let application = application::visible(control, call, name).await?;
        call.require(Role::Deployer, Scope::Project(application.project))?;
        let mut errors = Vec::new();
        let image = image(&application, asked).map_err(|e| errors.push(e)).ok().flatten();
        let environment = control.store.environment_by_name(&asked.environment).await?;
        let environment = match environment {
            Some(environment) => Some(crate::cluster::fitted(control, environment).await?),
            None => None,
        };
        if environment.is_none() {
            let message = format!("There is no environment {:?}.", asked.environment);
            errors.push(FieldError::new("environment", "unknown", message));
        }
        if let Some(environment) = &environment {
            errors.extend(crate::project::outside(control, application.project, environment).await?);
        }
        let (Some(environment), []) = (environment, errors.as_slice()) else {
            return Err(Error::Invalid(errors));
        };
        if application.deleting_at.is_some() {
            let sentence =
                format!("The application {name} is being deleted; nothing can be deployed any more.");
            return Err(Error::conflict("application_deleted", sentence));
        }
        if let Some(number) = asked.restore {
            let old = rollback::target(&control.store, &application, &environment, number).await?;
            return Self::restored(control, application, environment, old).await;
        }
        let pin = match &asked.template {
            Some(template) => {
                // What an application is made of is its project's managers' to say.
                call.require(Role::Manager, Scope::Project(application.project))?;
                crate::template::pin(control, &application, template).await?
            }
            None => pin(control, &application, &environment, asked.version.as_deref()).await?,
        };
        let pins = Pins::newest(&control.store, &application, &environment).await?;
        let mut drafts = Vec::new();
        if !asked.unsaved.is_empty() {
            call.require(Role::Manager, Scope::Project(application.project))?;
            let place = (&application, &environment);
            drafts = values::unsaved(control, call, place, (&pins, &asked.unsaved)).await?;
        }
        let pins = pins.with(&drafts);
        Ok(Self { application, environment, image, pin, pins, drafts, restores: None, anew: asked.anew })
    }

    /// What brings the state of an old deployment back: what that was made from.
    async fn restored(
        control: &Control,
        application: Application,
        environment: Environment,
        old: Deployment,
    ) -> Result<Self, Error> {
        let version = async |id: ValuesId| {
            let found = control.store.values(id).await?;
            found.ok_or_else(|| Error::Bug(format!("version {id} of the values is gone")))
        };
        let base = version(old.base_values).await?;
        let over = match old.override_values {
            Some(id) => Some(version(id).await?),
            None => None,
        };
        let secrets = match old.secret_values {
            Some(id) => Some(version(id).await?),
            None => None,
        };
        let image = ImageReference::parse("image", &old.image).ok();
        let pins = Pins { base, over, secrets };
        let restores = Some(old.number);
        let drafts = Vec::new();
        Ok(Self { application, environment, image, pin: old.chart, pins, drafts, restores, anew: false })
    }

    /// The chart. One that was never deployed comes from its chart repository; the pin has its digest then.
    ///
    /// # Errors
    /// When it is nowhere to be had, or is not fit to be installed.
    pub(crate) async fn chart(&mut self, control: &Control) -> Result<Chart, Error> {
        let (pin, chart) = chart::found(control, &self.pin, &self.application).await?;
        self.pin = pin;
        Ok(chart)
    }

    /// Checks what people wrote against the chart's schema, where there is no preview that did.
    ///
    /// # Errors
    /// `invalid_values` with path, line and what was wanted.
    pub(crate) fn check(&self, chart: &Chart) -> Result<(), Error> {
        let layers = self.pins.layers();
        match self.pins.secrets {
            None => render::validate_values(chart, &layers)?,
            // What is missing may stand in the sealed file: the deployer looks at all of them together.
            Some(_) => render::validate_part_of_values(chart, &layers)?,
        }
        Ok(())
    }

    /// What a plan is made from.
    pub(crate) fn inputs<'a>(&'a self, chart: &'a Chart, before: Option<&'a Deployment>) -> Inputs<'a> {
        Inputs {
            application: &self.application,
            environment: &self.environment,
            image: self.image.as_ref(),
            chart,
            pin: &self.pin,
            base: &self.pins.base,
            over: self.pins.over.as_ref(),
            secrets: self.pins.secrets.as_ref(),
            before,
            anew: self.anew,
        }
    }
}

fn image(application: &Application, asked: &Asked) -> Result<Option<ImageReference>, FieldError> {
    let wrong = |field, code, message: &str| Err(FieldError::new(field, code, message));
    if asked.restore.is_some() {
        let alone = asked.image.is_none() && asked.version.is_none() && asked.template.is_none();
        if !alone || asked.anew || !asked.unsaved.is_empty() {
            let message =
                "A deployment comes back as it was: name no image, version, template or values with it.";
            return wrong("restore", "stands_alone", message);
        }
        return Ok(None);
    }
    if asked.template.is_some() && matches!(application.source, Source::Chart { .. }) {
        return wrong("template", "not_for_charts", "A chart is given a version, not a template.");
    }
    match (&application.source, &asked.image, &asked.version) {
        (Source::Template { .. }, _, Some(_)) => wrong(
            "version",
            "not_for_templates",
            "An application that is deployed from a template is given an image, not a version.",
        ),
        (Source::Template { .. }, image, None) => {
            ImageReference::parse("image", image.as_deref().unwrap_or_default()).map(Some)
        }
        (Source::Chart { .. }, Some(_), _) => wrong(
            "image",
            "not_for_charts",
            "A chart is given a version, not an image: its images are part of its values.",
        ),
        (Source::Chart { .. }, None, _) => Ok(None),
    }
}

/// The chart to be deployed: of a chart without a version, what the environment runs, or was last asked to.
async fn pin(
    control: &Control,
    application: &Application,
    environment: &Environment,
    version: Option<&str>,
) -> Result<ChartPin, Error> {
    let Source::Chart { repository, chart } = &application.source else { return chart::pin(application) };
    let store = &control.store;
    let last = match store.last_committed_deployment(application.id, Some(environment.id)).await? {
        Some(committed) => Some(committed),
        None => store.latest_deployment(application.id, environment.id).await?,
    };
    match (version.map(str::trim).filter(|v| !v.is_empty()), last) {
        (Some(version), Some(last)) if last.chart.version == version => Ok(last.chart),
        (Some(version), _) => Ok(ChartPin {
            repository: Some(repository.clone()),
            name: chart.clone(),
            version: version.to_owned(),
            digest: None,
        }),
        (None, Some(last)) => Ok(last.chart),
        (None, None) => {
            let message = format!(
                "{} was not deployed to {} yet: say which version of {repository}/{chart}.",
                application.name, environment.name
            );
            Err(Error::field("version", "required", message))
        }
    }
}
