//! An organization's address, in each of its forms, and what lies below it.

use model::repository::normalised;
use url::Url;

use crate::Error;
use crate::provider::address::{join, parse_host};

/// An organization, or a collection on a Server.
pub(super) struct Organization {
    /// Its address, without a slash at the end.
    pub(super) base: Url,
    /// Its name.
    pub(super) name: String,
}

impl Organization {
    /// Reads the account's host.
    pub(super) fn read(host: &str) -> Result<Self, Error> {
        let base = parse_host(host, "https://dev.azure.com/acme")?;
        let domain = base.host_str().unwrap_or_default();
        let name = match domain.strip_suffix(".visualstudio.com") {
            Some(name) => name.to_owned(),
            None => {
                base.path_segments().into_iter().flatten().rfind(|s| !s.is_empty()).unwrap_or(domain).into()
            }
        };
        Ok(Self { base, name })
    }

    /// An address below the organization, each segment encoded on its own.
    pub(super) fn below(&self, segments: &[&str]) -> Result<Url, Error> {
        join(&self.base, segments)
    }

    /// A page below the organization, for people.
    pub(super) fn page(&self, segments: &[&str]) -> String {
        self.below(segments).unwrap_or_else(|_| self.base.clone()).to_string()
    }

    /// The same organization in the hosted service's other form, where it has one.
    pub(super) fn other_form(&self) -> Option<Url> {
        match self.base.host_str()? {
            "dev.azure.com" => Url::parse(&format!("https://{}.visualstudio.com", self.name)).ok(),
            domain if domain.ends_with(".visualstudio.com") => Url::parse("https://dev.azure.com").ok(),
            _ => None,
        }
    }

    /// Where the hosted service tells which organizations it has, without a credential: at the root, for an
    /// address whose path is one name (learn.microsoft.com, work with URLs).
    pub(super) fn directory(&self) -> Option<Url> {
        let path = self.base.path().trim_matches('/');
        if path.is_empty() || path.contains('/') {
            return None;
        }
        let mut root = self.base.clone();
        root.set_path("/");
        Some(root)
    }

    /// Project and repository of an address in any form, if it lies in this organization. `Err` has the
    /// address as it is compared.
    pub(super) fn locate(&self, url: &str) -> Result<(String, String), String> {
        let scp =
            url.trim().strip_prefix("git@ssh.dev.azure.com:").map(|p| format!("ssh://ssh.dev.azure.com/{p}"));
        let given = normalised(scp.as_deref().unwrap_or(url)).unwrap_or_default();
        let own = normalised(self.base.as_str()).unwrap_or_default();
        let own = own.trim_end_matches('/');
        // Names of hosts, organizations and projects are the same in any case.
        let below = given.get(..own.len()).filter(|start| start.eq_ignore_ascii_case(own));
        let rest = below.and_then(|_| given[own.len()..].strip_prefix('/'));
        // A repository that is called as its project may leave the project out.
        let rest =
            rest.map(|r| r.strip_prefix("_git/").map_or(r.to_owned(), |name| format!("{name}/_git/{name}")));
        match rest.as_deref().and_then(|r| r.split_once("/_git/")) {
            Some((project, name)) if !name.is_empty() && !name.contains('/') && !project.contains('/') => {
                Ok((project.to_owned(), name.to_owned()))
            }
            _ => Err(given),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(host: &str) -> Organization {
        Organization::read(host).unwrap()
    }

    #[test]
    fn every_form_has_its_name() {
        for (host, name, directory) in [
            ("https://dev.azure.com/acme", "acme", true),
            ("https://acme.visualstudio.com", "acme", false),
            ("https://tfs.acme.dev/tfs/DefaultCollection", "DefaultCollection", false),
        ] {
            let organization = organization(host);
            assert_eq!((organization.name.as_str(), organization.directory().is_some()), (name, directory));
        }
        let page = organization("https://dev.azure.com/acme").page(&["Web Shop", "_settings"]);
        assert_eq!(page, "https://dev.azure.com/acme/Web%20Shop/_settings");
    }

    #[test]
    fn addresses_of_repositories_are_located_in_every_form() {
        let found = Ok(("Web Shop".to_owned(), "gitops".to_owned()));
        for host in ["https://dev.azure.com/acme", "https://acme.visualstudio.com"] {
            for url in [
                "https://dev.azure.com/acme/Web%20Shop/_git/gitops",
                "https://acme@dev.azure.com/acme/Web%20Shop/_git/gitops/",
                "https://ACME.visualstudio.com/Web%20Shop/_git/gitops",
                "https://acme.visualstudio.com/DefaultCollection/Web%20Shop/_git/gitops",
                "git@ssh.dev.azure.com:v3/acme/Web%20Shop/gitops",
            ] {
                assert_eq!(organization(host).locate(url), found, "{url}");
            }
        }
        let hosted = organization("https://dev.azure.com/acme");
        let same = Ok(("shop".to_owned(), "shop".to_owned()));
        assert_eq!(hosted.locate("https://dev.azure.com/acme/_git/shop"), same);
        let server = organization("https://tfs.acme.dev/tfs/Main");
        assert_eq!(server.locate("https://tfs.acme.dev/tfs/Main/shop/_git/shop"), same);
        for url in [
            "https://dev.azure.com/acne/shop/_git/shop",
            "https://dev.azure.com/acme/shop",
            "https://dev.azure.com/acme/shop/_git/",
            "https://dev.azure.com/acmes/shop/_git/shop",
            "https://github.com/acme/shop",
            "shop",
        ] {
            assert!(hosted.locate(url).is_err(), "{url}");
        }
    }
}
