//! The corpora of the fuzz targets, replayed: nothing in them may make the reader panic.

use std::path::Path;

use model::Secret;
use seal::Identity;

/// As in the fuzz target `sealed`: some files of the corpus are sealed for it.
const IDENTITY: &str = "AGE-SECRET-KEY-1QYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5Z5TPWXQERGD3C8G7RUSQGPQYEE";

#[test]
fn no_file_of_the_corpus_breaks_the_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/sealed");
    let identity = Identity::parse(&Secret::new(IDENTITY)).expect("an identity");
    let (mut seen, mut opened) = (0, 0);
    for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        opened += usize::from(seal::open(&bytes, std::slice::from_ref(&identity)).is_ok());
        let _ = seal::paths(&bytes);
        seen += 1;
    }
    assert!(seen > 0 && opened > 0, "{}: {opened} of {seen} open", folder.display());
}
