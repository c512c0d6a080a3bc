//! Indexes and archives that the real Helm makes are read as it reads them, and its order of versions is ours.

use std::path::Path;
use std::process::Command;

use helm::{Archive, Index};
use testkit::chart_repository::{ChartRepository, packed};

/// Helm with folders of its own; `None`, loudly, where it was not built.
fn helm(name: &str, home: &Path, arguments: &[&str]) -> Option<String> {
    let Some(program) = testkit::tools::helm() else {
        testkit::skip(name, "the helm program was not built");
        return None;
    };
    let mut command = Command::new(program);
    for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(variable, home.join(variable));
    }
    let out = command.args(arguments).output().unwrap();
    assert!(out.status.success(), "helm {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8(out.stdout).unwrap())
}

const VERSIONS: [&str; 12] = [
    "1.0.0",
    "1.0.0-rc.1",
    "1.0.0-rc.11",
    "1.0.0-rc.2",
    "v1.1.0",
    "0.9.10",
    "0.9.9",
    "2.0.0-alpha+build.7",
    "1.10.0",
    "1.2.0",
    "1.0.1+a.b",
    "10.0.0",
];

#[test]
fn what_helm_packs_and_indexes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let name = "what_helm_packs_and_indexes_is_read";
    if helm(name, folder.path(), &["create", &path("created")]).is_none() {
        return;
    }
    let charts = path("charts");
    std::fs::create_dir(&charts).unwrap();
    for version in ["0.1.0", "1.2.3-beta.1", "1.2.3"] {
        helm(name, folder.path(), &["package", &path("created"), "--version", version, "-d", &charts])
            .unwrap();
    }
    for version in VERSIONS {
        std::fs::write(format!("{charts}/web-{version}.tgz"), packed("web", version, &[])).unwrap();
    }
    helm(name, folder.path(), &["repo", "index", &charts, "--url", "https://charts.acme.dev/x"]).unwrap();
    let index = Index::read(&std::fs::read(format!("{charts}/index.yaml")).unwrap()).unwrap();
    assert_eq!(index.left_out, Vec::<String>::new());
    assert_eq!(index.entries.len(), 3 + VERSIONS.len());
    for entry in &index.entries {
        let archive =
            Archive::new(std::fs::read(format!("{charts}/{}-{}.tgz", entry.chart, entry.version)).unwrap());
        assert_eq!(entry.digest.as_deref(), Some(archive.digest.as_str()), "{entry:?}");
        let chart = archive.chart(&entry.chart, &entry.version).unwrap();
        assert!(chart.files().contains_key("Chart.yaml"));
        assert!(entry.urls[0].starts_with("https://charts.acme.dev/x/"), "{entry:?}");
        assert!(!entry.created.is_empty() && !entry.description.is_empty());
    }
    let created = std::fs::read(format!("{charts}/created-1.2.3.tgz")).unwrap();
    let chart = Archive::new(created).chart("created", "1.2.3").unwrap();
    assert!(chart.files().contains_key("templates/tests/test-connection.yaml"), "{:?}", chart.files().keys());
}

/// What `helm search repo` finds in an index, and what we do.
async fn compare(name: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let repository = ChartRepository::start().await;
    repository.set_index(Some(text.as_bytes().to_vec()));
    let url = repository.url();
    if helm(name, folder.path(), &["repo", "add", "acme", &url]).is_none() {
        return;
    }
    let search = ["search", "repo", "--versions", "--devel", "-o", "json"];
    let found = helm(name, folder.path(), &search).unwrap();
    let found: Vec<serde_json::Value> = serde_json::from_str(&found).unwrap();
    let text_of = |v: &serde_json::Value, field: &str| v[field].as_str().unwrap().to_owned();
    let theirs: Vec<_> = found
        .iter()
        .map(|v| {
            (text_of(v, "name"), text_of(v, "version"), text_of(v, "app_version"), text_of(v, "description"))
        })
        .collect();
    let index = Index::read(text.as_bytes()).unwrap();
    let ours: Vec<_> = index
        .entries
        .iter()
        .map(|e| {
            (
                format!("acme/{}", e.chart),
                e.version.to_string(),
                e.app_version.to_string(),
                e.description.to_string(),
            )
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_in_the_order_of_helm() {
    let entry =
        |version: &&str| format!("  - {{name: web, version: {version:?}, urls: [x], apiVersion: v2}}\n");
    let versions: String = VERSIONS.iter().map(entry).collect();
    let text = format!(
        "apiVersion: v1\nentries:\n  web:\n{versions}  api:\n  - {{name: api, version: 1.2.0, urls: [x], appVersion: '1.10'}}\n  \
         - {{name: api, version: 1.3.0, urls: [x], appVersion: '20', description: 'a: b'}}\n  \
         - {{name: api, version: 1.4.0, urls: [x], appVersion: 'yes', description: 'two lines'}}\n"
    );
    compare("versions_are_in_the_order_of_helm", &text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_helm_leaves_out_we_leave_out() {
    let text = "apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, urls: [x]}\n  - {name: web, version: latest, urls: [x]}\n  \
                - {name: web, urls: [x]}\n  - ~\n  - {version: 1.0.0, urls: [x]}\n  - {name: web, version: '1.1', urls: [x]}\n  \
                - {name: web, version: '0.1', urls: [x]}\n  - {name: web, version: 2.0.0, urls: [x], type: library}\n  empty: []\n";
    compare("what_helm_leaves_out_we_leave_out", text).await;
}
