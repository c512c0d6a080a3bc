//! What providers have in common in how they find a repository and know it again.

use model::Secret;
use model::repository::Repository;
use serde::de::DeserializeOwned;

use super::by_url;
use crate::http::Answer;
use crate::{Error, GitCredential};

/// The id of a repository at a host that counts them; `what` is the host's word for one.
pub(crate) fn number<'a>(repository: &'a Repository, what: &str) -> Result<&'a str, Error> {
    let id = repository.id.as_str();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::Bug(format!("{id:?} is no id of {what}")));
    }
    Ok(id)
}

/// Owner and name.
pub(crate) fn split(full_name: &str) -> Result<(&str, &str), Error> {
    full_name.split_once('/').ok_or_else(|| Error::Bug(format!("{full_name:?} is no owner/name")))
}

/// What an answer tells, with `None` for what is not shown.
pub(crate) fn if_shown<T: DeserializeOwned>(answer: Result<Answer, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => answer.json().map(Some),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is shown, or nothing, which stands for absent only if the scope that it would be in can be seen: hosts hide
/// what an account may not know of.
pub(crate) async fn or_absent<R, S>(
    shown: Option<R>,
    scope: impl Future<Output = Result<S, Error>>,
) -> Result<Option<R>, Error> {
    if shown.is_none() {
        scope.await?;
    }
    Ok(shown)
}

/// The default branch as a host tells it: nothing, or an empty name, while the repository is empty.
pub(crate) fn default_branch(told: Option<String>) -> String {
    told.filter(|branch| !branch.is_empty()).unwrap_or_else(|| "main".into())
}

/// The error of an address at which the account is shown no repository; `part` is what may be wrong in it.
pub(crate) fn not_visible(who: &str, path: &str, part: &str) -> Error {
    by_url::wrong(
        "repository_not_visible",
        format!("{who} cannot see {path}: the {part} is wrong, or the account has no access to it."),
    )
}

/// A token as it is shown to the interface, and, beside a user name, to Git.
pub(crate) fn token(secret: Option<Secret>, username: &str) -> (GitCredential, GitCredential) {
    match secret {
        Some(token) => (
            GitCredential::Bearer(token.clone()),
            GitCredential::Basic { username: username.to_owned(), password: token },
        ),
        None => (GitCredential::None, GitCredential::None),
    }
}
