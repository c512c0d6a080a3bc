//! The same noun is the same file name in every room, so that the files of a name are its vertical slice.

use super::Finding;
use crate::tree::Tree;

/// Folders whose files are named after nouns of `model`, and what else they may be named after, as words.
const FOLDERS: &[(&str, &str)] = &[
    (
        "crates/server/src/routes/",
        "mod built_in_host chart_install secret_values template gate event meta session health openapi metrics version page preview system",
    ),
    (
        "crates/server/src/wire/",
        "mod chart_install secret_values template gate event meta session problem page preview deletion list version text system",
    ),
    (
        "crates/trueline/src/client/",
        "mod chart_install secret_values template gate event session login output http api problem input credentials connection table \
         progress wait",
    ),
];

/// Nouns that have to have a file in every one of these rooms once the room has any noun at all.
const NOUNS: &[&str] = &[
    "gitops_config",
    "application",
    "deployment",
    "values",
    "project",
    "environment",
    "user",
    "token",
    "audit",
];

const ROOMS: &[&str] =
    &["crates/model/src/", "crates/store/src/", "crates/control/src/", "crates/server/src/routes/"];

/// Checks the noun list against the rooms.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, further) in FOLDERS {
        for file in tree.rust().filter(|file| file.path.starts_with(folder)) {
            // A noun may be a folder of files: its name is then the folder's.
            let rest = &file.path[folder.len()..];
            let stem = rest.split(['/', '.']).next().unwrap_or_default();
            if !further.split_whitespace().any(|word| word == stem)
                && !tree.has(&format!("crates/model/src/{stem}.rs"))
            {
                findings.push(Finding::new(&file.path, format!("`{stem}` is no noun of model")));
            }
        }
    }
    for room in ROOMS {
        let has = |noun: &str| tree.has(&format!("{room}{noun}.rs")) || tree.has(&format!("{room}{noun}"));
        if NOUNS.iter().any(|noun| has(noun)) {
            let missing = NOUNS.iter().filter(|noun| !has(noun));
            findings
                .extend(missing.map(|noun| Finding::new(*room, format!("has no file of the noun `{noun}`"))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn a_file_is_named_after_a_noun() {
        let model = ("crates/model/src/check.rs", "");
        assert!(check(&sample(&[model, ("crates/server/src/routes/check.rs", "")])).is_empty());
        assert_eq!(check(&sample(&[model, ("crates/server/src/routes/checks.rs", "")])).len(), 1);
        let half = check(&sample(&[("crates/store/src/user.rs", "")]));
        assert_eq!(half.len(), NOUNS.len() - 1);
    }
}
