//! Repositories of a workspace: find, create, delete, and what the token may do with them.
//!
//! A repository is addressed by its uuid in braces wherever it is known, which survives renaming
//! (developer.atlassian.com, repository).

use super::{BitbucketCloud, wire, workspace};
use crate::http::host_of;
use crate::provider::address::clone_address;
use crate::provider::{NewRepository, Permissions, Removed, by_url, found, visible};
use crate::{Error, Refusal};
use http::Method;
use model::gitops_config::Visibility;
use model::repository::Repository;
use serde_json::{Map, Value, json};

/// The most characters of a slug (support.atlassian.com).
const SLUG_LIMIT: usize = 62;

pub(super) async fn find(bitbucket: &BitbucketCloud, name: &str) -> Result<Option<Repository>, Error> {
    // A capital in a slug is refused with 400.
    let slug = name.to_lowercase();
    let found = shown(bitbucket, &slug).await?;
    // A name that was given up by renaming may still lead to the renamed repository.
    let found = found.filter(|f| f.full_name.rsplit('/').next() == Some(slug.as_str()));
    found.map(|f| known(bitbucket, f)).transpose()
}

pub(super) async fn by_id(bitbucket: &BitbucketCloud, id: &str) -> Result<Option<Repository>, Error> {
    shown(bitbucket, id).await?.map(|f| known(bitbucket, f)).transpose()
}

/// The repository of that slug or uuid; `None` only if the workspace can be seen.
async fn shown(bitbucket: &BitbucketCloud, segment: &str) -> Result<Option<wire::Repository>, Error> {
    let answer = bitbucket.get(&["repositories", bitbucket.workspace(), segment]).await;
    found::or_absent(found::if_shown(answer)?, workspace::see(bitbucket)).await
}

/// The address that Git is served at has to be Bitbucket's: the token is sent there. Bitbucket puts the
/// account's name into it, which has no place in an address that is kept.
fn known(bitbucket: &BitbucketCloud, found: wire::Repository) -> Result<Repository, Error> {
    let protocol = |what: &str| Error::Protocol { host: host_of(&bitbucket.api), what: what.into() };
    let clone = found.links.clone.iter().find(|l| l.href.starts_with("http"));
    let clone = clone.ok_or_else(|| protocol("a repository without an address to clone it from"))?;
    let clone = clone_address(&clone.href, &[&bitbucket.web, &bitbucket.api])?;
    let page = found.links.html.map(|l| l.href).filter(|h| !h.is_empty());
    Ok(Repository {
        id: found.uuid,
        web_url: page.unwrap_or_else(|| format!("{}{}", bitbucket.web, found.full_name)),
        full_name: found.full_name,
        clone_url: clone.into(),
        // Null while the repository is empty; the first branch that is pushed becomes it.
        default_branch: found.mainbranch.map(|b| b.name).filter(|n| !n.is_empty()).unwrap_or("main".into()),
    })
}

pub(super) fn id(repository: &Repository) -> Result<&str, Error> {
    let id = repository.id.as_str();
    let inner = id.strip_prefix('{').and_then(|i| i.strip_suffix('}')).unwrap_or_default();
    if inner.is_empty() || !inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Err(Error::Bug(format!("{id:?} is no id of a Bitbucket repository")));
    }
    Ok(id)
}

/// The token's rights. The list of an account's rights (`/user/permissions/repositories`) was removed in
/// February 2026 (CHANGE-2770); what remains is to ask in which lists the repository appears. An access token
/// has no role: what it reaches, it may do as far as its scopes go.
pub(super) async fn permissions(
    bitbucket: &BitbucketCloud,
    repository: &Repository,
) -> Result<Permissions, Error> {
    let id = id(repository)?;
    let answer = bitbucket.get(&["repositories", bitbucket.workspace(), id]).await?;
    let scopes = answer.list_header("x-oauth-scopes").filter(|s| !s.is_empty());
    let holds = |words: [&str; 2]| {
        scopes.as_ref().is_none_or(|held| held.iter().any(|h| words.contains(&h.as_str())))
    };
    let writes = holds(["write:repository:bitbucket", "repository:write"]);
    let deletes = holds(["delete:repository:bitbucket", "repository:delete"]);
    if bitbucket.uses_access_token() && scopes.is_some() {
        return Ok(Permissions { write: writes, administer: deletes, archived: false });
    }
    let administrator = has_role(bitbucket, id, "admin").await?;
    let contributor = administrator || has_role(bitbucket, id, "contributor").await?;
    Ok(Permissions { write: contributor && writes, administer: administrator && deletes, archived: false })
}

async fn has_role(bitbucket: &BitbucketCloud, id: &str, role: &str) -> Result<bool, Error> {
    let mut call = bitbucket.ask(Method::GET, &["repositories", bitbucket.workspace()])?;
    call.url.query_pairs_mut().append_pair("role", role).append_pair("q", &format!("uuid=\"{id}\""));
    let page: wire::Page<wire::Repository> = bitbucket.http.json(&call).await?;
    Ok(page.values.iter().any(|r| r.uuid == id))
}

/// Makes a repository. Without a project Bitbucket takes the workspace's oldest by itself.
pub(super) async fn create(bitbucket: &BitbucketCloud, new: &NewRepository) -> Result<Repository, Error> {
    let slug = slug(&new.name)?;
    let mut body = Map::new();
    body.insert("scm".into(), "git".into());
    body.insert("is_private".into(), (new.visibility == Visibility::Private).into());
    body.insert("description".into(), new.description.as_str().into());
    body.insert("has_issues".into(), false.into());
    body.insert("has_wiki".into(), false.into());
    if let Some(key) = &bitbucket.account.project_key {
        body.insert("project".into(), json!({ "key": key }));
    }
    let segments = ["repositories", bitbucket.workspace(), slug];
    let call = bitbucket.ask(Method::POST, &segments)?.json(&Value::Object(body))?;
    // 200, where others answer 201 (developer.atlassian.com).
    let made = match bitbucket.http.call(&call).await?.success() {
        Ok(answer) => known(bitbucket, answer.json()?)?,
        Err(Error::Unprocessable(r) | Error::Conflict(r)) if taken(&r) => {
            return Err(Error::RepositoryExists { name: new.name.clone() });
        }
        Err(error) => return Err(error),
    };
    let remote =
        crate::Remote::new(&made.clone_url, bitbucket.git_credential.clone(), bitbucket.http.clone());
    visible::wait(remote, made, (bitbucket.visible_within, bitbucket.http.limits().pause)).await
}

/// "Repository with this Slug and Owner already exists." (public bug reports, 2015 to 2026).
fn taken(refusal: &Refusal) -> bool {
    refusal.message.contains("already exists") || refusal.message.contains("already have a repository")
}

/// Our own names are always valid slugs; what is given by others may not be.
fn slug(name: &str) -> Result<&str, Error> {
    let fits = !name.is_empty()
        && name.len() <= SLUG_LIMIT
        && !name.contains("--")
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if fits {
        return Ok(name);
    }
    Err(Error::Input {
        field: "repository",
        code: "invalid_name",
        sentence: format!(
            "{name:?} cannot name a repository of Bitbucket Cloud: at most {SLUG_LIMIT} lower-case letters, \
             digits, hyphens, underscores and full stops, with no two hyphens in a row and none at the end."
        ),
    })
}

pub(super) async fn delete(bitbucket: &BitbucketCloud, repository: &Repository) -> Result<Removed, Error> {
    let id = id(repository)?;
    let call = bitbucket.ask(Method::DELETE, &["repositories", bitbucket.workspace(), id])?;
    match bitbucket.http.call(&call).await?.success() {
        Ok(_) => Ok(Removed::Gone),
        // Gone by an attempt whose answer was lost; or hidden.
        Err(Error::NotFound(refusal)) => match shown(bitbucket, id).await? {
            None => Ok(Removed::Gone),
            Some(_) => Err(Error::NotFound(refusal)),
        },
        Err(error) => Err(error),
    }
}

pub(super) async fn by_url(bitbucket: &BitbucketCloud, url: &str) -> Result<Repository, Error> {
    let workspace = bitbucket.workspace();
    let example = format!("{}{workspace}/shop", bitbucket.web);
    let path = match by_url::path_on(&bitbucket.web, url, &example) {
        // A gateway or a test serves Git beside the interface, and says so in its clone addresses.
        Err(error) => by_url::path_on(&bitbucket.git, url, &example).map_err(|_| error)?,
        Ok(path) => path,
    };
    // What a browser shows goes on below: /src/main/, /branches/ ….
    let mut parts = path.split('/');
    let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !owner.eq_ignore_ascii_case(workspace) {
        return Err(by_url::wrong(
            "other_workspace",
            format!("The repository has to belong to {workspace}: this one belongs to {owner}."),
        ));
    }
    if name.is_empty() || name == "workspace" {
        return Err(by_url::wrong("invalid_address", format!("{path} is not the address of a repository.")));
    }
    let shown = find(bitbucket, name).await?;
    shown.ok_or_else(|| found::not_visible(bitbucket.who(), &format!("{workspace}/{name}"), "name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs_or_refused() {
        let long = "a".repeat(SLUG_LIMIT + 1);
        for (name, fits) in [
            ("gitops-shop", true),
            ("a.b_c", true),
            ("Shop", false),
            ("a--b", false),
            ("shop-", false),
            ("a b", false),
            ("", false),
            (long.as_str(), false),
        ] {
            assert_eq!(slug(name).is_ok(), fits, "{name}");
        }
    }
}
