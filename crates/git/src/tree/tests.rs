//! The tree engine against a plain map of paths.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Store(HashMap<Id, Bytes>);

impl Trees for Store {
    fn tree(&self, id: &Id) -> Option<Bytes> {
        self.0.get(id).cloned()
    }
}

impl Store {
    fn apply(&mut self, root: Option<Id>, edits: &[Edit]) -> Result<(Id, Vec<Object>), Error> {
        let edited = match apply(root, self, edits) {
            Ok(edited) => edited,
            Err(Failure::Error(error)) => return Err(error),
            Err(Failure::Missing(id)) => panic!("{id} is missing"),
        };
        let trees = edited.objects.iter().filter(|object| object.kind == Kind::Tree);
        self.0.extend(trees.map(|object| (object.id, object.bytes.clone())));
        self.0.entry(edited.root).or_default();
        Ok((edited.root, edited.objects))
    }
}

fn put(path: &str, text: &str) -> Edit {
    Edit::Put { path: path.into(), bytes: Bytes::from(text.to_owned()) }
}

fn of(files: &BTreeMap<String, String>) -> Id {
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.clone(), object::id_of(Kind::Blob, text.as_bytes()).unwrap()))
        .collect();
    folder_of(&files).unwrap()
}

#[test]
fn only_what_is_new_is_sent() {
    let mut store = Store::default();
    let (root, objects) = store.apply(None, &[put("a/b/c", "1"), put("a/d", "2"), put("e", "3")]).unwrap();
    assert_eq!(objects.len(), 6, "three files and three folders");
    let (same, objects) = store.apply(Some(root), &[put("a/d", "2")]).unwrap();
    assert_eq!((same, objects.len()), (root, 0));
    let (_, objects) = store.apply(Some(root), &[put("a/d", "4")]).unwrap();
    assert_eq!(objects.len(), 3, "a file and the two folders above it");
    let files =
        vec![("b/c".to_owned(), Bytes::from_static(b"1")), ("new".to_owned(), Bytes::from_static(b"5"))];
    let copy = Edit::ReplaceFolder { path: "a".into(), files: files.clone() };
    let (_, objects) = store.apply(Some(root), &[copy]).unwrap();
    let blobs: Vec<_> = objects.iter().filter(|object| object.kind == Kind::Blob).collect();
    assert_eq!(blobs.len(), 1, "the host has the other file: {blobs:?}");
}

#[test]
fn paths_that_leave_the_repository_or_touch_git_are_refused() {
    for path in [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        ".git",
        "a/.GIT/b",
        ".git\u{200c}",
        "git~1",
        "a\0b",
        &"x".repeat(256),
    ] {
        let error = Store::default().apply(None, &[put(path, "x")]).unwrap_err();
        assert!(matches!(error, Error::Input { code: "invalid_path", .. }), "{path:?}: {error}");
        let folder = Edit::ReplaceFolder { path: "f".into(), files: vec![(path.into(), Bytes::new())] };
        assert!(Store::default().apply(None, &[folder]).is_err(), "{path:?}");
    }
}

#[test]
fn a_path_cannot_be_file_and_folder() {
    assert!(crate::object::tree_id(&[("a", &"0".repeat(40)), ("a/b", &"1".repeat(40))]).is_none());
    assert!(crate::object::tree_id(&[("a/b", &"0".repeat(40)), ("a", &"1".repeat(40))]).is_none());
}

#[test]
fn a_tree_with_a_name_twice_is_refused() {
    let entry =
        || TreeEntry { mode: Mode::file(), name: b"a".to_vec(), id: Id::empty_blob(gix_hash::Kind::Sha1) };
    let bytes = object::write_tree(vec![entry(), entry()]).unwrap();
    assert!(object::read_tree(&bytes).is_err());
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab](\\.x)?", 1..4).prop_map(|names| names.join("/"))
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let text = "[a-c]{0,2}";
    let put = (path(), text).prop_map(|(path, text)| Edit::Put { path, bytes: text.into() });
    let absent = (path(), text).prop_map(|(path, text)| Edit::PutIfAbsent { path, bytes: text.into() });
    let remove = path().prop_map(|path| Edit::Remove { path });
    let files = proptest::collection::btree_map("[ab]", text, 0..3);
    let replace = (path(), files).prop_map(|(path, files)| Edit::ReplaceFolder {
        path,
        files: files.into_iter().map(|(path, text)| (path, text.into())).collect(),
    });
    proptest::collection::vec(prop_oneof![4 => put, 1 => absent, 1 => remove, 2 => replace], 0..12)
}

/// The same edit on a map; `false` when a file or folder is in the way.
fn edit(files: &mut BTreeMap<String, String>, edit: &Edit) -> bool {
    let below = |path: &str| format!("{path}/");
    let above = |files: &BTreeMap<String, String>, path: &str| {
        path.match_indices('/').any(|(at, _)| files.contains_key(&path[..at]))
    };
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    match edit {
        Edit::Put { path, bytes } => {
            let folder = files.keys().any(|file| file.starts_with(&below(path)));
            if above(files, path) || folder {
                return false;
            }
            files.insert(path.clone(), text(bytes));
        }
        Edit::PutIfAbsent { path, bytes } => {
            if above(files, path) {
                return false;
            }
            if !files.contains_key(path) && !files.keys().any(|file| file.starts_with(&below(path))) {
                files.insert(path.clone(), text(bytes));
            }
        }
        Edit::Remove { path } => files.retain(|file, _| file != path && !file.starts_with(&below(path))),
        Edit::ReplaceFolder { path, files: new } => {
            if !new.is_empty() && above(files, path) {
                return false;
            }
            files.retain(|file, _| file != path && !file.starts_with(&below(path)));
            files.extend(new.iter().map(|(name, bytes)| (format!("{path}/{name}"), text(bytes))));
        }
    }
    true
}

proptest! {
    #[test]
    fn edits_do_what_they_do_to_a_map(first in edits(), second in edits()) {
        let (mut store, mut files, mut root) = (Store::default(), BTreeMap::new(), None);
        for edits in [first, second] {
            let mut tried = files.clone();
            let possible = edits.iter().all(|e| edit(&mut tried, e));
            match store.apply(root, &edits) {
                Ok((id, _)) => {
                    prop_assert!(possible, "{edits:?}");
                    files = tried;
                    prop_assert_eq!(id, of(&files));
                    root = Some(id);
                }
                Err(error) => prop_assert!(!possible, "{error}: {edits:?}"),
            }
        }
        for (path, text) in &files {
            let found = find(root, &store, path);
            let id = object::id_of(Kind::Blob, text.as_bytes()).unwrap();
            prop_assert!(matches!(found, Ok(Some((_, found))) if found == id), "{path}");
        }
    }
}
