//! A server that has nothing but Git over HTTP: repositories are named, nothing else can be asked for.

use async_trait::async_trait;
use http::Method;
use http::header::CONTENT_TYPE;
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, RepositoryRules};
use model::repository::{Repository, normalised};
use url::Url;

use crate::diagnosis::{of as generic, plain};
use crate::http::{Answer, Call, host_of};
use crate::provider::{NewRepository, Permissions, Provider, Removed, address, by_url, title};
use crate::{Error, GitCredential, HttpClient, Remote, Stranger};

/// What an address looks like.
const EXAMPLE: &str = "https://git.acme.dev";

/// An account at a server that has nothing but Git.
pub struct GitServer {
    account: Account,
    web: Url,
    http: HttpClient,
    credential: GitCredential,
}

impl GitServer {
    /// Prepares an account; sends nothing.
    pub fn new(account: Account, secret: Option<Secret>, http: HttpClient) -> Result<Self, Error> {
        let web = address::parse_host(&account.host, EXAMPLE)?;
        let credential = match secret {
            Some(password) => GitCredential::Basic { username: account.username.clone(), password },
            None => GitCredential::None,
        };
        Ok(Self { account, web, http, credential })
    }

    fn host(&self) -> &str {
        self.web.as_str().trim_end_matches('/')
    }

    /// The repository at a path below the host's address; none where Git finds none.
    async fn at(&self, path: &str) -> Result<Option<Repository>, Error> {
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
        let url = address::join(&self.web, &segments)?;
        let refs = match self.remote_at(&url)?.refs().await {
            Ok(refs) => refs,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Repository {
            id: normalised(url.as_str()).unwrap_or_default(),
            full_name: path.strip_suffix(".git").unwrap_or(path).to_owned(),
            web_url: url.as_str().strip_suffix(".git").unwrap_or(url.as_str()).to_owned(),
            clone_url: url.into(),
            default_branch: refs.default_branch.unwrap_or_else(|| "main".into()),
        }))
    }

    /// The same under the usual name and the plain one: servers differ in whether `.git` is part of it.
    async fn named(&self, path: &str) -> Result<Option<Repository>, Error> {
        let plain = path.strip_suffix(".git").unwrap_or(path);
        match self.at(&format!("{plain}.git")).await {
            Ok(None) => self.at(plain).await,
            // Some servers have no 404, and answer everything else with a page.
            Err(first @ (Error::Stranger { .. } | Error::Forbidden(_))) => match self.at(plain).await {
                Ok(Some(found)) => Ok(Some(found)),
                _ => Err(first),
            },
            found => found,
        }
    }

    fn remote_at(&self, url: &Url) -> Result<Remote, Error> {
        Remote::new(url.as_str(), self.credential.clone(), self.http.clone())
    }

    fn impossible(&self, field: &'static str, code: &'static str, what: &str) -> Error {
        Error::Input {
            field,
            code,
            sentence: format!("{} offers Git alone: repositories cannot be {what} there.", self.host()),
        }
    }
}

#[async_trait]
impl Provider for GitServer {
    fn title(&self, stage: CheckStage) -> String {
        match stage {
            CheckStage::Authenticate => "Sign in: tried with a repository".into(),
            CheckStage::Scope => "Organization: this kind of host has none".into(),
            CheckStage::List => "List of repositories: each application names its own".into(),
            other => title::title(other, &self.web, &self.account.username, ""),
        }
    }

    async fn reach(&self) -> Result<(), Error> {
        let anonymous = GitCredential::None;
        match self.http.call(&Call::new(Method::GET, self.web.clone(), &anonymous)).await {
            // Whatever is at its root, a page or nothing: it answers.
            Ok(answer) if !answer.status.is_server_error() => Ok(()),
            Ok(answer) => answer.success().map(drop),
            Err(
                Error::Net(net::Error::Redirected { .. })
                | Error::TooLarge { .. }
                | Error::RateLimited { .. },
            ) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        Ok(Facts::default())
    }

    async fn scope(&self) -> Result<Facts, Error> {
        Ok(Facts::default())
    }

    async fn list(&self) -> Result<(), Error> {
        Ok(())
    }

    fn foreseen(&self, _: CheckStage, _: &Facts, _: &RepositoryRules) -> Option<Diagnosis> {
        None
    }

    fn remark(&self, _: &Facts) -> Option<Diagnosis> {
        None
    }

    fn diagnose(&self, _: CheckStage, error: &Error) -> Diagnosis {
        let (host, user) = (host_of(&self.web), &self.account.username);
        match error {
            Error::Unauthorized(_) => plain(
                "token_rejected",
                format!("{host} does not accept the password of {user}: it is wrong, expired or revoked."),
            ),
            Error::Forbidden(r) => plain(
                "role_missing",
                format!("{user} has no right to do this with the repository.{}", crate::diagnosis::said(r)),
            ),
            Error::NotFound(_) => plain(
                "repository_not_visible",
                format!(
                    "{host} shows {user} no repository there: the address is wrong, or {user} has no access to it."
                ),
            ),
            Error::Stranger { what: Stranger::Html | Stranger::NotJson | Stranger::OtherJson, .. } => plain(
                "not_a_git_host",
                format!("{host} answers with something else than Git: check the address of the repository."),
            ),
            other => generic(other),
        }
    }

    async fn find_repository(&self, _: &str) -> Result<Option<Repository>, Error> {
        Err(self.impossible("repositories.source", "creates_not", "looked for or created"))
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        let base = normalised(self.web.as_str()).unwrap_or_default();
        match id.strip_prefix(base.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/')) {
            Some(path) => self.named(path).await,
            None => Err(Error::Bug(format!("{id:?} is no repository of {}", self.host()))),
        }
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        let path = by_url::path_on(&self.web, url, &format!("{}/acme/shop.git", self.host()))?;
        self.named(&path).await?.ok_or_else(|| {
            by_url::wrong(
                "repository_not_visible",
                format!(
                    "{} shows {} no repository at {path}: the address is wrong, or the account has no access \
                     to it.",
                    self.host(),
                    self.account.username
                ),
            )
        })
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        let mut url = self.web.join(&repository.clone_url).map_err(|e| Error::Bug(e.to_string()))?;
        // The credential is shown to the configured host alone.
        address::clone_address(url.as_str(), &[&self.web])?;
        url.set_path(&format!("{}/info/refs", url.path()));
        url.set_query(Some("service=git-receive-pack"));
        let call = Call::new(Method::GET, url, &self.credential);
        let answer = self.http.call(&call).await.and_then(Answer::success);
        let write = match answer {
            Ok(answer) => {
                let kind = answer.header(CONTENT_TYPE.as_str()).unwrap_or_default();
                kind.starts_with("application/x-git-receive-pack-advertisement")
            }
            Err(Error::Forbidden(_)) => false,
            Err(error) => return Err(error),
        };
        Ok(Permissions { write, administer: false, archived: false })
    }

    async fn create_repository(&self, _: &NewRepository) -> Result<Repository, Error> {
        Err(self.impossible("repositories.source", "creates_not", "created"))
    }

    async fn delete_repository(&self, _: &Repository) -> Result<Removed, Error> {
        Err(self.impossible("repositories.deletion", "deletes_not", "deleted"))
    }

    async fn archive_repository(&self, _: &Repository) -> Result<(), Error> {
        Err(self.impossible("repositories.deletion", "archive_not_offered", "archived"))
    }

    fn remote(&self, repository: &Repository) -> Result<Remote, Error> {
        let url = address::clone_address(&repository.clone_url, &[&self.web])?;
        self.remote_at(&url)
    }

    fn commit_url(&self, _: &Repository, _: &str) -> Option<String> {
        None
    }
}
