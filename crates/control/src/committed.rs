//! What an earlier deployment put into Git, had again: from the blobs that are kept, else from the repository at
//! the deployment's commit. Nothing is rendered for it, and no chart repository is asked.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, Rendered};
use model::layout;

use crate::{Control, Error};

/// The code of the error that says that files are nowhere any more.
pub(crate) const GONE: &str = "files_gone";

/// The files of a deployment below a folder of the application's, such as `environments/production/chart`, by
/// their paths below it. Empty when the deployment has none there, or was never rendered.
///
/// # Errors
/// [`GONE`] when they are neither kept nor in Git any more, and what the Git host gives.
pub async fn files(
    control: &Control,
    application: &Application,
    deployment: &Deployment,
    folder: &str,
) -> Result<BTreeMap<String, Bytes>, Error> {
    files_but(control, application, deployment, (folder, &[])).await
}

/// The same without what is below some folders of it, which end with `/`.
///
/// # Errors
/// As [`files`].
pub(crate) async fn files_but(
    control: &Control,
    application: &Application,
    deployment: &Deployment,
    (folder, without): (&str, &[&str]),
) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut wanted = deployment.rendered.as_ref().map(|r| below(r, folder)).unwrap_or_default();
    wanted.retain(|path, _| !without.iter().any(|other| path.starts_with(other)));
    if let Some(kept) = kept_of(control, &wanted).await? {
        return Ok(kept);
    }
    let found = in_git(control, application, deployment, (folder, &wanted)).await?;
    found.ok_or_else(|| {
        let sentence = format!(
            "What deployment {} of {} wrote below {folder} is neither kept here nor in its repository any more. Deploy \
             something else, or put the commit back.",
            deployment.number, application.name
        );
        Error::conflict(GONE, sentence)
    })
}

/// Paths below the folder, and their blobs.
fn below(rendered: &Rendered, folder: &str) -> BTreeMap<String, String> {
    let inside = rendered.files.iter().filter_map(|file| {
        let path = file.path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path.to_owned(), file.blob.clone()))
    });
    inside.collect()
}

/// The files from the store, if it has them all.
pub(crate) async fn kept(
    control: &Control,
    deployment: &Deployment,
    folder: &str,
) -> Result<Option<BTreeMap<String, Bytes>>, Error> {
    kept_of(control, &deployment.rendered.as_ref().map(|r| below(r, folder)).unwrap_or_default()).await
}

async fn kept_of(
    control: &Control,
    wanted: &BTreeMap<String, String>,
) -> Result<Option<BTreeMap<String, Bytes>>, Error> {
    let ids: Vec<String> = wanted.values().cloned().collect();
    let blobs: BTreeMap<String, Bytes> =
        control.store.blobs(&ids).await?.into_iter().map(|(id, bytes)| (id, Bytes::from(bytes))).collect();
    let file = |(path, blob): (&String, &String)| Some((path.clone(), blobs.get(blob)?.clone()));
    Ok(wanted.iter().map(file).collect())
}

/// The files from the repository, if it has them all: at the commit, or where that was taken out of the history, at the
/// tip of its branch, as far as they are the same there.
async fn in_git(
    control: &Control,
    application: &Application,
    deployment: &Deployment,
    (folder, wanted): (&str, &BTreeMap<String, String>),
) -> Result<Option<BTreeMap<String, Bytes>>, Error> {
    let (Some(commit), Some(repository)) = (&deployment.commit, &application.repository) else {
        return Ok(None);
    };
    let config = crate::gate::demand(control, application).await?;
    let remote = crate::hosts::open(control, &config).await?.remote(repository)?;
    let folder = layout::below(&application.path, folder);
    let at = async |commit: &str| match remote.folder_at(commit, &folder).await {
        // It is not there: the same as if the folder were empty.
        Err(git::Error::Protocol { .. }) => Ok(BTreeMap::new()),
        found => found,
    };
    if let Some(found) = all(wanted, at(commit).await?) {
        return Ok(Some(found));
    }
    let branch = deployment.attempt.as_ref().map(|attempt| attempt.branch.as_str()).unwrap_or_default();
    match remote.refs().await?.branches.get(branch) {
        Some(tip) if tip != commit => Ok(all(wanted, at(tip).await?)),
        _ => Ok(None),
    }
}

/// Those that are wanted, if all of them are there as they are wanted.
fn all(
    wanted: &BTreeMap<String, String>,
    mut found: BTreeMap<String, Bytes>,
) -> Option<BTreeMap<String, Bytes>> {
    let one = |(path, blob): (&String, &String)| {
        let bytes = found.remove(path).filter(|bytes| git::object::blob_id(bytes) == *blob)?;
        Some((path.clone(), bytes))
    };
    wanted.iter().map(one).collect()
}
