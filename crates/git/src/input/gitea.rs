//! What people paste into the fields of a Gitea or Forgejo account.

use model::FieldError;

use super::address::{address, plain, wrong};
use super::{NAME_LIMIT, below, damage};

/// What an address looks like.
const EXAMPLE: &str = "https://git.acme.dev";

/// Reads the host's address; it may lie below a path.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    if text.is_empty() {
        return Err(wrong("required", format!("The address of the host is needed, such as {EXAMPLE}.")));
    }
    let url = address(text, EXAMPLE)?;
    let whole = plain(&url);
    for end in ["/api/v1", "/api/swagger", "/user/login", "/user/settings/applications", "/explore/repos"] {
        if let Some(host) = whole.strip_suffix(end) {
            let message = format!("The address ends before {end}: {host}. Use that?");
            return Err(wrong("path_in_address", message).suggest(host));
        }
    }
    if let Some(repository) = whole.strip_suffix(".git") {
        let host = repository.rsplitn(3, '/').last().unwrap_or_default();
        let message = format!("This is the address of a repository; the host's is {host}. Use that?");
        return Err(wrong("path_in_address", message).suggest(host));
    }
    Ok(whole)
}

/// Reads the name of the organization or user account.
pub(super) fn organization(text: &str) -> Result<String, FieldError> {
    if let Some(path) = below(text) {
        let first = path.split('/').next().unwrap_or_default();
        let first = if first == "org" { path.split('/').nth(1).unwrap_or_default() } else { first };
        let instead = |hint: &str| {
            FieldError::new(
                "organization",
                "address_instead_of_name",
                format!("This is an address or a path; {hint}"),
            )
        };
        return Err(if first.is_empty() {
            instead("only its name is asked for, for example acme.")
        } else {
            instead(&format!("the organization is {first}. Use that?")).suggest(first)
        });
    }
    name("organization", "organization's name", text.trim_start_matches('@'))
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
    name("username", "user name", text.trim_start_matches('@'))
}

/// Letters, digits, hyphens, underscores and dots (AlphaDashDot, Gitea 1.26).
fn name(field: &str, what: &str, text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new(field, code, message));
    if text.is_empty() {
        return wrong("required", format!("The {what} is needed."));
    }
    if text.chars().count() > NAME_LIMIT {
        return wrong("too_long", format!("The {what} has at most {NAME_LIMIT} characters."));
    }
    if let Some(found) = damage(text) {
        return wrong("invalid_character", format!("The {what} contains {found}: enter the name alone."));
    }
    match text.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        Some(bad) => wrong(
            "invalid_character",
            format!("{bad:?} cannot be part of the {what}: it has letters, digits, hyphens and dots."),
        ),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_lie_below_a_path() {
        for (text, want) in [
            ("https://git.acme.dev/", Ok("https://git.acme.dev")),
            ("https://acme.dev/git/", Ok("https://acme.dev/git")),
            ("http://127.0.0.1:3000", Ok("http://127.0.0.1:3000")),
            ("", Err("required")),
            ("git.acme.dev", Err("scheme_missing")),
            ("http://git.acme.dev", Err("insecure_address")),
            ("https://acme.dev/git/api/v1", Err("path_in_address")),
            ("https://acme.dev/git/acme/shop.git", Err("path_in_address")),
        ] {
            assert_eq!(host(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        let told = host("https://acme.dev/git/acme/shop.git").unwrap_err();
        assert!(told.message.contains("is https://acme.dev/git. Use"), "{told:?}");
        assert_eq!(told.suggestion.as_deref(), Some("https://acme.dev/git"));
        let told = host("https://acme.dev/git/api/v1").unwrap_err();
        assert!(told.message.contains(": https://acme.dev/git. Use"), "{told:?}");
        assert_eq!(told.suggestion.as_deref(), Some("https://acme.dev/git"));
    }

    #[test]
    fn names_may_have_dots() {
        for (text, want) in [
            ("acme.dev", Ok("acme.dev")),
            ("acme_corp-1", Ok("acme_corp-1")),
            ("@acme", Ok("acme")),
            ("", Err("required")),
            ("https://git.acme.dev/acme/shop", Err("address_instead_of_name")),
            ("acme corp", Err("invalid_character")),
            ("'acme'", Err("invalid_character")),
        ] {
            assert_eq!(organization(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        let told = organization("https://git.acme.dev/org/acme/teams").unwrap_err();
        assert!(told.message.contains("is acme. Use"), "{told:?}");
        assert_eq!(told.suggestion.as_deref(), Some("acme"));
        assert_eq!(organization("https://git.acme.dev/").unwrap_err().suggestion, None);
        assert_eq!(username("bot@acme.dev").unwrap_err().code, "address_instead_of_name");
        assert_eq!(username("acme.bot").unwrap(), "acme.bot");
    }
}
