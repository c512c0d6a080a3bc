//! What the fuzz targets start from is read without a panic, and says what it says.

use std::path::Path;

use deploy::health::Rule;
use model::health_rule::{Expressions, RuledKind};

#[test]
fn every_expression_of_the_corpus_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/expression");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus") {
        let path = entry.expect("a file").path();
        let text = String::from_utf8(std::fs::read(&path).expect("it is read")).expect("a text");
        let (current, object) = text.split_once('\0').unwrap_or((&text, "null"));
        let expressions = Expressions { current: current.into(), ..Expressions::default() };
        let kind = RuledKind::parse("kind", "Widget.acme.dev").expect("a kind");
        let read = Rule::read(kind, &expressions);
        // Files are named after what becomes of them: `good-…` or `bad-…`.
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(name.starts_with("good"), read.is_ok(), "{name}: {read:?}");
        if let Ok(rule) = read {
            let live = serde_json::from_str(object).expect("an object");
            let said = rule.health(&live).message;
            assert!(!said.contains("cannot be evaluated"), "{name}: {said}");
        }
        count += 1;
    }
    assert!(count >= 10, "{count}");
}
