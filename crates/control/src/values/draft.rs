//! Versions of values that are not stored yet: looked at in previews, and stored together or not at all.

use std::collections::BTreeSet;

use model::values::{MergeMode, Origin, Slot, Values};
use model::{Secret, ValuesId};
use render::Layer;
use store::Tx;

use super::{BASE, OVERRIDE, Place, Written};
use crate::audit::Note;
use crate::wanted::Pins;
use crate::{Call, Control, Error, secret_values};

/// Values that are sent with a preview or a deployment: saved with the deployment, and not before.
#[derive(Clone, Default)]
pub struct Unsaved {
    /// Base values, as YAML.
    pub values: Option<String>,
    /// The environment's override, as YAML.
    pub over: Option<String>,
    /// How the override lies over the base values; as it does now when left out.
    pub merge: Option<MergeMode>,
    /// A YAML mapping that is put into the environment's secret values, key by key.
    pub secrets: Option<Secret>,
}

impl std::fmt::Debug for Unsaved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { values, over, merge, secrets } = self;
        let there = [values.is_some(), over.is_some(), merge.is_some(), secrets.is_some()];
        f.debug_tuple("Unsaved").field(&there).finish()
    }
}

impl Unsaved {
    /// Whether nothing is sent.
    pub fn is_empty(&self) -> bool {
        let Self { values, over, merge, secrets } = self;
        values.is_none() && over.is_none() && merge.is_none() && secrets.is_none()
    }
}

/// A version that may be stored: the one that is there when nothing would change.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    place: Place,
    /// The version.
    pub(crate) values: Values,
    is_new: bool,
}

impl Draft {
    /// The version that is there already.
    pub(crate) fn same(place: Place, values: Values) -> Self {
        Self { place, values, is_new: false }
    }

    /// The version that follows the newest one.
    pub(crate) fn next(control: &Control, place: Place, number: i64, written: Written) -> Self {
        let values = Values {
            id: ValuesId(crate::random::id()),
            application: place.application.id,
            slot: place.slot,
            number,
            blob: git::object::blob_id(written.yaml.as_bytes()),
            yaml: written.yaml,
            merge: written.merge,
            author: written.author,
            author_email: written.email,
            message: written.message,
            origin: written.origin,
            created_at: control.now(),
        };
        Self { place, values, is_new: true }
    }

    /// What a person wrote, over the newest version: that one when it is the same.
    pub(crate) fn saved(
        control: &Control,
        call: &Call,
        (place, latest): (Place, Option<Values>),
        (yaml, merge): (String, MergeMode),
        message: &str,
    ) -> Self {
        let number = latest.as_ref().map_or(0, |v| v.number);
        match latest {
            // The same once more is no new version.
            Some(latest) if latest.yaml == yaml && latest.merge == merge => return Self::same(place, latest),
            _ => {}
        }
        let written = Written {
            yaml,
            merge,
            author: call.actor.name.clone(),
            email: call.actor.email.clone(),
            message: message.trim().to_owned(),
            origin: Origin::Saved,
        };
        Self::next(control, place, number + 1, written)
    }

    /// Within a transaction: the version and its audit entry, unless it is there already.
    ///
    /// # Errors
    /// Stale when another version has its number.
    pub(crate) async fn insert(&self, control: &Control, tx: &Tx, call: &Call) -> Result<(), Error> {
        if !self.is_new {
            return Ok(());
        }
        let Self { place, values, .. } = self;
        let (what, action) = match (values.slot, values.origin) {
            (Slot::Base | Slot::Override(_), Origin::Saved) => ("version of the values of", "values.saved"),
            (Slot::Base | Slot::Override(_), Origin::Git) => ("version of the values of", "values.imported"),
            (Slot::Secrets(_), Origin::Saved) => ("version of the secret values of", "secret_values.saved"),
            (Slot::Secrets(_), Origin::Git) => ("version of the secret values of", "secret_values.imported"),
        };
        let name = place.application.name.as_str();
        tx.insert_values(values).await.map_err(|e| Error::about(e, what, name))?;
        let replaces = matches!(values.slot, Slot::Override(_)) && values.merge == MergeMode::Replace;
        Note::of(call, action, place.subject())
            .in_project(place.application.project)
            .set("number", values.number.to_string())
            .set("blob", &values.blob)
            .change("merge", None, replaces.then(|| values.merge.as_str().to_owned()))
            .write(control, tx)
            .await
    }
}

/// Stores versions in one transaction, all of them or none.
pub(crate) async fn insert(control: &Control, call: &Call, drafts: &[Draft]) -> Result<(), Error> {
    if drafts.iter().all(|draft| !draft.is_new) {
        return Ok(());
    }
    let tx = control.store.begin().await?;
    for draft in drafts {
        draft.insert(control, &tx, call).await?;
    }
    tx.commit().await?;
    if let Some(draft) = drafts.first() {
        crate::application::publish(control, &draft.place.application);
    }
    Ok(())
}

/// What unsaved values would be as versions after the newest ones. What a chart says of them is looked at with all
/// layers together.
///
/// # Errors
/// Field errors for texts that are no YAML mapping and for secret values that cannot be sealed.
pub(crate) async fn unsaved(
    control: &Control,
    call: &Call,
    (application, environment): (&model::application::Application, &model::environment::Environment),
    (pins, unsaved): (&Pins, &Unsaved),
) -> Result<Vec<Draft>, Error> {
    let mut drafts = Vec::new();
    let place = |slot: Slot| Place {
        application: application.clone(),
        environment: slot.environment().map(|_| environment.clone()),
        slot,
    };
    if let Some(yaml) = &unsaved.values {
        render::read_values(&[Layer::new(BASE, yaml.as_str())])?;
        let at = (place(Slot::Base), Some(pins.base.clone()));
        drafts.push(Draft::saved(control, call, at, (yaml.clone(), MergeMode::Merge), ""));
    }
    if unsaved.over.is_some() || unsaved.merge.is_some() {
        let latest = pins.over.clone();
        let written = unsaved.over.clone().or_else(|| latest.as_ref().map(|v| v.yaml.clone()));
        let yaml = written.unwrap_or_default();
        render::read_values(&[Layer::new(OVERRIDE, yaml.as_str())])?;
        let merge = unsaved.merge.or(latest.as_ref().map(|v| v.merge)).unwrap_or_default();
        let at = (place(Slot::Override(environment.id)), latest);
        drafts.push(Draft::saved(control, call, at, (yaml, merge), ""));
    }
    if let Some(text) = unsaved.secrets.as_ref().filter(|text| !text.is_empty()) {
        let change = secret_values::Change::set(environment.name.as_str(), text.clone());
        let at = (place(Slot::Secrets(environment.id)), pins.secrets.clone());
        let draft = secret_values::draft(control, call, at, change).await;
        drafts.push(draft.map_err(|error| error.at_field("set", "secret_values"))?);
    }
    Ok(drafts)
}

/// Refuses two changes of the secret values of one environment.
pub(crate) fn once_each(changes: &[secret_values::Change]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (at, change) in changes.iter().enumerate() {
        if !seen.insert(change.environment.as_str()) {
            let message =
                format!("{} is named twice: put its secret values into one entry.", change.environment);
            return Err(Error::field(format!("secret_values[{at}].environment"), "duplicate", message));
        }
    }
    Ok(())
}
