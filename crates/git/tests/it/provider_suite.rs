//! The same cases over every provider.

use std::sync::Arc;
use std::time::Duration;

use git::{BranchRules, Change, Edit, Error, NewRepository, Options, Person, Provider, Secrets, Writers};
use model::Timestamp;
use model::gitops_config::{Account, Visibility};
use model::provider::{CredentialKind, ProviderKind};
use model::repository::Repository;
use testkit::gitea::{Gitea, OWN_SCOPES, SCOPES, Settings};
use testkit::simulated::gitlab::Role;
use testkit::simulated::host::Dialect;
use testkit::simulated::{AzureDevOps, BitbucketCloud, GitHub, GitLab, Simulated};

use crate::bitbucket_cloud;
use crate::folder_host::FolderHost;

const TOKEN: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

const GITHUB_PAT: &str = "github_pat_0123456789abcdefghijklmnop";

type Rename = dyn Fn(&str, &str) + Send + Sync;

/// A host under test, and what is done behind Trueline's back.
struct Under {
    /// The names of the repositories that are on the host.
    names: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    rename: Box<Rename>,
    /// How many calls the host's interface has seen, those over Git left out.
    calls: Box<dyn Fn() -> usize + Send + Sync>,
    /// What is held to be so at the end.
    held: Box<dyn Fn() + Send + Sync>,
    /// The address of a repository that a person made, where one was.
    given: Option<String>,
}

impl Under {
    /// A simulated host with the scope `acme`.
    fn simulated<D: Dialect>(host: &Simulated<D>) -> Self {
        Self::in_scope(host, "acme")
    }

    /// A simulated host with this scope.
    fn in_scope<D: Dialect>(host: &Simulated<D>, scope: &'static str) -> Self {
        let (names, rename, calls, held) = (host.clone(), host.clone(), host.clone(), host.clone());
        Self {
            names: Box::new(move || names.repositories()),
            rename: Box::new(move |name, to| rename.rename(scope, name, to)),
            calls: Box::new(move || calls.seen().iter().filter(|seen| !over_git(&seen.call)).count()),
            held: Box::new(move || held.assert_contract()),
            given: None,
        }
    }

    /// A real Gitea, whose repositories one owner has.
    fn gitea(host: &Gitea, owner: &str) -> Self {
        let (names, rename, calls, held) = (host.clone(), host.clone(), host.clone(), host.clone());
        let owner = owner.to_owned();
        Self {
            names: Box::new(move || names.repositories()),
            rename: Box::new(move |name, to| rename.rename(&owner, name, to)),
            calls: Box::new(move || calls.seen().iter().filter(|seen| !over_git(&seen.call)).count()),
            given: None,
            held: Box::new(move || held.assert_contract()),
        }
    }

    /// Renames a repository.
    fn rename(&self, name: &str, to: &str) {
        (self.rename)(name, to);
    }

    fn finish(&self) {
        let left = (self.names)();
        assert_eq!(left.len(), usize::from(self.given.is_some()), "left behind, or gone: {left:?}");
        (self.held)();
    }
}

fn over_git(call: &str) -> bool {
    ["/info/refs", "/git-upload-pack", "/git-receive-pack"].iter().any(|end| call.ends_with(end))
}

/// Options whose pauses suit a host on this machine.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.limits.pause = Duration::from_millis(5);
    options
}

pub(crate) fn account(host: &GitHub) -> Account {
    Account {
        provider: ProviderKind::GitHub,
        host: host.url.clone(),
        scope: "acme".into(),
        project_key: None,
        credential: CredentialKind::ClassicToken,
        username: "acme-bot".into(),
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

pub(crate) fn open(host: &GitHub, token: &str) -> Arc<dyn Provider> {
    git::open(&account(host), Secrets::token(token), &options()).unwrap()
}

async fn github() -> (Under, Arc<dyn Provider>) {
    let host = GitHub::acme(TOKEN).await;
    // Creation lag is the rule, not the exception.
    host.lag(0, 2);
    let provider = open(&host, TOKEN);
    (Under::simulated(&host), provider)
}

async fn github_fine_grained() -> (Under, Arc<dyn Provider>) {
    let host = GitHub::acme(TOKEN).await;
    host.token(GITHUB_PAT, "acme-bot", &["administration:write", "contents:write", "metadata:read"]);
    host.lag(0, 2);
    let account = Account { credential: CredentialKind::FineGrainedToken, ..account(&host) };
    let provider = git::open(&account, Secrets::token(GITHUB_PAT), &options()).unwrap();
    (Under::simulated(&host), provider)
}

async fn azure_devops() -> (Under, Arc<dyn Provider>) {
    let host = AzureDevOps::acme(TOKEN).await;
    host.lag(0, 2);
    let provider = crate::diagnoses::azure_devops::open(&host, TOKEN);
    (Under::simulated(&host), provider)
}

/// The organization in the form of its address that it had before 2018; the description has the other one.
async fn azure_devops_former() -> (Under, Arc<dyn Provider>) {
    let host = AzureDevOps::acme(TOKEN).await;
    host.furnish("Web Shop", "acme-bot");
    let account = Account {
        host: host.url.clone(),
        scope: "Web Shop".into(),
        ..crate::diagnoses::azure_devops::account(&host)
    };
    let provider = git::open(&account, Secrets::token(TOKEN), &options()).unwrap();
    let renamed = host.clone();
    let under = Under {
        rename: Box::new(move |name, to| renamed.rename("Web Shop", name, to)),
        held: Box::new(|| {}),
        ..Under::simulated(&host)
    };
    (under, provider)
}

const GLPAT: &str = "glpat-0123456789abcdefghij";

/// An account at a simulated GitLab.
pub(crate) fn gitlab_account(host: &GitLab, credential: CredentialKind) -> Account {
    Account {
        provider: ProviderKind::GitLab,
        host: host.url.clone(),
        scope: "acme".into(),
        project_key: None,
        credential,
        username: if credential == CredentialKind::PersonalToken { "acme-bot".into() } else { String::new() },
        ca_pem: host.ca_pem.clone(),
        client_certificate_pem: None,
        proxy: None,
    }
}

fn open_gitlab(account: &Account) -> Arc<dyn Provider> {
    git::open(account, Secrets::token(GLPAT), &options()).unwrap()
}

async fn gitlab_personal_token() -> (Under, Arc<dyn Provider>) {
    let host = GitLab::acme(GLPAT).await;
    host.lag(0, 2);
    (Under::simulated(&host), open_gitlab(&gitlab_account(&host, CredentialKind::PersonalToken)))
}

/// A subgroup by its number, on a server below a path.
async fn gitlab_group_token() -> (Under, Arc<dyn Provider>) {
    let host = GitLab::start_below("/gitlab").await;
    let group = host.group("acme/platform");
    host.group_token(GLPAT, "acme/platform", Role::Owner, &["api"]);
    host.lag(0, 1);
    let account = Account { scope: group.to_string(), ..gitlab_account(&host, CredentialKind::GroupToken) };
    (Under::in_scope(&host, "acme/platform"), open_gitlab(&account))
}

/// The token of one project, which a person made.
async fn gitlab_project_token() -> (Under, Arc<dyn Provider>) {
    let host = GitLab::start().await;
    host.furnish("acme", "acme-bot");
    let project = host.project("acme", "shop");
    host.project_token(GLPAT, project.id, Role::Maintainer, &["api"]);
    let account = gitlab_account(&host, CredentialKind::ProjectToken);
    let given = Some(format!("{}/acme/shop", host.url));
    (Under { given, ..Under::simulated(&host) }, open_gitlab(&account))
}

async fn bitbucket_api_token() -> (Under, Arc<dyn Provider>) {
    let host = BitbucketCloud::acme(bitbucket_cloud::API_TOKEN).await;
    host.lag(0, 2);
    (Under::simulated(&host), bitbucket_cloud::open(&host, bitbucket_cloud::API_TOKEN))
}

async fn bitbucket_workspace_token() -> (Under, Arc<dyn Provider>) {
    let host = BitbucketCloud::acme(bitbucket_cloud::ACCESS_TOKEN).await;
    host.lag(0, 1);
    (Under::simulated(&host), bitbucket_cloud::open(&host, bitbucket_cloud::ACCESS_TOKEN))
}

/// Its rights end with the project, so the project is named.
async fn bitbucket_project_token() -> (Under, Arc<dyn Provider>) {
    let host = BitbucketCloud::acme(bitbucket_cloud::API_TOKEN).await;
    let scopes = ["project", "repository:write", "repository:admin", "repository:delete"];
    host.project_token(bitbucket_cloud::ACCESS_TOKEN, ("acme", "OPS"), &scopes);
    host.lag(0, 1);
    let account = bitbucket_cloud::account(&host, bitbucket_cloud::ACCESS_TOKEN);
    let account = Account { project_key: Some("OPS".into()), ..account };
    let provider = bitbucket_cloud::with(&host, &account, bitbucket_cloud::ACCESS_TOKEN);
    (Under::simulated(&host), provider)
}

async fn bitbucket_repository_token() -> (Under, Arc<dyn Provider>) {
    let host = BitbucketCloud::acme(bitbucket_cloud::API_TOKEN).await;
    host.repository("acme", "shop", "PLAT");
    host.repository_token(bitbucket_cloud::ACCESS_TOKEN, ("acme", "shop"), &["repository:write"]);
    let given = Some("https://bitbucket.org/acme/shop".to_owned());
    let provider = bitbucket_cloud::open(&host, bitbucket_cloud::ACCESS_TOKEN);
    (Under { given, ..Under::simulated(&host) }, provider)
}

async fn git_server() -> (Under, Arc<dyn Provider>) {
    let host = Arc::new(crate::git_server::start().await);
    host.create("shop").await;
    let provider = crate::git_server::open(&host, crate::git_server::PASSWORD);
    let given = Some(host.repository("shop"));
    let there = move || host.folder("shop").is_dir().then(|| host.repository("shop"));
    let under = Under {
        names: Box::new(move || there().into_iter().collect()),
        rename: Box::new(|_, _| panic!("a renamed repository is another one there")),
        calls: Box::new(|| 0),
        held: Box::new(|| {}),
        given,
    };
    (under, provider)
}

async fn gitea_organization() -> Option<(Under, Arc<dyn Provider>)> {
    let host = Gitea::start("provider suite: Gitea, an organization").await?;
    let provider = crate::gitea::open(&host, &host.scope, &host.token(SCOPES));
    Some((Under::gitea(&host, &host.scope), provider))
}

async fn gitea_user_account() -> Option<(Under, Arc<dyn Provider>)> {
    let host = Gitea::start("provider suite: Gitea, a user account").await?;
    let provider = crate::gitea::open(&host, &host.user, &host.token(OWN_SCOPES));
    Some((Under::gitea(&host, &host.user), provider))
}

async fn gitea_below_a_path() -> Option<(Under, Arc<dyn Provider>)> {
    let settings = Settings { tls: true, prefix: "/forge".into(), ..Settings::default() };
    let host = Gitea::with("provider suite: Gitea, below a path", settings).await?;
    let provider = crate::gitea::open(&host, &host.scope, &host.token(SCOPES));
    Some((Under::gitea(&host, &host.scope), provider))
}

/// A host ready for a case; none where it cannot run, which was said loudly.
struct Ready(Option<(Under, Arc<dyn Provider>)>);

impl From<(Under, Arc<dyn Provider>)> for Ready {
    fn from(ready: (Under, Arc<dyn Provider>)) -> Self {
        Self(Some(ready))
    }
}

impl From<Option<(Under, Arc<dyn Provider>)>> for Ready {
    fn from(ready: Option<(Under, Arc<dyn Provider>)>) -> Self {
        Self(ready)
    }
}

async fn built_in() -> (Under, Arc<dyn Provider>) {
    let host = Arc::new(FolderHost::start().await);
    let account = Account {
        provider: ProviderKind::BuiltIn,
        host: String::new(),
        scope: String::new(),
        project_key: None,
        credential: CredentialKind::None,
        username: String::new(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: None,
    };
    let mut options = options();
    options.built_in = Some(host.host.clone());
    let provider = git::open(&account, Secrets::default(), &options).unwrap();
    let (names, held) = (host.host.folder.clone(), Arc::clone(&host));
    let path = move |name: &str| host.host.folder.join(format!("{name}.git"));
    let under = Under {
        names: Box::new(move || {
            let Ok(entries) = std::fs::read_dir(&names) else { return Vec::new() };
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
        }),
        rename: Box::new(move |name, to| std::fs::rename(path(name), path(to)).unwrap()),
        calls: Box::new(|| 0),
        held: Box::new(move || assert!(held.host.folder.is_absolute())),
        given: None,
    };
    (under, provider)
}

fn new(name: &str) -> NewRepository {
    NewRepository { name: name.into(), description: "A test".into(), visibility: Visibility::Private }
}

fn change(key: &str, path: &str) -> Change {
    let person = |name: &str| Person { name: name.into(), email: format!("{name}@acme.dev") };
    Change {
        key: key.into(),
        edits: vec![Edit::Put { path: path.into(), bytes: "hello\n".into() }],
        expected: Vec::new(),
        author: person("ann"),
        committer: person("trueline"),
        at: Timestamp(1_760_000_000_000_000),
        message: "Say hello".into(),
        resume: None,
    }
}

async fn commit(provider: &dyn Provider, repository: &Repository, key: &str) -> Result<String, Error> {
    let remote = provider.remote(repository)?;
    let writers = Writers::new();
    let done = writers
        .commit(&remote, &repository.default_branch, change(key, &format!("{key}.txt")), |_| async { Ok(()) })
        .await?;
    Ok(done.commit)
}

async fn finds_creates_and_deletes(under: Under, provider: Arc<dyn Provider>) {
    assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let found = provider.find_repository("gitops-shop").await.unwrap();
    assert_eq!(found.as_ref(), Some(&made));
    assert_eq!(provider.repository_by_url(&made.clone_url).await.unwrap(), made);
    assert_eq!(provider.repository_by_id(&made.id).await.unwrap().as_ref(), Some(&made));
    let rights = provider.permissions(&made).await.unwrap();
    assert!(rights.write && rights.administer && !rights.archived, "{rights:?}");
    provider.delete_repository(&made).await.unwrap();
    provider.delete_repository(&made).await.unwrap();
    assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
    under.finish();
}

/// What a new application costs: two calls beside Git when its repository is made by an account of which
/// nothing is known yet, none when the repository is there.
async fn spares_calls(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let created = (under.calls)();
    commit(&*provider, &made, "one").await.unwrap();
    commit(&*provider, &made, "two").await.unwrap();
    eprintln!("calls for a new repository: {created}; for commits: {}", (under.calls)() - created);
    assert!(created <= 2, "{created} calls");
    assert_eq!((under.calls)(), created, "commits go over Git alone");
    let other = provider.create_repository(&new("gitops-cart")).await.unwrap();
    assert!((under.calls)() <= created + 1, "{} calls more", (under.calls)() - created);
    for repository in [made, other] {
        provider.delete_repository(&repository).await.unwrap();
    }
    under.finish();
}

async fn refuses_a_name_that_is_taken(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let error = provider.create_repository(&new("gitops-shop")).await.unwrap_err();
    assert!(matches!(&error, Error::RepositoryExists { name } if name == "gitops-shop"), "{error}");
    provider.delete_repository(&made).await.unwrap();
    under.finish();
}

async fn commits_to_the_first_branch(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    let first = commit(&*provider, &made, "one").await.unwrap();
    let second = commit(&*provider, &made, "two").await.unwrap();
    assert_ne!(first, second);
    let snapshot = provider.remote(&made).unwrap().read("main", &["one.txt", "two.txt"]).await.unwrap();
    assert_eq!(snapshot.tip.as_deref(), Some(second.as_str()));
    assert_eq!(snapshot.entries.len(), 2);
    provider.delete_repository(&made).await.unwrap();
    under.finish();
}

async fn follows_a_rename_by_id(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    commit(&*provider, &made, "one").await.unwrap();
    under.rename("gitops-shop", "web-shop");
    let now = provider.repository_by_id(&made.id).await.unwrap().unwrap();
    assert!(now.full_name.ends_with("web-shop"), "{now:?}");
    assert_eq!(now.id, made.id);
    // The old name is free again: it is not the renamed repository.
    assert_eq!(provider.find_repository("gitops-shop").await.unwrap(), None);
    commit(&*provider, &now, "two").await.unwrap();
    let other = provider.create_repository(&new("gitops-shop")).await.unwrap();
    // Known by its id, so the one that took the old name stays.
    provider.delete_repository(&made).await.unwrap();
    assert!(provider.repository_by_id(&other.id).await.unwrap().is_some());
    provider.delete_repository(&other).await.unwrap();
    under.finish();
}

async fn archives(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    commit(&*provider, &made, "one").await.unwrap();
    provider.archive_repository(&made).await.unwrap();
    provider.archive_repository(&made).await.unwrap();
    assert!(!provider.permissions(&made).await.unwrap().write);
    let error = commit(&*provider, &made, "two").await.unwrap_err();
    // Azure DevOps hides what is disabled.
    assert!(matches!(error, Error::Forbidden(_) | Error::NotFound(_)), "{error}");
    provider.delete_repository(&made).await.unwrap();
    under.finish();
}

/// In place of `archives`, where the host has nothing of the kind.
async fn says_that_it_cannot_archive(under: Under, provider: Arc<dyn Provider>) {
    let made = provider.create_repository(&new("gitops-shop")).await.unwrap();
    commit(&*provider, &made, "one").await.unwrap();
    let error = provider.archive_repository(&made).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "archive_not_offered", "{error}");
    commit(&*provider, &made, "two").await.unwrap();
    provider.delete_repository(&made).await.unwrap();
    under.finish();
}

async fn refuses_a_repository_elsewhere(under: Under, provider: Arc<dyn Provider>) {
    for url in ["https://elsewhere.dev/acme/shop", "shop", "https://elsewhere.dev/git/shop.git"] {
        let error = provider.repository_by_url(url).await.unwrap_err();
        assert!(matches!(error, Error::Input { field: "repository", .. }), "{url}: {error}");
    }
    under.finish();
}

async fn uses_a_given_repository(under: Under, provider: Arc<dyn Provider>) {
    let url = under.given.clone().unwrap();
    provider.authenticate().await.unwrap();
    provider.scope().await.unwrap();
    provider.list().await.unwrap();
    let found = provider.repository_by_url(&url).await.unwrap();
    assert!(found.web_url.ends_with("/shop"), "{found:?}");
    assert_eq!(provider.repository_by_id(&found.id).await.unwrap().as_ref(), Some(&found));
    let rights = provider.permissions(&found).await.unwrap();
    assert!(rights.write && !rights.administer && !rights.archived, "{rights:?}");
    match provider.branch_rules(&found, "main").await {
        Ok(rules) => assert_eq!(rules, BranchRules::default()),
        // Bitbucket shows them to administrators alone.
        Err(error) => assert!(matches!(error, Error::Forbidden(_)), "{error}"),
    }
    let first = commit(&*provider, &found, "one").await.unwrap();
    let snapshot = provider.remote(&found).unwrap().read("main", &["one.txt"]).await.unwrap();
    assert_eq!(snapshot.tip.as_deref(), Some(first.as_str()));
    // A host that has nothing but Git has no pages.
    if let Some(page) = provider.commit_url(&found, &first) {
        assert!(page.starts_with(&found.web_url) && page.ends_with(&first), "{page}");
    }
    // Nothing can be made or removed with a token that belongs to one repository.
    assert!(provider.create_repository(&new("gitops-shop")).await.is_err());
    assert!(provider.delete_repository(&found).await.is_err());
    under.finish();
}

async fn follows_a_given_repository(under: Under, provider: Arc<dyn Provider>) {
    let found = provider.repository_by_url(&under.given.clone().unwrap()).await.unwrap();
    commit(&*provider, &found, "one").await.unwrap();
    under.rename("shop", "web-shop");
    let now = provider.repository_by_id(&found.id).await.unwrap().unwrap();
    assert!(now.full_name.ends_with("web-shop"), "{now:?}");
    commit(&*provider, &now, "two").await.unwrap();
    under.finish();
}

/// All cases over each provider and kind of token: a function of that name gives the host and the provider.
macro_rules! suite {
    ($($cases:tt over $($host:ident),+ $(,)?;)+) => {
        $($(mod $host { suite! { @ $host: $cases } })+)+

        /// What runs: the cases of each account.
        const RUNS: &[(&str, &[&str])] = &[$($((stringify!($host), suite! { @ names $cases })),+),+];
    };
    (@ names [$($case:ident),+ $(,)?]) => { &[$(stringify!($case)),+] };
    (@ $host:ident: [$($case:ident),+ $(,)?]) => {$(
        #[tokio::test]
        async fn $case() {
            let super::Ready(Some((under, provider))) = super::$host().await.into() else { return };
            super::$case(under, provider).await;
        }
    )+};
}

suite! {
    [
        finds_creates_and_deletes,
        spares_calls,
        refuses_a_name_that_is_taken,
        commits_to_the_first_branch,
        follows_a_rename_by_id,
        archives,
        refuses_a_repository_elsewhere,
    ] over
        azure_devops,
        azure_devops_former,
        github,
        github_fine_grained,
        gitlab_personal_token,
        gitlab_group_token,
        gitea_organization,
        gitea_user_account,
        gitea_below_a_path,
        built_in;
    // A host that has no archive.
    [
        finds_creates_and_deletes,
        refuses_a_name_that_is_taken,
        commits_to_the_first_branch,
        follows_a_rename_by_id,
        says_that_it_cannot_archive,
        refuses_a_repository_elsewhere,
    ] over
        bitbucket_api_token,
        bitbucket_workspace_token,
        bitbucket_project_token;
    // Tokens that work with given repositories only.
    [uses_a_given_repository, follows_a_given_repository, refuses_a_repository_elsewhere] over
        gitlab_project_token,
        bitbucket_repository_token;
    // A host where a repository is its address.
    [uses_a_given_repository, refuses_a_repository_elsewhere] over git_server;
}

/// What each account of the suite is.
fn kind_of(account: &str) -> (ProviderKind, CredentialKind) {
    match account {
        "github" => (ProviderKind::GitHub, CredentialKind::ClassicToken),
        "github_fine_grained" => (ProviderKind::GitHub, CredentialKind::FineGrainedToken),
        "gitlab_personal_token" => (ProviderKind::GitLab, CredentialKind::PersonalToken),
        "gitlab_group_token" => (ProviderKind::GitLab, CredentialKind::GroupToken),
        "gitlab_project_token" => (ProviderKind::GitLab, CredentialKind::ProjectToken),
        "azure_devops" | "azure_devops_former" => {
            (ProviderKind::AzureDevOps, CredentialKind::OrganizationToken)
        }
        "bitbucket_api_token" => (ProviderKind::BitbucketCloud, CredentialKind::ApiToken),
        "bitbucket_workspace_token" | "bitbucket_project_token" | "bitbucket_repository_token" => {
            (ProviderKind::BitbucketCloud, CredentialKind::AccessToken)
        }
        "gitea_organization" | "gitea_user_account" | "gitea_below_a_path" => {
            (ProviderKind::Gitea, CredentialKind::Token)
        }
        "git_server" => (ProviderKind::Git, CredentialKind::Password),
        "built_in" => (ProviderKind::BuiltIn, CredentialKind::None),
        other => panic!("what is {other}?"),
    }
}

#[test]
fn every_kind_of_account_is_in_it() {
    let cases: usize = RUNS.iter().map(|(_, cases)| cases.len()).sum();
    eprintln!("provider suite: {cases} cases over {} accounts", RUNS.len());
    let there: Vec<_> = RUNS.iter().map(|(account, _)| kind_of(account)).collect();
    for provider in ProviderKind::ALL {
        for credential in provider.describe().credentials {
            let wanted = (provider, credential.kind);
            assert!(there.contains(&wanted), "{wanted:?} has no account in the suite");
        }
    }
}
