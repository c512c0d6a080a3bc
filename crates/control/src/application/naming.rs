//! Where an application lives in Git when a person names it: the repository and the folder in it.

use model::FieldError;
use model::application::Application;
use model::gitops_config::GitopsConfig;
use model::repository::normalised;
use store::Page;

use super::New;
use crate::{Control, Error};

/// Most characters of a path.
const PATH_LIMIT: usize = 200;

/// Checks a folder and takes slashes off its ends; empty is the root.
pub(crate) fn path(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("path", code, message));
    let path = text.trim_matches('/');
    if path.chars().count() > PATH_LIMIT {
        return wrong("too_long", format!("A path has at most {PATH_LIMIT} characters."));
    }
    if path.is_empty() {
        return Ok(String::new());
    }
    for part in path.split('/') {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if part.is_empty() || !part.chars().all(plain) || part.starts_with('.') || part.ends_with('.') {
            return wrong(
                "invalid",
                format!(
                    "{part:?} cannot be part of a path: letters, digits and - _ . are allowed, and no dot at the \
                     start or end, for example apps/shop."
                ),
            );
        }
    }
    // These are what an application at the root writes itself.
    if matches!(path.split('/').next(), Some("environments")) {
        return wrong("reserved", "A path cannot begin with \"environments\": take another folder.".into());
    }
    Ok(path.to_owned())
}

/// Checks a repository that a person named: in the configured scope, writable, and no other application's at
/// the same path. Gives its clone address; `None` when Trueline is to make one. Nothing is changed at the host.
pub(crate) async fn repository(
    control: &Control,
    config: Option<&GitopsConfig>,
    new: &New,
    path: &str,
) -> Result<Option<String>, Error> {
    let given = new.repository.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let Some(given) = given else {
        if super::asks(config) {
            let message =
                "Name the repository of this application: the active GitOps configuration asks for one.";
            return Err(Error::field("repository", "required", message));
        }
        if !path.is_empty() {
            let message = "A path needs a repository: name it, or leave the path out.";
            return Err(Error::field("path", "repository_missing", message));
        }
        return Ok(None);
    };
    let Some(address) = normalised(given) else {
        let message =
            format!("{given:?} is no address of a repository, such as https://github.com/acme/shop.git.");
        return Err(Error::field("repository", "invalid", message));
    };
    let Some(config) = config else { return Err(crate::gate::closed()) };
    let host = crate::hosts::open(control, config).await?;
    let found = host.repository_by_url(given).await.map_err(refused)?;
    let may = host.permissions(&found).await.map_err(refused)?;
    if may.archived || !may.write {
        let why = if may.archived { "is archived" } else { "cannot be written to by Trueline's account" };
        let message = format!("{} {why}.", found.full_name);
        return Err(Error::field("repository", "not_writable", message));
    }
    let own = normalised(&found.clone_url);
    let mut page = Page { limit: 200, cursor: None };
    loop {
        let listed = control.store.applications(&page).await?;
        let other = listed.items.iter().find(|other| {
            let theirs = address_of(other);
            other.path == path && theirs.is_some() && (theirs == own || theirs.as_ref() == Some(&address))
        });
        if other.is_some() {
            let place = if path.is_empty() { "its root".into() } else { format!("the path {path}") };
            let message = format!(
                "{} is another application's repository at {place}: name another path.",
                found.full_name
            );
            return Err(Error::field("repository", "taken", message));
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    Ok(Some(found.clone_url))
}

fn address_of(application: &Application) -> Option<String> {
    match (&application.repository, &application.wanted_repository) {
        (Some(repository), _) => normalised(&repository.clone_url),
        (None, Some(wanted)) => normalised(wanted),
        (None, None) => None,
    }
}

/// What the host says of a named repository belongs to the field; that it does not answer does not.
fn refused(error: git::Error) -> Error {
    match error.outcome() {
        model::Outcome::RetryLater { .. } | model::Outcome::Bug => Error::Git(error),
        _ => Error::field("repository", "not_usable", error.diagnosis().sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_checked() {
        for (text, want) in [
            ("", Ok("")),
            ("/", Ok("")),
            ("apps/shop", Ok("apps/shop")),
            ("/apps/shop/", Ok("apps/shop")),
            ("a//b", Err("invalid")),
            ("../b", Err("invalid")),
            ("a/.git", Err("invalid")),
            ("a b", Err("invalid")),
            ("environments/x", Err("reserved")),
            (&"a".repeat(201), Err("too_long")),
        ] {
            let got = path(text).map_err(|e| e.code);
            assert_eq!(got.as_deref(), want.as_deref(), "{text}");
        }
    }
}
