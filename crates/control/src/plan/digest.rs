//! What tells plans apart: a fingerprint of what one was made from, and the digest that a preview is known by.

use bytes::Bytes;
use model::layout;
use model::values::{MergeMode, Values};
use render::SecretObject;
use seal::{Fields, Identity, Keys};
use sha2::{Digest as _, Sha256};

use super::Inputs;
use crate::Error;

/// The fingerprints of what a plan is made from: chart, values, release facts. Secret values count by their text,
/// under a key, so that sealing them once more changes nothing and nobody can try passwords against it: one
/// fingerprint under each identity, the newest first, as a release may have been made before a rotation.
pub(super) fn inputs(
    inputs: &Inputs<'_>,
    chart_tree: &str,
    identities: &[Identity],
) -> Result<Vec<String>, Error> {
    let opened = inputs.secrets.map(|sealed| seal::open(sealed.yaml.as_bytes(), identities)).transpose()?;
    let under = |identity: &Identity| {
        let secrets = match &opened {
            Some(opened) => {
                // Whom it is sealed for is no input.
                let key = Keys { identities: vec![identity.clone()], recipients: Vec::new() };
                hex(&seal::fingerprint(opened, Fields::All, &key)?)
            }
            None => String::new(),
        };
        Ok(under(inputs, chart_tree, &secrets))
    };
    identities.iter().map(under).collect()
}

fn under(inputs: &Inputs<'_>, chart_tree: &str, secrets: &str) -> String {
    let Inputs { application, environment, image, base, over, .. } = inputs;
    let image = image.map(ToString::to_string).unwrap_or_default();
    hashed(&[
        "inputs 1",
        chart_tree,
        &base.blob,
        &over.map(over_part).unwrap_or_default(),
        secrets,
        application.name.as_str(),
        environment.name.as_str(),
        environment.namespace.as_str(),
        &environment.kubernetes_version,
        &environment.api_versions.join(" "),
        &image,
    ])
}

/// An override by its blob, and by how it lies over the base values.
fn over_part(over: &Values) -> String {
    match over.merge {
        MergeMode::Merge => over.blob.clone(),
        MergeMode::Replace => format!("{} replaces", over.blob),
    }
}

/// The digest of a plan: what it is made from, and the tree of what comes out with marks in place of everything
/// that two renderings of the same inputs do not agree on.
pub(super) fn plan((inputs, is_upgrade): (&Inputs<'_>, bool), made_from: &str, stable_tree: &str) -> String {
    let phase = phase(is_upgrade);
    hashed(&["plan 3", made_from, phase, if inputs.anew { "anew" } else { "" }, stable_tree])
}

/// What Helm calls it.
pub(crate) fn phase(is_upgrade: bool) -> &'static str {
    if is_upgrade { "upgrade" } else { "install" }
}

/// Secrets by their names and the names of their entries, as files beside the others.
pub(super) fn listed(secrets: &[SecretObject]) -> Vec<(String, Bytes)> {
    let keys: Vec<_> = secrets.iter().map(|s| &s.key).collect();
    let files = layout::files(&keys);
    let one = |(file, secret): (String, &SecretObject)| {
        (format!("secrets/{file}"), Bytes::from(secret.entries.join("\n")))
    };
    files.into_iter().zip(secrets).map(one).collect()
}

/// SHA-256 over parts, hexadecimal.
pub(crate) fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length before it, no part can run into the next.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
