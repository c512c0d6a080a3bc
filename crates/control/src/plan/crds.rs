//! Custom resource definitions by the rule of the environment. They are never pruned: what was committed stays,
//! as taking a definition away would take every object of its kind out of the cluster.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::environment::CrdRule;

/// The files of the folder `crds`: of the chart (`rendered`) and of the last commit (`before`), by their paths. What
/// an earlier deployment has is a chart's as well when its state comes back.
pub(crate) fn settle(
    rule: CrdRule,
    rendered: BTreeMap<String, Bytes>,
    before: BTreeMap<String, Bytes>,
) -> BTreeMap<String, Bytes> {
    let (mut below, above) = match rule {
        CrdRule::Apply => (before, rendered),
        CrdRule::Create => (rendered, before),
        CrdRule::Skip => return before,
    };
    below.extend(above);
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> BTreeMap<String, Bytes> {
        let file = |word: &str| {
            let (path, bytes) = word.split_once('=').unwrap();
            (path.to_owned(), Bytes::copy_from_slice(bytes.as_bytes()))
        };
        text.split_whitespace().map(file).collect()
    }

    #[test]
    fn definitions_follow_the_rule_and_are_never_pruned() {
        for (rule, rendered, before, want) in [
            (CrdRule::Apply, "a=2 b=2", "a=1 c=1", "a=2 b=2 c=1"),
            (CrdRule::Create, "a=2 b=2", "a=1 c=1", "a=1 b=2 c=1"),
            (CrdRule::Skip, "a=2 b=2", "a=1 c=1", "a=1 c=1"),
            (CrdRule::Skip, "a=2", "", ""),
            (CrdRule::Apply, "", "a=1", "a=1"),
        ] {
            assert_eq!(
                settle(rule, files(rendered), files(before)),
                files(want),
                "{rule:?} {rendered} {before}"
            );
        }
    }
}
