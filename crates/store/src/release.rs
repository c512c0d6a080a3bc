//! How far releases of deployments have come: one column of JSON in a deployment's row.

use model::Timestamp;
use model::layout::ObjectKey;
use model::release::{Confirmation, Health, RefusedObject, Release, UnhealthyObject};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::row::Row;
use crate::statement::{Value, optional_json};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    adopt: bool,
    adopt_across: bool,
    recreate: bool,
    confirmed: Option<String>,
    message: String,
    applied: u64,
    of: u64,
    confirm: Option<StoredConfirmation>,
    /// Object and sentence.
    refusals: Vec<(StoredKey, String)>,
    /// Object, health, message.
    unhealthy: Vec<(StoredKey, String, String)>,
    progressed_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct StoredConfirmation {
    digest: String,
    objects: Vec<StoredKey>,
    reasons: Vec<String>,
}

/// Group, kind, namespace, name.
type StoredKey = (String, String, Option<String>, String);

fn stored_key(key: &ObjectKey) -> StoredKey {
    (key.group.clone(), key.kind.clone(), key.namespace.clone(), key.name.clone())
}

fn key((group, kind, namespace, name): StoredKey) -> ObjectKey {
    ObjectKey { group, kind, namespace, name }
}

/// The column; nothing where there is nothing to tell.
pub(crate) fn value(release: &Release) -> Value {
    if *release == Release::default() {
        return Value::Text(None);
    }
    let confirm = release.confirm.as_ref().map(|confirm| StoredConfirmation {
        digest: confirm.digest.clone(),
        objects: confirm.objects.iter().map(stored_key).collect(),
        reasons: confirm.reasons.clone(),
    });
    let refusals = release.refusals.iter().map(|r| (stored_key(&r.object), r.sentence.clone()));
    let unhealthy = release
        .unhealthy
        .iter()
        .map(|u| (stored_key(&u.object), u.health.as_str().to_owned(), u.message.clone()));
    optional_json(Some(&Stored {
        adopt: release.adopt,
        adopt_across: release.adopt_across,
        recreate: release.recreate,
        confirmed: release.confirmed.clone(),
        message: release.message.clone(),
        applied: release.applied,
        of: release.of,
        confirm,
        refusals: refusals.collect(),
        unhealthy: unhealthy.collect(),
        progressed_at: release.progressed_at.map(|at| at.0),
    }))
}

/// Reads the column `release`.
pub(crate) fn read(row: &Row) -> Result<Release, Error> {
    let Some(stored) = row.optional_json::<Stored>("release")? else { return Ok(Release::default()) };
    let unhealthy = |(object, word, message): (StoredKey, String, String)| {
        let health = Health::parse(&word)
            .ok_or_else(|| Error::Corrupt { what: format!("release: unknown word {word:?}") })?;
        Ok(UnhealthyObject { object: key(object), health, message })
    };
    Ok(Release {
        adopt: stored.adopt,
        adopt_across: stored.adopt_across,
        recreate: stored.recreate,
        confirmed: stored.confirmed,
        message: stored.message,
        applied: stored.applied,
        of: stored.of,
        confirm: stored.confirm.map(|confirm| Confirmation {
            digest: confirm.digest,
            objects: confirm.objects.into_iter().map(key).collect(),
            reasons: confirm.reasons,
        }),
        refusals: stored
            .refusals
            .into_iter()
            .map(|(object, sentence)| RefusedObject { object: key(object), sentence })
            .collect(),
        unhealthy: stored.unhealthy.into_iter().map(unhealthy).collect::<Result<_, Error>>()?,
        progressed_at: stored.progressed_at.map(Timestamp),
    })
}
