//! What people paste into the fields of a Bitbucket Cloud account.

use model::{FieldError, Secret};
use url::Host;

use super::address::{address, wrong};
use super::{NAME_LIMIT, account_name, below, damage};

/// The address of Bitbucket Cloud, the only one.
const BITBUCKET: &str = "https://bitbucket.org";
/// The most characters of a project's key (support.atlassian.com).
const KEY_LIMIT: usize = 128;

/// Reads the host's address: there is but one.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    let url = address(text, BITBUCKET)?;
    match url.host() {
        Some(Host::Domain("bitbucket.org")) => {}
        Some(Host::Domain("api.bitbucket.org")) => {
            return Err(wrong(
                "address_of_the_interface",
                format!("This is the address of the interface: enter {BITBUCKET}."),
            )
            .suggest(BITBUCKET));
        }
        _ => {
            return Err(wrong(
                "other_host",
                format!(
                    "Bitbucket Cloud is at {BITBUCKET} and nowhere else; a Bitbucket of your own is Bitbucket \
                     Data Center, which is another kind of host."
                ),
            ));
        }
    }
    let path = url.path().trim_matches('/');
    if !path.is_empty() {
        let first = path.split('/').next().unwrap_or_default();
        let message =
            format!("The address ends after the host: {BITBUCKET}. {first:?} may be the workspace.");
        return Err(wrong("path_in_address", message).suggest(BITBUCKET));
    }
    Ok(BITBUCKET.into())
}

/// Reads the id of the workspace: lower-case letters, digits, `_` and `-` (support.atlassian.com).
pub(super) fn workspace(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| FieldError::new("workspace", code, message);
    if let Some(path) = below(text) {
        let first = path.split('/').next().unwrap_or_default().to_lowercase();
        let what = "This is an address or a path;";
        if first.is_empty() {
            let message = format!("{what} only the workspace's id is asked for, for example acme.");
            return Err(wrong("address_instead_of_name", message));
        }
        let message = format!("{what} the workspace is {first}. Use that?");
        return Err(wrong("address_instead_of_name", message).suggest(first));
    }
    if text.contains(' ') && damage(text).is_none() {
        let id = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
        let message = format!(
            "This is the workspace's name; its id is asked for, as in {BITBUCKET}/ID. It may be {id}. Use that?"
        );
        return Err(wrong("name_instead_of_id", message).suggest(id));
    }
    account_name("workspace", "workspace's id", text).map(|id| id.to_lowercase())
}

/// Reads the key of a project; none for an empty text.
pub(super) fn project_key(text: &str) -> Result<Option<String>, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("project_key", code, message));
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(path) = below(text) {
        // bitbucket.org/WORKSPACE/workspace/projects/KEY
        let after = path.split('/').skip_while(|p| *p != "projects").nth(1).filter(|k| !k.is_empty());
        let what = "This is an address or a path;";
        let Some(key) = after.map(str::to_uppercase) else {
            let message = format!("{what} only the project's key is asked for, for example PLAT.");
            return wrong("address_instead_of_name", message);
        };
        let message = format!("{what} the key is {key}. Use that?");
        return Err(FieldError::new("project_key", "address_instead_of_name", message).suggest(key));
    }
    if let Some(found) = damage(text) {
        return wrong("invalid_character", format!("The key contains {found}: enter the key alone."));
    }
    if text.len() > KEY_LIMIT {
        return wrong("too_long", format!("A project's key has at most {KEY_LIMIT} characters."));
    }
    let key = text.to_uppercase();
    let fits = key.starts_with(|c: char| c.is_ascii_uppercase())
        && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !fits {
        return wrong(
            "invalid_character",
            "A project's key begins with a letter and has letters, digits and underscores: it is not the \
             project's name."
                .into(),
        );
    }
    Ok(Some(key))
}

/// Reads the e-mail address of the account that an API token belongs to: over REST, Bitbucket takes that and not
/// its own user name (support.atlassian.com, using API tokens, 2026).
pub(super) fn email(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("username", code, message));
    if text.is_empty() {
        return wrong("required", "The e-mail address of the Atlassian account is needed.".into());
    }
    if let Some(found) = damage(text) {
        return wrong("invalid_character", format!("The address contains {found}: enter it alone."));
    }
    if text == crate::bitbucket_cloud::API_TOKEN_USER {
        return wrong(
            "email_needed",
            "That is the user name for Git, which Trueline uses by itself: the account's e-mail address is asked \
             for."
                .into(),
        );
    }
    let parts = text.split_once('@').filter(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains([' ', '/', ':'])
    });
    if parts.is_none() {
        return wrong(
            "email_needed",
            "This is no e-mail address. An API token goes with the e-mail address of its Atlassian account, not \
             with the user name."
                .into(),
        );
    }
    if text.chars().count() > 2 * NAME_LIMIT {
        return wrong("too_long", format!("The address has at most {} characters.", 2 * NAME_LIMIT));
    }
    Ok(text.to_owned())
}

/// Names a secret that no longer is one.
pub(super) fn token(token: &Secret) -> Result<(), FieldError> {
    if token.reveal().starts_with("ATBB") {
        return Err(FieldError::new("secret", "app_password_removed", crate::bitbucket_cloud::APP_PASSWORD));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T, FieldError>) -> &'static str {
        result.map_or_else(|e| e.code, |_| "")
    }

    #[test]
    fn the_host_is_the_one_there_is() {
        for (text, want) in [
            ("https://bitbucket.org", Ok("https://bitbucket.org")),
            ("https://BitBucket.org/", Ok("https://bitbucket.org")),
            ("https://bitbucket.org/acme", Err("path_in_address")),
            ("https://api.bitbucket.org/2.0", Err("address_of_the_interface")),
            ("https://bitbucket.acme.dev", Err("other_host")),
            ("bitbucket.org", Err("scheme_missing")),
        ] {
            assert_eq!(host(text).as_deref().map_err(|e| e.code), want, "{text:?}");
        }
    }

    #[test]
    fn workspaces_are_read_or_explained() {
        for (text, want, word) in [
            ("acme", "", ""),
            ("Acme", "", ""),
            ("acme_corp-1", "", ""),
            ("", "required", "needed"),
            ("https://bitbucket.org/Acme/shop/src/main/", "address_instead_of_name", "is acme. Use that?"),
            ("acme/shop", "address_instead_of_name", "is acme"),
            ("Acme Corp", "name_instead_of_id", "acme-corp"),
            ("{5ca1ab1e}", "invalid_character", "{"),
            ("\"acme\"", "invalid_character", "quotation marks"),
            ("acme\n", "invalid_character", "line break"),
        ] {
            let got = workspace(text);
            if let Err(error) = &got {
                assert!(error.message.contains(word), "{text:?}: {}", error.message);
            }
            assert_eq!(code(got), want, "{text:?}");
        }
        assert_eq!(workspace("Acme").unwrap(), "acme");
    }

    #[test]
    fn project_keys_are_upper_case_and_may_be_left_out() {
        for (text, want) in [
            ("", Ok(None)),
            ("PLAT", Ok(Some("PLAT"))),
            ("plat_1", Ok(Some("PLAT_1"))),
            ("Platform Team", Err("invalid_character")),
            ("1PLAT", Err("invalid_character")),
            ("https://bitbucket.org/acme/workspace/projects/PLAT", Err("address_instead_of_name")),
            ("'PLAT'", Err("invalid_character")),
        ] {
            assert_eq!(
                project_key(text).as_ref().map(|k| k.as_deref()).map_err(|e| e.code),
                want,
                "{text:?}"
            );
        }
        let pasted = project_key("bitbucket.org/acme/workspace/projects/plat").unwrap_err();
        assert!(pasted.message.contains("key is PLAT. Use that?"), "{}", pasted.message);
    }

    #[test]
    fn an_api_token_goes_with_an_address() {
        for (text, want) in [
            ("ann@acme.dev", ""),
            ("", "required"),
            ("ann", "email_needed"),
            ("@ann", "email_needed"),
            ("ann@", "email_needed"),
            ("x-bitbucket-api-token-auth", "email_needed"),
            ("mailto:ann@acme.dev", "email_needed"),
            ("\"ann@acme.dev\"", "invalid_character"),
        ] {
            assert_eq!(code(email(text)), want, "{text:?}");
        }
    }

    #[test]
    fn app_passwords_are_named() {
        let error = token(&Secret::new("ATBB0123456789")).unwrap_err();
        assert_eq!(error.code, "app_password_removed");
        assert!(error.message.contains("2026-07-28") && !error.message.contains("0123"), "{}", error.message);
        token(&Secret::new("ATATT3x")).unwrap();
    }
}
