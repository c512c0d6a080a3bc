//! Rendered Secrets as files for Git: sealed, and the same bytes as before where nothing changed.

use bytes::Bytes;
use model::layout;
use render::SecretObject;
use seal::{Fields, Keys};

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
