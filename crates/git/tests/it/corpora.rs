//! Every input that the fuzz targets ever cared about, in every test run. `fuzz/` has the targets.

use std::path::Path;

use git::limits::Limits;

/// Corpora of the parsers of other rooms, whose tests read them.
const ELSEWHERE: [&str; 4] = ["archive", "expression", "index", "sealed"];

fn limits() -> Limits {
    Limits { object_bytes: 1 << 16, inflated_bytes: 1 << 20, ..Limits::default() }
}

/// What a target does with its input; whether the input was taken.
fn run(target: &str, bytes: &[u8]) -> bool {
    match target {
        "packets" => git::pkt::Packets::new(bytes).all(|packet| packet.is_ok()),
        "pack" => git::pack::read(&[bytes, &git::object::pack_checksum(bytes)].concat(), &limits()).is_ok(),
        "delta" => {
            let (base, delta) = bytes.split_at(bytes.len() / 2);
            git::delta::apply(base, delta, 1 << 20).is_ok()
        }
        "branches" => git::refs::read(bytes, &limits()).is_ok(),
        "capabilities" => git::refs::read_capabilities(bytes).is_ok(),
        "answer" => git::fetch::read(bytes, &limits()).is_ok(),
        "report" => git::push::read(bytes, "refs/heads/main", &limits()).is_ok(),
        "address" => {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let remote = git::Remote::new(text, git::GitCredential::None, crate::harness::client(None));
            let _ = git::refs::check_branch(text);
            remote.is_ok()
        }
        other => panic!("the corpus {other} has no target here"),
    }
}

#[test]
fn every_known_input_is_taken_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut seen = 0;
    for target in std::fs::read_dir(root.join("corpus")).unwrap() {
        let target = target.unwrap();
        let name = target.file_name().into_string().unwrap();
        assert!(root.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name} has no fuzz target");
        if ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let mut taken = 0;
        for input in std::fs::read_dir(target.path()).unwrap() {
            let path = input.unwrap().path();
            taken += usize::from(run(&name, &std::fs::read(&path).unwrap()));
            seen += 1;
        }
        assert!(taken > 0, "{name}: no input of the corpus is a good one");
    }
    assert!(seen >= 40, "{seen} inputs");
}
