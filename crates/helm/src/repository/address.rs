//! Addresses of chart repositories as people enter them.

use model::chart_repository::ChartRepositoryKind;
use url::Url;

use crate::Error;

/// Reads an address: which kind of repository it is, and the address as it is kept. `index.yaml` and slashes at
/// the end are taken off.
///
/// # Errors
/// [`Error::Address`], which says what it is instead, and what was probably meant.
pub fn address(text: &str) -> Result<(ChartRepositoryKind, Url), Error> {
    let text = text.trim();
    let wrong = |code, sentence: String, suggestion: Option<String>| {
        Err(Error::Address { code, sentence, suggestion })
    };
    if text.is_empty() {
        return wrong("required", "The chart repository's address is needed.".into(), None);
    }
    if text.len() > 2_000 {
        return wrong("too_long", "An address has at most 2,000 characters.".into(), None);
    }
    let is_scp =
        !text.contains("://") && text.split('/').next().is_some_and(|s| s.contains('@') && s.contains(':'));
    if is_scp || ["ssh://", "git://", "git+"].iter().any(|scheme| text.starts_with(scheme)) {
        return wrong("git_address", git(text), None);
    }
    if !text.contains("://") {
        let suggestion = Some(format!("https://{text}")).filter(|t| Url::parse(t).is_ok());
        let sentence = "The address begins with https://, or with oci:// for a registry.".into();
        return wrong("scheme_missing", sentence, suggestion);
    }
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        let sentence = format!("{text:?} is no address, such as https://charts.acme.dev would be.");
        return wrong("invalid_address", sentence, None);
    };
    let kind = match url.scheme() {
        "http" | "https" => ChartRepositoryKind::Http,
        "oci" => ChartRepositoryKind::Oci,
        other => {
            let sentence = format!("{other}:// leads to no chart repository; https:// and oci:// do.");
            return wrong("invalid_scheme", sentence, None);
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let sentence = "The address holds a user name or a password: they have fields of their own, where the \
                        password is kept sealed.";
        return wrong("credentials_in_address", sentence.into(), Some(url.into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        url.set_query(None);
        url.set_fragment(None);
        let sentence = "An address of a chart repository has no part behind ? or #.";
        return wrong("invalid_address", sentence.into(), Some(url.into()));
    }
    if kind == ChartRepositoryKind::Http
        && let Some((sentence, suggestion)) = elsewhere(&url)
    {
        return wrong(
            if url.path().ends_with(".tgz") { "chart_address" } else { "git_address" },
            sentence,
            suggestion,
        );
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/index.yaml").unwrap_or(path).trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok((kind, url))
}

/// What the address leads to, if that is known not to be a chart repository.
fn elsewhere(url: &Url) -> Option<(String, Option<String>)> {
    let path = url.path().trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let host = url.host_str().unwrap_or_default();
    if path.ends_with(".tgz") {
        let sentence = "This is the address of one chart's archive. Enter that of the repository: the folder in which \
                        index.yaml lies.";
        let mut folder = url.clone();
        folder.set_path(&path[..path.rfind('/').unwrap_or(0)]);
        return Some((sentence.into(), Some(folder.into())));
    }
    // Sites for code have charts as pages beside the code, not under the repository's own address.
    let (owner, name) = (parts.first().copied(), parts.get(1).map(|name| name.trim_end_matches(".git")));
    match (host, owner, name, parts.len()) {
        ("github.com", Some(owner), Some(name), 2) => {
            Some((git(url.as_str()), Some(format!("https://{}.github.io/{name}", owner.to_lowercase()))))
        }
        ("gitlab.com", Some(owner), Some(name), 2) => {
            Some((git(url.as_str()), Some(format!("https://{owner}.gitlab.io/{name}"))))
        }
        ("bitbucket.org", Some(_), Some(_), 2) => Some((git(url.as_str()), None)),
        _ if path.ends_with(".git") => Some((git(url.as_str()), None)),
        _ => None,
    }
}

fn git(text: &str) -> String {
    format!(
        "{text} is the address of a Git repository. Charts are taken from where they are published: an address with an \
         index.yaml, as its makers give it for `helm repo add`, or an oci:// address."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_enter_is_understood() {
        for (text, want) in [
            ("https://charts.acme.dev", "http https://charts.acme.dev/"),
            (" https://charts.acme.dev/ ", "http https://charts.acme.dev/"),
            ("https://acme.dev/charts/index.yaml", "http https://acme.dev/charts"),
            ("https://acme.dev/charts//", "http https://acme.dev/charts"),
            ("http://127.0.0.1:8080/x", "http http://127.0.0.1:8080/x"),
            ("oci://registry.acme.dev/charts/", "oci oci://registry.acme.dev/charts"),
        ] {
            let (kind, url) = address(text).unwrap();
            assert_eq!(format!("{} {url}", kind.as_str()), want, "{text}");
        }
        for (text, code, suggestion) in [
            ("", "required", None),
            ("charts.acme.dev", "scheme_missing", Some("https://charts.acme.dev")),
            ("git@github.com:acme/charts.git", "git_address", None),
            ("ssh://git@acme.dev/charts", "git_address", None),
            ("https://acme.dev/charts.git", "git_address", None),
            ("https://github.com/Acme/charts", "git_address", Some("https://acme.github.io/charts")),
            ("https://github.com/acme/charts.git", "git_address", Some("https://acme.github.io/charts")),
            ("ftp://acme.dev", "invalid_scheme", None),
            ("file:///charts", "invalid_address", None),
            ("https://", "invalid_address", None),
            ("https://ann:s3cret@acme.dev/x", "credentials_in_address", Some("https://acme.dev/x")),
            ("https://acme.dev/x?token=1", "invalid_address", Some("https://acme.dev/x")),
            ("https://acme.dev/x/web-1.0.0.tgz", "chart_address", Some("https://acme.dev/x")),
        ] {
            match address(text) {
                Err(Error::Address { code: got, suggestion: meant, sentence }) => {
                    assert_eq!((got, meant.as_deref()), (code, suggestion), "{text}");
                    assert!(!sentence.contains("s3cret"), "{sentence}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
