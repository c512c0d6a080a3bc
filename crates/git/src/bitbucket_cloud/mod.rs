//! Bitbucket Cloud (bitbucket.org), with an API token or an access token.
//!
//! Facts of the interface are from developer.atlassian.com (REST 2.0, June 2026), support.atlassian.com and
//! recordings of real answers; those that surprise carry the date at which they were seen.

mod diagnosis;
mod repositories;
mod rules;
pub(crate) mod wire;
mod workspace;

pub(crate) use diagnosis::APP_PASSWORD;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, RepositoryRules};
use model::provider::CredentialKind;
use model::repository::Repository;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::{Answer, Call, host_of};
use crate::provider::address::{join, parse_host};
use crate::provider::title::title;
use crate::provider::{Line, NewRepository, Options, Permissions, Provider, Removed};
use crate::{BranchRules, Error, GitCredential, HttpClient, Remote};

/// The address of Bitbucket Cloud as people open it.
const WEB: &str = "https://bitbucket.org";
/// The address of Bitbucket Cloud's interface.
const API: &str = "https://api.bitbucket.org/2.0";
/// The user name of Git for any API token; the account's e-mail address fails there
/// (support.atlassian.com, using API tokens, 2026).
pub(crate) const API_TOKEN_USER: &str = "x-bitbucket-api-token-auth";
/// The user name of Git for any access token.
const ACCESS_TOKEN_USER: &str = "x-token-auth";
/// The most items of one page.
const PAGE: &str = "100";
/// The most pages that are followed.
const PAGES: usize = 50;

/// An account at Bitbucket Cloud.
pub struct BitbucketCloud {
    account: Account,
    api: Url,
    web: Url,
    /// The interface's host, where Git is served too if it is not bitbucket.org itself.
    git: Url,
    http: HttpClient,
    credential: GitCredential,
    git_credential: GitCredential,
    /// What the token looks like, whatever kind was chosen for it.
    shape: Shape,
    visible_within: Duration,
    /// The project in use when none was entered, once it is known.
    oldest: OnceLock<String>,
}

/// What a token's first characters tell. Tokens made before 2022 have none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// `ATATT`.
    ApiToken,
    /// `ATCTT`.
    AccessToken,
    /// `ATBB`: removed from Bitbucket Cloud on 2026-07-28 (CHANGE-3222).
    AppPassword,
    Unknown,
}

impl Shape {
    fn of(secret: Option<&Secret>) -> Self {
        let text = secret.map(Secret::reveal).unwrap_or_default();
        match text {
            t if t.starts_with("ATATT") => Self::ApiToken,
            t if t.starts_with("ATCTT") => Self::AccessToken,
            t if t.starts_with("ATBB") => Self::AppPassword,
            _ => Self::Unknown,
        }
    }
}

impl BitbucketCloud {
    /// Prepares an account; sends nothing.
    pub fn new(
        account: Account,
        secret: Option<Secret>,
        http: HttpClient,
        options: &Options,
    ) -> Result<Self, Error> {
        let web = parse_host(&account.host, WEB)?;
        let api = parse_host(options.bitbucket_api.as_deref().unwrap_or(API), API)?;
        let mut git = api.clone();
        git.set_path("/");
        let shape = Shape::of(secret.as_ref());
        let basic =
            |username: &str, password| GitCredential::Basic { username: username.to_owned(), password };
        let (credential, git_credential) = match (secret, account.credential) {
            (None, _) => (GitCredential::None, GitCredential::None),
            (Some(token), CredentialKind::AccessToken) => {
                (GitCredential::Bearer(token.clone()), basic(ACCESS_TOKEN_USER, token))
            }
            (Some(token), _) => (basic(&account.username, token.clone()), basic(API_TOKEN_USER, token)),
        };
        let visible_within = options.visible_within;
        let oldest = OnceLock::new();
        Ok(Self { account, api, web, git, http, credential, git_credential, shape, visible_within, oldest })
    }

    /// The workspace's id.
    fn workspace(&self) -> &str {
        &self.account.scope
    }

    /// The account in a sentence.
    fn who(&self) -> &str {
        match self.account.credential {
            CredentialKind::AccessToken => "The access token",
            _ => &self.account.username,
        }
    }

    fn uses_access_token(&self) -> bool {
        self.account.credential == CredentialKind::AccessToken
    }

    fn ask(&self, method: Method, segments: &[&str]) -> Result<Call<'_>, Error> {
        Ok(Call::new(method, join(&self.api, segments)?, &self.credential))
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::GET, segments)?).await?.success()
    }

    /// Reads a list to its end by the links to the next pages, which must be at the same place.
    async fn pages<T: DeserializeOwned>(&self, segments: &[&str]) -> Result<Vec<T>, Error> {
        let mut call = self.ask(Method::GET, segments)?;
        call.url.query_pairs_mut().append_pair("pagelen", PAGE);
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let page: wire::Page<T> = self.http.json(&call).await?;
            items.extend(page.values);
            let Some(next) = page.next.filter(|n| !n.is_empty()) else { return Ok(items) };
            let next = self.api.join(&next).map_err(|e| Error::Protocol {
                host: host_of(&self.api),
                what: format!("a link to the next page that is no address: {e}"),
            })?;
            if next.origin() != self.api.origin() {
                return Err(net::Error::Redirected { host: host_of(&self.api), to: host_of(&next) }.into());
            }
            call.url = next;
        }
        Err(Error::TooLarge {
            what: format!("The list {}", call.named()),
            limit: format!("{PAGES} pages of {PAGE} entries"),
        })
    }
}

#[async_trait]
impl Provider for BitbucketCloud {
    fn title(&self, stage: CheckStage) -> String {
        let workspace = self.workspace();
        match stage {
            CheckStage::Authenticate if self.uses_access_token() => "Sign in with the access token".into(),
            CheckStage::Scope => match (self.account.project_key.as_deref(), self.oldest.get()) {
                (Some(key), _) => format!("See workspace {workspace} and project {key}"),
                (None, Some(key)) => format!("See workspace {workspace} and {key}, your oldest project"),
                (None, None) => format!("See workspace {workspace} and your oldest project"),
            },
            stage => title(stage, &self.api, &self.account.username, workspace),
        }
    }

    fn line(&self) -> Option<Line<'_>> {
        Some(Line { http: &self.http, url: &self.api, credential: &self.credential })
    }

    async fn reach(&self) -> Result<(), Error> {
        workspace::reach(self).await
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        workspace::authenticate(self).await
    }

    async fn scope(&self) -> Result<Facts, Error> {
        workspace::scope(self).await
    }

    async fn list(&self) -> Result<(), Error> {
        let answer = self.get(&["repositories", self.workspace()]).await?;
        let _: wire::Page<wire::Repository> = answer.json()?;
        Ok(())
    }

    fn foreseen(&self, stage: CheckStage, facts: &Facts, rules: &RepositoryRules) -> Option<Diagnosis> {
        let _ = rules;
        diagnosis::foreseen(self, stage, facts)
    }

    fn remark(&self, _: &Facts) -> Option<Diagnosis> {
        // The account's name is not its e-mail address, so there is nothing to compare.
        None
    }

    fn tokens_page(&self) -> Option<String> {
        Some(diagnosis::tokens_page(self))
    }

    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        diagnosis::of(self, stage, error)
    }

    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error> {
        repositories::find(self, name).await
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        repositories::by_id(self, id).await
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        repositories::by_url(self, url).await
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        repositories::permissions(self, repository).await
    }

    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        rules::against(self, repository, branch).await
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        repositories::create(self, new).await
    }

    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error> {
        repositories::delete(self, repository).await
    }

    async fn archive_repository(&self, _: &Repository) -> Result<(), Error> {
        Err(Error::Input {
            field: "repositories.deletion",
            code: "archive_not_offered",
            sentence: "Bitbucket Cloud cannot archive a repository: keep it, or delete it.".into(),
        })
    }

    fn remote(&self, repository: &Repository) -> Result<Remote, Error> {
        Remote::new(&repository.clone_url, self.git_credential.clone(), self.http.clone())
    }

    fn commit_url(&self, repository: &Repository, commit: &str) -> Option<String> {
        Some(format!("{}/commits/{commit}", repository.web_url.trim_end_matches('/')))
    }
}
