//! Deployment templates: the shipped ones, for everyone signed in; and which one an application is deployed from. An
//! application stays on its template's version when a newer program ships another one, until a person changes it.

use model::FieldError;
use model::application::{Application, Source};
use model::deployment::ChartPin;
use model::image::ImageReference;
use model::role::Role;
use model::values::Slot;
pub use render::templates::Template;
use render::templates::{self, ImagePaths};
use render::{Chart, Layer};
use store::Page;

use crate::audit::Note;
use crate::{Call, Control, Error, application, chart as charts, values};

/// All templates, in the order in which people look for them.
pub fn list() -> &'static [Template] {
    templates::list()
}

/// The template of this name.
pub fn named(name: &str) -> Result<&'static Template, Error> {
    templates::get(name).ok_or_else(|| Error::not_found("template", name))
}

/// The shipped template that `name` or `name@version` means.
pub(crate) fn shipped(text: &str) -> Result<&'static Template, FieldError> {
    let (name, version) = parted(text);
    let wrong = |message: String| FieldError::new("template", "unknown", message);
    let Some(template) = templates::get(name) else {
        let known: Vec<&str> = list().iter().map(|t| t.name.as_str()).collect();
        return Err(wrong(format!("There is no template {name:?}; there are: {}.", known.join(", "))));
    };
    match version {
        Some(version) if version != template.version => {
            let message =
                format!("The template {name} is here in version {}, not {version:?}.", template.version);
            Err(wrong(message).suggest(format!("{name}@{}", template.version)))
        }
        _ => Ok(template),
    }
}

fn parted(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)))
}

/// The template that a person wrote for an application: a shipped one, or one that the application was deployed from
/// before, which an earlier program shipped.
///
/// # Errors
/// A field error for any other; a refusal for an application that is deployed from another chart.
pub(crate) async fn pin(control: &Control, application: &Application, text: &str) -> Result<ChartPin, Error> {
    if let Source::Chart { repository, chart } = &application.source {
        let sentence = format!(
            "{} is deployed from the chart {repository}/{chart}, not from a template.",
            application.name
        );
        return Err(Error::conflict("not_from_template", sentence));
    }
    let pin = |name: &str, version: &str| ChartPin {
        repository: None,
        name: name.to_owned(),
        version: version.to_owned(),
        digest: None,
    };
    let unknown = match shipped(text) {
        Ok(template) => return Ok(pin(&template.name, &template.version)),
        Err(unknown) => unknown,
    };
    if let (name, Some(version)) = parted(text) {
        let earlier = pin(name, version);
        let own = matches!(&application.source, Source::Template { name: own, version: at } if own == name && at == version);
        if own || !control.store.deployments_of_chart(application.id, &earlier).await?.is_empty() {
            return Ok(earlier);
        }
    }
    Err(Error::Invalid(vec![unknown]))
}

/// The layer of values that says which image is deployed: at the places that the template's chart names.
///
/// # Errors
/// A refusal for a chart that names none.
pub(crate) fn image_values(
    application: &Application,
    chart: &Chart,
    image: &ImageReference,
) -> Result<Layer, Error> {
    ImagePaths::of(chart).map(|paths| paths.values(image)).ok_or_else(|| {
        let sentence = format!(
            "{} is deployed from the chart {} {}, which does not say where an image goes in its values.",
            application.name,
            chart.name(),
            chart.version()
        );
        Error::conflict("not_from_template", sentence)
    })
}

/// An application after its template was changed.
#[derive(Debug)]
pub struct Changed {
    /// The application.
    pub application: Application,
    /// Values that people wrote and that do not fit the template: until they are changed, nothing can be deployed.
    pub unfit: Vec<Unfit>,
}

/// Values that do not fit a template.
#[derive(Debug)]
pub struct Unfit {
    /// The environment whose override it is; `None` for the base values.
    pub environment: Option<String>,
    /// What is wrong, with line and column.
    pub message: String,
}

/// Changes the template, or its version, that new deployments of an application take. What runs stays as it is until
/// the next deployment.
///
/// # Errors
/// A field error for a template that is not to be had, `stale` for another version of the application than the caller
/// has seen.
pub async fn change(
    control: &Control,
    call: &Call,
    (name, template): (&str, &str),
    expected: Option<i64>,
) -> Result<Changed, Error> {
    let mut application = application::changeable(control, call, name, Role::Manager).await?;
    if expected.is_some_and(|version| version != application.version) {
        return Err(Error::stale("application", name));
    }
    let pin = pin(control, &application, template).await?;
    let chart = charts::pinned(control, &pin, &application).await?;
    let unfit = unfit(control, &application, &chart).await?;
    let before = application.source.to_string();
    application.source = Source::Template { name: pin.name, version: pin.version };
    let after = application.source.to_string();
    if after == before {
        return Ok(Changed { application, unfit });
    }
    let tx = control.store.begin().await?;
    application.version =
        tx.update_application(&application).await.map_err(|e| Error::about(e, "application", name))?;
    Note::of(call, "application.template_changed", format!("application/{name}"))
        .in_project(application.project)
        .change("template", Some(before), Some(after))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    application::publish(control, &application);
    Ok(Changed { application, unfit })
}

/// What people wrote and a chart would not take: of the base values, and of each override what is wrong besides.
async fn unfit(control: &Control, application: &Application, chart: &Chart) -> Result<Vec<Unfit>, Error> {
    let base = control.store.latest_values(application.id, Slot::Base).await?;
    let mut found: Vec<Unfit> = Vec::new();
    let mut check = |environment: Option<&str>, layers: &[Layer]| -> Result<(), Error> {
        for message in problems(chart, layers)? {
            if !found.iter().any(|known| known.environment.is_none() && known.message == message) {
                found.push(Unfit { environment: environment.map(str::to_owned), message });
            }
        }
        Ok(())
    };
    check(None, &values::layers(base.as_ref(), None))?;
    let mut page = Page::first();
    loop {
        let listed = control.store.environments(&page).await?;
        for environment in listed.items {
            let slot = Slot::Override(environment.id);
            if let Some(over) = control.store.latest_values(application.id, slot).await? {
                let layers = values::layers(base.as_ref(), Some(&over));
                check(Some(environment.name.as_str()), &layers)?;
            }
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(found),
        }
    }
}

fn problems(chart: &Chart, layers: &[Layer]) -> Result<Vec<String>, Error> {
    match render::validate_values(chart, layers) {
        Ok(()) => Ok(Vec::new()),
        Err(render::Error::Values(errors)) => Ok(errors.iter().map(ToString::to_string).collect()),
        Err(error) => Err(error.into()),
    }
}
