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
        let domain = text.trim_start_matches("ssh://").trim_start_matches("git@");
        let domain = domain.split([':', '/']).next().unwrap_or_default();
        let meant = format!("https://{domain}");
        if domain.is_empty() || url::Url::parse(&meant).is_err() {
            let message = format!("Git is used over HTTPS, not over SSH: {EXAMPLE} would be right.");
            return Err(wrong("invalid_scheme", message));
        }
        let message = format!("Git is used over HTTPS, not over SSH: {meant} would be right. Use that?");
        return Err(wrong("invalid_scheme", message).suggest(meant));
    }
    let whole = plain(&address(text, EXAMPLE)?);
    match whole.strip_suffix(".git").and_then(|repository| repository.rsplit_once('/')) {
        Some((host, _)) => Err(wrong(
            "path_in_address",
            format!(
                "This is the address of a repository, which each application names; here it is {host}. Use that?"
            ),
        )
        .suggest(host)),
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
        let told = host("https://acme.dev/scm/shop.git").unwrap_err();
        assert!(told.message.contains("is https://acme.dev/scm. Use"), "{told:?}");
        assert_eq!(told.suggestion.as_deref(), Some("https://acme.dev/scm"));
        for (text, meant) in [
            ("git@git.acme.dev:acme/shop.git", Some("https://git.acme.dev")),
            ("ssh://git@git.acme.dev:2222/shop.git", Some("https://git.acme.dev")),
            ("ssh://", None),
        ] {
            assert_eq!(host(text).unwrap_err().suggestion.as_deref(), meant, "{text:?}");
        }
        for (text, want) in [
            ("bot@acme.dev", Ok("bot@acme.dev")),
            ("", Err("required")),
            ("bot:pw", Err("invalid_character")),
        ] {
            assert_eq!(username(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
    }
}
