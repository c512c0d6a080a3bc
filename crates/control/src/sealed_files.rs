//! Sealed files of an environment: which they are, whether they are sealed for the recipients of today, how they are
//! sealed anew, and what is different in them. Paths are those below the environment's folder.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use model::Secret;
use model::deployment::Deployment;
use render::{SecretChange, SecretEntries};
use seal::{Fields, Identity, Keys};

use crate::{Control, Error};

/// Files by their paths below the environment's folder.
pub(crate) type Files = BTreeMap<String, Bytes>;

/// Secret values of people.
const SECRET_VALUES: &str = "secrets.sops.yaml";
/// The folder of rendered Secrets.
const SECRETS: &str = "rendered/secrets/";
/// What secret values are called where Secrets have a name.
const VALUES_NAME: &str = "secret values";

/// Whether what lies at a path is sealed.
pub(crate) fn is_sealed(path: &str) -> bool {
    path == SECRET_VALUES || path.starts_with(SECRETS)
}

/// Whether some are sealed for others than the recipients of today.
pub(crate) fn are_outdated(files: &Files, keys: &Keys) -> bool {
    let mut sealed = files.iter().filter(|(path, _)| is_sealed(path));
    sealed.any(|(_, file)| !keys.sealed(file).unwrap_or(false))
}

/// Seals those anew that are sealed for others than the recipients of today. Where `tip`, which is on the branch
/// now, holds the same, its bytes are taken; no text changes. Gives how many were sealed anew.
///
/// # Errors
/// `sealed_unopened` with the file when one does not open here; `other_keys` when one is sealed with keys of other
/// kinds too, which would be lost; what sealing gives.
pub(crate) fn renew(
    control: &Control,
    files: &mut Files,
    tip: &Files,
    (keys, number): (&Keys, i64),
) -> Result<usize, Error> {
    let mut renewed = 0;
    for (path, file) in files.iter_mut().filter(|(path, _)| is_sealed(path)) {
        if keys.sealed(file).unwrap_or(false) {
            continue;
        }
        let fields = if path == SECRET_VALUES { Fields::All } else { Fields::SecretData };
        let text = seal::open(file, &keys.identities).map_err(|error| unopened(path, number, &error))?;
        let before = tip.get(path).map(AsRef::as_ref);
        let sealed = control.sealed.seal(&text, fields, keys, before, control.now())?;
        seal::demand_other_keys(file, &sealed)?;
        *file = Bytes::from(sealed);
        renewed += 1;
    }
    Ok(renewed)
}

/// The refusal to go on without what opens a file.
pub(crate) fn unopened(path: &str, number: i64, error: &seal::Error) -> Error {
    let sentence = format!(
        "{path} of deployment {number} does not open here: {error}. If another age identity opens it, import that: \
         trueline identity import --identity-stdin < FILE."
    );
    Error::conflict("sealed_unopened", sentence)
}

/// Compares sealed files by what they hold, under whatever key it lies: names only. A file that holds the same is
/// left out.
pub(crate) fn changes(old: &Files, new: &Files, identities: &[Identity]) -> Vec<SecretChange> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|path| is_sealed(path)).collect();
    let mut found = Vec::new();
    for path in paths {
        let (old, new) = (old.get(path), new.get(path));
        if old == new {
            continue;
        }
        let open = |file: Option<&Bytes>| file.and_then(|file| seal::open(file, identities).ok());
        let (old_text, new_text) = (open(old), open(new));
        if let (Some(old), Some(new)) = (&old_text, &new_text)
            && old.reveal() == new.reveal()
        {
            continue;
        }
        let entries = |file: Option<&Bytes>, text: Option<Secret>| match (file, text) {
            (None, _) => SecretEntries::new(),
            (Some(file), None) => closed(path, file),
            (Some(file), Some(text)) => opened(path, (file, &text), identities),
        };
        let entries = render::entry_changes(&entries(old, old_text), &entries(new, new_text));
        found.push(SecretChange { object: object(path), entries });
    }
    found
}

/// The entries of a file that opens.
fn opened(path: &str, (file, text): (&Bytes, &Secret), identities: &[Identity]) -> SecretEntries {
    if path != SECRET_VALUES {
        let below = path.trim_start_matches("rendered/");
        return render::secret_entries(below, text, "").map(|(_, entries)| entries).unwrap_or_default();
    }
    let entries = seal::entries(file, identities).unwrap_or_default();
    entries.into_iter().map(|(name, value)| (name, Some(value))).collect()
}

/// The names in a file that does not open.
fn closed(path: &str, file: &Bytes) -> SecretEntries {
    let names = seal::paths(file).unwrap_or_default().into_iter();
    let names = names.filter_map(|name| match path {
        SECRET_VALUES => Some(name),
        _ => name.strip_prefix("data.").or_else(|| name.strip_prefix("stringData.")).map(|name| {
            // A name with a dot in it stands between quotes.
            name.trim_matches('"').to_owned()
        }),
    });
    names.map(|name| (name, None)).collect()
}

/// `rendered/secrets/shop/Secret.database.yaml` is `Secret shop/database`.
fn object(path: &str) -> String {
    let Some(rest) = path.strip_prefix(SECRETS) else { return VALUES_NAME.into() };
    let rest = rest.strip_suffix(".yaml").unwrap_or(rest);
    match rest.split_once('/').and_then(|(namespace, file)| Some((namespace, file.split_once('.')?))) {
        Some((namespace, (kind, name))) => format!("{kind} {namespace}/{name}"),
        None => rest.to_owned(),
    }
}

/// The blob that a deployment wrote at a path below the application's folder.
pub(crate) fn blob_at<'a>(deployment: &'a Deployment, path: &str) -> Option<&'a str> {
    let files = &deployment.rendered.as_ref()?.files;
    files.iter().find(|file| file.path == path).map(|file| file.blob.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;

    const PATH: &str = "rendered/secrets/shop/Secret.database.yaml";

    fn sealed(text: &str, fields: Fields, identity: &Identity) -> Bytes {
        let keys = Keys::of(identity.clone());
        Bytes::from(seal::seal(&Secret::new(text), fields, &keys, None, Timestamp(0)).unwrap())
    }

    fn secret(entries: &str, identity: &Identity) -> Files {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: database\n{entries}");
        Files::from([(PATH.to_owned(), sealed(&text, Fields::SecretData, identity))])
    }

    fn told(found: &[SecretChange]) -> Vec<String> {
        let one = |change: &SecretChange| {
            let words = change.entries.iter().map(|(name, change)| format!("{name} {}", change.as_str()));
            format!("{}: {}", change.object, words.collect::<Vec<_>>().join(", "))
        };
        found.iter().map(one).collect()
    }

    #[test]
    fn entries_are_compared_by_what_they_hold_whatever_the_key() {
        let (old, new) = (Identity::generate(), Identity::generate());
        let both = [new.clone(), old.clone()];
        let before = secret("data:\n  one: YQ==\n  two: Yg==\n  a.b: Yw==\n", &old);
        assert!(
            changes(&before, &secret("data:\n  one: YQ==\n  two: Yg==\n  a.b: Yw==\n", &new), &both)
                .is_empty()
        );
        let after = secret("data:\n  one: YQ==\n  three: Yg==\n  a.b: ZA==\n", &new);
        let want = "Secret shop/database: a.b changed, one same, three added, two removed";
        assert_eq!(told(&changes(&before, &after, &both)), [want]);
        // Who lost the old identity is told what cannot be told.
        let want = "Secret shop/database: a.b unopened, one unopened, three added, two removed";
        assert_eq!(told(&changes(&before, &after, &[new])), [want]);
        let gone = told(&changes(&before, &Files::new(), &[]));
        assert_eq!(gone, ["Secret shop/database: a.b removed, one removed, two removed"]);
    }

    #[test]
    fn a_number_is_another_value_than_its_text() {
        let identity = Identity::generate();
        let values =
            |text: &str| Files::from([(SECRET_VALUES.to_owned(), sealed(text, Fields::All, &identity))]);
        let found =
            changes(&values("a: 1\nb: x\n"), &values("a: \"1\"\nb: x\n"), std::slice::from_ref(&identity));
        assert_eq!(told(&found), ["secret values: a changed, b same"]);
    }

    #[test]
    fn files_for_others_are_outdated() {
        let (ours, theirs) = (Identity::generate(), Identity::generate());
        let files = secret("data:\n  one: YQ==\n", &ours);
        assert!(!are_outdated(&files, &Keys::of(ours.clone())));
        assert!(are_outdated(&files, &Keys::of(theirs.clone())));
        let further =
            Keys { identities: vec![ours.clone()], recipients: vec![ours.recipient(), theirs.recipient()] };
        assert!(are_outdated(&files, &further));
        assert!(!are_outdated(&Files::from([("values.yaml".to_owned(), Bytes::new())]), &further));
    }
}
