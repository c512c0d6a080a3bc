//! What Trueline's account has to be allowed, and the manifest that allows it.

use std::collections::BTreeMap;

use crate::Resource;
use crate::actions::scales;

/// One thing that an account may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verb, such as `patch`.
    pub verb: &'static str,
    /// The group of the kind; empty for the oldest kinds.
    pub group: String,
    /// The kind's name in paths, such as `deployments`.
    pub resource: String,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: String,
}

/// What the engine does with every kind that it applies. `create` beside `patch`: an apply of a new object needs
/// both.
const VERBS: [&str; 6] = ["get", "list", "watch", "create", "patch", "delete"];
/// What it does beside that in each namespace: what workloads made, the reasons of failing pods, logs.
const READS: [(&str, &str, &str); 10] = [
    ("list", "apps", "replicasets"),
    ("watch", "apps", "replicasets"),
    ("list", "batch", "jobs"),
    ("watch", "batch", "jobs"),
    ("get", "", "pods"),
    ("list", "", "pods"),
    ("watch", "", "pods"),
    ("list", "", "events"),
    ("watch", "", "events"),
    ("get", "", "pods/log"),
];

/// The rights that are needed to apply these kinds in these namespaces.
pub fn rights(resources: &[Resource], namespaces: &[&str]) -> Vec<Right> {
    let right = |verb, group: &str, resource: &str, namespace: &str| Right {
        verb,
        group: group.into(),
        resource: resource.into(),
        namespace: namespace.into(),
    };
    let mut found = Vec::new();
    for namespace in namespaces {
        found.extend(READS.map(|(verb, group, resource)| right(verb, group, resource, namespace)));
        found.extend(VERBS.map(|verb| right(verb, "", "configmaps", namespace)));
        found.push(right("get", "", "namespaces", namespace));
    }
    for resource in resources {
        let of = |namespace: &str| {
            let (group, plural) = (&resource.kind.group, &resource.plural);
            let mut all = VERBS.map(|verb| right(verb, group, plural, namespace)).to_vec();
            if scales(group, &resource.kind.kind) {
                all.push(right("patch", group, &format!("{plural}/scale"), namespace));
            }
            all
        };
        match resource.namespaced {
            true => namespaces.iter().for_each(|namespace| found.extend(of(namespace))),
            false => found.extend(of("")),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The smallest roles with these rights, as YAML for `kubectl apply`, for a service account.
pub fn manifest(rights: &[Right], account: &str, account_namespace: &str) -> String {
    let mut by_namespace: BTreeMap<&str, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for right in rights {
        let rules = by_namespace.entry(&right.namespace).or_default();
        rules.entry((&right.group, &right.resource)).or_default().push(right.verb);
    }
    let mut documents = vec![format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {account}\n  namespace: {account_namespace}\n"
    )];
    for (namespace, rules) in by_namespace {
        let (prefix, place) = match namespace {
            "" => ("Cluster", String::new()),
            namespace => ("", format!("\n  namespace: {namespace}")),
        };
        let rules: String = rules
            .into_iter()
            .map(|((group, resource), verbs)| {
                format!(
                    "- apiGroups: [\"{group}\"]\n  resources: [\"{resource}\"]\n  verbs: [{}]\n",
                    verbs.join(", ")
                )
            })
            .collect();
        documents.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}Role\nmetadata:\n  name: {account}{place}\n\
             rules:\n{rules}"
        ));
        documents.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}RoleBinding\nmetadata:\n  name: {account}{place}\n\
             roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {prefix}Role\n  name: {account}\n\
             subjects:\n- kind: ServiceAccount\n  name: {account}\n  namespace: {account_namespace}\n"
        ));
    }
    documents.join("---\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn whatever_can_be_scaled_may_be() {
        for (version, kind, plural, want) in [
            ("apps/v1", "Deployment", "deployments", true),
            ("apps/v1", "StatefulSet", "statefulsets", true),
            ("apps/v1", "ReplicaSet", "replicasets", true),
            ("v1", "ReplicationController", "replicationcontrollers", true),
            ("argoproj.io/v1alpha1", "Rollout", "rollouts", true),
            ("apps/v1", "DaemonSet", "daemonsets", false),
        ] {
            let kind = Kind::new(version, kind);
            let resource = Resource { kind, plural: plural.into(), namespaced: true, verbs: Vec::new() };
            let rights = rights(&[resource], &["eu"]);
            let scale = format!("{plural}/scale");
            let may = rights.iter().any(|right| right.verb == "patch" && right.resource == scale);
            assert_eq!(may, want, "{plural}");
        }
    }
}
