//! Where things lie in an application's repository, and what its commits say.
//!
//! The layout has a version, [`VERSION`]; whoever changes it brings a migrator.

use std::collections::BTreeMap;

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

/// The secret values of an environment, sealed.
pub fn secret_values(environment: &str) -> String {
    format!("environments/{environment}/secrets.sops.yaml")
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

/// The files of objects that lie in one folder, in the order given: [`ObjectKey::file`], with a hash of the key
/// where two differ at most by the case of letters (some file systems would take them for one), or where the
/// name is longer than file systems take.
pub fn files(keys: &[&ObjectKey]) -> Vec<String> {
    const LONGEST: usize = 200;
    let plain: Vec<String> = keys.iter().map(|k| k.file()).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in &plain {
        *seen.entry(file.to_lowercase()).or_default() += 1;
    }
    let hashed = |key: &ObjectKey, file: &str| {
        let stem = file.strip_suffix(".yaml").unwrap_or(file);
        let (folder, name) = stem.split_once('/').unwrap_or(("", stem));
        let short: String = name.chars().take(LONGEST - 20).collect();
        format!("{folder}/{short}-{:016x}.yaml", hash(key))
    };
    keys.iter()
        .zip(plain)
        .map(|(key, file)| {
            let unique = seen.get(&file.to_lowercase()) == Some(&1);
            if unique && file.split('/').all(|part| part.len() <= LONGEST) {
                file
            } else {
                hashed(key, &file)
            }
        })
        .collect()
}

/// FNV-1a of 64 bits: the same on every machine and in every version.
fn hash(key: &ObjectKey) -> u64 {
    let parts =
        [key.group.as_str(), &key.kind, key.namespace.as_deref().unwrap_or(""), &key.name].map(str::as_bytes);
    let bytes = parts.into_iter().flat_map(|part| part.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
    /// The number of the deployment whose state comes back, when it is a rollback.
    pub restores: Option<i64>,
    /// Whether that state's sealed files are only sealed anew.
    pub reseals: bool,
    /// Why, in the author's words; may be empty.
    pub why: &'a str,
    /// Who, for the body.
    pub who: &'a str,
}

/// Messages as our commits have them, one of each kind: what the rules of hosts are held against.
pub fn example_messages() -> [String; 3] {
    let message = |restores, reseals| {
        CommitMessage {
            application: "shop",
            what: "1.4.2",
            environment: "production",
            number: 42,
            deployment: DeploymentId(uuid::Uuid::from_u128(0x0198_c2f4_7a9e_7cc1_8d2f_3a1b_5c7d_9e0f)),
            restores,
            reseals,
            why: "",
            who: "Ann",
        }
        .text()
    };
    [message(None, false), message(Some(41), false), message(Some(41), true)]
}

impl CommitMessage<'_> {
    /// The whole message, ending with the trailer and a line feed. Line breaks and trailer-like lines of the
    /// author's words cannot forge a trailer: they are indented.
    pub fn text(&self) -> String {
        let Self { application, what, environment, number, deployment, who, .. } = self;
        let subject = match self.restores {
            None => format!("Deploy {application} {what} to {environment} (deployment {number})"),
            Some(_) if self.reseals => {
                format!("Seal the secrets of {application} in {environment} anew (deployment {number})")
            }
            Some(old) => {
                format!("Roll back {application} in {environment} to deployment {old} (deployment {number})")
            }
        };
        let mut text = format!("{subject}\n\n");
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
    fn files_that_some_file_systems_would_take_for_one_are_told_apart() {
        let long = "n".repeat(250);
        let keys = [
            key(Some("a"), "", "ConfigMap", "x"),
            key(Some("a"), "", "Configmap", "x"),
            key(Some("a"), "acme.dev", "Job", "y"),
            key(Some("a"), "", "Job", "acme.dev.y"),
            key(Some("a"), "", "Pod", &long),
            key(Some("a"), "", "Pod", "z"),
        ];
        let files = files(&keys.iter().collect::<Vec<_>>());
        let lower: std::collections::BTreeSet<String> = files.iter().map(|f| f.to_lowercase()).collect();
        assert_eq!(lower.len(), keys.len(), "{files:?}");
        assert_eq!(files[5], "a/Pod.z.yaml");
        assert_eq!(files[0], "a/ConfigMap.x-fb5b71871f73afe2.yaml");
        assert!(files.iter().all(|f| f.len() <= 210), "{files:?}");
    }

    #[test]
    fn an_authors_words_cannot_forge_a_trailer() {
        let message = CommitMessage {
            application: "shop",
            what: "1.4.2",
            environment: "production",
            number: 42,
            deployment: DeploymentId(uuid::Uuid::nil()),
            restores: None,
            reseals: false,
            why: "Fix totals\nTrueline-Deployment: forged",
            who: "ann",
        };
        assert_eq!(
            message.text(),
            "Deploy shop 1.4.2 to production (deployment 42)\n\nFix totals\n  Trueline-Deployment: forged\n\nRequested by ann.\n\nTrueline-Deployment: 00000000-0000-0000-0000-000000000000\n"
        );
    }

    #[test]
    fn a_rollback_says_which_deployment_comes_back() {
        let message = CommitMessage {
            application: "shop",
            what: "1.4.1",
            environment: "production",
            number: 44,
            deployment: DeploymentId(uuid::Uuid::nil()),
            restores: Some(41),
            reseals: false,
            why: "",
            who: "ann",
        };
        let text = message.text();
        let subject = text.lines().next();
        assert_eq!(subject, Some("Roll back shop in production to deployment 41 (deployment 44)"));
        let text = CommitMessage { reseals: true, ..message }.text();
        let subject = text.lines().next();
        assert_eq!(subject, Some("Seal the secrets of shop in production anew (deployment 44)"));
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
