//! What a Gitea or Forgejo is asked for.

use async_trait::async_trait;
use http::Method;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{RepositoryRules, Visibility};
use model::repository::Repository;
use serde_json::json;

use super::rules::{self, Pusher};
use super::{Gitea, Owner, diagnosis, scopes, wire};
use crate::http::{Answer, Call, host_of};
use crate::provider::{
    Line, NewRepository, Permissions, Provider, Removed, address, by_url, found, title, visible,
};
use crate::{BranchRules, Error, GitCredential, Remote, Stranger};

#[async_trait]
impl Provider for Gitea {
    fn title(&self, stage: CheckStage) -> String {
        title::title(stage, &self.api, &self.account.username, &self.account.scope)
    }

    async fn reach(&self) -> Result<(), Error> {
        let anonymous = GitCredential::None;
        let call = Call::new(Method::GET, address::join(&self.api, &["version"])?, &anonymous);
        match self.http.call(&call).await.and_then(Answer::success) {
            Ok(answer) => {
                let version: wire::Version = answer.json()?;
                // Other hosts have a `version` too, with other texts in it.
                if version.version.starts_with(|c: char| c.is_ascii_digit()) {
                    return Ok(());
                }
                let (host, status) = (host_of(&self.api), answer.status.as_u16());
                Err(Error::Stranger { host, what: Stranger::OtherJson, status })
            }
            // A server that shows nothing without signing in (REQUIRE_SIGNIN_VIEW) says so here as well.
            Err(Error::Unauthorized(_) | Error::RateLimited { .. }) => Ok(()),
            Err(Error::Forbidden(r)) if !r.message.is_empty() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        let user: wire::User = self.get(&["user"]).await?.json()?;
        // No answer tells a token's scopes, but a refusal does (Gitea 1.26): asked is for what no token for
        // Trueline needs, and nothing comes of it.
        let scopes = match self.get(&["notifications", "new"]).await {
            Err(Error::Forbidden(refusal)) => scopes::told(&refusal).and_then(|told| told.held),
            _ => None,
        };
        Ok(Facts { identity: Some(user.login), scopes, ..Facts::default() })
    }

    async fn scope(&self) -> Result<Facts, Error> {
        let kind = match self.owner().await? {
            Owner::Organization => "organization",
            Owner::User => "user",
        };
        Ok(Facts { owner_kind: Some(kind.into()), ..Facts::default() })
    }

    async fn list(&self) -> Result<(), Error> {
        let mut call = match self.owner().await? {
            Owner::Organization => self.ask(Method::GET, &["orgs", &self.account.scope, "repos"])?,
            Owner::User => self.ask(Method::GET, &["user", "repos"])?,
        };
        call.url.query_pairs_mut().append_pair("limit", "1");
        let _: Vec<wire::Repository> = self.http.pages(call, 1).await?;
        Ok(())
    }

    fn foreseen(&self, stage: CheckStage, facts: &Facts, rules: &RepositoryRules) -> Option<Diagnosis> {
        diagnosis::foreseen(self, stage, facts, rules)
    }

    fn remark(&self, facts: &Facts) -> Option<Diagnosis> {
        crate::diagnosis::other_identity(facts, &self.account.username)
    }

    fn tokens_page(&self) -> Option<String> {
        Some(Gitea::tokens_page(self))
    }

    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        diagnosis::of(self, stage, error)
    }

    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        let (owner, name) = found::split(&repository.full_name)?;
        let shown = match self.get(&["repos", owner, name, "branches", branch]).await {
            Ok(answer) => Some(answer.json::<wire::Branch>()?),
            // A branch that the first push will make; the rules for it may be there already.
            // For a moment after the first push it is a failure of the host (500, 1.26.0, seen 2026-11).
            Err(Error::NotFound(_) | Error::HostFailed(_)) => None,
            Err(error) => return Err(error),
        };
        let pusher = Pusher {
            user: &self.account.username,
            branch,
            shown: shown.as_ref(),
            link: self.page(&format!("{owner}/{name}/settings/branches")),
        };
        match self.get(&["repos", owner, name, "branch_protections"]).await {
            Ok(answer) => {
                let rules: Vec<wire::Rule> = answer.json()?;
                let rule = rules::in_force(&rules, branch);
                Ok(rule.map(|rule| rules::against(rule, &pusher)).unwrap_or_default().into())
            }
            Err(Error::Forbidden(_) | Error::NotFound(_)) => {
                Ok(rules::of_branch(&pusher).into_iter().collect::<Vec<_>>().into())
            }
            Err(error) => Err(error),
        }
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
        let scope = &self.account.scope;
        let path = by_url::path_on(&self.web, url, &self.page(&format!("{scope}/shop")))?;
        let name = by_url::name_in(&path, scope)?;
        let shown = self.find_repository(name).await?;
        shown.ok_or_else(|| found::not_visible(&self.account.username, &format!("{scope}/{name}"), "name"))
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        let found: wire::Repository = self.get(&["repositories", self.id(repository)?]).await?.json()?;
        let held = found.permissions.unwrap_or_default();
        // A mirror takes no pushes either.
        let closed = found.archived.unwrap_or(false) || found.mirror.unwrap_or(false);
        Ok(Permissions { write: held.push && !closed, administer: held.admin, archived: closed })
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        let segments: &[&str] = match self.owner().await? {
            Owner::Organization => &["orgs", &self.account.scope, "repos"],
            Owner::User => &["user", "repos"],
        };
        let body = json!({
            "name": new.name,
            "description": new.description,
            "private": new.visibility == Visibility::Private,
            "auto_init": false,
        });
        let call = self.ask(Method::POST, segments)?.json(&body)?;
        let created = match self.http.call(&call).await?.success() {
            Ok(answer) => self.known(answer.json()?)?,
            // Also for files that an administrator has to adopt or delete.
            Err(Error::Conflict(_)) => return Err(Error::RepositoryExists { name: new.name.clone() }),
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
            // 404: gone by an attempt whose answer was lost; it was shown a moment ago.
            Ok(_) | Err(Error::NotFound(_)) => Ok(Removed::Gone),
            Err(error) => Err(error),
        }
    }

    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error> {
        let Some(now) = self.repository_by_id(self.id(repository)?).await? else { return Ok(()) };
        let (owner, name) = found::split(&now.full_name)?;
        let call = self.ask(Method::PATCH, &["repos", owner, name])?.json(&json!({ "archived": true }))?;
        self.http.call(&call).await?.success().map(drop)
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
