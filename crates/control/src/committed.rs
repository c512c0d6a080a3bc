//! What an earlier deployment put into Git, had again: from the blobs that are kept, else from the repository at
//! the deployment's commit. Nothing is rendered for it, and no chart repository is asked.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::application::Application;
use model::deployment::{Deployment, Rendered};
use model::layout;

use crate::{Control, Error};

/// The files of a deployment below a folder of the application's, such as `environments/production/chart`, by
/// their paths below it. Empty when the deployment has none there, or was never rendered.
///
/// # Errors
/// `files_gone` when they are neither kept nor in Git any more, and what the Git host gives.
pub async fn files(
    control: &Control,
    application: &Application,
    deployment: &Deployment,
    folder: &str,
) -> Result<BTreeMap<String, Bytes>, Error> {
    if let Some(kept) = kept(control, deployment, folder).await? {
        return Ok(kept);
    }
    let wanted = deployment.rendered.as_ref().map(|r| below(r, folder)).unwrap_or_default();
    let found = match &deployment.commit {
        Some(commit) => in_git(control, application, commit, folder).await?,
        None => BTreeMap::new(),
    };
    let same = |(path, blob): (&String, &String)| {
        found.get(path).is_some_and(|bytes| git::object::blob_id(bytes) == *blob)
    };
    if wanted.iter().all(same) {
        return Ok(found.into_iter().filter(|(path, _)| wanted.contains_key(path)).collect());
    }
    let sentence = format!(
        "What deployment {} of {} wrote below {folder} is neither kept here nor in its repository any more. Deploy \
         something else, or put the commit back.",
        deployment.number, application.name
    );
    Err(Error::conflict("files_gone", sentence))
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
    let wanted = deployment.rendered.as_ref().map(|r| below(r, folder)).unwrap_or_default();
    let ids: Vec<String> = wanted.values().cloned().collect();
    let blobs: BTreeMap<String, Bytes> =
        control.store.blobs(&ids).await?.into_iter().map(|(id, bytes)| (id, Bytes::from(bytes))).collect();
    let file = |(path, blob): (&String, &String)| Some((path.clone(), blobs.get(blob)?.clone()));
    Ok(wanted.iter().map(file).collect())
}

async fn in_git(
    control: &Control,
    application: &Application,
    commit: &str,
    folder: &str,
) -> Result<BTreeMap<String, Bytes>, Error> {
    let Some(repository) = &application.repository else { return Ok(BTreeMap::new()) };
    let config = crate::gate::demand(control, application).await?;
    let remote = crate::hosts::open(control, &config).await?.remote(repository)?;
    match remote.folder_at(commit, &layout::below(&application.path, folder)).await {
        // The commit was taken out of the history: the same as if the folder were empty.
        Err(git::Error::Protocol { .. }) => Ok(BTreeMap::new()),
        found => Ok(found?),
    }
}
