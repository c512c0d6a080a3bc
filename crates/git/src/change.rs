//! What a caller wants to have on a branch, and what came of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::Timestamp;
use model::deployment::Attempt;

/// A change to a branch: it becomes exactly one commit.
#[derive(Clone, Debug)]
pub struct Change {
    /// Identifies the change: the value of the trailer [`model::layout::TRAILER`]. The trailer is added to the
    /// message unless the message ends with it.
    pub key: String,
    /// What happens to files, in this order. Paths start at the repository's root and use `/`.
    pub edits: Vec<Edit>,
    /// Paths and the ids (blob or tree, lower-case hexadecimal) that they must still have; `None` for a path
    /// that must not be there.
    pub expected: Vec<(String, Option<String>)>,
    /// The person who asked.
    pub author: Person,
    /// The identity that commits.
    pub committer: Person,
    /// The time of author and committer, written in UTC.
    pub at: Timestamp,
    /// The commit's message.
    pub message: String,
    /// An earlier push of the same change whose end is not known.
    pub resume: Option<Attempt>,
}

/// What happens to one file or folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// The file has these bytes. An executable file stays executable.
    Put {
        /// The file.
        path: String,
        /// Its bytes.
        bytes: Bytes,
    },
    /// The file has these bytes unless something is there already.
    PutIfAbsent {
        /// The file.
        path: String,
        /// Its bytes.
        bytes: Bytes,
    },
    /// The file or folder is gone; nothing happens if it was not there.
    Remove {
        /// The file or folder.
        path: String,
    },
    /// The folder holds exactly these files; without any it is gone.
    ReplaceFolder {
        /// The folder.
        path: String,
        /// Paths below the folder and their bytes.
        files: Vec<(String, Bytes)>,
    },
}

/// Name and address in a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The name; characters that Git cannot keep are left out.
    pub name: String,
    /// The e-mail address, treated likewise.
    pub email: String,
}

/// A change that is on its branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The commit's id.
    pub commit: String,
    /// Its parent; `None` for the first commit of a branch, or when the commit was found.
    pub parent: Option<String>,
    /// The branch.
    pub branch: String,
    /// The tree id of the path of each [`Edit::ReplaceFolder`].
    pub trees: BTreeMap<String, String>,
    /// How many pushes it took, those of others' changes in the same push included.
    pub pushes: u32,
    /// Whether it was on the branch already.
    pub found: bool,
}

/// Files and folders of a branch at one commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// The branch's tip; `None` when the branch does not exist.
    pub tip: Option<String>,
    /// What is at the paths that were asked for; those where nothing is are left out.
    pub entries: BTreeMap<String, Entry>,
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A file.
    File {
        /// Its blob id.
        blob: String,
        /// Its bytes.
        bytes: Bytes,
    },
    /// A folder.
    Folder {
        /// Its tree id.
        tree: String,
    },
    /// A symbolic link or another repository; neither is followed.
    Other {
        /// Its id.
        id: String,
    },
}

/// The branches of a repository.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refs {
    /// Names without `refs/heads/`, and their tips.
    pub branches: BTreeMap<String, String>,
    /// The default branch; it need not exist yet.
    pub default_branch: Option<String>,
}
