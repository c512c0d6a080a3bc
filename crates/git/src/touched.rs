//! Who changed a file last: for changes that people make by hand.

use std::collections::HashMap;

use bytes::Bytes;
use model::Timestamp;

use crate::change::Person;
use crate::error::Error;
use crate::fetch::{Fetch, Filter};
use crate::object::{self, Id, Kind};
use crate::remote::{Remote, Session};
use crate::tree::{self, Trees};
use crate::{object::Commit, refs};

/// How many commits are looked at.
const COMMITS: usize = 50;

/// The commit that last changed a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touched {
    /// The commit.
    pub commit: String,
    /// Its author.
    pub author: Person,
    /// When it was written.
    pub at: Timestamp,
    /// Its message.
    pub message: String,
}

/// Commits and folders of a branch's newest history.
#[derive(Default)]
struct History {
    commits: HashMap<Id, (Commit, Bytes)>,
    trees: HashMap<Id, Bytes>,
}

impl Trees for History {
    fn tree(&self, id: &Id) -> Option<Bytes> {
        self.trees.get(id).cloned()
    }
}

impl History {
    async fn read(session: &Session, tip: Id, depth: usize) -> Result<Self, Error> {
        let fetch =
            Fetch { want: vec![tip], deepen: Some(depth), filter: Some(Filter::Blobs), ..Fetch::default() };
        let mut history = Self::default();
        for object in session.fetch(&fetch, session.remote.limits().answer_bytes).await? {
            match object.kind {
                Kind::Commit => {
                    let commit = object::read_commit(&object.bytes)?;
                    history.commits.insert(object.id, (commit, object.bytes));
                }
                Kind::Tree => drop(history.trees.insert(object.id, object.bytes)),
                Kind::Blob | Kind::Tag => {}
            }
        }
        Ok(history)
    }

    /// What is at a path in a commit; the outer `None` when the commit is not at hand.
    fn at(&self, commit: &Id, path: &str) -> Option<Option<Id>> {
        let (commit, _) = self.commits.get(commit)?;
        Some(tree::find(Some(commit.tree), self, path).ok().flatten().map(|(_, id)| id))
    }

    /// The newest commit that does not have the path as one of its parents has it; the oldest at hand when
    /// that lies further back.
    fn changed(&self, tip: Id, path: &str) -> Option<Id> {
        let mut here = tip;
        loop {
            let (commit, _) = self.commits.get(&here)?;
            let now = self.at(&here, path)?;
            match commit.parents.iter().find(|parent| self.at(parent, path) == Some(now)) {
                Some(same) => here = *same,
                None => return Some(here),
            }
        }
    }
}

impl Remote {
    /// Finds the commit that last changed what is at a path, among the newest commits of a branch. `None` when
    /// the branch does not exist.
    ///
    /// # Errors
    /// As [`Remote::refs`].
    pub async fn last_change(&self, branch: &str, path: &str) -> Result<Option<Touched>, Error> {
        refs::check_branch(branch)?;
        let session = Session::open(self).await?;
        let Some(tip) = session.tip(branch).await? else { return Ok(None) };
        let history = match History::read(&session, tip, COMMITS).await {
            Err(Error::TooLarge { .. }) => History::read(&session, tip, 1).await?,
            other => other?,
        };
        let commit = history.changed(tip, path).unwrap_or(tip);
        let Some((_, bytes)) = history.commits.get(&commit) else { return Ok(None) };
        let (author, seconds, message) = object::read_author(bytes)?;
        let at = Timestamp(seconds.saturating_mul(1_000_000));
        Ok(Some(Touched { commit: commit.to_string(), author, at, message }))
    }
}
