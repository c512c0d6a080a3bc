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
            if (group.as_str(), resource.kind.kind.as_str()) == ("argoproj.io", "Rollout") {
                all.push(right("patch", group, &format!("{plural}/status"), namespace));
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

/// The smallest roles with these rights, as YAML for `kubectl apply`, for a user as the API server calls it: a service
/// account (`system:serviceaccount:NAMESPACE:NAME`) or whoever else came.
pub fn manifest(rights: &[Right], user: &str) -> String {
    let mut by_namespace: BTreeMap<&str, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for right in rights {
        let rules = by_namespace.entry(&right.namespace).or_default();
        rules.entry((&right.group, &right.resource)).or_default().push(right.verb);
    }
    let account = user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let name = account.map_or("trueline", |(_, name)| name);
    let subject = match account {
        Some((namespace, name)) => {
            format!("- kind: ServiceAccount\n  name: {name}\n  namespace: {namespace}\n")
        }
        // Any text: JSON is YAML.
        None => format!(
            "- kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: {}\n",
            serde_json::Value::from(user)
        ),
    };
    let mut documents = Vec::new();
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
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}Role\nmetadata:\n  name: {name}{place}\n\
             rules:\n{rules}"
        ));
        documents.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}RoleBinding\nmetadata:\n  name: {name}{place}\n\
             roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {prefix}Role\n  name: {name}\n\
             subjects:\n{subject}"
        ));
    }
    documents.join("---\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn roles_are_for_who_came() {
        let rights = rights(&[], &["eu"]);
        for (user, subject, role) in [
            (
                "system:serviceaccount:ci:robot",
                "subjects:\n- kind: ServiceAccount\n  name: robot\n  namespace: ci\n",
                "name: robot",
            ),
            (
                "ann: \"x\"@acme.dev",
                "subjects:\n- kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: \"ann: \\\"x\\\"@acme.dev\"\n",
                "name: trueline",
            ),
        ] {
            let text = manifest(&rights, user);
            assert!(text.contains(subject), "{text}");
            assert!(text.contains(&format!("kind: Role\n  {role}\n")), "{text}");
            // Who came is there already.
            assert!(!text.contains("kind: ServiceAccount\nmetadata"), "{text}");
        }
    }

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
            let led = rights.iter().any(|right| right.resource == format!("{plural}/status"));
            assert_eq!(led, plural == "rollouts", "{plural}");
        }
    }
}
