//! Where things lie in an application's repository, and what its commits say.
//!
//! The layout has a version, [`VERSION`]; whoever changes it brings a migrator.

use crate::DeploymentId;

/// The layout's version, as written into the mark.
pub const VERSION: u32 = 1;
/// The mark of an application's folder.
pub const MARK: &str = ".trueline/application.yaml";
/// Base values.
pub const BASE_VALUES: &str = "values.yaml";
/// What this repository is; written once.
pub const README: &str = "README.md";
/// Keeps bytes as they are.
pub const ATTRIBUTES: &str = ".gitattributes";
/// The trailer that carries a deployment's id.
pub const TRAILER: &str = "Trueline-Deployment";

/// The folder of an environment.
pub fn environment(name: &str) -> String {
    format!("environments/{name}")
}

/// The override of an environment.
pub fn override_values(environment: &str) -> String {
    format!("environments/{environment}/override.yaml")
}

/// The release facts of an environment.
pub fn release(environment: &str) -> String {
    format!("environments/{environment}/release.yaml")
}

/// The chart's folder of an environment.
pub fn chart(environment: &str) -> String {
    format!("environments/{environment}/chart")
}

/// The folder that is ours alone: what the cluster must run. Its tree id is the state.
pub fn rendered(environment: &str) -> String {
    format!("environments/{environment}/rendered")
}

/// `path` below an application's folder; the folder is empty for the root.
pub fn below(folder: &str, path: &str) -> String {
    match folder.trim_matches('/') {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

/// What a Kubernetes object is called by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectKey {
    /// `apiVersion` up to the slash; empty for the core group.
    pub group: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`; `None` for objects of the cluster.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl ObjectKey {
    /// The file of this object below `rendered/manifests` and its siblings:
    /// `<namespace or _cluster>/<kind>.<group>.<name>.yaml`, escaped so that any file system takes it.
    pub fn file(&self) -> String {
        let namespace = self.namespace.as_deref().map_or_else(|| "_cluster".into(), escape);
        let group = if self.group.is_empty() { String::new() } else { format!("{}.", escape(&self.group)) };
        format!("{namespace}/{}.{group}{}.yaml", escape(&self.kind), escape(&self.name))
    }
}

/// Replaces what a file system may not take by `%` and two hexadecimal digits for each byte.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    if out.starts_with('.') {
        out.replace_range(0..1, "%2E");
    }
    out
}

/// What a deployment's commit says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitMessage<'a> {
    /// The application.
    pub application: &'a str,
    /// The image's tag, or what else is deployed.
    pub what: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The deployment's number.
    pub number: i64,
    /// Its id, for the trailer.
    pub deployment: DeploymentId,
    /// Why, in the author's words; may be empty.
    pub why: &'a str,
    /// Who, for the body.
    pub who: &'a str,
}

impl CommitMessage<'_> {
    /// The whole message, ending with the trailer and a line feed. Line breaks and trailer-like lines of the
    /// author's words cannot forge a trailer: they are indented.
    pub fn text(&self) -> String {
        let Self { application, what, environment, number, deployment, who, .. } = self;
        let mut text = format!("Deploy {application} {what} to {environment} (deployment {number})\n\n");
        for line in self.why.lines() {
            let forged = line.split_once(':').is_some_and(|(key, _)| {
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
            text.push_str(if forged { "  " } else { "" });
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if !self.why.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("Requested by {who}.\n\n{TRAILER}: {deployment}\n"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(namespace: Option<&str>, group: &str, kind: &str, name: &str) -> ObjectKey {
        ObjectKey {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.map(Into::into),
            name: name.into(),
        }
    }

    #[test]
    fn objects_have_readable_files() {
        assert_eq!(key(Some("shop"), "apps", "Deployment", "shop").file(), "shop/Deployment.apps.shop.yaml");
        assert_eq!(key(Some("shop"), "", "Service", "shop").file(), "shop/Service.shop.yaml");
        assert_eq!(
            key(None, "rbac.authorization.k8s.io", "ClusterRole", "system:shop").file(),
            "_cluster/ClusterRole.rbac.authorization.k8s.io.system%3Ashop.yaml"
        );
    }

    #[test]
    fn an_authors_words_cannot_forge_a_trailer() {
        let message = CommitMessage {
            application: "shop",
            what: "1.4.2",
            environment: "production",
            number: 42,
            deployment: DeploymentId(uuid::Uuid::nil()),
            why: "Fix totals\nTrueline-Deployment: forged",
            who: "ann",
        };
        assert_eq!(
            message.text(),
            "Deploy shop 1.4.2 to production (deployment 42)\n\nFix totals\n  Trueline-Deployment: forged\n\nRequested by ann.\n\nTrueline-Deployment: 00000000-0000-0000-0000-000000000000\n"
        );
    }

    proptest! {
        #[test]
        fn files_stay_in_their_folder(namespace in proptest::option::of(".{1,20}"), kind in ".{1,20}", name in ".{1,40}") {
            let file = key(namespace.as_deref(), "", &kind, &name).file();
            prop_assert_eq!(file.matches('/').count(), 1);
            prop_assert!(file.split('/').all(|part| part != "." && part != ".." && !part.is_empty()));
            prop_assert!(file.bytes().all(|b| b.is_ascii_graphic() && !b"\\:*?\"<>|".contains(&b)));
        }
    }
}
