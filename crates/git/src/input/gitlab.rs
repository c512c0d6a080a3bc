//! What people paste into the fields of a GitLab account.

use model::FieldError;

use super::address::{address, plain, wrong};
use super::{below, damage};

/// The address of gitlab.com, as people open it.
const GITLAB_COM: &str = "https://gitlab.com";
/// The longest path of a group, in characters (docs.gitlab.com, names).
const PATH_LIMIT: usize = 255;

/// Reads the host's address; a server of one's own may lie below a path.
pub(super) fn host(text: &str) -> Result<String, FieldError> {
    let mut url = address(text, GITLAB_COM)?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_matches('/').to_owned();
    if let Some(at) = format!("/{path}/").find("/api/v4/") {
        url.set_path(&path[..at.saturating_sub(1).min(path.len())]);
        return Err(wrong(
            "address_of_the_interface",
            format!("This is the address of the interface: enter {}.", plain(&url)),
        )
        .suggest(plain(&url)));
    }
    if url.host_str() == Some("gitlab.com") && !path.is_empty() {
        return Err(wrong(
            "path_in_address",
            format!("The address ends after the host: {origin}. {:?} may be the group.", group_in(&path)),
        )
        .suggest(origin));
    }
    if let Some((before, after)) = format!("/{path}").split_once("/groups/") {
        return Err(wrong(
            "path_in_address",
            format!(
                "The address ends before the group: {origin}{before}. {:?} may be the group.",
                group_in(after)
            ),
        )
        .suggest(format!("{origin}{before}")));
    }
    Ok(plain(&url))
}

/// Reads the group: its number, or its full path with the groups above it.
pub(super) fn group(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("group", code, message));
    if text.contains("://") {
        let found = group_in(below(text).unwrap_or_default());
        if found.is_empty() {
            return wrong(
                "address_instead_of_name",
                "This is an address; the group's number or full path is asked for, for example acme/platform."
                    .into(),
            );
        }
        return instead("This is an address", &found);
    }
    let path = text.trim_matches('/');
    if path.is_empty() {
        return wrong("required", "The group's number or full path is needed.".into());
    }
    if let Some(project) = path.strip_suffix(".git") {
        let group = project.rsplit_once('/').map_or(project, |(group, _)| group);
        return instead("This is the path of a project", group);
    }
    if let Some(bare) = path.strip_prefix('@') {
        let message = format!("The path is written without @: {bare}. Use that?");
        return Err(FieldError::new("group", "invalid_character", message).suggest(bare));
    }
    if path.chars().count() > PATH_LIMIT {
        return wrong("too_long", format!("The path of a group has at most {PATH_LIMIT} characters."));
    }
    if let Some(found) = damage(path) {
        return wrong("invalid_character", format!("The group contains {found}: enter the path alone."));
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(bad) = path.chars().find(|c| !fits(*c) && *c != '/') {
        return wrong(
            "invalid_character",
            format!(
                "{bad:?} cannot be part of a group's path: enter the path as in its address, not the name, or \
                 its number."
            ),
        );
    }
    if path.split('/').any(|part| part.is_empty() || part.starts_with('-')) {
        return wrong("invalid_path", format!("{path} is no path of a group: acme/platform would be right."));
    }
    Ok(path.to_owned())
}

/// Says which group was probably meant.
fn instead(what: &str, group: &str) -> Result<String, FieldError> {
    let message = format!("{what}; the group is {group}. Use that?");
    Err(FieldError::new("group", "address_instead_of_name", message).suggest(group))
}

/// Reads the user name of the account.
pub(super) fn username(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("username", code, message));
    let name = text.trim_start_matches('@');
    if name.contains('@') {
        return wrong(
            "address_instead_of_name",
            format!(
                "{text} is an e-mail address: the account's user name is asked for, as its profile shows it."
            ),
        );
    }
    if name.is_empty() {
        return wrong("required", "The user name is needed.".into());
    }
    if name.chars().count() > PATH_LIMIT {
        return wrong("too_long", format!("The user name has at most {PATH_LIMIT} characters."));
    }
    if let Some(found) = damage(name) {
        return wrong("invalid_character", format!("The user name contains {found}: enter the name alone."));
    }
    if let Some(bad) = name.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        return wrong(
            "invalid_character",
            format!("{bad:?} cannot be part of a user name: it has letters, digits, '_', '-' and '.'."),
        );
    }
    Ok(name.to_owned())
}

/// The group inside the path of a page: `groups/acme/sub/-/settings` is `acme/sub`.
fn group_in(path: &str) -> String {
    let path = path.trim_matches('/');
    let path = path.split_once("/-/").map_or(path, |(before, _)| before);
    let path = match format!("/{path}").rsplit_once("/groups/") {
        Some((_, group)) => group.to_owned(),
        None => path.to_owned(),
    };
    match path.strip_suffix(".git") {
        Some(project) => project.rsplit_once('/').map_or(project, |(group, _)| group).to_owned(),
        None => path.trim_end_matches("/-").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::provider::{CredentialKind, ProviderKind};

    use super::super::{host as any_host, scope, username as any_name};

    #[test]
    fn addresses_are_read_or_explained() {
        for (text, want) in [
            ("", Ok("https://gitlab.com")),
            ("https://gitlab.com/", Ok("https://gitlab.com")),
            ("https://git.acme.dev", Ok("https://git.acme.dev")),
            ("https://acme.dev/gitlab", Ok("https://acme.dev/gitlab")),
            ("https://ACME.dev/gitlab/?x#y", Ok("https://acme.dev/gitlab")),
            ("gitlab.com", Err("scheme_missing")),
            ("http://git.acme.dev", Err("insecure_address")),
            ("https://gitlab.com/acme/sub", Err("path_in_address")),
            ("https://acme.dev/gitlab/groups/acme", Err("path_in_address")),
            ("https://git.acme.dev/api/v4", Err("address_of_the_interface")),
            ("https://acme.dev/gitlab/api/v4/projects", Err("address_of_the_interface")),
            ("https://bot:pw@gitlab.com", Err("credential_in_address")),
        ] {
            let got = any_host(ProviderKind::GitLab, text);
            assert_eq!(got.as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        let told = |text| any_host(ProviderKind::GitLab, text).unwrap_err().message;
        assert!(told("https://acme.dev/gitlab/api/v4").ends_with("enter https://acme.dev/gitlab."));
        assert!(told("https://git.acme.dev/api/v4").ends_with("enter https://git.acme.dev."));
        assert!(told("https://gitlab.com/groups/acme/sub").contains("\"acme/sub\" may be the group"));
    }

    #[test]
    fn groups_are_read_or_explained() {
        for (text, want) in [
            ("4711", Ok("4711")),
            (" acme ", Ok("acme")),
            ("acme/platform/gitops", Ok("acme/platform/gitops")),
            ("/acme/platform/", Ok("acme/platform")),
            ("", Err("required")),
            ("https://gitlab.com/acme/platform", Err("address_instead_of_name")),
            ("acme/shop.git", Err("address_instead_of_name")),
            ("@acme", Err("invalid_character")),
            ("Acme Platform", Err("invalid_character")),
            ("\"acme\"", Err("invalid_character")),
            ("acme//platform", Err("invalid_path")),
        ] {
            let got = scope(ProviderKind::GitLab, text);
            assert_eq!(got.as_deref().map_err(|e| e.code), want, "{text:?}");
        }
        for (text, group) in [
            ("https://gitlab.com/acme/platform", "acme/platform"),
            ("https://gitlab.com/groups/acme/platform/-/settings/access_tokens", "acme/platform"),
            ("https://acme.dev/gitlab/groups/acme", "acme"),
            ("https://gitlab.com/acme/shop.git", "acme"),
            ("acme/platform/shop.git", "acme/platform"),
        ] {
            let error = scope(ProviderKind::GitLab, text).unwrap_err();
            assert_eq!(error.suggestion.as_deref(), Some(group), "{text:?}");
            let message = error.message;
            assert!(message.contains(&format!("is {group}. Use that?")), "{text:?}: {message}");
        }
    }

    #[test]
    fn user_names_are_read_or_explained() {
        let name = |kind, text| any_name(ProviderKind::GitLab, kind, text).map_err(|e| e.code);
        for (text, want) in [
            ("@john.smith", Ok("john.smith")),
            ("acme-bot_1", Ok("acme-bot_1")),
            ("bot@acme.dev", Err("address_instead_of_name")),
            ("", Err("required")),
            ("John Smith", Err("invalid_character")),
        ] {
            assert_eq!(
                name(CredentialKind::PersonalToken, text).as_deref(),
                want.as_ref().map(|s| *s),
                "{text:?}"
            );
        }
        // The bot of a group's or project's token has a name of its own.
        assert_eq!(name(CredentialKind::GroupToken, "anything at all").as_deref(), Ok(""));
    }
}
