//! What is different between two deployments of an application, to one environment or to two: inputs, values in
//! force, objects and chart, as they are in Git. Of secrets only names are told.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, End};
use model::environment::Environment;
use model::layout;
use render::SecretChange;
use seal::Identity;

use crate::preview::{FileDiff, differing};
use crate::sealed_files::{self, Files};
use crate::{Call, Control, Error, application, committed};

/// The most bytes of one file that are shown.
const FILE_LIMIT: usize = 256 * 1024;
/// The most bytes of all files that differ, both sides together, that are shown.
const TOTAL_LIMIT: usize = 4 * 1024 * 1024;

/// What is different between two deployments.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The number of the old one; `None` when there is none.
    pub from: Option<i64>,
    /// The number of the new one.
    pub to: i64,
    /// What people wrote: base values and override.
    pub inputs: Vec<FileDiff>,
    /// The values in force.
    pub values: Option<FileDiff>,
    /// Objects, by path below the folder `rendered`.
    pub manifests: Vec<FileDiff>,
    /// The chart's files.
    pub chart: Vec<FileDiff>,
    /// Sealed files, by what they hold; those that hold the same, for whomever they are sealed, are left out.
    pub secrets: Vec<SecretChange>,
}

/// Compares a deployment with another one of the application; without one, with the last before it that is in
/// Git and went to the same environment.
///
/// # Errors
/// `nothing_to_compare` when one of them never had files, `files_gone` when they are not to be had any more.
pub async fn difference(
    control: &Control,
    call: &Call,
    name: &str,
    number: i64,
    with: Option<i64>,
) -> Result<Difference, Error> {
    let application = application::visible(control, call, name).await?;
    let new = numbered(control, &application, number).await?;
    let old = match with {
        Some(with) => Some(numbered(control, &application, with).await?),
        None => before(control, &application, &new).await?,
    };
    let (to, files) = read(control, &application, &new).await?;
    let (from, earlier) = match &old {
        Some(old) => {
            let (from, earlier) = read(control, &application, old).await?;
            (from, earlier)
        }
        None => (to.clone(), Files::new()),
    };
    let identities = crate::age_identity::identities(control).await?;
    Ok(compared((old.map(|d| d.number), number), moved(earlier, &from, &to), files, &identities))
}

async fn numbered(control: &Control, application: &Application, number: i64) -> Result<Deployment, Error> {
    let found = control.store.deployment_by_number(application.id, number).await?;
    found.ok_or_else(|| Error::not_found("deployment", format!("{} {number}", application.name)))
}

/// The last deployment to the same environment that is in Git.
async fn before(
    control: &Control,
    application: &Application,
    of: &Deployment,
) -> Result<Option<Deployment>, Error> {
    Ok(control.store.last_committed_before(application.id, of.environment, of.number).await?)
}

async fn read(
    control: &Control,
    application: &Application,
    deployment: &Deployment,
) -> Result<(Environment, Files), Error> {
    if deployment.rendered.is_none() {
        let how = match deployment.end {
            None => "is not rendered yet",
            Some(End::Failed) => "failed before its files were made",
            Some(End::Superseded) => "was superseded before its files were made",
            Some(End::Stored | End::Healthy | End::Degraded) => "has no files",
        };
        let sentence = format!("Deployment {} {how}: there is nothing to compare.", deployment.number);
        return Err(Error::conflict("nothing_to_compare", sentence));
    }
    let environment = control.store.environment(deployment.environment).await?;
    let environment = environment.ok_or_else(|| Error::not_found("environment", ""))?;
    let folder = layout::environment(environment.name.as_str());
    let mut files = committed::files(control, application, deployment, &folder).await?;
    files.remove("release.yaml");
    if let Some(base) = control.store.values(deployment.base_values).await? {
        files.insert(layout::BASE_VALUES.to_owned(), Bytes::from(base.yaml));
    }
    Ok((environment, files))
}

/// The files of another environment where those of this one would lie: objects lie in folders of their namespace.
fn moved(files: Files, from: &Environment, to: &Environment) -> Files {
    let (old, new) = (format!("/{}/", from.namespace), format!("/{}/", to.namespace));
    let place =
        |path: String| if path.starts_with("rendered/") { path.replacen(&old, &new, 1) } else { path };
    files.into_iter().map(|(path, bytes)| (place(path), bytes)).collect()
}

fn compared(
    (from, to): (Option<i64>, i64),
    mut old: Files,
    mut new: Files,
    identities: &[Identity],
) -> Difference {
    let secrets = sealed_files::changes(&old, &new, identities);
    old.retain(|path, _| !sealed_files::is_sealed(path));
    new.retain(|path, _| !sealed_files::is_sealed(path));
    let equal: Vec<String> = old.keys().filter(|path| old.get(*path) == new.get(*path)).cloned().collect();
    for path in equal {
        old.remove(&path);
        new.remove(&path);
    }
    let mut left = TOTAL_LIMIT;
    let (old, new) = (texts(old, &mut left), texts(new, &mut left));
    let mut difference = Difference {
        from,
        to,
        inputs: Vec::new(),
        values: None,
        manifests: Vec::new(),
        chart: Vec::new(),
        secrets,
    };
    for mut file in differing(&old, &new) {
        if let Some(path) = file.path.strip_prefix("chart/") {
            file.path = path.to_owned();
            difference.chart.push(file);
        } else if let Some(path) = file.path.strip_prefix("rendered/") {
            file.path = path.to_owned();
            if file.path == "values.yaml" {
                difference.values = Some(file);
            } else {
                difference.manifests.push(file);
            }
        } else {
            difference.inputs.push(file);
        }
    }
    difference
}

/// Files as texts; what is no text, or too large, is only told by size and blob.
fn texts(files: Files, left: &mut usize) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for (path, bytes) in files {
        let text = std::str::from_utf8(&bytes).ok().filter(|_| bytes.len() <= FILE_LIMIT.min(*left));
        let text = match text {
            Some(text) => {
                *left -= text.len();
                text.to_owned()
            }
            None => format!("({} bytes, not shown: blob {})\n", bytes.len(), git::object::blob_id(&bytes)),
        };
        told.insert(path, text);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from((*text).to_owned()))).collect()
    }

    #[test]
    fn files_are_sorted_by_what_they_are_and_large_ones_are_told_by_size() {
        let large = "x\n".repeat(FILE_LIMIT);
        let old = files(&[("values.yaml", "a: 1\n"), ("rendered/values.yaml", "a: 1\n"), ("chart/b", "1")]);
        let new = files(&[
            ("values.yaml", "a: 2\n"),
            ("rendered/values.yaml", "a: 2\n"),
            ("rendered/manifests/x/A.a.yaml", "b: 1\n"),
            ("chart/b", "1"),
            ("chart/large", &large),
        ]);
        let found = compared((Some(1), 2), old, new, &[]);
        let paths = |files: &[FileDiff]| files.iter().map(|f| f.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&found.inputs), ["values.yaml"]);
        assert_eq!(paths(&found.manifests), ["manifests/x/A.a.yaml"]);
        assert_eq!(paths(&found.chart), ["large"]);
        assert!(found.values.is_some() && found.secrets.is_empty());
        let line = &found.chart[0].hunks[0].lines[0].text;
        assert!(line.starts_with("(524288 bytes, not shown: blob "), "{line}");
    }
}
