//! The files of a folder as they were in one commit: what was deployed before can be had again from Git.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::error::Error;
use crate::limits::too_large;
use crate::object::{self, Id};
use crate::pkt::broken;
use crate::remote::{Remote, Session};
use crate::tree::{self, DEPTH_LIMIT, Failure, Trees};
use crate::view::{self, View};

impl Remote {
    /// Reads all files below a folder as they are in a commit, by their paths below the folder; none when the
    /// commit does not have the folder. The commit need not be the tip of a branch. Links and submodules are
    /// left out.
    ///
    /// # Errors
    /// As [`Remote::refs`]; [`Error::Protocol`] when the host does not have the commit any more;
    /// [`Error::TooLarge`] above the limits.
    pub async fn folder_at(&self, commit: &str, folder: &str) -> Result<BTreeMap<String, Bytes>, Error> {
        let bad = || Error::Bug(format!("{commit:?} is no commit's id"));
        let commit = object::parse_id(commit).ok_or_else(bad)?;
        let session = Session::open(self).await?;
        let (view, mut blobs) = View::read(&session, commit).await?;
        let files = listed(&view, folder, self.limits().objects)?;
        view::complete(&session, files.iter().map(|(_, id)| *id), &mut blobs).await?;
        let bytes = |(path, id): (String, Id)| match blobs.get(&id) {
            Some(bytes) => Ok((path, bytes.clone())),
            None => Err(broken(format!("the host left out the file {path}"))),
        };
        files.into_iter().map(bytes).collect()
    }
}

/// The files below a folder: paths and blobs.
fn listed(view: &View, folder: &str, limit: usize) -> Result<Vec<(String, Id)>, Error> {
    let left_out = |id: Id| broken(format!("the host left out the folder {id}"));
    let root = match tree::find(view.root(), view, folder) {
        Ok(Some((mode, id))) if mode.is_folder() => id,
        Ok(_) => return Ok(Vec::new()),
        Err(Failure::Missing(id)) => return Err(left_out(id)),
        Err(Failure::Error(error)) => return Err(error),
    };
    let mut files = Vec::new();
    let mut open = vec![(String::new(), root, 0)];
    let mut seen = 0;
    while let Some((path, id, depth)) = open.pop() {
        let bytes = view.tree(&id).ok_or_else(|| left_out(id))?;
        for entry in object::read_tree(&bytes)? {
            seen += 1;
            if seen > limit {
                return Err(too_large(format!("the folder {folder}"), limit, "files and folders"));
            }
            let name = String::from_utf8_lossy(&entry.name);
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
            if entry.mode.is_folder() {
                if depth == DEPTH_LIMIT {
                    return Err(too_large(format!("the depth of {folder}"), DEPTH_LIMIT, "folders"));
                }
                open.push((path, entry.id, depth + 1));
            } else if entry.mode.is_file() {
                files.push((path, entry.id));
            }
        }
    }
    Ok(files)
}
