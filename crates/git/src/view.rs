//! A branch as it is at the host: its tip and the folders below it, without the bytes of files.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;

use crate::change::{Entry, Snapshot};
use crate::error::Error;
use crate::fetch::{Fetch, Filter};
use crate::limits::too_large;
use crate::object::{self, Commit, Id, Kind, Object};
use crate::pkt::broken;
use crate::remote::Session;
use crate::tree::{self, Failure, Trees};

/// Bytes of overhead of a remembered tree, about.
const OVERHEAD: usize = 100;
/// Bytes of folders that the tip does not use, beyond as many as it uses, at which they are dropped: there may be as
/// many branches as applications.
const UNUSED: usize = 32 << 10;

/// A branch as it is at the host.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// The tip and its root folder; `None` for a branch that does not exist.
    pub(crate) tip: Option<(Id, Id)>,
    trees: HashMap<Id, Bytes>,
    bytes: usize,
    /// Size after the last clean-up.
    clean: usize,
    /// Whether every folder of the tip was read from the host, or made here.
    complete: bool,
}

impl Trees for View {
    fn tree(&self, id: &Id) -> Option<Bytes> {
        self.trees.get(id).cloned()
    }
}

/// Files that came along although they were not asked for: some hosts cannot leave them out.
pub(crate) type Blobs = HashMap<Id, Bytes>;

/// What happened between two tips of a branch, the newest first; `None` if that cannot be said.
pub(crate) type Since = Option<Vec<(Id, Commit)>>;

impl View {
    /// Reads a branch of which nothing is known but its tip.
    pub(crate) async fn read(session: &Session, tip: Id) -> Result<(Self, Blobs), Error> {
        let fetch =
            Fetch { want: vec![tip], deepen: Some(1), filter: Some(Filter::Blobs), ..Fetch::default() };
        let objects = session.fetch(&fetch, session.remote.limits().answer_bytes).await?;
        let mut view = Self::default();
        let mut blobs = Blobs::new();
        let mut root = None;
        for object in objects {
            match object.kind {
                Kind::Commit if object.id == tip => root = Some(object::read_commit(&object.bytes)?.tree),
                Kind::Tree => view.insert(object.id, object.bytes),
                Kind::Blob => drop(blobs.insert(object.id, object.bytes)),
                Kind::Commit | Kind::Tag => {}
            }
        }
        view.tip = Some((tip, root.ok_or_else(|| broken("a branch does not point to a commit"))?));
        view.clean = view.bytes;
        view.complete = true;
        Ok((view, blobs))
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a missing folder is the host's fault: the tip was read as a whole.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The commit at the tip.
    pub(crate) fn commit(&self) -> Option<Id> {
        self.tip.map(|(commit, _)| commit)
    }

    /// The root folder.
    pub(crate) fn root(&self) -> Option<Id> {
        self.tip.map(|(_, root)| root)
    }

    fn insert(&mut self, id: Id, bytes: Bytes) {
        // Answers are large pieces of memory; a copy of the tree alone lets go of them.
        let bytes = Bytes::copy_from_slice(&bytes);
        self.bytes += bytes.len() + OVERHEAD;
        if let Some(old) = self.trees.insert(id, bytes) {
            self.bytes -= old.len() + OVERHEAD;
        }
    }

    /// Moves on to a commit that the host has taken, with the trees that were new to it.
    pub(crate) fn advance(&mut self, commit: Id, root: Id, objects: &[Object]) {
        for object in objects.iter().filter(|object| object.kind == Kind::Tree) {
            self.insert(object.id, object.bytes.clone());
        }
        self.tip = Some((commit, root));
        if self.bytes > 2 * self.clean + UNUSED {
            self.forget_unused();
        }
    }

    /// Drops trees that the tip does not use.
    fn forget_unused(&mut self) {
        let mut used = HashSet::new();
        let mut open: Vec<Id> = self.root().into_iter().collect();
        while let Some(id) = open.pop() {
            if !used.insert(id) {
                continue;
            }
            let entries = self.trees.get(&id).and_then(|bytes| object::read_tree(bytes).ok());
            open.extend(entries.into_iter().flatten().filter(|e| e.mode.is_folder()).map(|e| e.id));
        }
        self.trees.retain(|id, _| used.contains(id));
        self.bytes = self.trees.values().map(|bytes| bytes.len() + OVERHEAD).sum();
        self.clean = self.bytes;
    }

    /// Moves on to another tip of the branch: by what changed if that is little, else anew.
    pub(crate) async fn refresh(&mut self, session: &Session, tip: Id) -> Result<Since, Error> {
        if let Some((old, _)) = self.tip {
            match self.catch_up(session, old, tip).await {
                Ok(since) => return Ok(since),
                Err(Error::TooLarge { .. } | Error::Protocol { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        (*self, _) = Self::read(session, tip).await?;
        Ok(None)
    }

    async fn catch_up(&mut self, session: &Session, old: Id, tip: Id) -> Result<Since, Error> {
        // Told that the parents of `old` are not at hand, the host sends every tree that `old` itself lacks,
        // not only those that are new in history.
        let fetch = Fetch {
            want: vec![tip],
            have: vec![old],
            shallow: vec![old],
            deepen: None,
            filter: Some(Filter::Blobs),
        };
        let objects = session.fetch(&fetch, session.remote.limits().refresh_bytes).await?;
        let mut commits = HashMap::new();
        for object in &objects {
            if object.kind == Kind::Commit {
                commits.insert(object.id, object::read_commit(&object.bytes)?);
            }
        }
        let root = commits.get(&tip).ok_or_else(|| broken("a branch does not point to a commit"))?.tree;
        self.advance(tip, root, &objects);
        self.complete = false;
        let (since, end) = walk(tip, Some(old), commits);
        Ok(matches!(end, End::Base).then_some(since))
    }

    /// What is at paths.
    pub(crate) async fn snapshot(
        &self,
        session: &Session,
        paths: &[&str],
        mut blobs: Blobs,
    ) -> Result<Snapshot, Error> {
        let mut found = BTreeMap::new();
        for path in paths {
            match tree::find(self.root(), self, path) {
                Ok(Some(entry)) => drop(found.insert((*path).to_owned(), entry)),
                Ok(None) => {}
                Err(Failure::Missing(id)) => {
                    return Err(broken(format!("the host left out the folder {id}")));
                }
                Err(Failure::Error(error)) => return Err(error),
            }
        }
        let files = found.values().filter(|(mode, _)| mode.is_file()).map(|(_, id)| *id);
        complete(session, files, &mut blobs).await?;
        let mut entries = BTreeMap::new();
        for (path, (mode, id)) in found {
            let entry = if mode.is_folder() {
                Entry::Folder { tree: id.to_string() }
            } else if mode.is_file() {
                let bytes =
                    blobs.get(&id).ok_or_else(|| broken(format!("the host left out the file {path}")))?;
                Entry::File { blob: id.to_string(), bytes: bytes.clone() }
            } else {
                Entry::Other { id: id.to_string() }
            };
            entries.insert(path, entry);
        }
        Ok(Snapshot { tip: self.commit().map(|id| id.to_string()), entries })
    }
}

/// Asks for those files that did not come along, in one question.
pub(crate) async fn complete(
    session: &Session,
    wanted: impl Iterator<Item = Id>,
    blobs: &mut Blobs,
) -> Result<(), Error> {
    let missing: HashSet<Id> = wanted.filter(|id| !blobs.contains_key(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let fetch = Fetch { want: missing.into_iter().collect(), ..Fetch::default() };
    let limits = session.remote.limits();
    let objects = session.fetch(&fetch, limits.change_bytes.min(limits.answer_bytes)).await?;
    blobs.extend(objects.into_iter().map(|object| (object.id, object.bytes)));
    Ok(())
}

/// Where a walk through history ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// At the base.
    Base,
    /// At the beginning of history.
    Beginning,
    /// At commits that are not at hand.
    Unknown,
}

/// The commits from a tip back to a base, as far as they are at hand.
fn walk(tip: Id, base: Option<Id>, mut commits: HashMap<Id, Commit>) -> (Vec<(Id, Commit)>, End) {
    let mut found = Vec::new();
    let mut open = std::collections::VecDeque::from([tip]);
    let mut end = End::Beginning;
    while let Some(id) = open.pop_front() {
        if Some(id) == base {
            end = End::Base;
        } else if let Some(commit) = commits.remove(&id) {
            open.extend(&commit.parents);
            found.push((id, commit));
        } else if end != End::Base && !found.iter().any(|(known, _)| *known == id) {
            end = End::Unknown;
        }
    }
    (found, end)
}

/// The commits from a tip back to an older commit of the branch (or to its beginning), without folders where
/// the host can leave them out.
///
/// # Errors
/// [`Error::BaseGone`] when the older commit is no ancestor, [`Error::TooLarge`] when there are too many.
pub(crate) async fn history(
    session: &Session,
    branch: &str,
    tip: Id,
    base: Option<Id>,
) -> Result<Vec<(Id, Commit)>, Error> {
    let limits = session.remote.limits();
    let fetch = Fetch {
        want: vec![tip],
        have: base.into_iter().collect(),
        deepen: Some(limits.search_commits),
        filter: Some(Filter::Trees),
        ..Fetch::default()
    };
    let objects = session.fetch(&fetch, limits.answer_bytes).await?;
    let mut commits = HashMap::new();
    for object in objects.into_iter().filter(|object| object.kind == Kind::Commit) {
        commits.insert(object.id, object::read_commit(&object.bytes)?);
    }
    let full = commits.len() >= limits.search_commits;
    let (found, end) = walk(tip, base, commits);
    match (end, base) {
        (End::Base, _) | (End::Beginning, None) => Ok(found),
        (End::Unknown, None) => Err(too_large(
            format!("the history of {branch} to be searched"),
            limits.search_commits,
            "commits",
        )),
        (End::Unknown, Some(_)) if full => Err(too_large(
            format!("the history of {branch} to be searched"),
            limits.search_commits,
            "commits",
        )),
        (End::Beginning | End::Unknown, Some(base)) => {
            Err(Error::BaseGone { branch: branch.to_owned(), base: base.to_string() })
        }
    }
}
