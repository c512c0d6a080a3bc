//! What people paste into the fields of an account, and what they meant.
//!
//! Reads each field on its own; nothing is asked of any host. What a provider's fields mean is in the file
//! named after it.

mod address;
mod azure_devops;
mod bitbucket_cloud;
mod git;
mod gitea;
mod github;
mod gitlab;
mod prefix;

pub use prefix::misfit;

use model::provider::{CredentialKind, ProviderKind};
use model::{FieldError, Secret};

/// The longest text taken for a name, in characters.
const NAME_LIMIT: usize = 100;
/// The longest secret taken, in bytes.
const SECRET_LIMIT: usize = 16 * 1024;

/// Reads the host's address: with scheme, without slash at the end or credentials; the provider's own address
/// where the text is empty.
pub fn host(provider: ProviderKind, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let text = if text.is_empty() { provider.describe().host.default } else { text };
    match provider {
        ProviderKind::GitHub => github::host(text),
        ProviderKind::GitLab => gitlab::host(text),
        ProviderKind::AzureDevOps => azure_devops::host(text),
        ProviderKind::BitbucketCloud => bitbucket_cloud::host(text),
        ProviderKind::Gitea => gitea::host(text),
        ProviderKind::Git => git::host(text),
        ProviderKind::BuiltIn => Ok(String::new()),
    }
}

/// Reads what owns the repositories: organization, group, project, workspace. The error names the provider's
/// own field.
pub fn scope(provider: ProviderKind, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    match provider {
        ProviderKind::GitHub => github::organization(text),
        ProviderKind::GitLab => gitlab::group(text),
        ProviderKind::AzureDevOps => azure_devops::project(text),
        ProviderKind::BitbucketCloud => bitbucket_cloud::workspace(text),
        ProviderKind::Gitea => gitea::organization(text),
        ProviderKind::Git | ProviderKind::BuiltIn => Ok(String::new()),
    }
}

/// Reads the key of the project that new repositories are put in, where the host has such projects.
pub fn project_key(provider: ProviderKind, text: &str) -> Result<Option<String>, FieldError> {
    match provider {
        ProviderKind::BitbucketCloud => bitbucket_cloud::project_key(text.trim()),
        ProviderKind::GitHub
        | ProviderKind::GitLab
        | ProviderKind::AzureDevOps
        | ProviderKind::Gitea
        | ProviderKind::Git
        | ProviderKind::BuiltIn => Ok(None),
    }
}

/// Reads the user name that goes with a kind of credential; empty where none is asked for.
pub fn username(
    provider: ProviderKind,
    credential: CredentialKind,
    text: &str,
) -> Result<String, FieldError> {
    let asked = provider.describe().credential(credential).is_some_and(|c| c.username);
    let text = text.trim();
    match provider {
        _ if !asked => Ok(String::new()),
        ProviderKind::GitHub => github::username(text),
        ProviderKind::GitLab => gitlab::username(text),
        ProviderKind::AzureDevOps => azure_devops::username(text),
        ProviderKind::BitbucketCloud => bitbucket_cloud::email(text),
        ProviderKind::Gitea => gitea::username(text),
        ProviderKind::Git => git::username(text),
        ProviderKind::BuiltIn => Ok(String::new()),
    }
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

/// Looks for what no token of that kind of host has. The token is never part of the answer.
pub fn token(provider: ProviderKind, token: &Secret) -> Result<(), FieldError> {
    match provider {
        ProviderKind::AzureDevOps => azure_devops::token(token),
        ProviderKind::BitbucketCloud => bitbucket_cloud::token(token),
        ProviderKind::GitHub
        | ProviderKind::GitLab
        | ProviderKind::Gitea
        | ProviderKind::Git
        | ProviderKind::BuiltIn => Ok(()),
    }
}

/// Reads a name of letters, digits, hyphens and underscores.
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

/// The path inside an address or a path that was entered where a name is asked for; none for a plain name.
fn below(text: &str) -> Option<&str> {
    if !text.contains('/') {
        return None;
    }
    let path = text.split_once("://").map_or(text, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    path.trim_matches('/').split(['?', '#']).next()
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

    fn name(text: &str) -> Result<String, FieldError> {
        username(ProviderKind::GitHub, CredentialKind::ClassicToken, text)
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
            assert_eq!(code(scope(ProviderKind::GitHub, text)), want, "{text:?}");
        }
        assert!(
            scope(ProviderKind::GitHub, "https://github.com/acme/shop")
                .unwrap_err()
                .message
                .contains("is acme")
        );
        assert_eq!(code(name("bot@acme.dev")), "address_instead_of_name");
        assert_eq!(name("@acme-bot").unwrap(), "acme-bot");
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
            let _ = scope(ProviderKind::GitHub, &text);
            let _ = name(&text);
            let _ = secret(&Secret::new(text));
        }
    }
}
