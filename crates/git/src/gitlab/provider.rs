//! What every Git host is asked for, asked of GitLab.

use async_trait::async_trait;
use http::Method;
use model::check::{CheckStage, Diagnosis, Facts};
use model::gitops_config::{RepositoryRules, Visibility};
use model::repository::Repository;
use serde_json::json;

use super::{GitLab, diagnosis, rules, wire};
use crate::http::{Answer, host_of};
use crate::provider::{Line, NewRepository, Permissions, Provider, Removed, by_url, found, title, visible};
use crate::{BranchRules, Error, GitCredential, Remote, Stranger};

#[async_trait]
impl Provider for GitLab {
    fn title(&self, stage: CheckStage) -> String {
        let scope = format!("group {}", self.account.scope);
        title::title(stage, &self.api, &self.account.username, &scope)
    }

    async fn reach(&self) -> Result<(), Error> {
        // Every GitLab asks for a token here, with JSON; that is proof enough.
        let anonymous = GitCredential::None;
        let mut call = self.ask(Method::GET, &["version"])?;
        call.credential = &anonymous;
        let stranger =
            |status: u16| Error::Stranger { host: host_of(&self.api), what: Stranger::OtherJson, status };
        match self.http.call(&call).await.and_then(Answer::success) {
            Ok(answer) => {
                let version: wire::Version = answer.json()?;
                version.version.map(|_| ()).ok_or_else(|| stranger(answer.status.as_u16()))
            }
            Err(Error::Unauthorized(r)) if r.message.contains("401") => Ok(()),
            Err(Error::Unauthorized(r)) => Err(stranger(r.status)),
            Err(Error::RateLimited { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn authenticate(&self) -> Result<Facts, Error> {
        let (user, token) = tokio::join!(self.get(&["user"]), self.get(&["personal_access_tokens", "self"]));
        let answer = user?;
        let user: wire::User = answer.json()?;
        let _ = self.user.set(user.id);
        // An OAuth token, and a token on a server before 15.5, cannot be asked for.
        let token: Option<wire::Token> = token.ok().and_then(|a| a.json().ok());
        let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
        Ok(Facts {
            identity: Some(user.username),
            expires_at: token.as_ref().and_then(|t| wire::read_expiry(t.expires_at.as_deref()?)),
            scopes: token.and_then(|t| t.scopes),
            rate_left: number("ratelimit-remaining").zip(number("ratelimit-limit")),
            ..Facts::default()
        })
    }

    async fn scope(&self) -> Result<Facts, Error> {
        let namespace = self.namespace().await?;
        let kind = if namespace.group { "group" } else { "user" };
        if let (true, Some(user)) = (namespace.group, self.user.get()) {
            let (group, user) = (namespace.id.to_string(), user.to_string());
            // Not found for an administrator who is no member; hidden where members are: then nobody knows.
            if let Ok(answer) = self.get(&["groups", &group, "members", "all", &user]).await {
                let access: wire::Access = answer.json()?;
                if let Some(level) = access.access_level {
                    let _ = self.level.set(level);
                }
            }
        }
        Ok(Facts { owner_kind: Some(kind.into()), ..Facts::default() })
    }

    async fn list(&self) -> Result<(), Error> {
        let namespace = self.namespace().await?;
        let id = namespace.id.to_string();
        let mut call = if namespace.group {
            self.ask(Method::GET, &["groups", &id, "projects"])?
        } else {
            let mut call = self.ask(Method::GET, &["projects"])?;
            call.url.query_pairs_mut().append_pair("owned", "true");
            call
        };
        call.url.query_pairs_mut().append_pair("simple", "true").append_pair("per_page", "1");
        let _: Vec<wire::Project> = self.http.pages(call, 1).await?;
        Ok(())
    }

    fn foreseen(&self, stage: CheckStage, facts: &Facts, rules: &RepositoryRules) -> Option<Diagnosis> {
        let _ = rules;
        diagnosis::foreseen(self, stage, facts)
    }

    fn remark(&self, facts: &Facts) -> Option<Diagnosis> {
        diagnosis::remark(self, facts)
    }

    fn tokens_page(&self) -> Option<String> {
        Some(diagnosis::tokens_page(self))
    }

    fn diagnose(&self, stage: CheckStage, error: &Error) -> Diagnosis {
        diagnosis::of(self, stage, error)
    }

    async fn find_repository(&self, name: &str) -> Result<Option<Repository>, Error> {
        let path = format!("{}/{name}", self.full_path().await?);
        let shown = self.project(&path).await?;
        // A path that was given up by renaming still leads to the renamed project.
        let named = |found: &wire::Project| found.path_with_namespace.eq_ignore_ascii_case(&path);
        let found = found::or_absent(shown, self.namespace()).await?.filter(named);
        found.map(|f| self.known(f)).transpose()
    }

    async fn repository_by_id(&self, id: &str) -> Result<Option<Repository>, Error> {
        let shown = self.project(id).await?;
        found::or_absent(shown, self.namespace()).await?.map(|f| self.known(f)).transpose()
    }

    async fn repository_by_url(&self, url: &str) -> Result<Repository, Error> {
        let scope = self.full_path().await?;
        let example = format!("{}/{scope}/shop", self.web.as_str().trim_end_matches('/'));
        let path = by_url::path_on(&self.web, url, &example)?;
        // The page of something inside a project is below `/-/`.
        let path = path.split_once("/-/").map_or(path.as_str(), |(project, _)| project);
        let inside = path.len() > scope.len() + 1
            && path.is_char_boundary(scope.len())
            && path[..scope.len()].eq_ignore_ascii_case(&scope)
            && path[scope.len()..].starts_with('/');
        if !inside {
            return Err(by_url::wrong(
                "other_group",
                format!("The repository has to belong to group {scope}: this is {path}."),
            ));
        }
        // A path that was given up leads to the project that had it: that one was meant.
        let found = found::or_absent(self.project(path).await?, self.namespace()).await?;
        self.known(found.ok_or_else(|| found::not_visible(self.who(), path, "path"))?)
    }

    async fn permissions(&self, repository: &Repository) -> Result<Permissions, Error> {
        let id = self.id(repository)?;
        let found: wire::Project = self.get(&["projects", id]).await?.json()?;
        let closed = found.archived.unwrap_or(false) || found.marked();
        // An administrator of the server need be no member and may everything; the answer has no level then.
        let level = match found.level() {
            Some(level) => level,
            None if self.administers_server().await? => wire::OWNER,
            None => 0,
        };
        Ok(Permissions {
            write: level >= wire::DEVELOPER && !closed,
            administer: level >= wire::OWNER,
            archived: closed,
        })
    }

    async fn branch_rules(&self, repository: &Repository, branch: &str) -> Result<BranchRules, Error> {
        rules::of(self, self.id(repository)?, branch).await
    }

    async fn create_repository(&self, new: &NewRepository) -> Result<Repository, Error> {
        let namespace = self.namespace().await?;
        let body = json!({
            "name": new.name,
            "path": new.name,
            "namespace_id": namespace.id,
            "description": new.description,
            "visibility": if new.visibility == Visibility::Private { "private" } else { "public" },
            "initialize_with_readme": false,
            "issues_access_level": "disabled",
            "wiki_access_level": "disabled",
        });
        let call = self.ask(Method::POST, &["projects"])?.json(&body)?;
        let created = match self.http.call(&call).await?.success() {
            Ok(answer) => self.known(answer.json()?)?,
            Err(Error::Unprocessable(r)) if r.message.contains("has already been taken") => {
                return Err(Error::RepositoryExists { name: new.name.clone() });
            }
            Err(error) => return Err(error),
        };
        let pauses = (self.visible_within, self.http.limits().pause);
        visible::wait(self.remote(&created), created, pauses).await
    }

    async fn delete_repository(&self, repository: &Repository) -> Result<Removed, Error> {
        let id = self.id(repository)?;
        match self.http.call(&self.ask(Method::DELETE, &["projects", id])?).await?.success() {
            Ok(_) => {}
            // Marked before, by an attempt whose answer was lost or by a person.
            Err(Error::Unprocessable(r)) if r.message.contains("marked for deletion") => {}
            Err(error @ Error::NotFound(_)) => {
                // Gone, unless the group itself is hidden by now.
                self.namespace().await.map_err(|_| error)?;
                return Ok(Removed::Gone);
            }
            Err(error) => return Err(error),
        }
        // 202 says only that it was noted: since 18.0 (May 2025) every tier marks and keeps projects for days.
        let Some(kept) = self.settled(id).await? else { return Ok(Removed::Gone) };
        let mut call = self.ask(Method::DELETE, &["projects", id])?;
        call.url
            .query_pairs_mut()
            .append_pair("permanently_remove", "true")
            .append_pair("full_path", &kept.path_with_namespace);
        match self.http.call(&call).await?.success() {
            Ok(_) | Err(Error::NotFound(_)) => Ok(Removed::Gone),
            // Never on gitlab.com and Dedicated; elsewhere where the administrator allows it (merge request
            // 205572 of GitLab, September 2025).
            Err(Error::Unprocessable(_) | Error::Forbidden(_)) => {
                Ok(Removed::Retained(diagnosis::retained(self, &kept)))
            }
            Err(error) => Err(error),
        }
    }

    async fn archive_repository(&self, repository: &Repository) -> Result<(), Error> {
        let id = self.id(repository)?;
        let call = self.ask(Method::POST, &["projects", id, "archive"])?;
        match self.http.call(&call).await?.success() {
            Ok(_) => Ok(()),
            Err(Error::NotFound(_)) if self.repository_by_id(id).await?.is_none() => Ok(()),
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
        Some(format!("{}/-/commit/{commit}", repository.web_url.trim_end_matches('/')))
    }
}

impl GitLab {
    /// Whom the token belongs to, in words.
    pub(super) fn who(&self) -> &str {
        match self.account.username.as_str() {
            "" => "the token",
            name => name,
        }
    }

    async fn administers_server(&self) -> Result<bool, Error> {
        let user: wire::User = self.get(&["user"]).await?.json()?;
        Ok(user.is_admin == Some(true))
    }

    /// The project as it is once its deletion was noted: kept and marked, or no more.
    async fn settled(&self, id: &str) -> Result<Option<wire::Project>, Error> {
        let mut pause = self.http.limits().pause;
        for _ in 0..4 {
            match self.kept_project(id).await? {
                Some(project) if !project.marked() => tokio::time::sleep(pause).await,
                settled => return Ok(settled),
            }
            pause *= 2;
        }
        // It goes at once and the host has not come to it yet: nothing is kept.
        Ok(None)
    }
}
