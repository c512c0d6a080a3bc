//! What people paste into the fields of a GitHub account.

use model::FieldError;
use url::Host;

use super::address::{address, wrong};
use super::{account_name, below};

/// The address of github.com, as people open it.
const GITHUB_COM: &str = "https://github.com";

/// Reads the host's address: without a path.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    let url = address(text, GITHUB_COM)?;
    let origin = url.origin().ascii_serialization();
    if url.host() == Some(Host::Domain("api.github.com")) {
        return Err(wrong(
            "address_of_the_interface",
            format!("This is the address of the interface: enter {GITHUB_COM}."),
        )
        .suggest(GITHUB_COM));
    }
    let path = url.path().trim_matches('/');
    if path == "api/v3" {
        return Err(wrong(
            "address_of_the_interface",
            format!("This is the address of the interface: enter {origin}."),
        )
        .suggest(origin));
    }
    if !path.is_empty() {
        let first = path.split('/').next().unwrap_or_default();
        return Err(wrong(
            "path_in_address",
            format!("The address ends after the host: {origin}. {first:?} may be the organization."),
        )
        .suggest(origin));
    }
    Ok(origin)
}

/// Reads the name of the organization or user account.
pub(super) fn organization(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("organization", code, message));
    if let Some(path) = below(text) {
        let first = path.split('/').next().unwrap_or_default();
        let code = "address_instead_of_name";
        if first.is_empty() {
            let hint = "only its name is asked for, for example acme.";
            return wrong(code, format!("This is an address or a path; {hint}"));
        }
        let message = format!("This is an address or a path; the organization is {first}. Use that?");
        return Err(FieldError::new("organization", code, message).suggest(first));
    }
    if let Some(bare) = text.strip_prefix('@') {
        let message = format!("The name is written without @: {bare}.");
        return Err(FieldError::new("organization", "invalid_character", message).suggest(bare));
    }
    account_name("organization", "organization's name", text)
}

/// Reads the user name of the account.
pub(super) fn username(text: &str) -> Result<String, FieldError> {
    if text.contains('@') && !text.starts_with('@') {
        return Err(FieldError::new(
            "username",
            "address_instead_of_name",
            format!(
                "{text} is an e-mail address: the account's user name is asked for, as its profile shows it."
            ),
        ));
    }
    account_name("username", "user name", text.trim_start_matches('@'))
}
