//! The way to a host is the same whatever kind it is: private authority, client certificate and proxy hold for its
//! interface and for Git alike, and what is wrong with one of them is told in the same words.

use std::any::Any;
use std::sync::Arc;

use base64::Engine as _;
use git::{Error, Options, Provider, Secrets};
use model::Secret;
use model::check::{CheckStage, Diagnosis};
use model::gitops_config::Account;
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use testkit::git_server::{GitServer, Settings as Served};
use testkit::gitea::{Gitea, SCOPES, Settings as Listening};
use testkit::proxy::{Proxy, Settings};
use testkit::simulated::host::Dialect;
use testkit::simulated::{AzureDevOps, BitbucketCloud, GitHub, GitLab, Simulated};
use testkit::tls::{self, Authority, Identity, PrivateTls};

use crate::gitea::{new, push};
use crate::provider_suite::{account, gitlab_account, options};
use crate::{bitbucket_cloud, diagnoses, git_server};

const TOKEN: &str = "ghp_ways0123456789abcdefghijklmnopqrs";
const PROXY_PASSWORD: &str = "correct-horse-battery";

/// A host that speaks TLS, and an account that knows nothing yet of certificates and proxies but the host's authority.
struct Way {
    account: Account,
    token: String,
    options: Options,
    /// The repository that a person made, where the host makes none.
    given: Option<String>,
    _host: Box<dyn Any>,
}

impl Way {
    /// The account, and what it shows.
    fn opened(&self, change: impl FnOnce(&mut Account, &mut Secrets)) -> Arc<dyn Provider> {
        let (mut account, mut secrets) = (self.account.clone(), Secrets::token(&self.token));
        change(&mut account, &mut secrets);
        git::open(&account, secrets, &self.options).unwrap()
    }

    fn kind(&self) -> ProviderKind {
        self.account.provider
    }
}

fn showing(identity: &Identity, account: &mut Account, secrets: &mut Secrets) {
    account.client_certificate_pem = Some(identity.certificate_pem.clone());
    secrets.client_key_pem = Some(Secret::new(identity.key_pem.clone()));
}

async fn simulated<D: Dialect>(token: &str, tls: PrivateTls) -> Simulated<D> {
    let host = Simulated::<D>::serve("127.0.0.1:0", Some(tls), "").await.unwrap();
    host.furnish("acme", "acme-bot");
    host.token(token, "acme-bot", D::SCOPES);
    host
}

fn way(account: Account, token: &str, options: Options, host: impl Any) -> Way {
    Way { account, token: token.to_owned(), options, given: None, _host: Box::new(host) }
}

/// One host of each kind, with its own certificate.
async fn ways(tls: impl Fn() -> PrivateTls) -> Vec<Way> {
    let github: GitHub = simulated(TOKEN, tls()).await;
    let gitlab: GitLab = simulated(TOKEN, tls()).await;
    let azure: AzureDevOps = simulated(TOKEN, tls()).await;
    let (api, access) = (bitbucket_cloud::API_TOKEN, bitbucket_cloud::ACCESS_TOKEN);
    let bitbucket: BitbucketCloud = simulated(api, tls()).await;
    bitbucket.token(access, "acme-bot", testkit::simulated::bitbucket_cloud::scopes());
    let cloud = |token| {
        way(
            bitbucket_cloud::account(&bitbucket, token),
            token,
            bitbucket_cloud::options(&bitbucket),
            bitbucket.clone(),
        )
    };
    let mut ways = vec![
        way(account(&github), TOKEN, options(), github),
        way(gitlab_account(&gitlab, CredentialKind::PersonalToken), TOKEN, options(), gitlab),
        way(diagnoses::azure_devops::account(&azure), TOKEN, options(), azure),
        cloud(api),
        cloud(access),
    ];
    if let Some(gitea) = Gitea::with_tls("network: Gitea", Listening::default(), Some(tls())).await {
        let token = gitea.token(SCOPES);
        ways.push(way(crate::gitea::account(&gitea, &gitea.scope), &token, options(), gitea));
    }
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("bot:{}", git_server::PASSWORD));
    let served = Served { authorization: Some(format!("Basic {pair}")), ..Served::default() };
    let server = GitServer::with_tls(served, Some(tls())).await;
    server.create("shop").await;
    let given = Some(server.repository("shop"));
    let plain = way(git_server::account(&server), git_server::PASSWORD, options(), server);
    ways.push(Way { given, ..plain });
    ways
}

/// All that an account does at its host; what it made is left.
async fn does_everything(way: &Way, provider: &dyn Provider) -> Repository {
    provider.reach().await.unwrap();
    provider.authenticate().await.unwrap();
    provider.scope().await.unwrap();
    provider.list().await.unwrap();
    let repository = match &way.given {
        Some(url) => provider.repository_by_url(url).await.unwrap(),
        None => provider.create_repository(&new("gitops-shop")).await.unwrap(),
    };
    let commit = push(provider, &repository, "a.txt").await.unwrap();
    let snapshot = provider.remote(&repository).unwrap().read("main", &["a.txt"]).await.unwrap();
    assert_eq!(snapshot.tip, Some(commit), "{:?}", way.kind());
    repository
}

async fn removed(way: &Way, provider: &dyn Provider, repository: &Repository) {
    if way.given.is_none() {
        provider.delete_repository(repository).await.unwrap();
    }
}

#[tokio::test]
async fn certificate_and_proxy_are_used_at_every_kind_of_host() {
    let clients = Authority::new("Acme Clients");
    let identity = clients.client("trueline");
    let ways = ways(|| tls::demanding(&clients)).await;
    assert!(ways.len() >= 6, "every kind of host is there");
    for way in &ways {
        let user = Some(("bot".to_owned(), PROXY_PASSWORD.to_owned()));
        let proxy = Proxy::start(Settings { user, ..Settings::default() }).await;
        let provider = way.opened(|account, secrets| {
            showing(&identity, account, secrets);
            account.proxy = Some(proxy.url_for("bot"));
            secrets.proxy_password = Some(Secret::new(PROXY_PASSWORD));
        });
        let made = does_everything(way, &*provider).await;
        let place = url::Url::parse(&made.clone_url).unwrap();
        let wanted = format!("CONNECT {}:{}", place.host_str().unwrap(), place.port().unwrap());
        let tunnels = proxy.seen();
        assert!(!tunnels.is_empty(), "{:?} went another way", way.kind());
        assert!(tunnels.iter().all(|line| *line == wanted), "{:?}: {tunnels:?}", way.kind());
        removed(way, &*provider, &made).await;
    }
}

/// What REST and Git are told; for both the same.
async fn told(way: &Way, provider: &dyn Provider, repository: &Repository) -> Diagnosis {
    let rest = provider.reach().await.expect_err("the interface is not reached");
    let git = match provider.remote(repository) {
        Ok(remote) => remote.refs().await.expect_err("Git is not reached"),
        Err(error) => error,
    };
    let words = |error: &Error| format!("{error} {error:?}");
    for secret in [way.token.as_str(), PROXY_PASSWORD, "PRIVATE KEY"] {
        assert!(!words(&rest).contains(secret) && !words(&git).contains(secret), "{rest:?} {git:?}");
    }
    let told = provider.diagnose(CheckStage::Reach, &rest);
    assert_eq!(told, provider.diagnose(CheckStage::Clone, &git), "REST and Git tell different things");
    told
}

#[tokio::test]
async fn what_is_wrong_on_the_way_is_told_alike_of_every_kind_of_host() {
    let clients = Authority::new("Acme Clients");
    let (identity, foreign) =
        (clients.client("trueline"), Authority::new("Other Clients").client("trueline"));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for way in &ways(|| tls::demanding(&clients)).await {
        let good = way.opened(|account, secrets| showing(&identity, account, secrets));
        let made = does_everything(way, &*good).await;
        let user = Some(("bot".to_owned(), PROXY_PASSWORD.to_owned()));
        let guarded = Proxy::start(Settings { user, ..Settings::default() }).await;
        let refused =
            vec![made.clone_url.trim_start_matches("https://").split('/').next().unwrap().to_owned()];
        let closing = Proxy::start(Settings { refused, ..Settings::default() }).await;
        type Change<'a> = &'a dyn Fn(&mut Account, &mut Secrets);
        let rows: [(Change<'_>, &str, &str); 7] = [
            (&|account, _| account.ca_pem = None, "certificate_untrusted", "Acme Private Root"),
            (
                &|account, _| account.ca_pem = Some(clients.ca_pem.clone()),
                "certificate_untrusted",
                "authority",
            ),
            (
                &|account, secrets| {
                    (account.client_certificate_pem, secrets.client_key_pem) = (None, None);
                },
                "client_certificate_required",
                "none is configured",
            ),
            (
                &|account, secrets| showing(&foreign, account, secrets),
                "client_certificate_refused",
                "does not accept the one",
            ),
            (
                &|account, secrets| {
                    account.proxy = Some(guarded.url_for("bot"));
                    secrets.proxy_password = Some(Secret::new("wrong-horse"));
                },
                "proxy_authentication_rejected",
                "user bot",
            ),
            (&|account, _| account.proxy = Some(closing.url.clone()), "proxy_refused", "403"),
            (
                &|account, _| account.proxy = Some(format!("http://{closed}")),
                "proxy_unreachable",
                "was not asked",
            ),
        ];
        for (change, code, words) in rows {
            let wrong = way.opened(|account, secrets| {
                showing(&identity, account, secrets);
                change(account, secrets);
            });
            let told = told(way, &*wrong, &made).await;
            assert_eq!(told.code, code, "{:?}: {told:?}", way.kind());
            assert!(told.sentence.contains(words), "{:?}: {words:?} in {told:?}", way.kind());
        }
        removed(way, &*good, &made).await;
    }
}

#[tokio::test]
async fn a_gateway_that_ends_tls_is_used_at_every_kind_of_host_once_trusted() {
    for way in &ways(tls::private).await {
        let direct = way.opened(|_, _| ());
        let made = does_everything(way, &*direct).await;
        let own = Authority::new("Acme Gateway").server(None);
        let trusted = own.ca_pem.clone();
        let intercepts = Some((own, way.account.ca_pem.clone().unwrap()));
        let proxy = Proxy::start(Settings { intercepts, ..Settings::default() }).await;
        let through = |ca_pem: Option<String>| {
            way.opened(|account, _| {
                account.proxy = Some(proxy.url.clone());
                account.ca_pem = ca_pem;
            })
        };
        let told = told(way, &*through(way.account.ca_pem.clone()), &made).await;
        assert_eq!(told.code, "certificate_untrusted", "{:?}: {told:?}", way.kind());
        assert!(told.sentence.contains("Acme Gateway"), "{:?}: {told:?}", way.kind());
        removed(way, &*direct, &made).await;
        let provider = through(Some(trusted));
        let made = match way.given {
            Some(_) => made,
            None => does_everything(way, &*provider).await,
        };
        assert!(provider.remote(&made).unwrap().refs().await.is_ok(), "{:?}", way.kind());
        removed(way, &*provider, &made).await;
    }
}
