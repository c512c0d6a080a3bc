//! Git repositories of applications: what they are known by, what they may be called, when two are the same.

use url::Url;

/// The repository of an application, known by the provider's own id so that renames do not lose it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repository {
    /// The provider's own id.
    pub id: String,
    /// Its name at the provider, with the owner where there is one, such as `acme/gitops-shop`.
    pub full_name: String,
    /// Where Git clones from, without credentials.
    pub clone_url: String,
    /// Where a browser sees it.
    pub web_url: String,
    /// The default branch, or the one that the first push will make.
    pub default_branch: String,
}

/// The most characters that a repository's name may have: the strictest common rule of all providers.
pub const NAME_LIMIT: usize = 60;

/// The name for an application's repository: `<prefix>-<application>`, cut to [`NAME_LIMIT`].
///
/// `suffix` is appended when the plain name is taken: short, stable, such as the first characters of the
/// application's id.
pub fn repository_name(prefix: &str, application: &str, suffix: Option<&str>) -> String {
    let full = if prefix.is_empty() { application.to_owned() } else { format!("{prefix}-{application}") };
    let clean: String = full
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .collect();
    let tail = suffix.map(|s| format!("-{s}")).unwrap_or_default();
    let mut name: String = clean.trim_matches('-').chars().take(NAME_LIMIT - tail.len()).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    format!("{}{tail}", name.trim_matches('-'))
}

/// The same for every spelling of one repository's address: scheme, user, case of the host, `.git`, trailing
/// slashes and percent-encoding do not matter, nor which of Azure DevOps' forms it has.
pub fn normalised(url: &str) -> Option<String> {
    let parsed = Url::parse(url.trim()).ok()?;
    let host = parsed.host_str()?.to_lowercase();
    let port = parsed.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path = percent_decoded(parsed.path());
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    Some(azure_devops(&host, path).unwrap_or_else(|| format!("{host}{port}/{path}")))
}

/// An address at Azure DevOps in the one form `dev.azure.com/ORG/PROJECT/_git/NAME`. The others are
/// `ORG.visualstudio.com`, with or without `DefaultCollection`, `ssh.dev.azure.com/v3/ORG/PROJECT/NAME`, and
/// `…/_git/NAME` for a repository that is called as its project (learn.microsoft.com, work with URLs).
fn azure_devops(host: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let organization = match host.strip_suffix(".visualstudio.com") {
        Some(organization) => {
            if parts.first().is_some_and(|p| p.eq_ignore_ascii_case("DefaultCollection")) {
                parts.remove(0);
            }
            organization
        }
        None if host == "dev.azure.com" && !parts.is_empty() => parts.remove(0),
        None if host == "ssh.dev.azure.com" => match parts[..] {
            ["v3", organization, project, name] => {
                parts = vec![project, "_git", name];
                organization
            }
            _ => return None,
        },
        None => return None,
    };
    if let ["_git", name] = parts[..] {
        parts = vec![name, "_git", name];
    }
    let below: String = parts.iter().map(|p| format!("/{p}")).collect();
    Some(format!("dev.azure.com/{}{below}", organization.to_lowercase()))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[i], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let want = Some("github.com/acme/My Shop".to_owned());
        for url in [
            "https://github.com/acme/My%20Shop",
            "https://bot@GitHub.com/acme/My%20Shop.git",
            "http://github.com/acme/My Shop/",
            "ssh://git@github.com/acme/My%20Shop.git",
        ] {
            assert_eq!(normalised(url), want, "{url}");
        }
        assert_eq!(normalised("shop"), None);
    }

    #[test]
    fn the_forms_of_azure_devops_are_equal() {
        for (path, urls) in [
            (
                "Web Shop/_git/gitops",
                &[
                    "https://dev.azure.com/acme/Web%20Shop/_git/gitops",
                    "https://acme@dev.azure.com/Acme/Web%20Shop/_git/gitops/",
                    "https://ACME.visualstudio.com/Web%20Shop/_git/gitops",
                    "https://acme.visualstudio.com/DefaultCollection/Web%20Shop/_git/gitops",
                    "ssh://git@ssh.dev.azure.com/v3/acme/Web%20Shop/gitops",
                ][..],
            ),
            (
                "shop/_git/shop",
                &["https://dev.azure.com/acme/_git/shop", "https://acme.visualstudio.com/_git/shop"],
            ),
        ] {
            for url in urls {
                assert_eq!(normalised(url), Some(format!("dev.azure.com/acme/{path}")), "{url}");
            }
        }
        assert_eq!(normalised("https://dev.azure.com/acme").as_deref(), Some("dev.azure.com/acme"));
        assert_eq!(normalised("https://tfs.acme.dev/x/_git/y").as_deref(), Some("tfs.acme.dev/x/_git/y"));
    }

    proptest! {
        #[test]
        fn repository_names_are_valid_everywhere(prefix in "[a-zA-Z0-9_.-]{0,20}", app in "[a-z][a-z0-9-]{0,80}", suffix in proptest::option::of("[0-9a-f]{6}")) {
            let name = repository_name(&prefix, &app, suffix.as_deref());
            prop_assert!(!name.is_empty() && name.len() <= NAME_LIMIT, "{name}");
            prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            prop_assert!(!name.starts_with('-') && !name.ends_with('-') && !name.contains("--"), "{name}");
        }
    }
}
