//! What people paste into the fields of an account at a server that has nothing but Git.

use model::FieldError;

use super::address::{address, plain, wrong};
use super::damage;

/// What an address looks like.
const EXAMPLE: &str = "https://git.acme.dev";

/// Reads what the addresses of the repositories begin with.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    if text.is_empty() {
        return Err(wrong("required", format!("The address of the host is needed, such as {EXAMPLE}.")));
    }
    if text.starts_with("git@") || text.starts_with("ssh://") {
        return Err(wrong(
            "invalid_scheme",
            format!("Git is used over HTTPS, not over SSH: {EXAMPLE} would be right."),
        ));
    }
    let whole = plain(&address(text, EXAMPLE)?);
    match whole.strip_suffix(".git").and_then(|repository| repository.rsplit_once('/')) {
        Some((host, _)) => Err(wrong(
            "path_in_address",
            format!(
                "This is the address of a repository, which each application names; here it is {host}. Use that?"
            ),
        )),
        None => Ok(whole),
    }
}

/// Reads the user name; what servers take for one differs, an e-mail address may be right.
pub(super) fn username(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("username", code, message));
    if text.is_empty() {
        return wrong("required", "The user name is needed.".into());
    }
    if let Some(found) = damage(text) {
        return wrong("invalid_character", format!("The user name contains {found}: enter the name alone."));
    }
    // RFC 7617: the first colon ends the user name.
    if text.contains(':') {
        return wrong(
            "invalid_character",
            "A user name has no colon: the password has its own field.".into(),
        );
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_or_explained() {
        for (text, want) in [
            ("https://git.acme.dev/", Ok("https://git.acme.dev")),
            ("https://acme.dev/scm", Ok("https://acme.dev/scm")),
            ("", Err("required")),
            ("git@git.acme.dev:acme/shop.git", Err("invalid_scheme")),
            ("ssh://git@git.acme.dev/shop.git", Err("invalid_scheme")),
            ("https://acme.dev/scm/shop.git", Err("path_in_address")),
            ("https://bot:pw@acme.dev", Err("credential_in_address")),
        ] {
            assert_eq!(host(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        assert!(
            host("https://acme.dev/scm/shop.git")
                .unwrap_err()
                .message
                .contains("is https://acme.dev/scm. Use")
        );
        for (text, want) in [
            ("bot@acme.dev", Ok("bot@acme.dev")),
            ("", Err("required")),
            ("bot:pw", Err("invalid_character")),
        ] {
            assert_eq!(username(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
    }
}
