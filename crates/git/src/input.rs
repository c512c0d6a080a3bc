//! What people paste into the fields of an account, and what they meant.
//!
//! Reads each field on its own; nothing is asked of any host.

use model::provider::ProviderKind;
use model::{FieldError, Secret};
use url::{Host, Url};

/// The longest text taken for a name, in characters.
const NAME_LIMIT: usize = 100;
/// The longest secret taken, in bytes.
const SECRET_LIMIT: usize = 16 * 1024;

/// Reads the host's address: with scheme, without path, slash at the end or credentials.
pub fn host(provider: ProviderKind, text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("host", code, message));
    let default = provider.describe().host.default;
    let text = text.trim();
    if default.is_empty() {
        return Ok(String::new());
    }
    if text.is_empty() {
        return Ok(default.to_owned());
    }
    if let Some(found) = damage(text) {
        return wrong(
            "invalid_character",
            format!("The address contains {found}: {default} would be right."),
        );
    }
    if !text.contains("://") {
        return wrong(
            "scheme_missing",
            format!("The address lacks its scheme: https://{} would be right.", text.trim_end_matches('/')),
        );
    }
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        Ok(url) => {
            return wrong(
                "invalid_scheme",
                format!("{}:// is not possible here: the address begins with https://.", url.scheme()),
            );
        }
        Err(e) => {
            return wrong("invalid_address", format!("This is no address ({e}): {default} would be right."));
        }
    };
    bare(&url, default)
}

/// The address as it is kept, if nothing is in it that does not belong there.
fn bare(url: &Url, default: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("host", code, message));
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "credential_in_address",
            "The address contains a user name or password: leave it out.".into(),
        );
    }
    let origin = url.origin().ascii_serialization();
    if url.scheme() == "http" && !crate::http::is_loopback(url) {
        return wrong(
            "insecure_address",
            format!(
                "The token would travel unencrypted: {} would be right.",
                origin.replacen("http://", "https://", 1)
            ),
        );
    }
    if url.host() == Some(Host::Domain("api.github.com")) {
        return wrong(
            "address_of_the_interface",
            format!("This is the address of the interface: enter {default}."),
        );
    }
    let path = url.path().trim_matches('/');
    if path == "api/v3" {
        return wrong(
            "address_of_the_interface",
            format!("This is the address of the interface: enter {origin}."),
        );
    }
    if !path.is_empty() {
        let first = path.split('/').next().unwrap_or_default();
        return wrong(
            "path_in_address",
            format!("The address ends after the host: {origin}. {first:?} may be the organization."),
        );
    }
    Ok(origin)
}

/// Reads the name of the organization or user account.
pub fn organization(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("organization", code, message));
    let name = text.trim();
    if name.contains("://") || name.contains('/') {
        let path =
            name.split_once("://").map_or(name, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
        let first = path.trim_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
        let hint = if first.is_empty() {
            "only its name is asked for, for example acme.".to_owned()
        } else {
            format!("the organization is {first}. Use that?")
        };
        return wrong("address_instead_of_name", format!("This is an address or a path; {hint}"));
    }
    if let Some(bare) = name.strip_prefix('@') {
        return wrong("invalid_character", format!("The name is written without @: {bare}."));
    }
    account_name("organization", "organization's name", name)
}

/// Reads the user name of the account.
pub fn username(text: &str) -> Result<String, FieldError> {
    let name = text.trim();
    if name.contains('@') && !name.starts_with('@') {
        return Err(FieldError::new(
            "username",
            "address_instead_of_name",
            format!(
                "{name} is an e-mail address: the account's user name is asked for, as its profile shows it."
            ),
        ));
    }
    account_name("username", "user name", name.trim_start_matches('@'))
}

/// Looks for what copying does to a secret. Its text is never part of the answer.
pub fn secret(secret: &Secret) -> Result<(), FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("secret", code, message));
    let text = secret.reveal();
    if text.len() > SECRET_LIMIT {
        return wrong(
            "too_long",
            format!("The token is longer than {SECRET_LIMIT} bytes; that is no token."),
        );
    }
    if text.trim().is_empty() {
        return wrong("required", "A token is needed.".into());
    }
    let end = if text.trim_end() != text { "ends" } else { "begins" };
    if text.trim() != text {
        let what = if text.contains(['\n', '\r']) { "a line break" } else { "a space" };
        return wrong("surrounding_space", format!("The token {end} with {what}: copy it again without."));
    }
    if let Some(found) = damage(text) {
        return wrong("invalid_character", format!("The token contains {found}: copy the token alone."));
    }
    if text.contains(' ') {
        return wrong("invalid_character", "The token contains a space: copy the token alone.".into());
    }
    Ok(())
}

fn account_name(field: &str, what: &str, name: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new(field, code, message));
    if name.is_empty() {
        return wrong("required", format!("The {what} is needed."));
    }
    if name.chars().count() > NAME_LIMIT {
        return wrong("too_long", format!("The {what} has at most {NAME_LIMIT} characters."));
    }
    if let Some(found) = damage(name) {
        return wrong("invalid_character", format!("The {what} contains {found}: enter the name alone."));
    }
    // docs.github.com: letters, digits and hyphens; `_` in accounts that an enterprise manages.
    if let Some(bad) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
        return wrong(
            "invalid_character",
            format!(
                "{bad:?} cannot be part of the {what}: it has letters, digits and hyphens, as in its address."
            ),
        );
    }
    Ok(name.to_owned())
}

/// What copying out of files and chats leaves in a text.
fn damage(text: &str) -> Option<&'static str> {
    if text.contains(['\n', '\r']) {
        return Some("a line break");
    }
    if text.contains(['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        return Some("quotation marks");
    }
    if text.contains(['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}', '\u{a0}']) {
        return Some("an invisible character");
    }
    text.chars().any(char::is_control).then_some("a control character")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code<T>(result: Result<T, FieldError>) -> &'static str {
        result.map_or_else(|e| e.code, |_| "")
    }

    #[test]
    fn addresses_are_read_or_explained() {
        for (text, want) in [
            ("https://github.com", Ok("https://github.com")),
            ("", Ok("https://github.com")),
            (" https://GitHub.acme.dev/ ", Ok("https://github.acme.dev")),
            ("https://git.acme.dev:8443/", Ok("https://git.acme.dev:8443")),
            ("http://127.0.0.1:3000", Ok("http://127.0.0.1:3000")),
            ("github.com", Err("scheme_missing")),
            ("http://github.acme.dev", Err("insecure_address")),
            ("ssh://git@github.com", Err("invalid_scheme")),
            ("https://bot:pw@github.com", Err("credential_in_address")),
            ("https://github.com/acme", Err("path_in_address")),
            ("https://git.acme.dev/api/v3", Err("address_of_the_interface")),
            ("https://api.github.com", Err("address_of_the_interface")),
            ("\"https://github.com\"", Err("invalid_character")),
            ("https://", Err("invalid_address")),
        ] {
            let got = host(ProviderKind::GitHub, text);
            assert_eq!(got.as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        assert!(host(ProviderKind::GitHub, "github.com").unwrap_err().message.contains("https://github.com"));
        assert_eq!(host(ProviderKind::BuiltIn, "x").unwrap(), "");
    }

    #[test]
    fn names_are_read_or_explained() {
        for (text, want) in [
            ("acme", ""),
            (" acme ", ""),
            ("acme_corp", ""),
            ("", "required"),
            ("https://github.com/acme", "address_instead_of_name"),
            ("acme/shop", "address_instead_of_name"),
            ("@acme", "invalid_character"),
            ("'acme'", "invalid_character"),
            ("acme corp", "invalid_character"),
        ] {
            assert_eq!(code(organization(text)), want, "{text:?}");
        }
        assert!(organization("https://github.com/acme/shop").unwrap_err().message.contains("is acme"));
        assert_eq!(code(username("bot@acme.dev")), "address_instead_of_name");
        assert_eq!(username("@acme-bot").unwrap(), "acme-bot");
    }

    #[test]
    fn damaged_secrets_are_explained_without_being_shown() {
        for (text, want) in [
            ("ghp_abcdef0123456789", ""),
            ("", "required"),
            ("ghp_abcdef0123456789\n", "surrounding_space"),
            (" ghp_abcdef0123456789", "surrounding_space"),
            ("\"ghp_abcdef0123456789\"", "invalid_character"),
            ("ghp_abc\ndef0123456789", "invalid_character"),
            ("Bearer ghp_abcdef0123456789", "invalid_character"),
        ] {
            let result = secret(&Secret::new(text));
            if let Err(e) = &result {
                assert!(!e.message.contains("abcdef"), "{}", e.message);
            }
            assert_eq!(code(result), want, "{text:?}");
        }
        let message = secret(&Secret::new("ghp_abcdef\n")).unwrap_err().message;
        assert!(message.contains("ends with a line break"), "{message}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in ".{0,200}") {
            if let Ok(host) = host(ProviderKind::GitHub, &text) {
                prop_assert!(host.starts_with("http"), "{host}");
            }
            let _ = organization(&text);
            let _ = username(&text);
            let _ = secret(&Secret::new(text));
        }
    }
}
