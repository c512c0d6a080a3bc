//! A server that has nothing but Git: TLS, a user name and a password.

use std::sync::Arc;

use base64::Engine as _;
use git::{Error, Provider, Secrets};
use model::check::CheckStage;
use model::gitops_config::Account;
use model::provider::{CredentialKind, ProviderKind};
use testkit::git_server::{Fault, GitServer, Settings, Target};

use crate::gitea::{new, push};
use crate::provider_suite::options;

pub(crate) const PASSWORD: &str = "s3cret-of-the-bot";

pub(crate) async fn start() -> GitServer {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("bot:{PASSWORD}"));
    let authorization = Some(format!("Basic {pair}"));
    GitServer::with(Settings { tls: true, authorization, ..Settings::default() }).await
}

pub(crate) fn account(host: &GitServer) -> Account {
    Account {
        provider: ProviderKind::Git,
        host: host.url.clone(),
        scope: String::new(),
        project_key: None,
        credential: CredentialKind::Password,
        username: "bot".into(),
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

pub(crate) fn open(host: &GitServer, password: &str) -> Arc<dyn Provider> {
    git::open(&account(host), Secrets::token(password), &options()).unwrap()
}

#[tokio::test]
async fn a_repository_that_is_named_is_read_and_written() {
    let host = start().await;
    host.create("shop").await;
    let provider = open(&host, PASSWORD);
    provider.reach().await.unwrap();
    let (facts, scope) = (provider.authenticate().await.unwrap(), provider.scope().await.unwrap());
    assert_eq!((facts.identity, scope.owner_kind), (None, None), "nobody can be asked");
    provider.list().await.unwrap();

    let found = provider.repository_by_url(&host.repository("shop")).await.unwrap();
    assert_eq!(found.full_name, "shop");
    assert_eq!(found.clone_url, host.repository("shop"));
    assert_eq!(found.id, host.url.trim_start_matches("https://").to_owned() + "/shop");
    // The same repository, however it is written.
    for address in [format!("{}/shop", host.url), format!("{}/shop.git/", host.url)] {
        assert_eq!(provider.repository_by_url(&address).await.unwrap(), found, "{address}");
    }
    assert_eq!(provider.repository_by_id(&found.id).await.unwrap(), Some(found.clone()));
    let rights = provider.permissions(&found).await.unwrap();
    assert!(rights.write && !rights.administer && !rights.archived, "{rights:?}");
    assert!(provider.branch_rules(&found, "main").await.unwrap().is_empty());
    let commit = push(&*provider, &found, "a.txt").await.unwrap();
    let snapshot = provider.remote(&found).unwrap().read("main", &["a.txt"]).await.unwrap();
    assert_eq!(snapshot.tip, Some(commit.clone()));
    assert_eq!(provider.commit_url(&found, &commit), None);
}

#[tokio::test]
async fn nothing_is_made_or_removed() {
    let host = start().await;
    host.create("shop").await;
    let provider = open(&host, PASSWORD);
    let shop = provider.repository_by_url(&host.repository("shop")).await.unwrap();
    let requests = host.requests();
    let errors = [
        (provider.create_repository(&new("x")).await.unwrap_err(), "repositories.source", "creates_not"),
        (provider.find_repository("shop").await.unwrap_err(), "repositories.source", "creates_not"),
        (provider.delete_repository(&shop).await.unwrap_err(), "repositories.deletion", "deletes_not"),
        (
            provider.archive_repository(&shop).await.unwrap_err(),
            "repositories.deletion",
            "archive_not_offered",
        ),
    ];
    for (error, at, word) in errors {
        let Error::Input { field, code, sentence } = &error else { panic!("{error:?}") };
        assert_eq!((*field, *code), (at, word));
        assert!(sentence.contains("offers Git alone"), "{sentence}");
    }
    assert_eq!(host.requests(), requests, "the server is not asked");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let host = start().await;
    host.create("shop").await;
    let shop = open(&host, PASSWORD).repository_by_url(&host.repository("shop")).await.unwrap();
    let told = |error: &Error| {
        assert!(!error.to_string().contains(PASSWORD), "{error}");
        let told = open(&host, PASSWORD).diagnose(CheckStage::Clone, error);
        assert!(!told.sentence.contains("does not exist") && !told.sentence.contains(PASSWORD), "{told:?}");
        told
    };
    let wrong = open(&host, "wrong").repository_by_url(&host.repository("shop")).await.unwrap_err();
    assert_eq!(told(&wrong).code, "token_rejected");
    assert!(told(&wrong).sentence.contains("password of bot"));
    let error = open(&host, PASSWORD).repository_by_url(&host.repository("none")).await.unwrap_err();
    assert_eq!(told(&error).code, "repository_not_visible");
    assert!(told(&error).sentence.contains("no access"));
    for (status, text, code, word) in [
        (401, "no", "token_rejected", "wrong, expired or revoked"),
        (403, "Only maintainers", "role_missing", "Only maintainers"),
        (404, "no", "repository_not_visible", "no access"),
        (200, "<!DOCTYPE html><html>Welcome</html>", "not_a_git_host", "else than Git"),
        (500, "no", "host_failed", "problem of its own"),
    ] {
        // What only reads is tried again, in two places.
        for _ in 0..16 {
            host.fault(Target::Info, Fault::Status(status, text));
        }
        let remote = open(&host, PASSWORD).remote(&shop).unwrap();
        let told = told(&remote.refs().await.unwrap_err());
        assert_eq!(told.code, code, "{told:?}");
        assert!(told.sentence.contains(word), "{told:?}");
        while remote.refs().await.is_err() {}
    }
    host.hook("shop", "echo 'the freeze lasts until Monday' >&2; exit 1");
    let provider = open(&host, PASSWORD);
    let refused = told(&push(&*provider, &shop, "a.txt").await.unwrap_err());
    assert_eq!(refused.code, "push_refused");
    assert!(refused.sentence.contains("the freeze lasts until Monday"), "{refused:?}");
}

#[tokio::test]
async fn the_way_to_the_host_is_tried_without_the_password() {
    let host = start().await;
    let untrusted = Account { ca_pem: None, ..account(&host) };
    let provider = git::open(&untrusted, Secrets::token(PASSWORD), &options()).unwrap();
    let error = provider.reach().await.unwrap_err();
    assert_eq!(provider.diagnose(CheckStage::Reach, &error).code, "certificate_untrusted");
    let nobody = Account { host: "https://127.0.0.1:1".into(), ..account(&host) };
    let provider = git::open(&nobody, Secrets::token(PASSWORD), &options()).unwrap();
    let error = provider.reach().await.unwrap_err();
    assert_eq!(provider.diagnose(CheckStage::Reach, &error).code, "connection_refused");
    // A repository elsewhere is never asked for.
    for url in ["https://elsewhere.dev/shop.git", "shop", "https://127.0.0.1/shop.git"] {
        let error = open(&host, PASSWORD).repository_by_url(url).await.unwrap_err();
        assert!(matches!(error, Error::Input { field: "repository", .. }), "{url}: {error}");
    }
}
