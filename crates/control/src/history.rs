//! What is different between two deployments of an application, to one environment or to two: inputs, values in
//! force, objects and chart, as they are in Git. Of secrets only names are told.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, End};
use model::environment::Environment;
use model::layout;
use store::Page;

use crate::preview::{FileDiff, differing};
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
    /// Sealed files, by what they hold.
    pub secrets: Vec<SealedDiff>,
}

/// What is different in one sealed file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedDiff {
    /// What is sealed: `secret values`, or a Secret such as `Secret shop/database`.
    pub object: String,
    /// Names of the entries and what becomes of each.
    pub entries: Vec<(String, EntryDiff)>,
}

/// What becomes of one entry of a sealed file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryDiff {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// It was sealed anew: mostly because it has another value.
    Changed,
    /// It is the same.
    Same,
}

impl EntryDiff {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// The files of a deployment by their paths below the environment's folder.
type Files = BTreeMap<String, Bytes>;

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
    Ok(compared(old.map(|d| d.number), number, moved(earlier, &from, &to), files))
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
    let page = Page::first();
    let all = control.store.deployments(application.id, Some(of.environment), &page).await?.items;
    Ok(all.into_iter().find(|d| d.number < of.number && d.commit.is_some()))
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
            Some(End::Stored) => "has no files",
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

fn compared(from: Option<i64>, to: i64, mut old: Files, mut new: Files) -> Difference {
    let sealed = sealed(&mut old, &mut new);
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
        secrets: sealed,
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

/// Takes the sealed files out and compares them by the names of what they hold.
fn sealed(old: &mut Files, new: &mut Files) -> Vec<SealedDiff> {
    let is_sealed = |path: &String| path == SECRET_VALUES || path.starts_with(SECRETS);
    let paths: BTreeSet<String> = old.keys().chain(new.keys()).filter(|p| is_sealed(p)).cloned().collect();
    let mut found = Vec::new();
    for path in paths {
        let (old, new) = (old.remove(&path), new.remove(&path));
        if old != new {
            let entries = entries(old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
            found.push(SealedDiff { object: object(&path), entries });
        }
    }
    found
}

const SECRET_VALUES: &str = "secrets.sops.yaml";
const SECRETS: &str = "rendered/secrets/";

/// `rendered/secrets/shop/Secret.database.yaml` is `Secret shop/database`.
fn object(path: &str) -> String {
    let Some(rest) = path.strip_prefix(SECRETS) else { return "secret values".into() };
    let rest = rest.strip_suffix(".yaml").unwrap_or(rest);
    match rest.split_once('/').and_then(|(namespace, file)| Some((namespace, file.split_once('.')?))) {
        Some((namespace, (kind, name))) => format!("{kind} {namespace}/{name}"),
        None => rest.to_owned(),
    }
}

fn entries(old: &[u8], new: &[u8]) -> Vec<(String, EntryDiff)> {
    let (old, new) = (tokens(old), tokens(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |name: &String| match (old.get(name), new.get(name)) {
        (Some(old), Some(new)) if old == new => EntryDiff::Same,
        (Some(_), Some(_)) => EntryDiff::Changed,
        (Some(_), None) => EntryDiff::Removed,
        (None, _) => EntryDiff::Added,
    };
    names.into_iter().map(|name| (name.clone(), change(name))).collect()
}

/// The sealed entries of a SOPS file and what each is sealed as. Equal text keeps its sealed form from one
/// deployment to the next.
fn tokens(file: &[u8]) -> BTreeMap<String, String> {
    let names = seal::paths(file).unwrap_or_default();
    let is_secret = names.iter().any(|name| name == "kind");
    let names = names
        .into_iter()
        .filter(|name| !is_secret || name.starts_with("data.") || name.starts_with("stringData."));
    let text = String::from_utf8_lossy(file);
    let text = text.split("\nsops:").next().unwrap_or_default();
    let mut sealed = text.split("ENC[").skip(1).map(|part| part.split(']').next().unwrap_or_default());
    names.map(|name| (name, sealed.next().unwrap_or_default().to_owned())).collect()
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
        let found = compared(Some(1), 2, old, new);
        let paths = |files: &[FileDiff]| files.iter().map(|f| f.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&found.inputs), ["values.yaml"]);
        assert_eq!(paths(&found.manifests), ["manifests/x/A.a.yaml"]);
        assert_eq!(paths(&found.chart), ["large"]);
        assert!(found.values.is_some() && found.secrets.is_empty());
        let line = &found.chart[0].hunks[0].lines[0].text;
        assert!(line.starts_with("(524288 bytes, not shown: blob "), "{line}");
    }

    #[test]
    fn sealed_files_are_told_by_names() {
        let sealed = |entries: &str| {
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n{entries}sops:\n  version: 3.9.0\n"
            )
        };
        let old =
            sealed("  one: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n  two: ENC[AES256_GCM,data:d]\n");
        let new =
            sealed("  one: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n  three: ENC[AES256_GCM,data:e]\n");
        let path = "rendered/secrets/shop/Secret.database.yaml";
        let found = sealed_of(&old, &new, path);
        assert_eq!(found[0].object, "Secret shop/database");
        let words: Vec<String> =
            found[0].entries.iter().map(|(name, change)| format!("{name} {}", change.as_str())).collect();
        assert_eq!(words, ["data.one same", "data.three added", "data.two removed"]);
    }

    fn sealed_of(old: &str, new: &str, path: &str) -> Vec<SealedDiff> {
        sealed(&mut files(&[(path, old)]), &mut files(&[(path, new)]))
    }
}
