//! The corpora of the fuzz targets, replayed: nothing in them may make the reader panic.

use std::path::Path;

use seal::Identity;

#[test]
fn no_file_of_the_corpus_breaks_the_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/sealed");
    let identity = Identity::generate();
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        let _ = seal::open(&bytes, std::slice::from_ref(&identity));
        let _ = seal::paths(&bytes);
        seen += 1;
    }
    assert!(seen > 0, "{} is empty", folder.display());
}
