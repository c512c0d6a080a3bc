//! Rendered Secrets and secret values as files for Git: sealed, and the same bytes as before where nothing changed.

use bytes::Bytes;
use model::layout;
use render::SecretObject;
use seal::{Fields, Keys};

use super::Inputs;
use super::before::Committed;
use crate::{Control, Error};

/// The files below `rendered`, one for each Secret.
pub(super) fn files(
    control: &Control,
    secrets: &[SecretObject],
    committed: &Committed,
    keys: &Keys,
) -> Result<Vec<(String, Bytes)>, Error> {
    let names = layout::files(&secrets.iter().map(|s| &s.key).collect::<Vec<_>>());
    let at = control.now();
    let mut files = Vec::new();
    for (secret, name) in secrets.iter().zip(names) {
        let path = format!("secrets/{name}");
        let previous = committed.files.get(&path).map(|bytes| bytes.as_ref());
        let sealed = control.sealed.seal(&secret.text, Fields::SecretData, keys, previous, at)?;
        files.push((path, Bytes::from(sealed)));
    }
    Ok(files)
}

/// The file of secret values: as they were saved or taken in, but for the recipients of today.
///
/// # Errors
/// `other_keys` when what was saved or what is committed is sealed with keys of other kinds too, which would be lost.
pub(super) fn values(
    control: &Control,
    inputs: &Inputs<'_>,
    committed: &Committed,
    keys: &Keys,
) -> Result<Option<Bytes>, Error> {
    let Some(values) = inputs.secrets else { return Ok(None) };
    let saved = values.yaml.as_bytes();
    if keys.sealed(saved)? {
        return Ok(Some(Bytes::from(values.yaml.clone())));
    }
    let text = seal::open(saved, &keys.identities)?;
    let previous = committed.secret_values.as_deref();
    let sealed = control.sealed.seal(&text, Fields::All, keys, previous.or(Some(saved)), control.now())?;
    // What was taken in since the last commit may have keys that the committed file has not.
    seal::demand_other_keys(saved, &sealed)?;
    Ok(Some(Bytes::from(sealed)))
}
