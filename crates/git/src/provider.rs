//! What every Git host can be asked for beside Git itself: accounts and repositories.

pub(crate) mod address;
mod branch_rules;
pub(crate) mod by_url;
pub(crate) mod found;
pub(crate) mod title;
pub(crate) mod visible;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, RepositoryRules, Visibility};
use model::provider::ProviderKind;
use model::repository::Repository;

use crate::azure_devops::AzureDevOps;
use crate::bitbucket_cloud::BitbucketCloud;
use crate::built_in::{BuiltIn, BuiltInHost};
use crate::git_server::GitServer;
use crate::gitea::Gitea;
use crate::github::GitHub;
use crate::gitlab::GitLab;
use crate::http::{Budget, Budgets, Pace};
use crate::{Error, GitCredential, HttpClient, Remote, Trust, diagnosis, http};

pub use self::branch_rules::BranchRules;

/// A Git host seen through one account.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What a stage of a check is called for this account, such as `See organization acme`.
    fn title(&self, stage: CheckStage) -> String;

    /// Asks the host for something that needs no credential.
    async fn reach(&self) -> Result<(), Error>;

    /// Asks the host whom the credential belongs to and what it may do.
    async fn authenticate(&self) -> Result<Facts, Error>;

    /// Looks for the organization or account that owns the repositories; learns its kind.
    async fn scope(&self) -> Result<Facts, Error>;

    /// Reads a list of the owner's repositories.
    async fn list(&self) -> Result<(), Error>;

    /// What the facts already say against a stage, before it is tried: a missing scope.
    fn foreseen(&self, stage: CheckStage, facts: &Facts, rules: &RepositoryRules) -> Option<Diagnosis>;

    /// What speaks against creating a repository that `foreseen` cannot tell, as far as the host says without one being
    /// made. None where it lets the credential create, or does not say.
    async fn may_not_create(&self, rules: &RepositoryRules) -> Result<Option<Diagnosis>, Error> {
        let _ = rules;
        Ok(None)
    }

    /// What deserves attention although authentication passed, such as a token of another user.
    fn remark(&self, facts: &Facts) -> Option<Diagnosis>;

    /// The page on which the account's tokens are made, where the host has one.
    fn tokens_page(&self) -> Option<String> {
        None
    }

    /// Why a stage failed and what to do about it, in the words of this host.
    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        let _ = stage;
        diagnosis::of(error)
    }

    /// The rules of a branch that are against our commits. None where the host has no rules, or does not let the
    /// credential read them.
    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        let _ = (repository, branch);
        Ok(BranchRules::default())
    }

    /// The repository of that name in the configured scope. `None` is only answered when the scope itself
    /// can be seen.
    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error>;

    /// The repository with the host's own id, wherever it was renamed to.
    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error>;

    /// The repository that a person gave the address of; it must lie in the configured scope.
    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error>;

    /// What the credential may do with a repository, without changing anything.
    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error>;

    /// Makes an empty repository and waits until the host shows it over Git.
    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error>;

    /// Deletes a repository known by its id; one that is gone already is no error.
    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error>;

    /// Makes a repository known by its id read-only.
    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error>;

    /// The repository for Git itself.
    fn remote(&self, repository: &Repository) -> Result<Remote, Error>;

    /// The client for the host's interface, the address it asks and what it shows; none for a host without one.
    fn line(&self) -> Option<Line<'_>> {
        None
    }

    /// What is left of the credential's budget, as far as the host told.
    fn budget(&self) -> Option<Budget> {
        self.line().and_then(|line| line.http.budget(line.url, line.credential))
    }

    /// The page of a commit, where the host has one.
    fn commit_url(&self, repository: &Repository, commit: &str) -> Option<String>;
}

/// The way to a host's interface.
pub struct Line<'a> {
    /// The client; it counts its calls.
    pub http: &'a HttpClient,
    /// The address of the interface.
    pub url: &'a url::Url,
    /// What the client shows there.
    pub credential: &'a GitCredential,
}

/// A repository that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRepository {
    /// Its name; see [`model::repository::repository_name`].
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Who can see it.
    pub visibility: Visibility,
}

/// What is left of a repository that was deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Removed {
    /// Nothing.
    Gone,
    /// The host itself keeps it for some time, and says for how long; its name is free again.
    Retained(Diagnosis),
}

/// What an account shows its host, beside its user name. Nothing of it is ever answered or logged.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The token or password.
    pub token: Option<Secret>,
    /// The key (PEM) of the client certificate.
    pub client_key_pem: Option<Secret>,
    /// The password of the proxy.
    pub proxy_password: Option<Secret>,
}

impl Secrets {
    /// A token and nothing else.
    pub fn token(token: impl Into<String>) -> Self {
        Self { token: Some(Secret::new(token)), ..Self::default() }
    }
}

/// What a credential may do with a repository.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permissions {
    /// It may push.
    pub write: bool,
    /// It may delete and archive.
    pub administer: bool,
    /// The repository is read-only for everybody.
    pub archived: bool,
}

/// What the operator decides for all accounts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bounds of calls.
    pub limits: http::Limits,
    /// How long a new repository may take to appear.
    pub visible_within: Duration,
    /// Where github.com is asked for instead of its own address: for gateways and tests.
    pub github_api: Option<String>,
    /// Where bitbucket.org is asked for instead of its own address: for gateways and tests.
    pub bitbucket_api: Option<String>,
    /// The built-in host of this process, if it is served.
    pub built_in: Option<BuiltInHost>,
    /// The rate budgets of this process: one for each credential, whichever account uses it.
    pub budgets: Budgets,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: http::Limits::default(),
            visible_within: Duration::from_secs(20),
            github_api: None,
            bitbucket_api: None,
            built_in: None,
            budgets: Budgets::default(),
        }
    }
}

/// Opens an account at its host. Nothing is sent yet.
pub fn open(account: &Account, secrets: Secrets, options: &Options) -> Result<Arc<dyn Provider>, Error> {
    match account.provider {
        ProviderKind::GitHub => {
            let http = connect(account, &secrets, options, Pace::GITHUB)?;
            Ok(Arc::new(GitHub::new(account.clone(), secrets.token, http, options)?))
        }
        ProviderKind::GitLab => {
            let http = connect(account, &secrets, options, Pace::GITLAB)?;
            Ok(Arc::new(GitLab::new(account.clone(), secrets.token, http, options)?))
        }
        ProviderKind::AzureDevOps => {
            let http = connect(account, &secrets, options, Pace::UNKNOWN)?;
            Ok(Arc::new(AzureDevOps::new(account.clone(), secrets.token, http, options)?))
        }
        ProviderKind::BitbucketCloud => {
            let http = connect(account, &secrets, options, Pace::UNKNOWN)?;
            Ok(Arc::new(BitbucketCloud::new(account.clone(), secrets.token, http, options)?))
        }
        ProviderKind::Gitea => {
            let http = connect(account, &secrets, options, Pace::UNKNOWN)?;
            Ok(Arc::new(Gitea::new(account.clone(), secrets.token, http, options)?))
        }
        ProviderKind::Git => {
            let http = connect(account, &secrets, options, Pace::UNKNOWN)?;
            Ok(Arc::new(GitServer::new(account.clone(), secrets.token, http)?))
        }
        ProviderKind::BuiltIn => {
            let host = options.built_in.clone().ok_or_else(|| Error::Input {
                field: "provider",
                code: "built_in_not_served",
                sentence: "This process does not serve the built-in Git host: choose another provider."
                    .into(),
            })?;
            Ok(Arc::new(BuiltIn::new(host, options)?))
        }
    }
}

/// The client for an account: its trust, its proxy, the budget of its credential.
fn connect(account: &Account, secrets: &Secrets, options: &Options, pace: Pace) -> Result<HttpClient, Error> {
    Ok(HttpClient::new(&trust(account, secrets), options.limits.clone())?.paced(&options.budgets, pace))
}

/// What the way to an account's host needs.
pub fn trust(account: &Account, secrets: &Secrets) -> Trust {
    Trust {
        ca_pem: account.ca_pem.clone(),
        client_certificate_pem: account.client_certificate_pem.clone(),
        client_key_pem: secrets.client_key_pem.clone(),
        proxy: account.proxy.clone(),
        proxy_password: secrets.proxy_password.clone(),
        alias: None,
    }
}
