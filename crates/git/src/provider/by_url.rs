//! The address of a repository as a person gives it.

use model::repository::normalised;
use url::Url;

use crate::Error;
use crate::http::host_of;

/// An address that cannot be taken for a repository of the account.
pub(crate) fn wrong(code: &'static str, sentence: impl Into<String>) -> Error {
    Error::Input { field: "repository", code, sentence: sentence.into() }
}

/// The name in a path `owner/name` below the host's address; the owner has to be the configured one.
pub(crate) fn name_in<'a>(path: &'a str, owner: &str) -> Result<&'a str, Error> {
    let other = || wrong("invalid_address", format!("{path} is not the address of a repository."));
    let (found, name) = path.split_once('/').ok_or_else(other)?;
    if !found.eq_ignore_ascii_case(owner) {
        return Err(wrong(
            "other_organization",
            format!("The repository has to belong to {owner}: this one belongs to {found}."),
        ));
    }
    if name.contains('/') || name.is_empty() { Err(other()) } else { Ok(name) }
}

/// The path of a repository below the host's address, without `.git` and slashes at its ends; `example` is an
/// address that would be right.
pub(crate) fn path_on(web: &Url, url: &str, example: &str) -> Result<String, Error> {
    let path = normalised(url)
        .ok_or_else(|| wrong("invalid_address", format!("This is no address: {example} would be right.")))?;
    let base = normalised(web.as_str()).unwrap_or_else(|| host_of(web));
    let prefix = format!("{}/", base.trim_end_matches('/'));
    match path.strip_prefix(&prefix) {
        Some(below) if !below.is_empty() => Ok(below.to_owned()),
        _ => Err(wrong(
            "other_host",
            format!("The repository has to be at {}: this is {path}.", web.as_str().trim_end_matches('/')),
        )),
    }
}
