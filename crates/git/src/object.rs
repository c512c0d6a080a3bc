//! Git objects in memory: ids, encoding and decoding. The only place that knows the library behind them.

use bytes::Bytes;
use gix_object::WriteTo as _;
use gix_object::bstr::BString;

use crate::change::Person;
use crate::error::Error;

/// The id of an object (SHA-1).
pub type Id = gix_hash::ObjectId;

/// Bytes of a binary id.
pub(crate) const ID_BYTES: usize = 20;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// The bytes of a file.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    fn outside(self) -> gix_object::Kind {
        match self {
            Self::Commit => gix_object::Kind::Commit,
            Self::Tree => gix_object::Kind::Tree,
            Self::Blob => gix_object::Kind::Blob,
            Self::Tag => gix_object::Kind::Tag,
        }
    }
}

/// An object with its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its id.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its bytes without Git's header.
    pub bytes: Bytes,
}

impl Object {
    /// Makes an object of bytes.
    ///
    /// # Errors
    /// When the bytes are an attack on SHA-1.
    pub fn new(kind: Kind, bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let bytes = bytes.into();
        Ok(Self { id: id_of(kind, &bytes)?, kind, bytes })
    }
}

/// The id of an object.
///
/// # Errors
/// When the bytes are an attack on SHA-1 (they would collide with another object).
pub fn id_of(kind: Kind, bytes: &[u8]) -> Result<Id, Error> {
    gix_object::compute_hash(gix_hash::Kind::Sha1, kind.outside(), bytes).map_err(|_| Error::Protocol {
        host: String::new(),
        what: "an object is built to collide with another (SHA-1 attack)".into(),
    })
}

/// The bytes that have to stand at the end of a pack, for tests that make packs of their own.
pub fn pack_checksum(bytes: &[u8]) -> Vec<u8> {
    checksum(bytes).map(|id| id.as_slice().to_vec()).unwrap_or_default()
}

/// The checksum at the end of a pack.
pub(crate) fn checksum(bytes: &[u8]) -> Result<Id, Error> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().map_err(|_| broken("a pack is built to collide with another (SHA-1 attack)"))
}

/// The blob id of a file's bytes, lower-case hexadecimal.
pub fn blob_id(bytes: &[u8]) -> String {
    // Bytes built as an attack get the id of nothing: it never agrees with what a repository holds.
    id_of(Kind::Blob, bytes).unwrap_or(Id::null(gix_hash::Kind::Sha1)).to_string()
}

/// The tree id of a folder of plain files: paths below the folder and their blob ids. `None` when a path or an
/// id is not valid, or when a path is both file and folder.
pub fn tree_id(files: &[(&str, &str)]) -> Option<String> {
    let files = files
        .iter()
        .map(|(path, blob)| Some(((*path).to_owned(), parse_id(blob)?)))
        .collect::<Option<Vec<_>>>()?;
    Some(crate::tree::folder_of(&files).ok()?.to_string())
}

/// Reads an id of 40 hexadecimal digits.
pub fn parse_id(hex: &str) -> Option<Id> {
    (hex.len() == 2 * ID_BYTES).then(|| Id::from_hex(hex.as_bytes()).ok()).flatten()
}

/// What a tree says about one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TreeEntry {
    /// Type and permissions.
    pub(crate) mode: Mode,
    /// The name; any bytes but `/` and NUL.
    pub(crate) name: Vec<u8>,
    /// What it stands for.
    pub(crate) id: Id,
}

/// Type and permissions of an entry of a tree, as written there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mode(gix_object::tree::EntryMode);

impl Mode {
    /// A plain file.
    pub(crate) fn file() -> Self {
        Self(gix_object::tree::EntryKind::Blob.into())
    }

    /// A folder.
    pub(crate) fn folder() -> Self {
        Self(gix_object::tree::EntryKind::Tree.into())
    }

    /// Whether it is a folder.
    pub(crate) fn is_folder(self) -> bool {
        self.0.is_tree()
    }

    /// Whether it is a plain or executable file.
    pub(crate) fn is_file(self) -> bool {
        self.0.is_blob()
    }

    /// Whether it is another repository.
    pub(crate) fn is_submodule(self) -> bool {
        self.0.is_commit()
    }
}

/// Reads a tree. Names come out once each.
///
/// # Errors
/// When it is no valid tree, or has a name twice.
pub(crate) fn read_tree(bytes: &[u8]) -> Result<Vec<TreeEntry>, Error> {
    let tree = gix_object::TreeRef::from_bytes(bytes, gix_hash::Kind::Sha1)
        .map_err(|_| broken("a folder cannot be read"))?;
    let mut names = std::collections::HashSet::with_capacity(tree.entries.len());
    tree.entries
        .iter()
        .map(|entry| {
            let name: &[u8] = entry.filename.as_ref();
            if name.is_empty() || name.contains(&b'/') || !names.insert(name) {
                return Err(broken("a folder has an impossible name, or a name twice"));
            }
            Ok(TreeEntry { mode: Mode(entry.mode), name: name.to_vec(), id: entry.oid.to_owned() })
        })
        .collect()
}

/// Writes a tree, in Git's order.
///
/// # Errors
/// When a name contains NUL.
pub(crate) fn write_tree(entries: Vec<TreeEntry>) -> Result<Bytes, Error> {
    let mut entries: Vec<_> = entries
        .into_iter()
        .map(|entry| gix_object::tree::Entry {
            mode: entry.mode.0,
            filename: BString::from(entry.name),
            oid: entry.id,
        })
        .collect();
    entries.sort();
    let mut out = Vec::new();
    gix_object::Tree { entries }
        .write_to(&mut out)
        .map_err(|e| Error::Bug(format!("a tree cannot be written: {e}")))?;
    Ok(out.into())
}

/// What is needed of a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Commit {
    /// The root folder.
    pub(crate) tree: Id,
    /// The parents.
    pub(crate) parents: Vec<Id>,
    /// The message.
    pub(crate) message: Vec<u8>,
}

/// Reads a commit.
///
/// # Errors
/// When it is no valid commit.
pub(crate) fn read_commit(bytes: &[u8]) -> Result<Commit, Error> {
    let commit = gix_object::CommitRef::from_bytes(bytes, gix_hash::Kind::Sha1)
        .map_err(|_| broken("a commit cannot be read"))?;
    Ok(Commit { tree: commit.tree(), parents: commit.parents().collect(), message: commit.message.to_vec() })
}

/// Reads who wrote a commit, when (seconds since 1970), and why; what is not UTF-8 is replaced.
///
/// # Errors
/// When it is no valid commit.
pub(crate) fn read_author(bytes: &[u8]) -> Result<(Person, i64, String), Error> {
    let wrong = || broken("a commit cannot be read");
    let commit = gix_object::CommitRef::from_bytes(bytes, gix_hash::Kind::Sha1).map_err(|_| wrong())?;
    let author = commit.author().map_err(|_| wrong())?;
    let seconds = author.time().map_or(0, |time| time.seconds);
    let person = Person { name: author.name.to_string(), email: author.email.to_string() };
    Ok((person, seconds, commit.message.to_string()))
}

/// Writes a commit.
///
/// # Errors
/// Never for cleaned names; a mistake of our own otherwise.
pub(crate) fn write_commit(
    tree: Id,
    parent: Option<Id>,
    (author, committer): (&Person, &Person),
    seconds: i64,
    message: &str,
) -> Result<Bytes, Error> {
    let signature = |person: &Person| gix_actor::Signature {
        name: clean(&person.name, "unknown"),
        email: clean(&person.email, "unknown"),
        // Git's own check refuses times before 1970.
        time: gix_object::date::Time { seconds: seconds.max(0), offset: 0 },
    };
    let commit = gix_object::Commit {
        tree,
        parents: parent.into_iter().collect(),
        author: signature(author),
        committer: signature(committer),
        encoding: None,
        message: message.replace('\0', "").into(),
        extra_headers: Vec::new(),
    };
    let mut out = Vec::new();
    commit.write_to(&mut out).map_err(|e| Error::Bug(format!("a commit cannot be written: {e}")))?;
    Ok(out.into())
}

/// Checks a name for a tree: none of `.`, `..`, `.git` in any disguise, no slash, no control bytes.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let options = gix_validate::path::component::Options {
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    if name.contains('\0') {
        return Err("it contains NUL".into());
    }
    gix_validate::path::component(name.into(), None, options).map(|_| ()).map_err(|e| e.to_string())
}

/// Leaves out what Git cannot keep in a name or an address.
fn clean(text: &str, otherwise: &str) -> BString {
    let text: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
    // Git trims these at both ends (ident.c, `crud`), so that they would not survive a round trip.
    let text = text.trim_matches(|c: char| c.is_whitespace() || ".,:;\"\\'".contains(c));
    BString::from(if text.is_empty() { otherwise } else { text })
}

fn broken(what: &str) -> Error {
    Error::Protocol { host: String::new(), what: what.into() }
}
