//! Recorded answers of the real service, read by the parsers that read it in earnest.

use std::path::Path;

use model::gitops_config::Account;
use model::provider::{CredentialKind, ProviderKind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Area, ConnectionData, Listed, Project, Repository};
use super::{AzureDevOps, VERSION};
use crate::provider::Options;
use crate::{HttpClient, Trust};

/// One recorded answer: what was asked, and its body.
struct Recorded {
    method: String,
    url: String,
    body: Value,
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Sessions of Azure's own command line.
fn sessions(folder: &Path) -> Vec<Recorded> {
    let text =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    let mut all = Vec::new();
    for file in files(&folder.join("azure-cli-cassettes")) {
        for exchange in json(&file).as_array().unwrap() {
            if exchange["response"]["status"].as_u64().is_some_and(|s| s < 300) {
                all.push(Recorded {
                    method: text(exchange, "/request/method"),
                    url: text(exchange, "/request/uri"),
                    body: exchange["response"]["body"].clone(),
                });
            }
        }
    }
    all
}

/// The examples of Microsoft's description.
fn examples(folder: &Path) -> Vec<Recorded> {
    let mut all = Vec::new();
    for file in files(&folder.join("azure-http-examples")) {
        let example = json(&file);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let url = example["x-ms-vss-request-url"].as_str().unwrap_or_default().to_owned();
        for answer in example["responses"].as_object().into_iter().flat_map(|r| r.values()) {
            let method = name.split('_').next().unwrap_or_default().to_owned();
            all.push(Recorded { method, url: url.clone(), body: answer["body"].clone() });
        }
    }
    all
}

fn read<T: DeserializeOwned>(recorded: &Recorded) -> T {
    serde_json::from_value(recorded.body.clone())
        .unwrap_or_else(|e| panic!("{} {}: {e}", recorded.method, recorded.url))
}

/// The path below `_apis`, without query, in lower case.
fn path(url: &str) -> String {
    let below = url.split_once("/_apis/").map_or("", |(_, path)| path);
    below.split('?').next().unwrap_or_default().to_lowercase()
}

fn account(url: &str) -> AzureDevOps {
    let host = url.split("/_apis/").next().unwrap_or_default();
    let organization: String = host.split('/').take(4).collect::<Vec<_>>().join("/");
    let account = Account {
        provider: ProviderKind::AzureDevOps,
        host: organization,
        scope: "shop".into(),
        project_key: None,
        credential: CredentialKind::OrganizationToken,
        username: "bot".into(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: None,
    };
    let http = HttpClient::new(&Trust::default(), crate::http::Limits::default()).unwrap();
    AzureDevOps::new(account, None, http, &Options::default()).unwrap()
}

/// What is kept of a repository leads to it again, and holds no user name.
fn kept(url: &str, found: Repository) {
    let azure = account(url);
    let (name, branch) = (found.name.clone(), found.default_branch.clone());
    let kept = azure.known(found).unwrap_or_else(|e| panic!("{url}: {e}"));
    assert!(!kept.clone_url.contains('@'), "{kept:?}");
    assert_eq!(azure.organization.locate(&kept.clone_url).unwrap().1, name, "{kept:?}");
    let branch = branch.map_or("main".to_owned(), |b| b.replacen("refs/heads/", "", 1));
    assert_eq!(kept.default_branch, branch, "{kept:?}");
}

#[test]
fn recorded_answers_are_read() {
    let Some(folder) = testkit::contract::folder().map(|f| f.join("recorded")) else {
        return testkit::skip("recorded answers: Azure DevOps", "they are not at hand");
    };
    assert_eq!(VERSION, "7.1");
    let (mut repositories, mut others) = (0, 0);
    for recorded in sessions(&folder).into_iter().chain(examples(&folder)) {
        let path = path(&recorded.url);
        let parts: Vec<&str> = path.split('/').collect();
        match (recorded.method.as_str(), parts.as_slice()) {
            ("GET", ["connectiondata"]) => {
                assert!(read::<ConnectionData>(&recorded).authenticated_user.unwrap().name().is_some());
                others += 1;
            }
            ("GET", ["resourceareas"]) => {
                let areas: Listed<Area> = read(&recorded);
                assert!(areas.value.iter().any(|a| a.location_url.is_some()));
                others += 1;
            }
            ("GET", ["projects"]) => {
                assert!(!read::<Listed<Project>>(&recorded).value.is_empty());
                others += 1;
            }
            ("GET", ["projects", _]) => {
                let project: Project = read(&recorded);
                assert!(project.name.is_some() && project.state.is_some());
                others += 1;
            }
            ("GET", ["git", "repositories"]) => {
                for found in read::<Listed<Repository>>(&recorded).value {
                    kept(&recorded.url, found);
                    repositories += 1;
                }
            }
            ("POST" | "PATCH", ["git", "repositories"]) | ("GET" | "PATCH", ["git", "repositories", _]) => {
                kept(&recorded.url, read(&recorded));
                repositories += 1;
            }
            _ => {}
        }
    }
    for (file, many) in [
        ("go-scm/azure/repo.json", false),
        ("go-scm/azure/repos.json", true),
        ("dependabot/azure/bump_repo.json", false),
    ] {
        let body = json(&folder.join(file));
        let found: Vec<Value> = if many { body["value"].as_array().unwrap().clone() } else { vec![body] };
        for body in found {
            let recorded = Recorded { method: file.into(), url: body["url"].as_str().unwrap().into(), body };
            kept(&recorded.url, read(&recorded));
            repositories += 1;
        }
    }
    let projects = json(&folder.join("go-scm/azure/projects.json"));
    assert!(!serde_json::from_value::<Listed<Project>>(projects).unwrap().value.is_empty());
    eprintln!("recorded answers: Azure DevOps: {repositories} repositories, {} others", others + 1);
    assert!(repositories >= 20 && others >= 5, "{repositories} repositories, {others} others");
}
