//! What the last deployment put into Git, for keeping what its chart generated: read from the kept files, else
//! from the repository, its Secrets opened.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::Secret;
use model::deployment::Deployment;
use model::layout;
use render::{Before, Layer};
use seal::Keys;

use super::{Inputs, digest};
use crate::sealed_files::blob_at;
use crate::{Control, Error, committed};

/// What is committed of an application in an environment; empty before the first deployment.
#[derive(Default)]
pub(super) struct Committed {
    /// The files by their paths below `rendered`.
    pub(super) files: BTreeMap<String, Bytes>,
    /// The Secrets among them, opened.
    pub(super) secrets: Vec<(String, Secret)>,
    /// The file of secret values.
    pub(super) secret_values: Option<Bytes>,
    /// Whether that holds what is asked for now.
    same_secrets: bool,
    made_from: Option<String>,
    was_upgrade: bool,
    merge: Option<String>,
}

/// Reads what is committed.
///
/// # Errors
/// When it is not to be had, or a Secret does not open, and something would be lost without it: what the chart
/// generates, which would not stay what it is, or custom resource definitions, which no deployment takes away.
pub(super) async fn read(
    control: &Control,
    inputs: &Inputs<'_>,
    values: &[Layer],
    keys: &Keys,
) -> Result<Committed, Error> {
    let Some(deployment) = inputs.before else { return Ok(Committed::default()) };
    let generated = !inputs.anew && render::generates(inputs.chart, values);
    let definitions = has_definitions(inputs, deployment);
    let folder = layout::environment(inputs.environment.name.as_str());
    let found = committed::files_but(control, inputs.application, deployment, (&folder, &["chart/"]));
    let mut found = match found.await {
        Err(error) if generated || definitions => {
            return Err(unread(inputs, deployment, (generated, definitions), error));
        }
        Err(error) => {
            tracing::info!(deployment = deployment.number, error = %error.chain(), "not compared");
            BTreeMap::new()
        }
        Ok(found) => found,
    };
    let release = found.remove("release.yaml").unwrap_or_default();
    let secret_values = found.remove("secrets.sops.yaml");
    let rendered = |(path, bytes): (String, Bytes)| Some((path.strip_prefix("rendered/")?.to_owned(), bytes));
    let files: BTreeMap<String, Bytes> = found.into_iter().filter_map(rendered).collect();
    let mut secrets = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| is_secret(path)) {
        match seal::open(bytes, &keys.identities) {
            Ok(text) => secrets.push((path.clone(), text)),
            Err(error) if generated => return Err(unopened(path, deployment, &error)),
            Err(error) => tracing::info!(path, %error, "not opened"),
        }
    }
    let release = String::from_utf8_lossy(&release);
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let was_upgrade = field("phase").is_some_and(|phase| phase == digest::phase(true));
    let path = layout::secret_values(inputs.environment.name.as_str());
    let same_blob = blob_at(deployment, &path) == inputs.secrets.map(|values| values.blob.as_str());
    let same_secrets = same_blob || same(secret_values.as_deref(), inputs, keys);
    let (made_from, merge) = (field("inputs"), field("merge"));
    Ok(Committed { files, secrets, secret_values, same_secrets, made_from, was_upgrade, merge })
}

/// Whether a deployment has custom resource definitions in their folder.
fn has_definitions(inputs: &Inputs<'_>, deployment: &Deployment) -> bool {
    let folder = format!("{}/crds/", layout::rendered(inputs.environment.name.as_str()));
    deployment.rendered.iter().flat_map(|r| &r.files).any(|file| file.path.starts_with(&folder))
}

/// Whether a committed file holds the secret values that are asked for, for whomever it is sealed.
fn same(committed: Option<&[u8]>, inputs: &Inputs<'_>, keys: &Keys) -> bool {
    match (committed, inputs.secrets.map(|values| values.yaml.as_bytes())) {
        (Some(old), Some(new)) => {
            let open = |file| seal::open(file, &keys.identities).ok();
            matches!((open(old), open(new)), (Some(old), Some(new)) if old.reveal() == new.reveal())
        }
        (None, _) | (_, None) => false,
    }
}

fn is_secret(path: &str) -> bool {
    path.starts_with("secrets/")
}

/// The refusal to lose what the chart generated.
fn unopened(path: &str, deployment: &Deployment, error: &seal::Error) -> Error {
    let sentence = format!(
        "{path} of deployment {} does not open ({error}), and the chart generates values that would not stay what \
         they are. Import the age identity that it was sealed for (trueline identity import --identity-stdin < FILE), \
         or deploy with new generated values.",
        deployment.number
    );
    Error::conflict("sealed_unopened", sentence)
}

/// The refusal to lose what no deployment may lose, where it is nowhere any more: what it is, and what helps.
fn unread(inputs: &Inputs<'_>, deployment: &Deployment, lost: (bool, bool), error: Error) -> Error {
    if error.code() != committed::GONE {
        return error;
    }
    let (what, anew) = match lost {
        (true, false) => {
            ("generated values, which would not stay what they are", ", or deploy with new generated values")
        }
        (false, _) => ("custom resource definitions, which no deployment takes away", ""),
        (true, true) => ("generated values and custom resource definitions, which would be lost", ""),
    };
    let sentence = format!(
        "What deployment {} of {} wrote for {} is neither kept here nor in its repository any more. It has {what}. Put \
         its commit {} back into the repository, or its files as they were onto the branch, and deploy again{anew}.",
        deployment.number,
        inputs.application.name,
        inputs.environment.name,
        deployment.commit.as_deref().unwrap_or_default(),
    );
    Error::conflict(committed::GONE, sentence)
}

impl Committed {
    /// What the renderer may keep of it; nothing when all is to be generated anew.
    pub(super) fn for_rendering(
        &self,
        inputs: &Inputs<'_>,
        chart_tree: &str,
        made_from: &[String],
    ) -> Option<Before> {
        let deployment = inputs.before.filter(|_| !inputs.anew)?;
        let name = inputs.environment.name.as_str();
        let same = |path: &str, values: Option<&model::values::Values>| {
            blob_at(deployment, path) == values.map(|values| values.blob.as_str())
        };
        let same_values = deployment.rendered.as_ref().is_some_and(|r| r.chart_tree == chart_tree)
            && same(layout::BASE_VALUES, Some(inputs.base))
            && same(&layout::override_values(name), inputs.over)
            && inputs.over.is_none_or(|over| self.merge.as_deref() == Some(over.merge.as_str()))
            && self.same_secrets;
        let plain = self.files.iter().filter(|(path, _)| !is_secret(path));
        let text = |bytes: &Bytes| Some(Secret::new(std::str::from_utf8(bytes).ok()?));
        let plain = plain.filter_map(|(path, bytes)| Some((path.clone(), text(bytes)?)));
        Some(Before {
            files: plain.chain(self.secrets.iter().cloned()).collect(),
            same_inputs: self.made_from.as_ref().is_some_and(|known| made_from.contains(known)),
            same_values,
            was_upgrade: self.was_upgrade,
        })
    }
}
