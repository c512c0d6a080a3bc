//! Replaces the key that seals secrets at rest. The new key is durable beside the old one before anything is
//! sealed with it; all secrets move in one transaction; then the new key takes the old one's place. Whenever the
//! process dies, one of the two files holds the key that the database is sealed with, and the next start finds
//! it.

use std::path::{Path, PathBuf};

use model::Secret;
use seal::at_rest::Sealer;
use zeroize::Zeroizing;

use crate::data_folder::{durable_rename, key_file, write_key};
use crate::open::{KeySource, Settings};
use crate::secret::place;
use crate::statement::sql;
use crate::{Error, Store};

/// What a rotation did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotated {
    /// Id of the key before.
    pub from: String,
    /// Id of the key now.
    pub to: String,
    /// How many secrets were sealed anew.
    pub secrets: usize,
}

/// Where the next key waits for its turn.
pub(crate) fn next_to(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    path.with_file_name(name)
}

/// The file of a key, unless the key was given itself.
pub(crate) fn file_of(settings: &Settings) -> Option<PathBuf> {
    match &settings.key {
        KeySource::DataFolder => Some(settings.data.join("key")),
        KeySource::File(path) => Some(path.clone()),
        KeySource::Given(_) => None,
    }
}

/// The key that comes: written beside the present one, durably, or given.
pub(crate) fn coming(path: Option<&Path>, given: Option<&Secret>) -> Result<Zeroizing<String>, Error> {
    match (path, given) {
        (None, Some(given)) => Ok(Zeroizing::new(given.reveal().to_owned())),
        (Some(path), None) => {
            let next = next_to(path);
            // One that an interrupted rotation left is as good as a new one.
            match key_file(&next, false) {
                Ok(key) if Sealer::parse(&key).is_ok() => Ok(key),
                Ok(_) | Err(Error::KeyMissing { .. }) => {
                    let _torn = std::fs::remove_file(&next);
                    let key = Sealer::generate();
                    let written = write_key(&next, &key);
                    written.map_err(|source| Error::NotWritable { path: next, source })?;
                    Ok(key)
                }
                Err(error) => Err(error),
            }
        }
        (None, None) | (Some(_), Some(_)) => Err(Error::InvalidKey),
    }
}

/// Finishes a rotation that was interrupted after its transaction: when `expected` is the id of the key that
/// waits, it takes its place. One that waits for a transaction that never was is left for the next rotation.
pub(crate) fn finish(settings: &Settings, expected: &str) -> Result<(), Error> {
    let Some(path) = file_of(settings) else { return Ok(()) };
    let next = next_to(&path);
    let Ok(text) = std::fs::read_to_string(&next).map(Zeroizing::new) else { return Ok(()) };
    match Sealer::parse(&text) {
        Ok(sealer) if sealer.key_id() == expected => durable_rename(&next, &path),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Replaces the key. No other process may work on the database meanwhile; one that does is refused when it
/// writes a secret afterwards. `given` is the new key where the present one comes from the environment. `point`
/// is called after each step, with its name.
///
/// # Errors
/// As [`Store::open`]; [`Error::InvalidKey`] for a `given` that is none, or is missing where it is needed.
pub async fn rotate_key(
    settings: Settings,
    given: Option<Secret>,
    point: impl Fn(&str),
) -> Result<Rotated, Error> {
    let path = file_of(&settings);
    let key = coming(path.as_deref(), given.as_ref())?;
    point("key-written");
    let next = Sealer::parse(&key).map_err(|_| Error::InvalidKey)?;
    let store = Store::open(settings).await?;
    let (from, to) = (store.sealer.key_id(), next.key_id());
    let tx = store.begin().await?;
    let claim = sql("UPDATE installation SET key_id = $1 WHERE key_id = $2").bind(&to).bind(&from);
    if tx.execute(claim).await? == 0 {
        return Err(Error::Stale);
    }
    let rows = tx.rows(sql("SELECT kind, owner, sealed FROM secrets")).await?;
    for row in &rows {
        let (kind, owner) = (row.text("kind")?, row.text("owner")?);
        let name = format!("{kind}/{owner}");
        let opened = store.sealer.open(place(&name), &row.bytes("sealed")?);
        let secret = opened.map_err(|_| Error::Unopenable { what: format!("secrets {name}") })?;
        let anew = sql("UPDATE secrets SET sealed = $1 WHERE kind = $2 AND owner = $3")
            .bind(next.seal(place(&name), &secret))
            .bind(kind)
            .bind(owner);
        tx.execute(anew).await?;
    }
    // Hashes under the old key say nothing to the new one, and much to whoever has found the old one.
    let blank = sql("UPDATE idempotency_keys SET request_hash = ''");
    tx.execute(blank).await?;
    point("secrets-sealed");
    tx.commit().await?;
    point("secrets-committed");
    if let Some(path) = path {
        durable_rename(&next_to(&path), &path)?;
    }
    point("key-replaced");
    store.close().await;
    Ok(Rotated { from, to, secrets: rows.len() })
}
