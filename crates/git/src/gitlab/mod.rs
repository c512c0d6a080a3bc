//! GitLab: gitlab.com and self-managed servers, also below a path, with personal, group and project access
//! tokens.
//!
//! Facts of the interface are from docs.gitlab.com (REST v4, 18.x), from GitLab's open source and from recorded
//! answers; those that surprise carry the date at which they were found.

mod diagnosis;
mod provider;
#[cfg(test)]
mod recorded;
mod rules;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use http::Method;
use model::Secret;
use model::gitops_config::Account;
use model::provider::CredentialKind;
use model::repository::Repository;
use url::Url;

use crate::http::{Answer, Call};
use crate::provider::address::{clone_address, join, parse_host};
use crate::provider::{Options, found};
use crate::{Error, GitCredential, HttpClient};

/// The address that gitlab.com is opened at.
const GITLAB_COM: &str = "https://gitlab.com";

/// An account at GitLab.
pub struct GitLab {
    account: Account,
    api: Url,
    web: Url,
    http: HttpClient,
    credential: GitCredential,
    git_credential: GitCredential,
    visible_within: Duration,
    /// The token is of a kind that has no interface: a deploy token and the like, by its prefix.
    unusable: Option<&'static str>,
    namespace: OnceLock<Namespace>,
    user: OnceLock<u64>,
    level: OnceLock<wire::Level>,
}

/// Where the projects are: a group, or a user's own namespace.
#[derive(Clone, Debug)]
struct Namespace {
    id: u64,
    full_path: String,
    group: bool,
    /// The least level that may create projects in it; `None` when nobody may.
    creators: Option<wire::Level>,
}

/// What other tokens of GitLab begin with (docs.gitlab.com, token overview): none of them can use the interface
/// for projects.
const UNUSABLE: [(&str, &str); 7] = [
    ("gldt-", "a deploy token"),
    ("glrt-", "a runner's token"),
    ("glcbt-", "a CI/CD job token"),
    ("glptt-", "a pipeline trigger token"),
    ("glft-", "a feed token"),
    ("glagent-", "a token of the agent for Kubernetes"),
    ("gloas-", "an application's secret"),
];

impl GitLab {
    /// Prepares an account; sends nothing.
    pub fn new(
        account: Account,
        secret: Option<Secret>,
        http: HttpClient,
        options: &Options,
    ) -> Result<Self, Error> {
        let web = parse_host(&account.host, GITLAB_COM)?;
        let api = join(&web, &["api", "v4"])?;
        let unusable = secret.as_ref().and_then(|s| {
            UNUSABLE.iter().find(|(prefix, _)| s.reveal().starts_with(prefix)).map(|(_, name)| *name)
        });
        // Any user name that is not blank goes with a token; this one is GitLab's own example.
        let (credential, git_credential) = found::token(secret, "oauth2");
        Ok(Self {
            account,
            api,
            web,
            http,
            credential,
            git_credential,
            visible_within: options.visible_within,
            unusable,
            namespace: OnceLock::new(),
            user: OnceLock::new(),
            level: OnceLock::new(),
        })
    }

    /// A call; a segment may hold slashes (`group/project`), which travel as `%2F`.
    fn ask(&self, method: Method, segments: &[&str]) -> Result<Call<'_>, Error> {
        Ok(Call::new(method, join(&self.api, segments)?, &self.credential))
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer, Error> {
        self.http.call(&self.ask(Method::GET, segments)?).await?.success()
    }

    /// The project, with `None` for what is not shown and for what is only kept until it is deleted.
    async fn project(&self, id: &str) -> Result<Option<wire::Project>, Error> {
        Ok(self.kept_project(id).await?.filter(|p| !p.marked()))
    }

    /// The project, also one that waits to be deleted.
    async fn kept_project(&self, id: &str) -> Result<Option<wire::Project>, Error> {
        found::if_shown(self.get(&["projects", id]).await)
    }

    async fn namespace(&self) -> Result<&Namespace, Error> {
        if let Some(namespace) = self.namespace.get() {
            return Ok(namespace);
        }
        let scope = self.account.scope.as_str();
        let mut call = self.ask(Method::GET, &["groups", scope])?;
        // Without this the answer holds a hundred projects.
        call.url.query_pairs_mut().append_pair("with_projects", "false");
        let found = match self.http.json::<wire::Group>(&call).await {
            Ok(group) => Namespace {
                id: group.id,
                full_path: group.full_path,
                group: true,
                creators: diagnosis::creators(group.project_creation_level.as_deref()),
            },
            // A user's own namespace is no group.
            Err(error @ Error::NotFound(_)) if !scope.contains('/') => {
                match self.get(&["namespaces", scope]).await {
                    Ok(answer) => {
                        let own: wire::Namespace = answer.json()?;
                        let group = own.kind == "group";
                        Namespace {
                            id: own.id,
                            full_path: own.full_path,
                            group,
                            creators: Some(wire::DEVELOPER),
                        }
                    }
                    Err(Error::NotFound(_)) => return Err(error),
                    Err(other) => return Err(other),
                }
            }
            Err(error) => return Err(error),
        };
        Ok(self.namespace.get_or_init(|| found))
    }

    /// The full path of the namespace, without a call where it was entered as such.
    async fn full_path(&self) -> Result<String, Error> {
        let scope = &self.account.scope;
        if scope.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(self.namespace().await?.full_path.clone());
        }
        Ok(scope.clone())
    }

    fn known(&self, found: wire::Project) -> Result<Repository, Error> {
        let clone = clone_address(&found.http_url_to_repo, &[&self.web])?;
        Ok(Repository {
            id: found.id.to_string(),
            full_name: found.path_with_namespace,
            clone_url: clone.into(),
            web_url: found.web_url,
            // null while the project is empty on older servers.
            default_branch: found::default_branch(found.default_branch),
        })
    }

    fn id<'a>(&self, repository: &'a Repository) -> Result<&'a str, Error> {
        found::number(repository, "a GitLab project")
    }

    /// Whether the token belongs to a bot, whose name nobody chose.
    fn of_bot(&self) -> bool {
        matches!(self.account.credential, CredentialKind::GroupToken | CredentialKind::ProjectToken)
    }
}
