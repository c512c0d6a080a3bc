//! What only Gitea and Forgejo have, on the real server.

use std::sync::Arc;

use git::{Change, Edit, Error, NewRepository, Person, Provider, Secrets, Writers};
use model::Timestamp;
use model::check::CheckStage;
use model::gitops_config::{Account, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use serde_json::json;
use testkit::gitea::{Gitea, OWN_SCOPES, SCOPES};

use crate::provider_suite::options;

pub(crate) fn account(host: &Gitea, scope: &str) -> Account {
    Account {
        provider: ProviderKind::Gitea,
        host: host.url.clone(),
        scope: scope.to_owned(),
        project_key: None,
        credential: CredentialKind::Token,
        username: host.user.clone(),
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

pub(crate) fn open(host: &Gitea, scope: &str, token: &str) -> Arc<dyn Provider> {
    git::open(&account(host, scope), Secrets::token(token), &options()).unwrap()
}

pub(crate) fn new(name: &str) -> NewRepository {
    NewRepository { name: name.into(), description: "A test".into(), visibility: Visibility::Private }
}

/// Pushes one file.
pub(crate) async fn push(
    provider: &dyn Provider,
    repository: &Repository,
    path: &str,
) -> Result<String, Error> {
    let person = |name: &str| Person { name: name.into(), email: format!("{name}@acme.dev") };
    let change = Change {
        key: path.into(),
        edits: vec![Edit::Put { path: path.into(), bytes: "hello\n".into() }],
        expected: Vec::new(),
        author: person("ann"),
        committer: person("trueline"),
        at: Timestamp(1_760_000_000_000_000),
        message: "Say hello".into(),
        resume: None,
    };
    let remote = provider.remote(repository)?;
    let writers = Writers::new();
    Ok(writers.commit(&remote, &repository.default_branch, change, |_| async { Ok(()) }).await?.commit)
}

#[tokio::test]
async fn a_new_application_costs_two_calls_and_a_known_one_none() {
    let Some(host) = Gitea::start("gitea: calls of a new application").await else { return };
    for (scope, token) in [(&host.scope, host.token(SCOPES)), (&host.user, host.token(OWN_SCOPES))] {
        let provider = open(&host, scope, &token);
        let calls = || host.seen().into_iter().filter(|s| !s.call.contains(".git/")).count();
        let before = calls();
        let first = provider.create_repository(&new("one")).await.unwrap();
        assert_eq!(calls() - before, 2, "{:?}", host.seen());
        let before = calls();
        let second = provider.create_repository(&new("two")).await.unwrap();
        assert_eq!(calls() - before, 1, "the owner is known");
        // The page after the first would be at the address that the server gives itself, which is another one.
        provider.list().await.unwrap();
        let before = calls();
        push(&*provider, &second, "a.txt").await.unwrap();
        assert_eq!(calls() - before, 0);
        for made in [first, second] {
            provider.delete_repository(&made).await.unwrap();
        }
    }
    host.assert_contract();
}

#[tokio::test]
async fn identity_scopes_and_owner_are_learned() {
    let Some(host) = Gitea::start("gitea: identity and scopes").await else { return };
    let provider = open(&host, &host.scope, &host.token(SCOPES));
    let facts = provider.authenticate().await.unwrap();
    assert_eq!(facts.identity.as_deref(), Some(host.user.as_str()));
    let mut scopes = facts.scopes.clone().unwrap();
    scopes.sort();
    assert_eq!(scopes, ["read:user", "write:organization", "write:repository"]);
    assert_eq!(provider.remark(&facts), None);
    assert_eq!(provider.scope().await.unwrap().owner_kind.as_deref(), Some("organization"));
    provider.list().await.unwrap();

    // A token of somebody else, and one with every scope: nothing is known of it, so nothing is foreseen.
    host.add_user(&format!("{}-x", host.user));
    let other = open(&host, &host.scope, &host.token_of(&format!("{}-x", host.user), &["all"]));
    let facts = other.authenticate().await.unwrap();
    assert_eq!(facts.scopes, None);
    let remark = other.remark(&facts).unwrap();
    assert_eq!(remark.code, "other_identity");

    let own = open(&host, &host.user, &host.token(OWN_SCOPES));
    assert_eq!(own.scope().await.unwrap().owner_kind.as_deref(), Some("user"));
    own.list().await.unwrap();
    // The own account is found under any user name that was entered.
    let renamed = Account { username: "somebody".into(), ..account(&host, &host.user) };
    let renamed = git::open(&renamed, Secrets::token(host.token(OWN_SCOPES)), &options()).unwrap();
    assert_eq!(renamed.scope().await.unwrap().owner_kind.as_deref(), Some("user"));
    host.assert_contract();
}

#[tokio::test]
async fn repositories_are_known_by_address_and_commits_have_a_page() {
    let Some(host) = Gitea::start("gitea: addresses").await else { return };
    let provider = open(&host, &host.scope, &host.token(SCOPES));
    let made = provider.create_repository(&new("shop")).await.unwrap();
    assert_eq!(made.clone_url, format!("{}/{}/shop.git", host.url, host.scope));
    let commit = push(&*provider, &made, "a.txt").await.unwrap();
    let page = provider.commit_url(&made, &commit).unwrap();
    assert_eq!(page, format!("{}/{}/shop/commit/{commit}", host.url, host.scope));
    let address = page.strip_prefix(&host.url).unwrap();
    assert_eq!(page_status(&host, address).await, 404, "a stranger does not see it");
    host.edit(&host.scope, "shop", &json!({ "private": false }));
    // The host takes note of a first push some time after it.
    testkit::poll("the commit's page", || async { (page_status(&host, address).await == 200).then_some(()) })
        .await;
    for address in [
        made.web_url.clone(),
        format!("{}/", made.clone_url),
        made.web_url.to_uppercase().replace("HTTP", "http"),
    ] {
        let found = provider.repository_by_url(&address).await.map(|r| r.id);
        assert_eq!(found.ok().as_deref(), Some(made.id.as_str()), "{address}");
    }
    host.edit(&host.scope, "shop", &json!({ "default_branch": "main" }));
    provider.delete_repository(&made).await.unwrap();
    host.assert_contract();
}

/// The status of a page for somebody who is not signed in.
async fn page_status(host: &Gitea, path: &str) -> u16 {
    let client = git::HttpClient::new(&git::Trust::default(), git::http::Limits::default()).unwrap();
    let url = format!("{}{path}", host.url).parse().unwrap();
    let call = git::http::Call::new(http::Method::GET, url, &git::GitCredential::None);
    client.call(&call).await.unwrap().status.as_u16()
}

#[tokio::test]
async fn rules_for_the_branch_are_told_before_the_push_meets_them() {
    let Some(host) = Gitea::start("gitea: branch rules").await else { return };
    let provider = open(&host, &host.scope, &host.token(SCOPES));
    let with = [
        (json!({ "rule_name": "main", "enable_push": true }), None),
        (json!({ "rule_name": "feature/**" }), None),
        (
            json!({ "rule_name": "main", "enable_push": true, "require_signed_commits": true }),
            Some("signed_commits_required"),
        ),
        (json!({ "rule_name": "ma*", "required_approvals": 2 }), Some("pull_request_required")),
        (
            json!({ "rule_name": "*", "enable_push": true, "enable_push_whitelist": true }),
            Some("push_not_allowed"),
        ),
        (
            json!({ "rule_name": "main", "enable_push": true, "enable_push_whitelist": true,
                    "push_whitelist_usernames": [host.user] }),
            None,
        ),
        (
            json!({ "rule_name": "main", "enable_push": true, "protected_file_patterns": "values.*" }),
            Some("files_protected"),
        ),
    ];
    for (at, (rule, code)) in with.into_iter().enumerate() {
        let name = format!("shop-{at}");
        let made = provider.create_repository(&new(&name)).await.unwrap();
        host.protect(&name, &rule);
        let found = provider.branch_rules(&made, "main").await.unwrap().refuse;
        let codes: Vec<&str> = found.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(codes, Vec::from_iter(code), "{rule}: {found:?}");
        if let Some(told) = found.first() {
            let words = format!("The rule {} of the repository", rule["rule_name"].as_str().unwrap());
            assert!(told.sentence.starts_with(&words), "{told:?}");
            assert!(told.link.as_ref().unwrap().ends_with(&format!("/{name}/settings/branches")), "{told:?}");
        }
        // And the host is of the same mind.
        let pushed = push(&*provider, &made, "values.yaml").await;
        assert_eq!(pushed.is_err(), code.is_some(), "{rule}: {pushed:?}");
        if let Err(error) = pushed {
            let told = provider.diagnose(CheckStage::Push, &error);
            assert!(matches!(told.code.as_str(), "branch_rule" | "push_refused"), "{told:?}");
        }
        provider.delete_repository(&made).await.unwrap();
    }
    host.assert_contract();
}

#[tokio::test]
async fn who_may_not_read_the_rules_is_told_by_the_branch() {
    let Some(host) = Gitea::start("gitea: rules for a writer").await else { return };
    let owner = open(&host, &host.scope, &host.token(SCOPES));
    let made = owner.create_repository(&new("shop")).await.unwrap();
    push(&*owner, &made, "a.txt").await.unwrap();
    let writer = format!("{}-w", host.user);
    host.add_user(&writer);
    host.add_member(&writer, testkit::gitea::Member::Writer);
    host.protect(
        "shop",
        &json!({
            "rule_name": "main", "enable_push": true, "enable_push_whitelist": true,
            "push_whitelist_usernames": [host.user],
        }),
    );
    let account = Account { username: writer.clone(), ..account(&host, &host.scope) };
    let token = host.token_of(&writer, SCOPES);
    let provider = git::open(&account, Secrets::token(token), &options()).unwrap();
    assert!(owner.branch_rules(&made, "main").await.unwrap().is_empty());
    let found = provider.branch_rules(&made, "main").await.unwrap().refuse;
    assert_eq!(found[0].code, "push_not_allowed", "{found:?}");
    assert!(found[0].sentence.contains(&writer), "{found:?}");
    let rights = provider.permissions(&made).await.unwrap();
    assert!(rights.write && !rights.administer, "{rights:?}");
    owner.delete_repository(&made).await.unwrap();
    host.assert_contract();
}
