//! The address of a host as people paste it.

use model::FieldError;
use url::Url;

use super::damage;

/// Reads an address of the field `host`: with scheme, without credentials, query and slash at its end; what it
/// may have for a path is left to the caller. `example` is an address that would be right.
pub(super) fn address(text: &str, example: &str) -> Result<Url, FieldError> {
    if let Some(found) = damage(text) {
        return Err(wrong(
            "invalid_character",
            format!("The address contains {found}: {example} would be right."),
        ));
    }
    if !text.contains("://") {
        let right = format!("https://{}", text.trim_end_matches('/'));
        let message = format!("The address lacks its scheme: {right} would be right.");
        return Err(wrong("scheme_missing", message).suggest(right));
    }
    let mut url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        Ok(url) => {
            return Err(wrong(
                "invalid_scheme",
                format!("{}:// is not possible here: the address begins with https://.", url.scheme()),
            ));
        }
        Err(e) => {
            return Err(wrong(
                "invalid_address",
                format!("This is no address ({e}): {example} would be right."),
            ));
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        // What was entered is not repeated: it may hold a password.
        let mut bare = url.clone();
        let plainly = bare.set_username("").and_then(|()| bare.set_password(None));
        let error =
            wrong("credential_in_address", "The address contains a user name or password: leave it out.");
        return Err(match plainly {
            Ok(()) => error.suggest(plain(&bare)),
            Err(()) => error,
        });
    }
    if url.scheme() == "http" && !crate::http::is_loopback(&url) {
        let safe = plain(&url).replacen("http://", "https://", 1);
        return Err(wrong(
            "insecure_address",
            format!("The token would travel unencrypted: {safe} would be right."),
        )
        .suggest(safe));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The address as it is kept: without a slash at its end.
pub(super) fn plain(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// An error of the field `host`.
pub(super) fn wrong(code: &'static str, message: impl Into<String>) -> FieldError {
    FieldError::new("host", code, message)
}
