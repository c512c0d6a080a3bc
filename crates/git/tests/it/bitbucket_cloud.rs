//! What only Bitbucket Cloud does: the oldest project, the first branch, rights without a list of rights, rules.

use std::sync::Arc;

use git::{BranchRules, Change, Edit, Error, NewRepository, Options, Person, Provider, Secrets, Writers};
use model::Timestamp;
use model::check::CheckStage;
use model::gitops_config::{Account, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use testkit::simulated::BitbucketCloud;
use testkit::simulated::bitbucket_cloud::Role;

pub(crate) const API_TOKEN: &str = "ATATT3x0123456789abcdefghijklmnopqrstuvwxyz";
pub(crate) const ACCESS_TOKEN: &str = "ATCTT3x0123456789abcdefghijklmnopqrstuvwxyz";

/// The account that goes with a token, by how the token begins.
pub(crate) fn account(host: &BitbucketCloud, token: &str) -> Account {
    let access = token.starts_with("ATCTT");
    Account {
        provider: ProviderKind::BitbucketCloud,
        host: "https://bitbucket.org".into(),
        scope: "acme".into(),
        project_key: None,
        credential: if access { CredentialKind::AccessToken } else { CredentialKind::ApiToken },
        username: if access { String::new() } else { "acme-bot@acme.dev".into() },
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

/// Options that lead to the simulated host.
pub(crate) fn options(host: &BitbucketCloud) -> Options {
    Options { bitbucket_api: Some(format!("{}/2.0", host.url)), ..crate::provider_suite::options() }
}

pub(crate) fn open(host: &BitbucketCloud, token: &str) -> Arc<dyn Provider> {
    git::open(&account(host, token), Secrets::token(token), &options(host)).unwrap()
}

pub(crate) fn with(host: &BitbucketCloud, account: &Account, token: &str) -> Arc<dyn Provider> {
    git::open(account, Secrets::token(token), &options(host)).unwrap()
}

pub(crate) fn new(name: &str) -> NewRepository {
    NewRepository { name: name.into(), description: "A test".into(), visibility: Visibility::Private }
}

pub(crate) async fn push(
    provider: &dyn Provider,
    repository: &Repository,
    branch: &str,
) -> Result<String, Error> {
    let person = Person { name: "Ann".into(), email: "ann@acme.dev".into() };
    let change = Change {
        key: branch.into(),
        edits: vec![Edit::Put { path: "a".into(), bytes: branch.as_bytes().to_vec().into() }],
        expected: Vec::new(),
        author: person.clone(),
        committer: person,
        at: Timestamp(0),
        message: "Try".into(),
        resume: None,
    };
    let remote = provider.remote(repository)?;
    let done = Writers::new().commit(&remote, branch, change, |_| async { Ok(()) }).await?;
    Ok(done.commit)
}

#[tokio::test]
async fn without_a_key_the_oldest_project_is_found_and_named() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    // More projects than fit on a page, the oldest of them last.
    for i in 0..120 {
        host.project("acme", &format!("P{i:03}"), "2024-01-01T00:00:00+00:00");
    }
    host.project("acme", "ZERO", "2012-01-01T00:00:00+00:00");
    let provider = open(&host, API_TOKEN);
    assert_eq!(provider.title(CheckStage::Scope), "See workspace acme and your oldest project");
    let facts = provider.scope().await.unwrap();
    assert_eq!((facts.project.as_deref(), facts.owner_kind.as_deref()), (Some("ZERO"), Some("workspace")));
    assert_eq!(provider.title(CheckStage::Scope), "See workspace acme and ZERO, your oldest project");
    // Bitbucket itself takes the same one: no call is spent on it when a repository is made.
    let before = host.seen().len();
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let rest: Vec<_> =
        host.seen()[before..].iter().map(|s| s.call.clone()).filter(|c| !c.contains(".git/")).collect();
    assert_eq!(rest, ["POST /repositories/acme/gitops-shop"]);
    assert_eq!(host.find("acme", "gitops-shop").unwrap().project, "ZERO");
    provider.delete_repository(&made).await.unwrap();

    let keyed = Account { project_key: Some("OPS".into()), ..account(&host, API_TOKEN) };
    let provider = with(&host, &keyed, API_TOKEN);
    assert_eq!(provider.scope().await.unwrap().project, None);
    assert_eq!(provider.title(CheckStage::Scope), "See workspace acme and project OPS");
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(host.find("acme", "gitops-shop").unwrap().project, "OPS");
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn the_first_branch_that_is_pushed_becomes_the_main_branch() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    let provider = open(&host, API_TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(made.default_branch, "main");
    let commit = push(&*provider, &made, "trunk").await.unwrap();
    push(&*provider, &made, "main").await.unwrap();
    let now = provider.repository_by_id(&made.id).await.unwrap().unwrap();
    assert_eq!(now.default_branch, "trunk");
    assert_eq!(now.clone_url, format!("{}/acme/gitops-shop.git", host.url), "no account's name in it");
    let page = provider.commit_url(&now, &commit).unwrap();
    assert!(page.ends_with(&format!("/acme/gitops-shop/commits/{commit}")), "{page}");
    // What a browser shows is an address too.
    for url in [
        "https://bitbucket.org/acme/gitops-shop/src/trunk/",
        "https://ann@bitbucket.org/Acme/gitops-shop.git",
    ] {
        assert_eq!(provider.repository_by_url(url).await.unwrap().id, made.id, "{url}");
    }
    let error = provider.repository_by_url("https://bitbucket.org/umbrella/shop").await.unwrap_err();
    assert_eq!(error.diagnosis().code, "other_workspace");
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn rights_come_from_role_and_scopes() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    host.repository("acme", "gitops-shop", "OPS");
    let read = ["read:user:bitbucket", "read:workspace:bitbucket", "read:repository:bitbucket"];
    let write = [&read[..], &["write:repository:bitbucket"]].concat();
    for (role, scopes, want) in [
        (Role::Owner, &write[..], (true, false)),
        (Role::Owner, &read[..], (false, false)),
        (Role::Collaborator, &write[..], (true, false)),
        (Role::Reader, &write[..], (false, false)),
    ] {
        host.member("acme", "ann", role);
        host.token("ATATT3x-ann", "ann", scopes);
        let own = Account { username: "ann@acme.dev".into(), ..account(&host, API_TOKEN) };
        let provider = with(&host, &own, "ATATT3x-ann");
        let repository = provider.find_repository("gitops-shop").await.unwrap().unwrap();
        let rights = provider.permissions(&repository).await.unwrap();
        assert_eq!((rights.write, rights.administer), want, "{role:?} {scopes:?}");
    }
    // One repository's own token reaches it, and no other; the rule "ask for a repository" works with it.
    host.repository_token(ACCESS_TOKEN, ("acme", "gitops-shop"), &["repository:write"]);
    let provider = open(&host, ACCESS_TOKEN);
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(facts.identity.as_deref(), Some("repository access token"));
    assert_eq!(provider.scope().await.unwrap().project, None);
    let given = provider.repository_by_url("https://bitbucket.org/acme/gitops-shop").await.unwrap();
    let rights = provider.permissions(&given).await.unwrap();
    assert_eq!((rights.write, rights.administer), (true, false));
    push(&*provider, &given, "main").await.unwrap();
    host.assert_contract();
}

#[tokio::test]
async fn branch_restrictions_that_would_refuse_us_are_told() {
    let host = BitbucketCloud::acme(API_TOKEN).await;
    host.token(ACCESS_TOKEN, "acme-bot", testkit::simulated::bitbucket_cloud::scopes());
    let provider = open(&host, API_TOKEN);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    assert_eq!(provider.branch_rules(&made, "main").await.unwrap(), BranchRules::default());
    host.member("acme", "ann", Role::Collaborator);
    let at = ("acme", "gitops-shop");
    host.restrict_pushes(at, "environment/*", &["acme-bot"], &[]);
    host.restrict_pushes(at, "main", &["ann"], &["release-team"]);
    host.restrict_pushes(at, "r*", &[], &[]);
    let rules = provider.branch_rules(&made, "main").await.unwrap();
    // Who is in the group is not told.
    assert_eq!((rules.refuse.len(), rules.may_refuse.len()), (0, 1), "{rules:?}");
    let told = rules.may_refuse;
    assert_eq!(told[0].code, "branch_rule");
    assert!(told[0].sentence.contains("only ann, release-team push to main"), "{told:?}");
    assert!(told[0].link.as_deref().unwrap().ends_with("/acme/gitops-shop/admin"), "{told:?}");
    let told = provider.branch_rules(&made, "release").await.unwrap().refuse;
    assert!(told[0].sentence.contains("lets nobody push to release"), "{told:?}");
    // We are excepted, an access token cannot be.
    assert_eq!(provider.branch_rules(&made, "environment/dev").await.unwrap(), BranchRules::default());
    let told = open(&host, ACCESS_TOKEN).branch_rules(&made, "environment/dev").await.unwrap().refuse;
    assert!(told[0].sentence.contains("cannot be excepted"), "{told:?}");
    // What was told is what happens.
    push(&*provider, &made, "environment/dev").await.unwrap();
    let error = push(&*provider, &made, "main").await.unwrap_err();
    let diagnosis = provider.diagnose(CheckStage::Push, &error);
    assert_eq!(diagnosis.code, "branch_rule", "{diagnosis:?}");
    assert!(diagnosis.sentence.contains("Permission denied to update branch main"), "{diagnosis:?}");
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}
