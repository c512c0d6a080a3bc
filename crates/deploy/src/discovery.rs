//! What a cluster serves: versions, kinds, and where each is.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::cluster::{Cluster, JSON, Request};
use crate::{Error, Key, Kind};

/// The oldest Kubernetes that answers with all of its kinds at once
/// (aggregated discovery, stable since 1.30: kubernetes.io, Enhancement 3352, seen 2026-11-23).
pub(crate) const OLDEST: &str = "1.30";

const ALL_KINDS: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// How a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind, in the version that it was asked for.
    pub kind: Kind,
    /// Its name in paths and roles, such as `deployments`.
    pub plural: String,
    /// Whether its objects lie in namespaces.
    pub namespaced: bool,
    /// What can be done with it: `get`, `patch`, `delete`, …
    pub verbs: Vec<String>,
}

/// What a cluster serves.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The version as the cluster says it, such as `v1.36.3`.
    pub version: String,
    /// Kinds by group, version and kind; of each group and kind the preferred version comes first.
    resources: Vec<Resource>,
    by_kind: HashMap<Kind, usize>,
}

impl Discovery {
    pub(crate) async fn ask(cluster: &Cluster) -> Result<Self, Error> {
        let version = cluster.call(&Request::get("version", JSON)).await?;
        let version = version["gitVersion"].as_str().unwrap_or_default().to_owned();
        let mut resources = Vec::new();
        for path in ["api", "apis"] {
            let list = cluster.call(&Request::get(path, ALL_KINDS)).await?;
            if list["kind"] != "APIGroupDiscoveryList" {
                return Err(Error::TooOld { found: version });
            }
            resources.extend(read(&list));
        }
        let by_kind =
            resources.iter().enumerate().map(|(at, r): (_, &Resource)| (r.kind.clone(), at)).collect();
        Ok(Self { version, resources, by_kind })
    }

    /// How this version of a kind is served.
    pub fn find(&self, kind: &Kind) -> Option<&Resource> {
        self.by_kind.get(kind).map(|at| &self.resources[*at])
    }

    /// How a kind is served in the version that the cluster prefers.
    pub fn preferred(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.kind.is(group, kind))
    }

    /// Everything that is served.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }
}

impl Resource {
    /// The path of an object, below the API server's address.
    pub(crate) fn path(&self, key: &Key) -> String {
        format!("{}/{}", self.folder(&key.namespace), segment(&key.name))
    }

    /// The path of all objects of the kind in a namespace, or in all.
    pub(crate) fn folder(&self, namespace: &str) -> String {
        let root = match self.kind.group.as_str() {
            "" => format!("api/{}", self.kind.version),
            group => format!("apis/{group}/{}", self.kind.version),
        };
        match namespace {
            namespace if self.namespaced && !namespace.is_empty() => {
                format!("{root}/namespaces/{}/{}", segment(namespace), self.plural)
            }
            _ => format!("{root}/{}", self.plural),
        }
    }
}

/// A part of a path: names such as `system:auth` and what a manifest may have put in place of one.
fn segment(text: &str) -> String {
    const SAFE: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b':');
    utf8_percent_encode(text, SAFE).to_string()
}

fn read(list: &Value) -> Vec<Resource> {
    let items = |value: &Value, field: &str| value[field].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for group in items(list, "items") {
        for version in items(&group, "versions") {
            for resource in items(&version, "resources") {
                let kind = Kind {
                    group: text(&group["metadata"]["name"]),
                    version: text(&version["version"]),
                    kind: text(&resource["responseKind"]["kind"]),
                };
                found.push(Resource {
                    kind,
                    plural: text(&resource["resource"]),
                    namespaced: resource["scope"] == "Namespaced",
                    verbs: items(&resource, "verbs").iter().map(text).collect(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_hold_what_a_manifest_may_say() {
        let role = Resource {
            kind: Kind::new("rbac.authorization.k8s.io/v1", "Role"),
            plural: "roles".into(),
            namespaced: true,
            verbs: Vec::new(),
        };
        let key = |name: &str| Key {
            group: role.kind.group.clone(),
            kind: "Role".into(),
            namespace: "shop".into(),
            name: name.into(),
        };
        let root = "apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles";
        assert_eq!(role.path(&key("system:a")), format!("{root}/system:a"));
        assert_eq!(role.path(&key("../../secrets?x=#")), format!("{root}/..%2F..%2Fsecrets%3Fx%3D%23"));
    }
}
