//! What people paste into the fields of an Azure DevOps account, and what they meant.

use model::{FieldError, Secret};
use percent_encoding::percent_decode_str;
use url::Url;

use super::damage;

/// What the field offers; an organization has to be added.
const HOSTED: &str = "https://dev.azure.com/";
/// The longest name of a project (learn.microsoft.com, naming restrictions).
const PROJECT_LIMIT: usize = 64;
/// The longest user name taken.
const USER_LIMIT: usize = 254;
/// Characters that no project's name has (same page).
const NOT_IN_PROJECTS: &str = "\\/:*?\"'<>;#$&@~%{},+=[]|";
/// Names that no project has (same page).
const RESERVED: [&str; 14] = [
    "AUX",
    "CON",
    "NUL",
    "PRN",
    "SERVER",
    "SignalR",
    "DefaultCollection",
    "Web",
    "bin",
    "App_Code",
    "App_Data",
    "App_Browsers",
    "App_GlobalResources",
    "App_LocalResources",
];

/// Reads the address of an organization, or of a Server's collection.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("host", code, message));
    let text = text.trim();
    if let Some(found) = damage(text) {
        return wrong(
            "invalid_character",
            format!("The address contains {found}: {HOSTED}acme would be right."),
        );
    }
    if text.is_empty() || text.trim_end_matches('/') == HOSTED.trim_end_matches('/') {
        return wrong("organization_missing", format!("Add your organization: {HOSTED}acme."));
    }
    if text.starts_with("git@ssh.dev.azure.com:") || text.starts_with("ssh://") {
        let organization = text.split(['/', ':']).skip_while(|p| *p != "v3").nth(1).unwrap_or("acme");
        let own = format!("{HOSTED}{organization}");
        let message = format!("This is an address for SSH; the organization is {own}. Use that?");
        return Err(FieldError::new("host", "invalid_scheme", message).suggest(own));
    }
    if !text.contains("://") {
        let bare = text.rsplit_once('@').map_or(text, |(_, host)| host).trim_end_matches('/');
        let meant =
            if bare.contains(['.', '/']) { format!("https://{bare}") } else { format!("{HOSTED}{bare}") };
        let message = format!("The address lacks its scheme: {meant} would be right. Use that?");
        return Err(FieldError::new("host", "scheme_missing", message).suggest(meant));
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
            return wrong(
                "invalid_address",
                format!("This is no address ({e}): {HOSTED}acme would be right."),
            );
        }
    };
    organization(&url)
}

/// The organization's own address, if nothing else is in it.
fn organization(url: &Url) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("host", code, message));
    let origin = url.origin().ascii_serialization();
    if url.scheme() == "http" && !crate::http::is_loopback(url) {
        let safe = url.as_str().trim_end_matches('/').replacen("http://", "https://", 1);
        let message = format!("The token would travel unencrypted: {safe} would be right.");
        return Err(FieldError::new("host", "insecure_address", message).suggest(safe));
    }
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).collect();
    let domain = url.host_str().unwrap_or_default();
    let (own, rest) = match form(domain) {
        Form::Interface => {
            let name = segments.first().map_or("acme", |s| s);
            let own = format!("{HOSTED}{name}");
            let message = format!("This is an address of the interface: {own} would be right. Use that?");
            return Err(FieldError::new("host", "address_of_the_interface", message).suggest(own));
        }
        Form::Hosted if segments.is_empty() => {
            return wrong("organization_missing", format!("Add your organization: {HOSTED}acme."));
        }
        Form::Hosted => (format!("{origin}/{}", segments[0]), &segments[1..]),
        Form::Former => {
            let below =
                usize::from(segments.first().is_some_and(|s| s.eq_ignore_ascii_case("DefaultCollection")));
            (origin, &segments[below..])
        }
        Form::Server => {
            let depth = collection_depth(&segments);
            if depth == 0 {
                return wrong(
                    "collection_missing",
                    format!("Add the collection: {origin}/DefaultCollection."),
                );
            }
            (format!("{origin}/{}", segments[..depth].join("/")), &segments[depth..])
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        let message = format!("The address contains a user name: {own} would be right. Use that?");
        return Err(FieldError::new("host", "credential_in_address", message).suggest(own));
    }
    if !rest.is_empty() {
        let message = format!("This is a URL of a project; the organization is {own}. Use that?");
        return Err(FieldError::new("host", "project_in_address", message).suggest(own));
    }
    Ok(own)
}

enum Form {
    Hosted,
    /// `https://ORG.visualstudio.com`, the default of organizations made before 2018-09-10.
    Former,
    Server,
    /// Addresses of single parts of the service.
    Interface,
}

fn form(domain: &str) -> Form {
    match domain {
        "dev.azure.com" => Form::Hosted,
        "app.vssps.visualstudio.com" | "vs-ssh.visualstudio.com" => Form::Interface,
        _ if domain.ends_with(".dev.azure.com") => Form::Interface,
        _ if domain.ends_with(".visualstudio.com") => Form::Former,
        _ => Form::Server,
    }
}

/// How many segments lead to a Server's collection: one or two, fewer where `_git` or another part of the
/// service shows that a project is in the address.
fn collection_depth(segments: &[&str]) -> usize {
    let end =
        segments.iter().position(|s| s.starts_with('_')).map_or(segments.len(), |at| at.saturating_sub(1));
    let collection = segments.iter().position(|s| s.eq_ignore_ascii_case("DefaultCollection"));
    collection.map_or(end.min(2), |at| at + 1)
}

/// Reads the name of the project.
pub(super) fn project(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("project", code, message));
    let name = text.trim();
    if name.is_empty() {
        return wrong("required", "The project's name is needed.".into());
    }
    if let Some(found) = damage(name) {
        return wrong(
            "invalid_character",
            format!("The project's name contains {found}: enter the name alone."),
        );
    }
    let decoded = percent_decode_str(name).decode_utf8_lossy().into_owned();
    let meant = |code, message: String, project: String| {
        Err(FieldError::new("project", code, message).suggest(project))
    };
    if name.contains("://") || name.contains('/') {
        let code = "address_instead_of_name";
        return match project_of(&decoded) {
            Some(project) => meant(
                code,
                format!("This is an address or a path; the project is {project}. Use that?"),
                project,
            ),
            None => wrong(
                code,
                "This is an address or a path; only the project's name is asked for, for example Shop."
                    .into(),
            ),
        };
    }
    if decoded != name && !decoded.contains(['%', '\u{fffd}']) {
        let message = format!("The name is encoded for an address; the project is {decoded}. Use that?");
        return meant("encoded", message, decoded);
    }
    if name.chars().count() > PROJECT_LIMIT {
        return wrong("too_long", format!("A project's name has at most {PROJECT_LIMIT} characters."));
    }
    if let Some(bad) = name.chars().find(|c| NOT_IN_PROJECTS.contains(*c)) {
        return wrong("invalid_character", format!("{bad:?} cannot be part of a project's name."));
    }
    if name.starts_with(['_', '.']) || name.ends_with('.') {
        return wrong(
            "invalid_name",
            "A project's name does not begin with _ or with a dot, and does not end with a dot.".into(),
        );
    }
    if RESERVED.iter().any(|r| r.eq_ignore_ascii_case(name)) {
        return wrong("invalid_name", format!("{name} is a name that no project can have."));
    }
    Ok(name.to_owned())
}

/// The project in an address or a path.
fn project_of(text: &str) -> Option<String> {
    let path: Vec<&str> = match text.split_once("://") {
        Some((_, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
            let host = authority.rsplit('@').next().unwrap_or_default();
            let skipped = match form(host) {
                Form::Hosted => 1,
                Form::Former => {
                    usize::from(parts.first().is_some_and(|s| s.eq_ignore_ascii_case("DefaultCollection")))
                }
                Form::Server => collection_depth(&parts),
                Form::Interface => return None,
            };
            parts.drain(..skipped.min(parts.len()));
            parts
        }
        // `acme/Shop`
        None => text.split('/').filter(|p| !p.is_empty()).skip(1).collect(),
    };
    let first = path.first().and_then(|p| p.split(['?', '#']).next())?;
    let named = if first == "_git" { path.get(1).copied()? } else { first };
    (!named.is_empty() && !named.starts_with('_')).then(|| named.to_owned())
}

/// Reads the user name; an e-mail address is one here.
pub(super) fn username(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("username", code, message));
    let name = text.trim();
    if name.is_empty() {
        return wrong("required", "The user name is needed.".into());
    }
    if name.chars().count() > USER_LIMIT {
        return wrong("too_long", format!("The user name has at most {USER_LIMIT} characters."));
    }
    if let Some(found) = damage(name) {
        return wrong("invalid_character", format!("The user name contains {found}: enter the name alone."));
    }
    // It is sent before a colon.
    if name.contains([':', '/']) {
        return wrong("invalid_character", "The user name contains : or /: enter the name alone.".into());
    }
    Ok(name.to_owned())
}

/// Looks for what no token of Azure DevOps has: one stray `=` gave refusals of some calls only (public reports,
/// 2026).
pub(super) fn token(token: &Secret) -> Result<(), FieldError> {
    if token.reveal().contains('=') {
        let message = "The token contains =, which no token of Azure DevOps has: copy the token alone.";
        return Err(FieldError::new("secret", "invalid_character", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_or_explained() {
        for (text, want, word) in [
            ("https://dev.azure.com/acme", Ok("https://dev.azure.com/acme"), ""),
            (" https://dev.azure.com/acme/ ", Ok("https://dev.azure.com/acme"), ""),
            ("https://acme.visualstudio.com", Ok("https://acme.visualstudio.com"), ""),
            ("https://ACME.visualstudio.com/DefaultCollection", Ok("https://acme.visualstudio.com"), ""),
            ("https://tfs.acme.dev/DefaultCollection", Ok("https://tfs.acme.dev/DefaultCollection"), ""),
            ("https://tfs.acme.dev/tfs/Main/", Ok("https://tfs.acme.dev/tfs/Main"), ""),
            ("http://127.0.0.1:8080/acme", Ok("http://127.0.0.1:8080/acme"), ""),
            ("", Err("organization_missing"), "Add your organization: https://dev.azure.com/acme"),
            ("https://dev.azure.com/", Err("organization_missing"), "https://dev.azure.com/acme"),
            ("https://dev.azure.com", Err("organization_missing"), "https://dev.azure.com/acme"),
            (
                "https://dev.azure.com/acme/Web%20Shop",
                Err("project_in_address"),
                "This is a URL of a project; the organization is https://dev.azure.com/acme. Use that?",
            ),
            (
                "https://dev.azure.com/acme/_git/shop",
                Err("project_in_address"),
                "is https://dev.azure.com/acme.",
            ),
            (
                "https://acme.visualstudio.com/Shop/_git/x",
                Err("project_in_address"),
                "acme.visualstudio.com.",
            ),
            (
                "https://tfs.acme.dev/tfs/Main/Shop/_git/x",
                Err("project_in_address"),
                "tfs.acme.dev/tfs/Main.",
            ),
            ("https://tfs.acme.dev/DefaultCollection/Shop", Err("project_in_address"), "DefaultCollection."),
            ("https://tfs.acme.dev", Err("collection_missing"), "https://tfs.acme.dev/DefaultCollection"),
            (
                "https://acme@dev.azure.com/acme",
                Err("credential_in_address"),
                "https://dev.azure.com/acme would",
            ),
            ("acme@dev.azure.com/acme", Err("scheme_missing"), "https://dev.azure.com/acme would"),
            ("dev.azure.com/acme", Err("scheme_missing"), "https://dev.azure.com/acme would"),
            ("acme", Err("scheme_missing"), "https://dev.azure.com/acme would"),
            ("http://dev.azure.com/acme", Err("insecure_address"), "https://dev.azure.com/acme"),
            ("git@ssh.dev.azure.com:v3/acme/Shop/x", Err("invalid_scheme"), "https://dev.azure.com/acme"),
            ("https://vssps.dev.azure.com/acme", Err("address_of_the_interface"), "dev.azure.com/acme"),
            ("ftp://dev.azure.com/acme", Err("invalid_scheme"), "https://"),
            ("https://", Err("invalid_address"), "https://dev.azure.com/acme"),
            ("\"https://dev.azure.com/acme\"", Err("invalid_character"), "quotation marks"),
        ] {
            let got = host(text);
            assert_eq!(got.as_deref().map_err(|e| e.code), want, "{text:?}");
            let Err(error) = got else { continue };
            assert!(error.message.contains(word), "{text:?}: {}", error.message);
            // What is offered to be used is itself taken.
            assert_eq!(
                error.suggestion.is_some(),
                error.message.contains("Use that?") || want == Err("insecure_address")
            );
            if let Some(offered) = error.suggestion {
                assert_eq!(host(&offered).unwrap(), offered, "{text:?}");
            }
        }
    }

    #[test]
    fn projects_are_read_or_explained() {
        for (text, want, word) in [
            ("Web Shop", Ok("Web Shop"), ""),
            (" shop ", Ok("shop"), ""),
            ("Läden", Ok("Läden"), ""),
            ("", Err("required"), "needed"),
            ("https://dev.azure.com/acme/Web%20Shop", Err("address_instead_of_name"), "is Web Shop. Use"),
            ("https://acme@dev.azure.com/acme/Shop/_git/x", Err("address_instead_of_name"), "is Shop. Use"),
            ("https://acme.visualstudio.com/Shop", Err("address_instead_of_name"), "is Shop. Use"),
            ("https://dev.azure.com/acme/_git/shop", Err("address_instead_of_name"), "is shop. Use"),
            ("acme/Shop", Err("address_instead_of_name"), "is Shop. Use"),
            ("https://dev.azure.com/acme", Err("address_instead_of_name"), "for example"),
            ("Web%20Shop", Err("encoded"), "is Web Shop. Use"),
            ("shop\n", Ok("shop"), ""),
            ("'shop'", Err("invalid_character"), "quotation marks"),
            ("a:b", Err("invalid_character"), "':'"),
            ("_shop", Err("invalid_name"), "begin"),
            ("shop.", Err("invalid_name"), "end"),
            ("defaultcollection", Err("invalid_name"), "no project"),
        ] {
            let got = project(text);
            assert_eq!(got.as_deref().map_err(|e| e.code), want, "{text:?}");
            let Err(error) = got else { continue };
            assert!(error.message.contains(word), "{text:?}: {}", error.message);
            assert_eq!(error.suggestion.is_some(), error.message.contains("Use that?"), "{text:?}");
            if let Some(offered) = error.suggestion {
                assert_eq!(project(&offered).unwrap(), offered, "{text:?}");
            }
        }
        assert_eq!(project(&"x".repeat(65)).unwrap_err().code, "too_long");
    }

    #[test]
    fn users_may_be_addresses() {
        assert_eq!(username(" bot@acme.dev ").unwrap(), "bot@acme.dev");
        assert_eq!(username("Build Bot").unwrap(), "Build Bot");
        assert_eq!(username("a:b").unwrap_err().code, "invalid_character");
        assert_eq!(username("").unwrap_err().code, "required");
    }

    #[test]
    fn a_stray_equals_sign_is_told_without_the_token() {
        assert!(token(&Secret::new("abcdef0123456789")).is_ok());
        let told = token(&Secret::new("abcdef0123456789=")).unwrap_err();
        assert!(told.message.contains('=') && !told.message.contains("abcdef"), "{}", told.message);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in ".{0,120}", path in "[a-zA-Z_%/@:.?#]{0,40}") {
            for text in [text.clone(), format!("https://{path}"), format!("https://dev.azure.com/{path}")] {
                if let Ok(host) = host(&text) {
                    prop_assert!(host.starts_with("http") && !host.ends_with('/'), "{host}");
                }
                let _ = project(&text);
                let _ = username(&text);
            }
        }
    }
}
