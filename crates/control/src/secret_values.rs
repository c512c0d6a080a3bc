//! Secret values of an application in an environment: people write them, nobody reads them back. Kept sealed as
//! the file that is committed, in the store as in Git.

use model::deployment::Deployment;
use model::role::Role;
use model::values::{MergeMode, Slot, Values};
use model::{FieldError, Secret};
use seal::Fields;

use crate::sealed_files::blob_at;
use crate::values::{Draft, Place, Written, insert, messages, on_branch};
use crate::{Call, Control, Error, age_identity, application};

/// What to change of secret values.
pub struct Change {
    /// The environment that they are for.
    pub environment: String,
    /// A YAML mapping that is put into them, key by key.
    pub set: Option<Secret>,
    /// Places that are removed before that, such as `database.password`.
    pub remove: Vec<String>,
    /// Why; may be empty.
    pub message: String,
    /// The number of the version that the author saw, 0 for none, if the caller says so.
    pub expected: Option<i64>,
}

impl Change {
    /// Puts a YAML mapping into the secret values of an environment.
    pub(crate) fn set(environment: &str, text: Secret) -> Self {
        let environment = environment.to_owned();
        Self { environment, set: Some(text), remove: Vec::new(), message: String::new(), expected: None }
    }
}

/// The secret values of an environment that the caller may see.
pub(crate) async fn place(
    control: &Control,
    application: model::application::Application,
    environment: &str,
) -> Result<Place, Error> {
    let environment = crate::environment::named(control, environment).await?;
    let slot = Slot::Secrets(environment.id);
    Ok(Place { application, environment: Some(environment), slot })
}

/// The places of the values in a version, such as `database.password`; never the values.
///
/// # Errors
/// When what is stored is no SOPS file.
pub fn keys(version: &Values) -> Result<Vec<String>, Error> {
    Ok(seal::paths(version.yaml.as_bytes())?)
}

/// Saves a version of the secret values: what was there before with the changes, sealed.
///
/// # Errors
/// A field error for a text that is no YAML mapping, that would take values along which nobody named, or for a place that
/// is not there; a conflict when what is stored does not open; stale when someone else saved since `expected`.
pub async fn save(control: &Control, call: &Call, name: &str, change: Change) -> Result<Values, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    messages(&change.message)?;
    let draft = read(control, call, application, change).await?;
    insert(control, call, std::slice::from_ref(&draft)).await?;
    Ok(draft.values)
}

/// The version that a change makes of the newest one; nothing is stored yet.
pub(crate) async fn read(
    control: &Control,
    call: &Call,
    application: model::application::Application,
    change: Change,
) -> Result<Draft, Error> {
    let place = place(control, application, &change.environment).await?;
    let latest = place.latest(&control.store).await?;
    draft(control, call, (place, latest), change).await
}

/// The version that a change makes of `latest`.
///
/// # Errors
/// As [`save`].
pub(crate) async fn draft(
    control: &Control,
    call: &Call,
    (place, latest): (Place, Option<Values>),
    change: Change,
) -> Result<Draft, Error> {
    let number = latest.as_ref().map_or(0, |v| v.number);
    if change.expected.is_some_and(|expected| expected != number) {
        return Err(Error::stale("version of the secret values of", place.application.name.as_str()));
    }
    let Some(environment) = &place.environment else { return Err(Error::Bug("no environment".into())) };
    let keys = age_identity::seal_keys(control, environment).await?;
    let document = match &latest {
        Some(latest) => seal::open(latest.yaml.as_bytes(), &keys.identities)?,
        None => Secret::new(""),
    };
    let document = seal::change(&document, change.set.as_ref(), &change.remove).map_err(field)?;
    let previous = latest.as_ref().map(|v| v.yaml.as_bytes());
    let sealed = control.sealed.seal(&document, Fields::All, &keys, previous, control.now());
    let yaml = String::from_utf8(sealed.map_err(field)?).map_err(|_| Error::Bug("sealed text".into()))?;
    Ok(Draft::saved(control, call, (place, latest), (yaml, MergeMode::Merge), &change.message))
}

/// What a caller wrote wrongly, at its field.
fn field(error: seal::Error) -> Error {
    let at = match &error {
        seal::Error::NotYaml { .. }
        | seal::Error::TooLarge { .. }
        | seal::Error::ReservedKey
        | seal::Error::WouldLose { .. }
        | seal::Error::Unsupported { .. } => "set",
        seal::Error::NoSuchPath { .. } => "remove",
        _ => return Error::Seal(error),
    };
    let code = error.code();
    let sentence = Error::Seal(error).sentence();
    Error::Invalid(vec![FieldError::new(at, code, sentence)])
}

/// Takes in the secret values as they are on the branch, with the author of the change. Gives the newest version
/// as it is when nothing was changed there.
///
/// # Errors
/// When the file does not open here: it is sealed for others, its MAC is broken, it is not sealed at all. It
/// stays there, and nothing is taken in.
pub async fn import(
    control: &Control,
    call: &Call,
    name: &str,
    environment: &str,
    replace: bool,
) -> Result<Values, Error> {
    let application = application::changeable(control, call, name, Role::Manager).await?;
    let place = place(control, application, environment).await?;
    let Some(found) = on_branch(control, &place).await? else {
        let sentence = format!("{name} has no {} in Git yet; deploying writes it.", place.file());
        return Err(Error::conflict("nothing_in_git", sentence));
    };
    let latest = place.latest(&control.store).await?;
    let number = latest.as_ref().map_or(0, |v| v.number);
    match &latest {
        Some(latest) if latest.yaml == found.yaml || was_written(control, &place, latest, &found).await? => {
            return Ok(latest.clone());
        }
        _ => {}
    }
    if found.yaml.is_empty() {
        let sentence = format!(
            "{} is not on the branch, or empty. Bring it back there, or remove the values here and deploy.",
            place.file()
        );
        return Err(Error::conflict("sealed_file_gone", sentence));
    }
    let identities = age_identity::identities(control).await?;
    seal::open(found.yaml.as_bytes(), &identities).map_err(|error| refused(&place, &error))?;
    if let Some(latest) = latest.filter(|_| !replace) {
        crate::values::demand_deployed(control, &place, &latest).await?;
    }
    let draft = Draft::next(control, place, number + 1, found);
    insert(control, call, std::slice::from_ref(&draft)).await?;
    Ok(draft.values)
}

/// Whether what is on the branch is what the last deployment made of this version: sealed for other recipients than
/// the version itself, it has other bytes.
async fn was_written(
    control: &Control,
    place: &Place,
    latest: &Values,
    found: &Written,
) -> Result<bool, Error> {
    let environment = place.environment.as_ref().map(|e| e.id);
    let last = control.store.last_committed_deployment(place.application.id, environment).await?;
    let blob = git::object::blob_id(found.yaml.as_bytes());
    let ours = |last: &Deployment| blob_at(last, &place.file()) == Some(blob.as_str());
    let Some(last) = last.filter(ours) else { return Ok(false) };
    if last.secret_values == Some(latest.id) {
        return Ok(true);
    }
    // One that was taken in and not deployed since may have been sealed anew on the branch: the text tells.
    let identities = age_identity::identities(control).await?;
    let open = |sealed: &str| seal::open(sealed.as_bytes(), &identities).ok();
    Ok(match (open(&found.yaml), open(&latest.yaml)) {
        (Some(there), Some(here)) => last.reseals && there.reveal() == here.reveal(),
        _ => false,
    })
}

/// Why a file on the branch is not taken in, and what to do.
fn refused(place: &Place, error: &seal::Error) -> Error {
    let import = match error {
        seal::Error::ForeignRecipient { .. } => {
            " Or import an age identity that opens it (trueline identity import --identity-stdin < FILE), and take \
             the file in again."
        }
        _ => "",
    };
    Error::conflict(error.code(), format!("{}: {error}.{import}", place.file()))
}
