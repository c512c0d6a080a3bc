//! Gitea and Forgejo, with an access token. Their interface is the same in everything that is used here.
//!
//! Facts are from the interface's description, from Gitea's source (1.26.0), from a recording of 1.16 and from
//! the real 1.26.0 that the tests run against; those that surprise carry the date at which they were seen.

mod diagnosis;
mod glob;
mod provider;
mod rules;
mod scopes;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use http::Method;
use model::Secret;
use model::gitops_config::Account;
use model::repository::Repository;
use url::Url;

use crate::http::{Answer, Call};
use crate::provider::{Options, address, found};
use crate::{Error, GitCredential, HttpClient, Refusal};

/// What an address looks like.
const EXAMPLE: &str = "https://git.acme.dev";

/// An account at a Gitea or Forgejo.
pub struct Gitea {
    account: Account,
    api: Url,
    web: Url,
    http: HttpClient,
    credential: GitCredential,
    git_credential: GitCredential,
    visible_within: Duration,
    owner: OnceLock<Owner>,
}

/// Who owns the repositories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Organization,
    /// The token's own account: nobody can create in another user's.
    User,
}

impl Gitea {
    /// Prepares an account; sends nothing.
    pub fn new(
        account: Account,
        secret: Option<Secret>,
        http: HttpClient,
        options: &Options,
    ) -> Result<Self, Error> {
        let web = address::parse_host(&account.host, EXAMPLE)?;
        // Any user name goes with a token; the account's own reads best in the host's logs.
        let (credential, git_credential) = found::token(secret, &account.username);
        Ok(Self {
            api: address::join(&web, &["api", "v1"])?,
            account,
            web,
            http,
            credential,
            git_credential,
            visible_within: options.visible_within,
            owner: OnceLock::new(),
        })
    }

    fn ask(&self, method: Method, segments: &[&str]) -> Result<Call<'_>, Error> {
        Ok(Call::new(method, address::join(&self.api, segments)?, &self.credential))
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::GET, segments)?).await?.success()
    }

    /// Like `get`, with `None` for what is not shown.
    async fn get_if_shown(&self, segments: &[&str]) -> Result<Option<wire::Repository>, Error> {
        found::if_shown(self.get(segments).await)
    }

    /// The kind of the owner: one call, more where the scope is not the account that was entered.
    async fn owner(&self) -> Result<Owner, Error> {
        if let Some(owner) = self.owner.get() {
            return Ok(*owner);
        }
        let scope = self.account.scope.as_str();
        let owner = if scope.eq_ignore_ascii_case(&self.account.username) && self.is_own_account().await? {
            Owner::User
        } else {
            match self.get(&["orgs", scope]).await {
                Ok(_) => Owner::Organization,
                Err(Error::NotFound(refusal)) => self.user_account(refusal).await?,
                // To look at an organization takes a scope that a token for one's own account need not have.
                Err(Error::Forbidden(refusal)) => match self.is_own_account().await {
                    Ok(true) => Owner::User,
                    _ => return Err(Error::Forbidden(refusal)),
                },
                Err(error) => return Err(error),
            }
        };
        Ok(*self.owner.get_or_init(|| owner))
    }

    /// Whether the scope is the account that the token belongs to.
    async fn is_own_account(&self) -> Result<bool, Error> {
        let user: wire::User = self.get(&["user"]).await?.json()?;
        Ok(user.login.eq_ignore_ascii_case(&self.account.scope))
    }

    /// What is no organization may be the token's own account, whatever user name was entered.
    async fn user_account(&self, refusal: Box<Refusal>) -> Result<Owner, Error> {
        if self.is_own_account().await? {
            return Ok(Owner::User);
        }
        let scope = &self.account.scope;
        match self.get(&["users", scope]).await {
            Ok(_) => Err(Error::Input {
                field: "organization",
                code: "other_user",
                sentence: format!(
                    "{scope} is the account of another user: repositories can only be created in an \
                     organization or in the token's own account."
                ),
            }),
            Err(_) => Err(Error::NotFound(refusal)),
        }
    }

    /// Addresses are made of the configured host: those in the answers are of the server's `ROOT_URL`, which
    /// is another name, `localhost` or `http` in many installations.
    fn known(&self, found: wire::Repository) -> Result<Repository, Error> {
        let (owner, name) = found::split(&found.full_name)?;
        Ok(Repository {
            id: found.id.to_string(),
            clone_url: address::join(&self.web, &[owner, &format!("{name}.git")])?.into(),
            web_url: address::join(&self.web, &[owner, name])?.into(),
            default_branch: found::default_branch(found.default_branch),
            full_name: found.full_name,
        })
    }

    fn id<'a>(&self, repository: &'a Repository) -> Result<&'a str, Error> {
        found::number(repository, "a repository")
    }

    /// A page of the host.
    fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.web.as_str().trim_end_matches('/'))
    }

    /// The page of the user's tokens.
    fn tokens_page(&self) -> String {
        self.page("user/settings/applications")
    }
}
