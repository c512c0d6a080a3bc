//! Which room may use which, and which room owns an outside crate.

use super::Finding;
use crate::tree::Tree;

/// Each room and those that it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("seal", &["model"]),
    ("store", &["model", "seal"]),
    ("net", &["model"]),
    ("git", &["model", "net"]),
    ("yaml", &[]),
    ("helm", &["model", "net", "yaml"]),
    ("render", &["model", "yaml", "helm"]),
    ("deploy", &["model", "net", "yaml"]),
    ("control", &["model", "seal", "store", "net", "git", "helm", "render", "deploy"]),
    ("server", &["model", "store", "control"]),
    ("trueline", &["model", "store", "net", "git", "render", "control", "server"]),
    // Its Git hosts are served by `git`'s serving part, over the real Git program.
    ("testkit", &["model", "git"]),
    ("xtask", &[]),
];

/// What `model` may use from outside: no I/O, no clock, no serialisation.
const MODEL_MAY_USE: &[&str] = &["uuid", "zeroize", "thiserror", "url"];

/// Outside crates (by prefix) that only some rooms may use, and why.
const OWNED: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["store"], "SQL is only in store"),
    (
        "reqwest",
        &["net", "trueline", "testkit"],
        "HTTP to other servers is only in net; trueline's is its own server's client",
    ),
    ("gix-", &["git"], "Git objects are only in git"),
    ("kube", &["deploy"], "the Kubernetes client is only in deploy"),
    ("k8s-openapi", &["deploy"], "the Kubernetes client is only in deploy"),
    ("axum", &["server", "testkit"], "HTTP is only in server"),
    ("utoipa", &["server"], "the API's description is only in server"),
    ("clap", &["trueline", "testkit"], "the command line is only in trueline"),
];

/// Checks every crate's manifest.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let Some(room) = file.path.trim_end_matches("/Cargo.toml").rsplit('/').next() else { continue };
        if !(file.path.starts_with("crates/") || room == "xtask") {
            continue;
        }
        let Some((_, may_use)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            findings.push(Finding::new(&file.path, "this room is not drawn in tidy/edges.rs"));
            continue;
        };
        for (section, name) in dependencies(&file.text) {
            let problem = if section == "dependencies" { edge(room, may_use, name) } else { None };
            if let Some(text) = problem.or_else(|| owned(room, &section, name)) {
                findings.push(Finding::new(&file.path, text));
            }
        }
    }
    findings
}

fn edge(room: &str, may_use: &[&str], name: &str) -> Option<String> {
    let is_room = ROOMS.iter().any(|(other, _)| *other == name);
    if is_room && !may_use.contains(&name) {
        return Some(format!("{room} may not use {name}"));
    }
    if room == "model" && !MODEL_MAY_USE.contains(&name) {
        return Some(format!("model may not use {name}: it does no I/O and derives no serialisation"));
    }
    None
}

fn owned(room: &str, section: &str, name: &str) -> Option<String> {
    let (_, rooms, why) = OWNED.iter().find(|(prefix, ..)| name.starts_with(prefix))?;
    (section == "dependencies" && !rooms.contains(&room)).then(|| format!("{room} may not use {name}: {why}"))
}

/// Pairs of section and crate of a manifest.
fn dependencies(text: &str) -> Vec<(String, &str)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if section.ends_with("dependencies")
            && !line.starts_with('#')
            && let Some((key, _)) = line.split_once('=')
        {
            let name = key.trim().split('.').next().unwrap_or_default();
            found.push((section.clone(), name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::sample;

    #[test]
    fn edges_that_are_not_drawn_are_found() {
        for (path, text, wrong) in [
            ("crates/store/Cargo.toml", "[dependencies]\nmodel.workspace = true\nsqlx.workspace = true\n", 0),
            ("crates/store/Cargo.toml", "[dependencies]\ngit.workspace = true\n", 1),
            ("crates/store/Cargo.toml", "[dev-dependencies]\ntestkit.workspace = true\n", 0),
            ("crates/git/Cargo.toml", "[dependencies]\nsqlx = \"1\"\n", 1),
            ("crates/model/Cargo.toml", "[dependencies]\nserde = { version = \"1\" }\n", 1),
            ("crates/attic/Cargo.toml", "[dependencies]\n", 1),
        ] {
            assert_eq!(check(&sample(&[(path, text)])).len(), wrong, "{path} {text}");
        }
    }
}
