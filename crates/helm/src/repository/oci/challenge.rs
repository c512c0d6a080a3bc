//! What a registry asks for with 401 (RFC 9110, section 11.6.1; distribution specification, token authentication).

use url::{Host, Url};

/// One challenge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Challenge {
    /// A user name and a password.
    Basic,
    /// A token of a token server.
    Bearer {
        /// The server's address, as written.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it has to allow.
        scope: Option<String>,
    },
    /// Something else.
    Other(String),
}

/// Reads the header `WWW-Authenticate`.
pub(super) fn read(header: &str) -> Challenge {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Challenge::Basic;
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Challenge::Other(scheme.chars().take(40).filter(char::is_ascii_graphic).collect());
    }
    let (mut realm, mut service, mut scope) = (None, None, None);
    for (name, value) in parameters(rest) {
        match name.to_ascii_lowercase().as_str() {
            "realm" => realm = Some(value),
            "service" => service = Some(value),
            "scope" => scope = Some(value),
            _ => {}
        }
    }
    match realm {
        Some(realm) => Challenge::Bearer { realm, service, scope },
        None => Challenge::Other("Bearer without a realm".into()),
    }
}

/// Pairs of `name="value"` with commas between them; commas within quotes belong to the value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ']);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((name.trim().to_owned(), value.trim().to_owned()));
        rest = left.trim_start_matches([',', ' ']);
    }
    found
}

/// Whether a token server may be shown the password that was entered for a registry: it is the same host, or one of
/// the same domain (`auth.docker.io` for `registry-1.docker.io`, `gitlab.com` for `registry.gitlab.com`).
pub(super) fn may_know(registry: &Url, realm: &Url) -> bool {
    let (Some(own), Some(other)) = (registry.host(), realm.host()) else { return false };
    if own == other {
        return true;
    }
    let (Host::Domain(own), Host::Domain(other)) = (own, other) else { return false };
    let Some((_, domain)) = own.split_once('.') else { return false };
    // What is above a registry of two parts is a whole top-level domain.
    domain.contains('.')
        && (other == domain || other.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        };
        for (header, want) in [
            ("Basic realm=\"Acme\"", Challenge::Basic),
            ("basic", Challenge::Basic),
            (
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\"",
                bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                ),
            ),
            ("Bearer realm=https://x/y, service=z", bearer("https://x/y", Some("z"), None)),
            ("Bearer realm=\"https://x", bearer("https://x", None, None)),
            ("Bearer service=\"x\"", Challenge::Other("Bearer without a realm".into())),
            ("Negotiate abc", Challenge::Other("Negotiate".into())),
            ("", Challenge::Other(String::new())),
        ] {
            assert_eq!(read(header), want, "{header}");
        }
    }

    #[test]
    fn only_hosts_of_the_same_domain_may_know_a_password() {
        for (registry, realm, want) in [
            ("https://registry.acme.dev", "https://registry.acme.dev/token", true),
            ("https://registry.acme.dev:5050", "https://registry.acme.dev/jwt/auth", true),
            ("https://registry-1.docker.io", "https://auth.docker.io/token", true),
            ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", true),
            ("https://registry.acme.dev", "https://evil.dev/token", false),
            ("https://registry.acme.dev", "https://acme.dev.evil.dev/token", false),
            ("https://registry.acme.dev", "https://notacme.dev/token", false),
            ("https://ghcr.io", "https://evil.io/token", false),
            ("https://127.0.0.1:5000", "https://localhost:5000/token", false),
            ("https://10.0.0.1", "https://10.0.0.2/token", false),
            ("https://10.0.0.1", "https://10.0.0.1:81/token", true),
            ("https://registry", "https://token", false),
        ] {
            let (registry, realm) = (Url::parse(registry).unwrap(), Url::parse(realm).unwrap());
            assert_eq!(may_know(&registry, &realm), want, "{registry} {realm}");
        }
    }
}
