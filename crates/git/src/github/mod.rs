//! GitHub: github.com and GitHub Enterprise Server, with a personal access token, classic or fine-grained.
//!
//! Facts of the interface are from docs.github.com (REST, version 2022-11-28) and from recordings of real
//! answers; those that surprise carry the date at which they were seen.

mod diagnosis;
mod membership;
mod protection;
mod rules;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Method};
use model::Secret;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{Account, RepositoryRules, Visibility};
use model::provider::CredentialKind;
use model::repository::Repository;
use serde_json::json;
use url::Url;

use crate::http::{Answer, Call, host_of};
use crate::provider::{
    Line, NewRepository, Options, Permissions, Provider, Removed, address, by_url, found, title, visible,
};
use crate::{BranchRules, Error, GitCredential, HttpClient, Remote, Stranger};

/// The address that github.com is opened at.
const GITHUB_COM: &str = "https://github.com";
/// The address of github.com's interface.
const GITHUB_COM_API: &str = "https://api.github.com";
/// The version of the interface that is asked for.
const API_VERSION: &str = "2022-11-28";

/// An account at GitHub.
pub struct GitHub {
    account: Account,
    api: Url,
    web: Url,
    http: HttpClient,
    credential: GitCredential,
    git_credential: GitCredential,
    visible_within: Duration,
    owner: OnceLock<Owner>,
    /// The name of the token's account, once it is known.
    login: OnceLock<String>,
}

/// Who owns the repositories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Organization,
    /// The token's own account.
    User,
    /// Another user's account: nobody else can create there, but may work with repositories that are shared.
    OtherUser,
}

impl GitHub {
    /// Prepares an account; sends nothing.
    pub fn new(
        account: Account,
        secret: Option<Secret>,
        http: HttpClient,
        options: &Options,
    ) -> Result<Self, Error> {
        let web = address::parse_host(&account.host, GITHUB_COM)?;
        let api = match (&options.github_api, web.host_str()) {
            (Some(address), Some("github.com")) => address::parse_host(address, GITHUB_COM_API)?,
            (None, Some("github.com")) => address::parse_host(GITHUB_COM_API, GITHUB_COM_API)?,
            _ => address::join(&web, &["api", "v3"])?,
        };
        // Any user name goes with a classic token; the account's own reads best in the host's logs.
        let (credential, git_credential) = found::token(secret, &account.username);
        let visible_within = options.visible_within;
        Ok(Self {
            account,
            api,
            web,
            http,
            credential,
            git_credential,
            visible_within,
            owner: OnceLock::new(),
            login: OnceLock::new(),
        })
    }

    fn call<'a>(
        &self,
        method: Method,
        segments: &[&str],
        credential: &'a GitCredential,
    ) -> Result<Call<'a>, Error> {
        Ok(Call::new(method, address::join(&self.api, segments)?, credential)
            .header(ACCEPT, HeaderValue::from_static("application/vnd.github+json"))
            .header(HeaderName::from_static("x-github-api-version"), HeaderValue::from_static(API_VERSION)))
    }

    fn ask(&self, method: Method, segments: &[&str]) -> Result<Call<'_>, Error> {
        self.call(method, segments, &self.credential)
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::GET, segments)?).await?.success()
    }

    async fn post(&self, segments: &[&str], body: &serde_json::Value) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::POST, segments)?.json(body)?).await?.success()
    }

    /// Like `get`, with `None` for what is not shown.
    async fn get_if_shown(&self, segments: &[&str]) -> Result<Option<wire::Repository>, Error> {
        found::if_shown(self.get(segments).await)
    }

    async fn owner(&self) -> Result<Owner, Error> {
        if let Some(owner) = self.owner.get() {
            return Ok(*owner);
        }
        let organization = self.account.scope.as_str();
        let found: wire::Owner = self.get(&["users", organization]).await?.json()?;
        let owner = match found.kind.as_str() {
            "Organization" => {
                // The public profile shows every organization; this one also asks for the right to see it:
                // 403 with the header x-github-sso while the token is not authorised for single sign-on.
                self.get(&["orgs", organization]).await?;
                Owner::Organization
            }
            _ if self.login().await?.eq_ignore_ascii_case(organization) => Owner::User,
            _ => Owner::OtherUser,
        };
        Ok(*self.owner.get_or_init(|| owner))
    }

    /// The name of the token's account.
    async fn login(&self) -> Result<&str, Error> {
        if let Some(login) = self.login.get() {
            return Ok(login);
        }
        let user: wire::Owner = self.get(&["user"]).await?.json()?;
        Ok(self.login.get_or_init(|| user.login))
    }

    /// Why nothing can be created: the scope is the account of another user.
    fn other_user(&self) -> Error {
        let scope = &self.account.scope;
        Error::Input {
            field: "organization",
            code: "other_user",
            sentence: format!(
                "{scope} is the account of another user: repositories can only be created in an organization or \
                 in the token's own account."
            ),
        }
    }

    fn known(&self, found: wire::Repository) -> Result<Repository, Error> {
        let clone = address::clone_address(&found.clone_url, &[&self.web, &self.api])?;
        Ok(Repository {
            id: found.id.to_string(),
            full_name: found.full_name,
            clone_url: clone.into(),
            web_url: found.html_url,
            default_branch: found::default_branch(found.default_branch),
        })
    }

    fn id<'a>(&self, repository: &'a Repository) -> Result<&'a str, Error> {
        found::number(repository, "a GitHub repository")
    }
}

#[async_trait]
impl Provider for GitHub {
    fn title(&self, stage: CheckStage) -> String {
        title::title(stage, &self.api, &self.account.username, &self.account.scope)
    }

    async fn reach(&self) -> Result<(), Error> {
        // `GET /meta` needs no credential on github.com, but does on a server in private mode: an answer
        // of the right shape is enough here.
        let anonymous = GitCredential::None;
        let answer = self.http.call(&self.call(Method::GET, &["meta"], &anonymous)?).await;
        match answer.and_then(Answer::success) {
            Ok(answer) => {
                let meta: wire::Meta = answer.json()?;
                if meta.verifiable_password_authentication.is_none() {
                    return Err(Error::Stranger {
                        host: host_of(&self.api),
                        what: Stranger::OtherJson,
                        status: answer.status.as_u16(),
                    });
                }
                Ok(())
            }
            // 60 anonymous calls an hour per address are soon used up behind a company's gateway.
            Err(Error::Unauthorized(_) | Error::RateLimited { .. }) => Ok(()),
            Err(Error::Forbidden(r)) if !r.message.is_empty() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        let answer = self.get(&["user"]).await?;
        let user: wire::Owner = answer.json()?;
        let _ = self.login.set(user.login.clone());
        let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
        Ok(Facts {
            identity: Some(user.login),
            // A fine-grained token has permissions instead, which no header names.
            scopes: match self.account.credential {
                CredentialKind::FineGrainedToken => None,
                _ => answer.list_header("x-oauth-scopes"),
            },
            expires_at: answer.header("github-authentication-token-expiration").and_then(wire::read_expiry),
            rate_left: number("x-ratelimit-remaining").zip(number("x-ratelimit-limit")),
            ..Facts::default()
        })
    }

    async fn scope(&self) -> Result<Facts, Error> {
        let kind = match self.owner().await? {
            Owner::Organization => "organization",
            Owner::User | Owner::OtherUser => "user",
        };
        Ok(Facts { owner_kind: Some(kind.into()), ..Facts::default() })
    }

    async fn list(&self) -> Result<(), Error> {
        let organization = self.account.scope.as_str();
        let mut call = match self.owner().await? {
            Owner::Organization => self.ask(Method::GET, &["orgs", organization, "repos"])?,
            // `GET /users/{name}/repos` lists public ones only.
            Owner::User => self.ask(Method::GET, &["user", "repos"])?,
            Owner::OtherUser => self.ask(Method::GET, &["users", organization, "repos"])?,
        };
        call.url.query_pairs_mut().append_pair("per_page", "1");
        let _: Vec<wire::Repository> = self.http.pages(call, 1).await?;
        Ok(())
    }

    fn foreseen(&self, stage: CheckStage, facts: &Facts, rules: &RepositoryRules) -> Option<Diagnosis> {
        diagnosis::foreseen(self, stage, facts, rules)
    }

    async fn may_not_create(&self, rules: &RepositoryRules) -> Result<Option<Diagnosis>, Error> {
        membership::against_creating(self, rules.visibility).await
    }

    fn remark(&self, facts: &Facts) -> Option<Diagnosis> {
        crate::diagnosis::other_identity(facts, &self.account.username)
    }

    fn tokens_page(&self) -> Option<String> {
        Some(diagnosis::tokens_page(self))
    }

    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        diagnosis::of(self, stage, error)
    }

    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        rules::of(self, repository, branch).await
    }

    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error> {
        let shown = self.get_if_shown(&["repos", &self.account.scope, name]).await?;
        // A name that was given up by renaming still leads to the renamed repository.
        let named = |found: &wire::Repository| found.name.eq_ignore_ascii_case(name);
        let found = found::or_absent(shown, self.owner()).await?.filter(named);
        found.map(|f| self.known(f)).transpose()
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        let shown = self.get_if_shown(&["repositories", id]).await?;
        found::or_absent(shown, self.owner()).await?.map(|f| self.known(f)).transpose()
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        let organization = &self.account.scope;
        let path = by_url::path_on(&self.web, url, &format!("{}{organization}/shop", self.web))?;
        let name = by_url::name_in(&path, organization)?;
        let shown = self.find_repository(name).await?;
        shown.ok_or_else(|| {
            found::not_visible(&self.account.username, &format!("{organization}/{name}"), "name")
        })
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        let id = self.id(repository)?;
        let found: wire::Repository = self.get(&["repositories", id]).await?.json()?;
        let held = found.permissions.unwrap_or_default();
        let closed = found.archived.unwrap_or(false) || found.disabled.unwrap_or(false);
        Ok(Permissions {
            write: held.push.unwrap_or(false) && !closed,
            administer: held.admin.unwrap_or(false),
            archived: closed,
        })
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        let body = json!({
            "name": new.name,
            "description": new.description,
            "private": new.visibility == Visibility::Private,
            "auto_init": false,
            "has_issues": false,
            "has_projects": false,
            "has_wiki": false,
        });
        let organization: &[&str] = &["orgs", &self.account.scope, "repos"];
        let answer = match self.owner.get() {
            Some(Owner::User) => self.post(&["user", "repos"], &body).await,
            Some(Owner::Organization) => self.post(organization, &body).await,
            Some(Owner::OtherUser) => Err(self.other_user()),
            // Mostly it is an organization; asking first would cost two calls.
            None => match self.post(organization, &body).await {
                Err(Error::NotFound(refusal)) => match self.owner().await? {
                    Owner::User => self.post(&["user", "repos"], &body).await,
                    Owner::Organization => Err(Error::NotFound(refusal)),
                    Owner::OtherUser => Err(self.other_user()),
                },
                other => other,
            },
        };
        let created = match answer {
            Ok(answer) => self.known(answer.json()?)?,
            Err(Error::Unprocessable(r)) if r.message.contains("already exists") => {
                return Err(Error::RepositoryExists { name: new.name.clone() });
            }
            Err(error) => return Err(error),
        };
        let pauses = (self.visible_within, self.http.limits().pause);
        visible::wait(self.remote(&created), created, pauses).await
    }

    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error> {
        // By the id's present name: the old name may be another repository's by now.
        let Some(now) = self.repository_by_id(self.id(repository)?).await? else { return Ok(Removed::Gone) };
        let (owner, name) = found::split(&now.full_name)?;
        let call = self.ask(Method::DELETE, &["repos", owner, name])?;
        match self.http.call(&call).await?.success() {
            Ok(_) => Ok(Removed::Gone),
            // Gone by an attempt whose answer was lost; or hidden, because the scope is missing.
            Err(Error::NotFound(refusal)) => match self.repository_by_id(&now.id).await? {
                None => Ok(Removed::Gone),
                Some(_) => Err(Error::NotFound(refusal)),
            },
            Err(error) => Err(error),
        }
    }

    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error> {
        let Some(now) = self.repository_by_id(self.id(repository)?).await? else { return Ok(()) };
        let (owner, name) = found::split(&now.full_name)?;
        let call = self.ask(Method::PATCH, &["repos", owner, name])?.json(&json!({ "archived": true }))?;
        match self.http.call(&call).await?.success() {
            Ok(_) => Ok(()),
            // 403 "Repository was archived so is read-only": it is what was wanted.
            Err(Error::Forbidden(r)) if r.message.contains("archived") => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn remote(&self, repository: &Repository) -> Result<Remote, Error> {
        Remote::new(&repository.clone_url, self.git_credential.clone(), self.http.clone())
    }

    fn line(&self) -> Option<Line<'_>> {
        Some(Line { http: &self.http, url: &self.api, credential: &self.credential })
    }

    fn commit_url(&self, repository: &Repository, commit: &str) -> Option<String> {
        Some(format!("{}/commit/{commit}", repository.web_url.trim_end_matches('/')))
    }
}
