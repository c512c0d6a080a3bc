//! Recorded real answers, replayed through the parsers that read the hosts' answers: a table of file and outcome.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use git::{BranchRules, Error, NewRepository, Provider, Secrets};
use model::gitops_config::{Account, Visibility};
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
    List,
    ById,
    Rules,
    Create,
    Delete,
}
use Asked::{Authenticate, ById, Create, Delete, List, Reach, Rules, Scope};

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

const BITBUCKET_CLOUD: &[Row] = &[
    ("go-scm/bitbucket/hooks.json", Reach, ""),
    ("go-scm/bitbucket/user.json", Authenticate, ""),
    ("dependabot/bitbucket/current_user.json", Authenticate, ""),
    ("dependabot/bitbucket/current_user_no_access.json", Authenticate, "token_rejected"),
    ("go-scm/bitbucket/repos.json", List, ""),
    ("go-scm/bitbucket/repos_empty.json", List, ""),
    ("go-scm/bitbucket/error.json", Scope, "workspace_not_visible"),
    ("go-scm/bitbucket/repo.json", ById, ""),
    ("dependabot/bitbucket/bump_repo.json", ById, ""),
    ("dependabot/bitbucket/file_not_found.json", ById, "workspace_not_visible"),
    ("go-scm/bitbucket/repos_empty.json", Rules, ""),
    // Nothing is shown, the workspace neither: nobody can say that it is gone.
    ("go-scm/bitbucket/error.json", Delete, "role_missing"),
];

const GITEA: &[Row] = &[
    ("gitea-1.16-live/01-version.json", Reach, ""),
    ("gitea-1.16-live/02-user-unauthenticated.json", Authenticate, "token_rejected"),
    ("gitea-1.16-live/03-user-bad-token.json", Authenticate, "token_rejected"),
    ("gitea-1.16-live/05-user.json", Authenticate, ""),
    ("go-scm/gitea/user.json", Authenticate, ""),
    ("gitea-1.16-live/09-create-org.json", Scope, ""),
    ("go-scm/gitea/organization.json", Scope, ""),
    ("gitea-1.16-live/11-get-org-missing.json", Scope, "organization_not_visible"),
    ("go-scm/gitea/repos.json", List, ""),
    ("gitea-1.16-live/87-list-org-repos-page1.json", List, ""),
    ("gitea-1.16-live/88-list-org-repos-page2.json", List, ""),
    ("gitea-1.16-live/12-create-repo-empty.json", ById, ""),
    ("gitea-1.16-live/18-create-repo-autoinit.json", ById, ""),
    ("gitea-1.16-live/19-get-repo-empty.json", ById, ""),
    ("gitea-1.16-live/29-get-repo-after-first-push.json", ById, ""),
    ("gitea-1.16-live/89-patch-default-branch.json", ById, ""),
    ("gitea-1.16-live/90-patch-default-branch-missing.json", ById, ""),
    ("go-scm/gitea/repo.json", ById, ""),
    ("gitea-1.16-live/20-get-repo-private-as-stranger.json", ById, "organization_not_visible"),
    ("gitea-1.16-live/21-get-repo-missing.json", ById, "organization_not_visible"),
    ("gitea-1.16-live/96-get-repo-deleted.json", ById, "organization_not_visible"),
    ("gitea-1.16-live/44-get-branch-missing.json", Rules, ""),
    ("gitea-1.16-live/13-create-repo-duplicate.json", Create, "repository_exists"),
    ("gitea-1.16-live/14-create-repo-bad-name.json", Create, "refused"),
    ("gitea-1.16-live/15-create-repo-no-name.json", Create, "refused"),
    ("gitea-1.16-live/16-create-repo-reserved-name.json", Create, "refused"),
    ("gitea-1.16-live/17-create-repo-forbidden.json", Create, "role_missing"),
    // It was shown a moment ago, so it is gone now.
    ("gitea-1.16-live/93-delete-repo-forbidden.json", Delete, ""),
    ("gitea-1.16-live/94-delete-repo.json", Delete, ""),
    ("gitea-1.16-live/95-delete-repo-again.json", Delete, ""),
];

/// An answer as it was recorded: with status and headers, or its body alone.
struct Recorded {
    /// The call that it answers, where that changes something; else it answers every call.
    method: Option<String>,
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

fn read(file: &str) -> Option<Recorded> {
    let text = std::fs::read_to_string(testkit::contract::folder()?.join("recorded").join(file)).ok()?;
    let value: Value = serde_json::from_str(&text).unwrap();
    let Some(response) = value.get("response") else {
        let error = value.get("message").or(value.pointer("/error/message")).and_then(Value::as_str);
        let status = match error {
            None => 200,
            Some(message) if message.starts_with("Token is invalid") => 401,
            Some(_) => 404,
        };
        return Some(Recorded { method: None, status, headers: Vec::new(), body: value });
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
    let method = value["request"]["method"].as_str().filter(|m| *m != "GET").map(str::to_owned);
    Some(Recorded { method, status, headers: headers.collect(), body: response["body"].clone() })
}

/// What the calls before the one that was recorded are told: of an organization, a user, a repository.
const BEFORE: &str = r#"{"id":1,"login":"acme-bot","username":"acme","name":"shop","full_name":"acme/shop"}"#;

/// Answers with one recorded answer; the address. A recorded change answers calls of its method alone.
async fn replay(recorded: Recorded) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recorded = Arc::new(recorded);
    let app = Router::new().fallback(move |method: axum::http::Method| {
        let recorded = Arc::clone(&recorded);
        async move {
            if recorded.method.as_ref().is_some_and(|own| *own != method.as_str()) {
                return Response::builder()
                    .header("content-type", "application/json")
                    .body(Body::from(BEFORE))
                    .unwrap();
            }
            let mut answer = Response::builder().status(StatusCode::from_u16(recorded.status).unwrap());
            answer = answer.header("content-type", "application/json");
            for (name, value) in &recorded.headers {
                answer = answer.header(name, value);
            }
            let body = if recorded.status == 204 { String::new() } else { recorded.body.to_string() };
            answer.body(Body::from(body)).unwrap()
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn account(provider: ProviderKind, host: &str, credential: CredentialKind) -> Account {
    Account {
        provider,
        host: host.to_owned(),
        scope: "acme".into(),
        project_key: None,
        credential,
        username: if provider == ProviderKind::BitbucketCloud { "bot@acme.dev" } else { "acme-bot" }.into(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: None,
    }
}

fn open(account: &Account, mut options: git::Options) -> Arc<dyn Provider> {
    options.limits.retry_after = std::time::Duration::from_millis(1);
    options.visible_within = std::time::Duration::ZERO;
    git::open(account, Secrets::token("recorded0123456789"), &options).unwrap()
}

fn github(address: &str) -> Arc<dyn Provider> {
    let account = account(ProviderKind::GitHub, "https://github.com", CredentialKind::ClassicToken);
    open(&account, git::Options { github_api: Some(address.to_owned()), ..options() })
}

fn bitbucket_cloud(address: &str) -> Arc<dyn Provider> {
    let account = account(ProviderKind::BitbucketCloud, "https://bitbucket.org", CredentialKind::ApiToken);
    open(&account, git::Options { bitbucket_api: Some(format!("{address}/2.0")), ..options() })
}

fn gitea(address: &str) -> Arc<dyn Provider> {
    open(&account(ProviderKind::Gitea, address, CredentialKind::Token), options())
}

fn repository(id: &str) -> Repository {
    Repository {
        id: id.to_owned(),
        full_name: "acme/shop".into(),
        clone_url: "https://github.com/acme/shop.git".into(),
        web_url: "https://github.com/acme/shop".into(),
        default_branch: "main".into(),
    }
}

async fn ask(provider: &dyn Provider, asked: Asked, id: &str) -> Result<(), Error> {
    match asked {
        Reach => provider.reach().await,
        Authenticate => {
            let facts = provider.authenticate().await?;
            assert!(facts.identity.is_some_and(|name| !name.is_empty()));
            Ok(())
        }
        Scope => provider.scope().await.map(drop),
        ById => {
            let found = provider.repository_by_id(id).await?.expect("it is shown");
            assert!(!found.id.is_empty() && found.full_name.contains('/'), "{found:?}");
            Ok(())
        }
        List => provider.list().await,
        Create => {
            let new = NewRepository {
                name: "shop".into(),
                description: String::new(),
                visibility: Visibility::Private,
            };
            provider.create_repository(&new).await.map(drop)
        }
        Delete => provider.delete_repository(&repository(id)).await.map(drop),
        Rules => {
            assert_eq!(provider.branch_rules(&repository(id), "main").await?, BranchRules::default());
            Ok(())
        }
    }
}

async fn table(name: &str, rows: &[Row], open: fn(&str) -> Arc<dyn Provider>) {
    use model::check::CheckStage;
    let (mut replayed, mut unlike) = (0, Vec::new());
    for (file, asked, code) in rows {
        let Some(recorded) = read(file) else {
            testkit::skip(&format!("recorded answers: {file}"), "the recording is not at hand");
            continue;
        };
        let changes = matches!(asked, Create | Delete);
        let recorded = Recorded { method: recorded.method.filter(|_| changes), ..recorded };
        let provider = open(&replay(recorded).await);
        let stage = match asked {
            Reach => CheckStage::Reach,
            Authenticate => CheckStage::Authenticate,
            Scope | ById => CheckStage::Scope,
            Rules => CheckStage::Rules,
            List => CheckStage::List,
            Create => CheckStage::Create,
            Delete => CheckStage::Delete,
        };
        let id = if name == "Bitbucket Cloud" { "{11111111-6349-0000-aea6-111111111111}" } else { "1" };
        let got = ask(&*provider, *asked, id).await.map_err(|e| (provider.diagnose(stage, &e), e));
        let told = got.as_ref().err().map_or("", |(diagnosis, _)| diagnosis.code.as_str());
        if told != *code {
            unlike.push(format!("{file} {asked:?}: {told:?} instead of {code:?}: {:?}", got.as_ref().err()));
        }
        replayed += 1;
    }
    eprintln!("recorded answers of {name}: {replayed} of {} replayed", rows.len());
    assert!(unlike.is_empty(), "{unlike:#?}");
}

#[tokio::test]
async fn answers_of_github_are_read() {
    table("GitHub", GITHUB, github).await;
}

#[tokio::test]
async fn answers_of_bitbucket_cloud_are_read() {
    table("Bitbucket Cloud", BITBUCKET_CLOUD, bitbucket_cloud).await;
}

#[tokio::test]
async fn answers_of_gitea_are_read() {
    table("Gitea", GITEA, gitea).await;
}
