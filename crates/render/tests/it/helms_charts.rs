//! The charts that Helm tests itself with: what Helm renders of them is what comes out here, object by object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use render::{Chart, Error, render};

use crate::{helm, request};

/// The folder of Helm's own module, if Go and the module are there.
fn module() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/helm");
    let list = Command::new("go")
        .args(["list", "-m", "-f", "{{.Dir}}", "helm.sh/helm/v3"])
        .current_dir(tools)
        .output();
    let folder = PathBuf::from(String::from_utf8(list.ok()?.stdout).ok()?.trim());
    folder.join("go.mod").is_file().then_some(folder)
}

/// The folders with a chart, whatever lies within a chart left out.
fn charts(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("Chart.yaml").is_file() {
        return found.push(folder.to_path_buf());
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            charts(&entry.path(), found);
        }
    }
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(root, &path, found),
            Ok(kind) if kind.is_file() => {
                let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
            _ => {}
        }
    }
}

/// The name of a test's pod without the letters that some charts draw for it.
fn without_chance(name: &str) -> String {
    name.split_once("-test-").map_or(name, |(head, _)| head).to_owned()
}

/// Kind and name of every object that Helm prints.
fn printed(output: &str) -> Vec<String> {
    let mut found = Vec::new();
    for text in format!("\n{output}").split("\n---") {
        let text = text.strip_prefix(' ').unwrap_or(text);
        let Ok(Some(node)) = yaml::parse(text, yaml::Duplicates::LastBelowRoot) else { continue };
        let of = |node: &yaml::Node| {
            let text =
                |node: Option<&yaml::Node>| node.and_then(yaml::Node::as_text).unwrap_or_default().to_owned();
            let metadata = node.get("metadata");
            format!("{} {}", text(node.get("kind")), text(metadata.and_then(|m| m.get("name"))))
        };
        match node.get("items").and_then(yaml::Node::items) {
            Some(items) => found.extend(items.iter().map(of)),
            None => found.push(without_chance(&of(&node))),
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn helms_own_charts_come_out_as_from_helm() {
    let name = "helms_own_charts_come_out_as_from_helm";
    let Some(helm) = helm(name) else { return };
    let Some(module) = module() else { return testkit::skip(name, "Helm's module was not fetched") };
    let mut folders = Vec::new();
    charts(&module, &mut folders);
    assert!(folders.len() > 20, "{folders:?}");
    let (mut same, mut refused, mut wrong) = (0, Vec::new(), Vec::new());
    for folder in folders {
        let mut all = BTreeMap::new();
        files(&folder, &folder, &mut all);
        let place = folder.strip_prefix(&module).unwrap().display().to_string();
        let chart = match Chart::new(all) {
            Ok(chart) => chart,
            Err(error) => {
                refused.push(format!("{place}: {error}"));
                continue;
            }
        };
        let arguments = [
            "template",
            "shop",
            &folder.to_string_lossy(),
            "--include-crds",
            "--namespace=shop-production",
            "--kube-version=1.36.3",
        ];
        let theirs = Command::new(helm.program())
            .args(arguments)
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let ours = render(&helm, &request(&chart, &[])).await;
        match (theirs.status.success(), ours) {
            (false, Err(_)) => same += 1,
            (true, Ok(ours)) => {
                let mut keys: Vec<_> = ours.documents.iter().map(|d| (&d.key, d.folder.path())).collect();
                // A hook of several events lies in several folders.
                keys.dedup_by(|a, b| a.0 == b.0 && a.1.starts_with("hooks/") && b.1.starts_with("hooks/"));
                let names = keys.into_iter().map(|(key, _)| key).chain(ours.secrets.iter().map(|s| &s.key));
                let mut names: Vec<String> =
                    names.map(|key| without_chance(&format!("{} {}", key.kind, key.name))).collect();
                names.sort();
                let want = printed(&String::from_utf8_lossy(&theirs.stdout));
                if names == want { same += 1 } else { wrong.push(format!("{place}:\n {names:?}\n {want:?}")) }
            }
            (true, Err(error @ (Error::Manifest { .. } | Error::Duplicate { .. }))) => {
                refused.push(format!("{place}: {error}"))
            }
            (true, Err(error)) => wrong.push(format!("{place}: only we refuse: {error}")),
            (false, Ok(_)) => {
                wrong.push(format!("{place}: only helm refuses: {}", String::from_utf8_lossy(&theirs.stderr)))
            }
        }
    }
    println!("{same} the same, refused here: {refused:#?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 20, "{same}, {refused:#?}");
}
