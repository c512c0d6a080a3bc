//! Recorded real answers, replayed through the parsers that read the hosts' answers: a table of file and outcome.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use git::{Error, Provider, Secrets};
use model::gitops_config::Account;
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use serde_json::Value;

use crate::provider_suite::options;

/// What is asked of the provider while the answer is replayed.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Reach,
    Authenticate,
    Scope,
    ById,
    Rules,
}
use Asked::{Authenticate, ById, Reach, Rules, Scope};

/// File, what is asked, and the code of the diagnosis; empty where the answer is read.
type Row = (&'static str, Asked, &'static str);

const GITHUB: &[Row] = &[
    ("github-hub4j/GET_meta_200_1.json", Reach, ""),
    ("github-hub4j/GET_user_200_1.json", Authenticate, ""),
    ("github-hub4j/GET_user_401_1.json", Authenticate, "token_rejected"),
    ("github-hub4j/GET_user_401_2.json", Authenticate, "token_rejected"),
    ("github-hub4j/GET_users-username_200_1.json", Scope, ""),
    ("github-hub4j/GET_users-username_401_1.json", Scope, "token_rejected"),
    ("github-hub4j/GET_users-username_403_1.json", Scope, "rate_limited"),
    ("github-hub4j/GET_orgs-org_404_1.json", Scope, "organization_not_visible"),
    ("github-hub4j/GET_orgs-org_404_2.json", Scope, "organization_not_visible"),
    ("github-hub4j/GET_repos-owner-repo_200_1.json", ById, ""),
    ("github-hub4j/GET_repos-owner-repo_403_1.json", ById, "rate_limited"),
    ("github-hub4j/GET_repos-owner-repo_404_1.json", ById, "organization_not_visible"),
    ("github-hub4j/GET_repos-owner-repo_404_2.json", ById, "organization_not_visible"),
    ("github-hub4j/GET_repos-owner-repo_429_1.json", ById, "rate_limited"),
    ("github-hub4j/GET_repos-owner-repo_429_2.json", ById, "rate_limited"),
    ("github-hub4j/GET_repos-owner-repo_429_3.json", ById, "rate_limited"),
    ("github-hub4j/PATCH_repos-owner-repo_200_1.json", ById, ""),
    ("github-hub4j/PATCH_repos-owner-repo_200_2.json", ById, ""),
    ("github-hub4j/PATCH_repos-owner-repo_200_3.json", ById, ""),
    ("github-hub4j/POST_orgs-org-repos_201_1.json", ById, ""),
    ("github-hub4j/POST_orgs-org-repos_201_2.json", ById, ""),
    ("github-hub4j/POST_orgs-org-repos_201_3.json", ById, ""),
    ("dependabot/github/bump_repo.json", ById, ""),
    ("dependabot/github/not_found.json", Scope, "organization_not_visible"),
    // Rules that are read as none: another shape would be an error.
    ("dependabot/github/not_found.json", Rules, ""),
];

/// An answer as it was recorded: with status and headers, or its body alone.
struct Recorded {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

fn read(file: &str) -> Option<Recorded> {
    let text = std::fs::read_to_string(testkit::contract::folder()?.join("recorded").join(file)).ok()?;
    let value: Value = serde_json::from_str(&text).unwrap();
    let Some(response) = value.get("response") else {
        let status = if value.get("message").is_some() { 404 } else { 200 };
        return Some(Recorded { status, headers: Vec::new(), body: value });
    };
    let headers = response["headers"].as_object().into_iter().flatten();
    let headers = headers
        .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())))
        // Of the recorder: its lengths and clocks are not those of the replay.
        .filter(|(name, value)| {
            !value.contains("{{")
                && name.contains("rate")
                    | name.contains("oauth")
                    | name.contains("retry")
                    | name.contains("expiration")
        });
    let status = response["status"].as_u64().and_then(|s| u16::try_from(s).ok()).unwrap();
    Some(Recorded { status, headers: headers.collect(), body: response["body"].clone() })
}

/// Answers everything with one recorded answer; the address.
async fn replay(recorded: Recorded) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recorded = Arc::new(recorded);
    let app = Router::new().fallback(move || {
        let recorded = Arc::clone(&recorded);
        async move {
            let mut answer = Response::builder().status(StatusCode::from_u16(recorded.status).unwrap());
            answer = answer.header("content-type", "application/json");
            for (name, value) in &recorded.headers {
                answer = answer.header(name, value);
            }
            answer.body(Body::from(recorded.body.to_string())).unwrap()
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn github(address: &str) -> Arc<dyn Provider> {
    let account = Account {
        provider: ProviderKind::GitHub,
        host: "https://github.com".into(),
        scope: "acme".into(),
        project_key: None,
        credential: CredentialKind::ClassicToken,
        username: "acme-bot".into(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: None,
    };
    let mut options = options();
    options.github_api = Some(address.to_owned());
    options.limits.retry_after = std::time::Duration::from_millis(1);
    git::open(&account, Secrets::token("ghp_recorded0123456789"), &options).unwrap()
}

async fn ask(provider: &dyn Provider, asked: Asked) -> Result<(), Error> {
    match asked {
        Reach => provider.reach().await,
        Authenticate => {
            let facts = provider.authenticate().await?;
            assert!(facts.identity.is_some_and(|name| !name.is_empty()));
            Ok(())
        }
        Scope => provider.scope().await.map(drop),
        ById => {
            let found = provider.repository_by_id("1").await?.expect("it is shown");
            assert!(!found.id.is_empty() && found.full_name.contains('/'), "{found:?}");
            Ok(())
        }
        Rules => {
            let repository = Repository {
                id: "1".into(),
                full_name: "acme/shop".into(),
                clone_url: "https://github.com/acme/shop.git".into(),
                web_url: "https://github.com/acme/shop".into(),
                default_branch: "main".into(),
            };
            assert_eq!(provider.branch_rules(&repository, "main").await?, vec![]);
            Ok(())
        }
    }
}

async fn table(name: &str, rows: &[Row], open: fn(&str) -> Arc<dyn Provider>) {
    use model::check::CheckStage;
    let mut replayed = 0;
    for (file, asked, code) in rows {
        let Some(recorded) = read(file) else {
            testkit::skip(&format!("recorded answers: {file}"), "the recording is not at hand");
            continue;
        };
        let provider = open(&replay(recorded).await);
        let stage = match asked {
            Reach => CheckStage::Reach,
            Authenticate => CheckStage::Authenticate,
            Scope | ById => CheckStage::Scope,
            Rules => CheckStage::Rules,
        };
        let got = ask(&*provider, *asked).await.map_err(|e| (provider.diagnose(stage, &e), e));
        let told = got.as_ref().err().map_or("", |(diagnosis, _)| diagnosis.code.as_str());
        assert_eq!(told, *code, "{file} {asked:?}: {:?}", got.as_ref().err());
        replayed += 1;
    }
    eprintln!("recorded answers of {name}: {replayed} of {} replayed", rows.len());
}

#[tokio::test]
async fn answers_of_github_are_read() {
    table("GitHub", GITHUB, github).await;
}
