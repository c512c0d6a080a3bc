//! The repositories of the project: find, create, disable, delete.

use http::Method;
use model::repository::Repository;
use serde_json::json;
use url::Url;

use super::{AzureDevOps, Right, VERSION, diagnosis, wire};
use crate::Error;
use crate::provider::Provider as _;
use crate::provider::address::clone_address;
use crate::provider::by_url::wrong;
use crate::provider::{NewRepository, Permissions, Removed, visible};

impl AzureDevOps {
    /// All repositories of the project; the interface has no pages for them.
    pub(super) async fn listed(&self, hidden: bool) -> Result<Vec<wire::Repository>, Error> {
        let mut call = self.ask(Method::GET, &self.git(&["repositories"]), VERSION)?;
        if hidden {
            call.url.query_pairs_mut().append_pair("includeHidden", "true");
        }
        let listed: wire::Listed<wire::Repository> = self.http.json(&call).await?;
        Ok(listed.value)
    }

    /// The repository of that name. A disabled one is not found here: making one of its name is refused, and
    /// [`AzureDevOps::taken`] says why.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Repository>, Error> {
        match self.get(&self.git(&["repositories", name])).await {
            Ok(answer) => self.known(answer.json()?).map(Some),
            Err(Error::NotFound(r)) if diagnosis::of_repository(&r) => Ok(None),
            // 404 without that word is about the project; it has to be seen before anything is absent.
            Err(Error::NotFound(_)) => self.project().await.map(|_| None),
            Err(error) => Err(error),
        }
    }

    /// The repository with that id. 404 `TF401019` stands for missing, forbidden and disabled alike; the list
    /// shows disabled ones (seen 2024 to 2026).
    pub(super) async fn by_id(&self, id: &str) -> Result<Option<wire::Repository>, Error> {
        match self.get(&self.git(&["repositories", checked(id)?])).await {
            Ok(answer) => answer.json().map(Some),
            Err(Error::NotFound(_)) => {
                Ok(self.listed(true).await?.into_iter().find(|r| r.id.eq_ignore_ascii_case(id)))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn by_url(&self, url: &str) -> Result<Repository, Error> {
        let wanted = &self.account.scope;
        let (project, name) = self.organization.locate(url).map_err(|given| self.elsewhere(&given))?;
        if !project.eq_ignore_ascii_case(wanted) {
            return Err(wrong(
                "other_project",
                format!(
                    "The repository has to belong to the project {wanted}: this one belongs to {project}."
                ),
            ));
        }
        if let Some(repository) = self.find(&name).await? {
            return Ok(repository);
        }
        let disabled = self.listed(true).await?.into_iter().any(|r| r.name.eq_ignore_ascii_case(&name));
        Err(if disabled {
            let settings = self.organization.page(&[wanted, "_settings", "repositories"]);
            let words = "is disabled, so Git does not see it: enable it in";
            wrong("repository_disabled", format!("{wanted}/{name} {words} {settings}."))
        } else {
            let why = "the name is wrong, or the account has no access to it";
            let user = &self.account.username;
            wrong("repository_not_visible", format!("{user} cannot see {wanted}/{name}: {why}."))
        })
    }

    /// The error for an address that leads to no repository of the organization.
    fn elsewhere(&self, given: &str) -> Error {
        let organization = self.organization.page(&[]);
        let own = model::repository::normalised(&organization).unwrap_or_default();
        if given.is_empty() || given.starts_with(&format!("{}/", own.trim_end_matches('/'))) {
            let example = self.organization.page(&[&self.account.scope, "_git", "shop"]);
            return wrong(
                "invalid_address",
                format!("This is no address of a repository: {example} would be right."),
            );
        }
        wrong("other_host", format!("The repository has to be in {organization}: this is {given}."))
    }

    /// What may be done, found out by reading: whether Git would take a push, and the right to delete.
    pub(super) async fn held(&self, repository: &Repository) -> Result<Permissions, Error> {
        let Some(found) = self.by_id(&repository.id).await? else {
            return Ok(Permissions { write: false, administer: false, archived: false });
        };
        let archived = found.is_disabled.unwrap_or(false);
        let project = match &found.project {
            Some(project) => project.id.clone(),
            None => self.project().await?.id.clone(),
        };
        // A disabled repository is hidden from Git, so only an enabled one is asked.
        let write = !archived && self.remote(&self.known(found)?)?.may_push().await?;
        let administer = self.may(Right::Delete, &project, &repository.id).await?.unwrap_or(write);
        Ok(Permissions { write, administer, archived })
    }

    pub(super) async fn create(&self, new: &NewRepository) -> Result<Repository, Error> {
        // The repository lies in the project of the address; all are as visible as the project, and there is
        // no description to give.
        let call = self.ask(Method::POST, &self.git(&["repositories"]), VERSION)?;
        let created = match self.http.call(&call.json(&json!({ "name": new.name }))?).await?.success() {
            Ok(answer) => self.known(answer.json()?)?,
            // TF400948; also when the one of that name is disabled or hidden from the account.
            Err(Error::Conflict(_)) => return Err(Error::RepositoryExists { name: new.name.clone() }),
            Err(error) => return Err(error),
        };
        let pauses = (self.visible_within, self.http.limits().pause);
        visible::wait(self.remote(&created), created, pauses).await
    }

    /// Disables a repository, or enables it again.
    pub(super) async fn disable(&self, repository: &Repository, disabled: bool) -> Result<(), Error> {
        let id = checked(&repository.id)?;
        let call = self.ask(Method::PATCH, &self.git(&["repositories", id]), VERSION)?;
        match self.http.call(&call.json(&json!({ "isDisabled": disabled }))?).await?.success() {
            Ok(_) => Ok(()),
            Err(Error::NotFound(refusal)) => match self.by_id(id).await? {
                None => Ok(()),
                Some(found) if found.is_disabled == Some(disabled) => Ok(()),
                Some(_) => Err(Error::NotFound(refusal)),
            },
            Err(error) => Err(error),
        }
    }

    /// Deletes for good where the account may: the host puts a deleted repository into the project's recycle
    /// bin, keeps it there for 30 days and frees its name at once.
    pub(super) async fn delete(&self, repository: &Repository) -> Result<Removed, Error> {
        let id = checked(&repository.id)?;
        let mut removed = self.delete_by_id(id).await;
        if let Err(Error::NotFound(refusal)) = removed {
            match self.by_id(id).await? {
                // Deleted by an attempt whose answer was lost, perhaps: then the recycle bin has it.
                None => removed = Ok(()),
                // What is disabled is not found; it has to be enabled first.
                Some(found) if found.is_disabled == Some(true) => {
                    self.disable(repository, false).await?;
                    removed = self.delete_by_id(id).await;
                }
                Some(_) => return Err(Error::NotFound(refusal)),
            }
        }
        removed?;
        let call = self.ask(Method::DELETE, &self.git(&["recycleBin", "repositories", id]), VERSION)?;
        match self.http.call(&call).await?.success() {
            Ok(_) | Err(Error::NotFound(_)) => Ok(Removed::Gone),
            Err(error) => {
                tracing::debug!(%error, "the recycle bin keeps a repository");
                Ok(Removed::Retained(diagnosis::in_recycle_bin(self, repository)))
            }
        }
    }

    async fn delete_by_id(&self, id: &str) -> Result<(), Error> {
        let call = self.ask(Method::DELETE, &self.git(&["repositories", id]), VERSION)?;
        self.http.call(&call).await?.success().map(drop)
    }

    /// What is kept of a repository. Its address has to be in the organization: the token is sent there.
    pub(super) fn known(&self, found: wire::Repository) -> Result<Repository, Error> {
        let project = found.project.and_then(|p| p.name).unwrap_or_else(|| self.account.scope.clone());
        let own = self.organization.below(&[&project, "_git", &found.name])?;
        let clone_url = match &found.remote_url {
            None => own.to_string(),
            Some(text) => {
                // In the other form of the organization's address, it leads to the same place.
                let other = self.organization.other_form();
                let allowed: Vec<&Url> = other.iter().chain([&self.organization.base]).collect();
                clone_address(text, &allowed)?.to_string()
            }
        };
        let branch = found.default_branch.as_deref().map(|b| b.strip_prefix("refs/heads/").unwrap_or(b));
        Ok(Repository {
            id: found.id,
            full_name: format!("{project}/{}", found.name),
            clone_url,
            web_url: found.web_url.unwrap_or_else(|| own.to_string()),
            default_branch: branch.filter(|b| !b.is_empty()).unwrap_or("main").to_owned(),
        })
    }
}

/// The id, if it is one: it becomes part of an address.
pub(super) fn checked(id: &str) -> Result<&str, Error> {
    if id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Ok(id);
    }
    Err(Error::Bug(format!("{id:?} is no id of a repository at Azure DevOps")))
}
