//! Azure DevOps: the hosted service in both of its address forms, and a Server's collection.
//!
//! Facts of the interface are from learn.microsoft.com (REST, version 7.1), from Microsoft's description of it
//! (May 2026) and from recorded sessions of Microsoft's own tools; those that surprise carry their date.

mod diagnosis;
mod organization;
#[cfg(test)]
mod recorded;
mod repositories;
mod rules;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, RepositoryRules};
use model::repository::Repository;

use self::organization::Organization;
use crate::http::{Answer, Call, host_of};
use crate::provider::title::title;
use crate::provider::{Line, NewRepository, Options, Permissions, Provider, Removed};
use crate::{BranchRules, Error, GitCredential, HttpClient, Refusal, Remote, Stranger};

/// The version of the interface that is asked for: Azure DevOps Server 2022.1 and later have it.
const VERSION: &str = "7.1";
/// Calls that exist as preview only have a version of their own.
const PREVIEW: &str = "7.1-preview.1";
/// The area of projects, which every organization has.
const CORE: &str = "79134c72-4a58-4b42-976c-04e7115f32bf";
/// The security namespace of Git repositories.
const REPOSITORIES: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";

/// A right in the security namespace of Git repositories, by its bit.
#[derive(Clone, Copy)]
enum Right {
    /// Bypass policies when pushing.
    BypassPolicies = 128,
    /// Delete or disable repository.
    Delete = 512,
}

/// An account at Azure DevOps.
pub struct AzureDevOps {
    account: Account,
    organization: Organization,
    http: HttpClient,
    credential: GitCredential,
    git_credential: GitCredential,
    visible_within: Duration,
    project: OnceLock<wire::Project>,
}

impl AzureDevOps {
    /// Prepares an account; sends nothing.
    pub fn new(
        account: Account,
        token: Option<Secret>,
        http: HttpClient,
        options: &Options,
    ) -> Result<Self, Error> {
        let organization = Organization::read(&account.host)?;
        let basic = |username: &str, token: &Secret| GitCredential::Basic {
            username: username.to_owned(),
            password: token.clone(),
        };
        let (credential, git_credential) = match &token {
            // REST takes the token with an empty user name, Git with any: the account's own reads best in
            // the host's logs.
            Some(token) => (basic("", token), basic(&account.username, token)),
            None => (GitCredential::None, GitCredential::None),
        };
        let visible_within = options.visible_within;
        let project = OnceLock::new();
        Ok(Self { account, organization, http, credential, git_credential, visible_within, project })
    }

    fn ask(&self, method: Method, segments: &[&str], version: &str) -> Result<Call<'_>, Error> {
        let mut url = self.organization.below(segments)?;
        url.query_pairs_mut().append_pair("api-version", version);
        Ok(Call::new(method, url, &self.credential))
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::GET, segments, VERSION)?).await?.success()
    }

    /// Segments of a call about the Git repositories of the project.
    fn git<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let mut segments = vec![self.account.scope.as_str(), "_apis", "git"];
        segments.extend_from_slice(rest);
        segments
    }

    async fn project(&self) -> Result<&wire::Project, Error> {
        if let Some(project) = self.project.get() {
            return Ok(project);
        }
        let answer = self.get(&["_apis", "projects", &self.account.scope]).await?;
        let found: wire::Project = answer.json()?;
        // A deleted project is shown for a while with the state it is in.
        if found.state.as_deref().is_some_and(|s| s != "wellFormed" && s != "unchanged") {
            return Err(Error::NotFound(Box::new(Refusal {
                message: format!("the project is in the state {}", found.state.unwrap_or_default()),
                ..answer.refusal()
            })));
        }
        Ok(self.project.get_or_init(|| found))
    }

    /// Whether the account has a right for a repository; `None` where the host does not let the token ask.
    async fn may(&self, right: Right, project: &str, repository: &str) -> Result<Option<bool>, Error> {
        let bit = (right as u32).to_string();
        let mut call =
            self.ask(Method::GET, &["_apis", "permissions", REPOSITORIES, &bit], "7.1-preview.2")?;
        call.url.query_pairs_mut().append_pair("tokens", &format!("repoV2/{project}/{repository}"));
        match self.http.call(&call).await?.success() {
            Ok(answer) => Ok(Some(answer.json::<wire::Held>()?.all())),
            Err(Error::Unauthorized(_) | Error::Forbidden(_) | Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks without a credential; an answer that wants one is an answer.
    async fn reach_anonymously(&self) -> Result<(), Error> {
        let nobody = GitCredential::None;
        let strange = |status| Error::Stranger {
            host: host_of(&self.organization.base),
            what: Stranger::OtherJson,
            status,
        };
        if let Some(mut url) = self.organization.directory() {
            url.path_segments_mut()
                .map_err(|()| Error::Bug("an address without path".into()))?
                .pop_if_empty()
                .extend(["_apis", "resourceAreas", CORE]);
            let name = self.organization.name.as_str();
            url.query_pairs_mut().append_pair("accountName", name).append_pair("api-version", PREVIEW);
            let answer = self.http.call(&Call::new(Method::GET, url, &nobody)).await?;
            if answer.status.is_success() && answer.header("content-type").is_some_and(|t| t.contains("json"))
            {
                return match answer.json::<Option<wire::Area>>()?.map(|a| a.location_url) {
                    Some(Some(_)) => Ok(()),
                    Some(None) => Err(strange(answer.status.as_u16())),
                    None => Err(Error::NotFound(Box::new(answer.refusal()))),
                };
            }
            // A Server has no such directory at its root; its collection is asked below.
        }
        let mut url = self.organization.below(&["_apis", "resourceAreas", CORE])?;
        url.query_pairs_mut().append_pair("api-version", PREVIEW);
        let answer = self.http.call(&Call::new(Method::GET, url, &nobody)).await;
        match answer.and_then(Answer::success) {
            Ok(answer) => {
                let area: wire::Area = answer.json()?;
                area.location_url.map(drop).ok_or_else(|| strange(answer.status.as_u16()))
            }
            Err(Error::Unauthorized(_) | Error::RateLimited { .. }) => Ok(()),
            Err(Error::Stranger { what: Stranger::SignInPage, .. }) => Ok(()),
            Err(Error::Net(net::Error::Redirected { to, .. })) if diagnosis::signs_in(&to) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Provider for AzureDevOps {
    fn title(&self, stage: CheckStage) -> String {
        let scope = format!("the project {} of {}", self.account.scope, self.organization.name);
        title(stage, &self.organization.base, &self.account.username, &scope)
    }

    async fn reach(&self) -> Result<(), Error> {
        self.reach_anonymously().await
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        let call = self.ask(Method::GET, &["_apis", "connectionData"], PREVIEW)?;
        let answer = self.http.call(&call).await?.success()?;
        let data: wire::ConnectionData = answer.json()?;
        let user = data.authenticated_user.filter(|u| !u.anonymous());
        let Some(user) = user else {
            // A public organization lets nobody in too.
            return Err(Error::Unauthorized(Box::new(answer.refusal())));
        };
        let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
        Ok(Facts {
            identity: user.name(),
            // Sent only when the account comes near to its limit (learn.microsoft.com, rate limits).
            rate_left: number("x-ratelimit-remaining").zip(number("x-ratelimit-limit")),
            ..Facts::default()
        })
    }

    async fn scope(&self) -> Result<Facts, Error> {
        self.project().await?;
        Ok(Facts::default())
    }

    async fn list(&self) -> Result<(), Error> {
        self.listed(false).await.map(drop)
    }

    fn foreseen(&self, _: CheckStage, _: &Facts, _: &RepositoryRules) -> Option<Diagnosis> {
        // The host tells neither scopes nor end of a token to the token itself.
        None
    }

    fn remark(&self, facts: &Facts) -> Option<Diagnosis> {
        let identity = facts.identity.as_deref()?;
        let expected = self.account.username.as_str();
        // Names for people are free text here; only two e-mail addresses can be told apart for sure.
        let differ = identity.contains('@') && expected.contains('@');
        (differ && !identity.eq_ignore_ascii_case(expected))
            .then(|| diagnosis::other_identity(identity, expected))
    }

    fn tokens_page(&self) -> Option<String> {
        Some(diagnosis::tokens_page(self))
    }

    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        diagnosis::of(self, stage, error)
    }

    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error> {
        self.find(name).await
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        self.by_id(id).await?.map(|found| self.known(found)).transpose()
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        self.by_url(url).await
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        self.held(repository).await
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        self.create(new).await
    }

    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error> {
        self.delete(repository).await
    }

    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error> {
        self.disable(repository, true).await
    }

    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        self.policies(repository, branch).await
    }

    fn remote(&self, repository: &Repository) -> Result<Remote, Error> {
        Remote::new(&repository.clone_url, self.git_credential.clone(), self.http.clone())
    }

    fn line(&self) -> Option<Line<'_>> {
        Some(Line { http: &self.http, url: &self.organization.base, credential: &self.credential })
    }

    fn commit_url(&self, repository: &Repository, commit: &str) -> Option<String> {
        Some(format!("{}/commit/{commit}", repository.web_url.trim_end_matches('/')))
    }
}
