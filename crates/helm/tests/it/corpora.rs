//! What the fuzz targets start from is read without a panic, and says what it says.

use std::path::{Path, PathBuf};

use helm::Index;
use helm::archive::{ArchiveLimits, read};

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let read: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    assert!(!read.is_empty(), "{}", folder.display());
    read
}

/// Files are named after what becomes of them: `good-…` or `bad-…`.
fn as_named(path: &Path, good: bool) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name.starts_with("good"), good, "{name}");
}

#[test]
fn every_index_of_the_corpus_is_read_or_refused() {
    for (path, bytes) in corpus("index") {
        as_named(&path, Index::read(&bytes).is_ok());
    }
}

#[test]
fn every_archive_of_the_corpus_is_read_or_refused() {
    for (path, bytes) in corpus("archive") {
        as_named(&path, read(&bytes, ArchiveLimits::default()).is_ok());
    }
}
