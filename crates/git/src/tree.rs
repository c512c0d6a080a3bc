//! Changes to folders in memory: many edits at once, on trees of which only those on the way are read.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use crate::change::Edit;
use crate::error::Error;
use crate::object::{self, Id, Kind, Mode, Object, TreeEntry};

/// Longest path, in bytes; what Linux takes.
const PATH_LIMIT: usize = 4096;
/// Longest name in a path, in bytes; what file systems take.
const NAME_LIMIT: usize = 255;
/// Most folders within each other.
pub(crate) const DEPTH_LIMIT: usize = 128;

/// Gives the bytes of trees that the host is known to have.
pub(crate) trait Trees {
    /// The bytes of a tree.
    fn tree(&self, id: &Id) -> Option<Bytes>;
}

/// Why an edit did not come about.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A tree on the way is not at hand.
    Missing(Id),
    /// The edit is impossible.
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The outcome of edits.
#[derive(Debug)]
pub(crate) struct Edited {
    /// The new root folder.
    pub(crate) root: Id,
    /// Blobs and trees that the host does not have, as far as known; each once.
    pub(crate) objects: Vec<Object>,
}

/// Applies edits in order to a root folder (`None`: an empty one).
pub(crate) fn apply(root: Option<Id>, trees: &dyn Trees, edits: &[Edit]) -> Result<Edited, Failure> {
    let mut editor = Editor { trees, at_host: HashSet::new() };
    let mut folder = match root {
        Some(id) => editor.load(&id)?,
        None => Folder::default(),
    };
    for edit in edits {
        editor.edit(&mut folder, edit)?;
    }
    let mut objects = Vec::new();
    let root = editor.write(folder, &mut objects)?;
    let mut seen = HashSet::new();
    objects.retain(|object: &Object| seen.insert(object.id) && !editor.at_host.contains(&object.id));
    Ok(Edited { root, objects })
}

/// What is at a path below a root folder.
pub(crate) fn find(root: Option<Id>, trees: &dyn Trees, path: &str) -> Result<Option<(Mode, Id)>, Failure> {
    let names = names(path)?;
    let Some(root) = root else { return Ok(None) };
    let mut at = (Mode::folder(), root);
    for name in names {
        if !at.0.is_folder() {
            return Ok(None);
        }
        let bytes = trees.tree(&at.1).ok_or(Failure::Missing(at.1))?;
        match object::read_tree(&bytes)?.into_iter().find(|entry| entry.name == name.as_bytes()) {
            Some(entry) => at = (entry.mode, entry.id),
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The tree id of a folder of plain files.
///
/// # Errors
/// When a path is not valid, or is both file and folder.
pub(crate) fn folder_of(files: &[(String, Id)]) -> Result<Id, Error> {
    let mut folder = Folder::default();
    for (path, id) in files {
        folder.insert(path, Node::Entry { mode: Mode::file(), id: *id, bytes: None })?;
    }
    let editor = Editor { trees: &Nothing, at_host: HashSet::new() };
    match editor.write(folder, &mut Vec::new()) {
        Ok(id) => Ok(id),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Missing(id)) => Err(Error::Bug(format!("tree {id} asked for while none was given"))),
    }
}

struct Nothing;

impl Trees for Nothing {
    fn tree(&self, _: &Id) -> Option<Bytes> {
        None
    }
}

/// A folder that was read or made.
#[derive(Default)]
struct Folder {
    nodes: BTreeMap<Vec<u8>, Node>,
}

enum Node {
    /// Anything as it is known by its id; the bytes of new files.
    Entry { mode: Mode, id: Id, bytes: Option<Bytes> },
    /// A folder that was read or made.
    Folder(Folder),
}

impl Node {
    fn file(mode: Mode, bytes: &Bytes) -> Result<Self, Error> {
        Ok(Self::Entry { mode, id: object::id_of(Kind::Blob, bytes)?, bytes: Some(bytes.clone()) })
    }

    /// A word for people, if it is no folder.
    fn obstacle(&self) -> Option<&'static str> {
        match self {
            Self::Folder(_) => None,
            Self::Entry { mode, .. } if mode.is_folder() => None,
            Self::Entry { mode, .. } if mode.is_submodule() => Some("another repository (submodule)"),
            Self::Entry { mode, .. } if mode.is_file() => Some("a file"),
            Self::Entry { .. } => Some("a symbolic link"),
        }
    }
}

impl Folder {
    /// Puts a node into a folder that has no ids of its own below it.
    fn insert(&mut self, path: &str, node: Node) -> Result<(), Error> {
        let mut names = names(path)?;
        let last = names.pop().unwrap_or_default();
        let mut folder = self;
        for name in names {
            let next = folder
                .nodes
                .entry(name.as_bytes().to_vec())
                .or_insert_with(|| Node::Folder(Folder::default()));
            match next {
                Node::Folder(next) => folder = next,
                Node::Entry { .. } => return Err(taken(path, "a file")),
            }
        }
        if matches!(folder.nodes.get(last.as_bytes()), Some(Node::Folder(_))) {
            return Err(taken(path, "a folder"));
        }
        folder.nodes.insert(last.as_bytes().to_vec(), node);
        Ok(())
    }
}

struct Editor<'a> {
    trees: &'a dyn Trees,
    /// Files in folders that were read: the host has them.
    at_host: HashSet<Id>,
}

impl Editor<'_> {
    fn load(&mut self, id: &Id) -> Result<Folder, Failure> {
        let bytes = self.trees.tree(id).ok_or(Failure::Missing(*id))?;
        let mut nodes = BTreeMap::new();
        for entry in object::read_tree(&bytes)? {
            if !entry.mode.is_folder() {
                self.at_host.insert(entry.id);
            }
            nodes.insert(entry.name, Node::Entry { mode: entry.mode, id: entry.id, bytes: None });
        }
        Ok(Folder { nodes })
    }

    fn edit(&mut self, root: &mut Folder, edit: &Edit) -> Result<(), Failure> {
        match edit {
            Edit::Put { path, bytes } => self.put(root, path, bytes, true),
            Edit::PutIfAbsent { path, bytes } => self.put(root, path, bytes, false),
            Edit::Remove { path } => self.remove(root, path),
            Edit::ReplaceFolder { path, files } => self.replace(root, path, files),
        }
    }

    fn put(&mut self, root: &mut Folder, path: &str, bytes: &Bytes, replace: bool) -> Result<(), Failure> {
        let mut names = names(path)?;
        let last = names.pop().unwrap_or_default();
        let folder = self.descend(root, path, &names)?;
        let mode = match folder.nodes.get(last.as_bytes()) {
            Some(_) if !replace => return Ok(()),
            None => Mode::file(),
            Some(Node::Entry { mode, .. }) if mode.is_file() => *mode,
            Some(node) => match node.obstacle() {
                // A link at a path that we own is replaced by the file itself.
                Some("a symbolic link") => Mode::file(),
                Some(what) => return Err(taken(path, what).into()),
                None => return Err(taken(path, "a folder").into()),
            },
        };
        folder.nodes.insert(last.as_bytes().to_vec(), Node::file(mode, bytes)?);
        Ok(())
    }

    fn remove(&mut self, root: &mut Folder, path: &str) -> Result<(), Failure> {
        self.remove_at(root, &names(path)?)
    }

    /// Removes what is at `names`, and the folders above it that are empty then: Git keeps none.
    fn remove_at(&mut self, folder: &mut Folder, names: &[&str]) -> Result<(), Failure> {
        let Some((name, below)) = names.split_first() else { return Ok(()) };
        if below.is_empty() {
            folder.nodes.remove(name.as_bytes());
            return Ok(());
        }
        let Some(next) = self.child(folder, name)? else { return Ok(()) };
        self.remove_at(next, below)?;
        if next.nodes.is_empty() {
            folder.nodes.remove(name.as_bytes());
        }
        Ok(())
    }

    fn replace(&mut self, root: &mut Folder, path: &str, files: &[(String, Bytes)]) -> Result<(), Failure> {
        let mut names = names(path)?;
        let last = names.pop().unwrap_or_default();
        let mut made = Folder::default();
        for (below, bytes) in files {
            names_within(path, below)?;
            made.insert(below, Node::file(Mode::file(), bytes)?)?;
        }
        if files.is_empty() {
            return self.remove(root, path);
        }
        let folder = self.descend(root, path, &names)?;
        let old = folder.nodes.insert(last.as_bytes().to_vec(), Node::Folder(made));
        if let Some(Node::Entry { mode, id, .. }) = old
            && mode.is_folder()
        {
            self.note(&id, DEPTH_LIMIT);
        }
        Ok(())
    }

    /// Notes the files below a folder as known to the host; only spares bytes, so gaps do not matter.
    fn note(&mut self, id: &Id, depth: usize) {
        let Some(entries) = self.trees.tree(id).and_then(|bytes| object::read_tree(&bytes).ok()) else {
            return;
        };
        for entry in entries {
            if !entry.mode.is_folder() {
                self.at_host.insert(entry.id);
            } else if depth > 0 {
                self.note(&entry.id, depth - 1);
            }
        }
    }

    /// The folder below `folder` of this name, read if need be; `None` if there is none.
    fn child<'f>(&mut self, folder: &'f mut Folder, name: &str) -> Result<Option<&'f mut Folder>, Failure> {
        let Some(node) = folder.nodes.get_mut(name.as_bytes()) else { return Ok(None) };
        if let Node::Entry { mode, id, .. } = node {
            if !mode.is_folder() {
                return Ok(None);
            }
            *node = Node::Folder(self.load(&id.clone())?);
        }
        match node {
            Node::Folder(next) => Ok(Some(next)),
            Node::Entry { .. } => Ok(None),
        }
    }

    /// The folder at `names`, made if need be.
    fn descend<'f>(
        &mut self,
        root: &'f mut Folder,
        path: &str,
        names: &[&str],
    ) -> Result<&'f mut Folder, Failure> {
        let mut folder = root;
        for name in names {
            let node = folder
                .nodes
                .entry(name.as_bytes().to_vec())
                .or_insert_with(|| Node::Folder(Folder::default()));
            if let Some(what) = node.obstacle() {
                return Err(taken(path, what).into());
            }
            folder = self.child(folder, name)?.ok_or_else(|| taken(path, "something else"))?;
        }
        Ok(folder)
    }

    /// Writes a folder and what is new below it; what is below a tree that the host has is not new.
    fn write(&self, folder: Folder, objects: &mut Vec<Object>) -> Result<Id, Failure> {
        let start = objects.len();
        let mut entries = Vec::with_capacity(folder.nodes.len());
        for (name, node) in folder.nodes {
            match node {
                Node::Entry { mode, id, bytes } => {
                    entries.push(TreeEntry { mode, name, id });
                    objects.extend(bytes.map(|bytes| Object { id, kind: Kind::Blob, bytes }));
                }
                Node::Folder(below) => {
                    let before = objects.len();
                    let id = self.write(below, objects)?;
                    if id.is_empty_tree() {
                        objects.truncate(before);
                    } else {
                        entries.push(TreeEntry { mode: Mode::folder(), name, id });
                    }
                }
            }
        }
        let tree = Object::new(Kind::Tree, object::write_tree(entries)?)?;
        if self.trees.tree(&tree.id).is_some() {
            objects.truncate(start);
            return Ok(tree.id);
        }
        let id = tree.id;
        objects.push(tree);
        Ok(id)
    }
}

/// The names of a path.
fn names(path: &str) -> Result<Vec<&str>, Error> {
    let bad = |why: &str| Error::Input {
        field: "path",
        code: "invalid_path",
        sentence: format!("The path {path:?} cannot be used in a repository: {why}."),
    };
    if path.len() > PATH_LIMIT {
        return Err(bad(&format!("it is longer than {PATH_LIMIT} bytes")));
    }
    let names: Vec<&str> = path.split('/').collect();
    if names.len() > DEPTH_LIMIT {
        return Err(bad(&format!("it has more than {DEPTH_LIMIT} folders")));
    }
    for name in &names {
        if name.len() > NAME_LIMIT {
            return Err(bad(&format!("a name in it is longer than {NAME_LIMIT} bytes")));
        }
        object::check_name(name).map_err(|why| bad(&why))?;
    }
    Ok(names)
}

fn names_within(folder: &str, below: &str) -> Result<(), Error> {
    names(&format!("{folder}/{below}")).map(|_| ())
}

fn taken(path: &str, by: &str) -> Error {
    Error::PathTaken { path: path.to_owned(), by: by.to_owned() }
}

#[cfg(test)]
mod tests;
