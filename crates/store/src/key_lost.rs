//! Goes on with a new key where the one that seals secrets at rest is lost: what it sealed opens no more and is deleted, so
//! that it can be entered anew. All else stays.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::Secret;
use seal::at_rest::Sealer;

use crate::data_folder::durable_rename;
use crate::database::View;
use crate::key_rotation::{coming, file_of, next_to};
use crate::open::{KeySource, Settings, database};
use crate::secret::place;
use crate::statement::sql;
use crate::{Error, SecretKind};

/// How many secrets of each kind were forgotten, by the word of the kind, as in `gitops-config`.
pub type Forgotten = BTreeMap<String, usize>;

/// Takes a new key into use and deletes what is sealed with the lost one. Nothing, and `None`, while the present key
/// opens the database. `given` is the new key where keys come from the environment. No other process may work on the
/// database meanwhile. Died in the middle, it can be run again.
///
/// # Errors
/// Those of [`Store::open`](crate::Store::open) but for a key that is missing or wrong; [`Error::InvalidKey`] for a
/// `given` that is none, or is missing where it is needed.
pub async fn replace_lost_key(settings: Settings, given: Option<Secret>) -> Result<Option<Forgotten>, Error> {
    let path = file_of(&settings);
    let (_folder, pools) = database(&settings).await?;
    // Another one is needed to look whether that one fits.
    let unused = View::new(
        pools.clone(),
        Arc::new(Sealer::parse(&Sealer::generate()).map_err(|_| Error::InvalidKey)?),
    );
    let tx = unused.begin().await?;
    let found = tx.row(sql("SELECT key_id FROM installation")).await?;
    let Some(expected) = found.map(|row| row.text("key_id")).transpose()? else { return Ok(None) };
    crate::key_rotation::finish(&settings, &expected)?;
    let present = present(&settings);
    if present.as_ref().is_some_and(|sealer| sealer.key_id() == expected) {
        return Ok(None);
    }
    let next = Sealer::parse(&coming(path.as_deref(), given.as_ref())?).map_err(|_| Error::InvalidKey)?;
    let mut forgotten = Forgotten::new();
    for row in tx.rows(sql("SELECT kind, owner FROM secrets")).await? {
        let (kind, owner) = (row.text("kind")?, row.text("owner")?);
        if kind == SecretKind::Place.as_str() {
            // Nobody entered it: a new one makes the next deployment apply everything anew.
            let name = format!("{kind}/{owner}");
            let anew = next.seal(place(&name), &Secret::new(Sealer::generate().as_str()));
            let statement = sql("UPDATE secrets SET sealed = $1 WHERE kind = $2 AND owner = $3");
            tx.execute(statement.bind(anew).bind(kind).bind(owner)).await?;
            continue;
        }
        *forgotten.entry(kind).or_default() += 1;
    }
    tx.execute(sql("DELETE FROM secrets WHERE kind <> $1").bind(SecretKind::Place.as_str())).await?;
    // Their hashes are keyed.
    tx.execute(sql("UPDATE idempotency_keys SET request_hash = ''")).await?;
    tx.execute(sql("UPDATE installation SET key_id = $1").bind(next.key_id())).await?;
    if let Some(path) = &path {
        put_aside(path, present.as_ref())?;
    }
    tx.commit().await?;
    if let Some(path) = &path {
        durable_rename(&next_to(path), path)?;
    }
    Ok(Some(forgotten))
}

/// The key that is there, if it is one.
fn present(settings: &Settings) -> Option<Sealer> {
    let text = match (&settings.key, file_of(settings)) {
        (KeySource::Given(key), _) => key.reveal().to_owned(),
        (_, Some(path)) => std::fs::read_to_string(path).ok()?,
        (_, None) => return None,
    };
    Sealer::parse(&text).ok()
}

/// Keeps a key of something else: whoever put it there may need it.
fn put_aside(path: &Path, present: Option<&Sealer>) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(present.map_or_else(|| "unreadable".to_owned(), Sealer::key_id));
    durable_rename(path, &path.with_file_name(name))
}
