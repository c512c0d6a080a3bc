//! A team's applications: the scope of roles, and what they may touch in clusters.

use crate::{FieldError, Name, ProjectId, Timestamp};

/// A project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// Its identity.
    pub id: ProjectId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// One line for people; may be empty.
    pub description: String,
    /// What its applications may touch in clusters.
    pub limits: Limits,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// What the applications of a project may touch in clusters; by default everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Where they may run; `None` for anywhere.
    pub destinations: Option<Vec<Destination>>,
    /// Which kinds of the whole cluster they may write; `None` for any.
    pub cluster_kinds: Option<Vec<Pattern>>,
}

/// Namespaces of clusters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// The names of the clusters.
    pub cluster: Pattern,
    /// The names of the namespaces.
    pub namespaces: Vec<Pattern>,
}

/// The limits as they are seen from one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// The namespaces that may be written to; `None` for any.
    pub namespaces: Option<Vec<Pattern>>,
    /// The kinds of the whole cluster that may be written; `None` for any.
    pub cluster_kinds: Option<Vec<Pattern>>,
}

/// A text in which `*` stands for any characters, none among them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pattern(String);

impl Limits {
    /// Most destinations, namespaces of one, and kinds.
    pub const LIMIT: usize = 100;

    /// The limits in a cluster of this name.
    pub fn reach(&self, cluster: &str) -> Reach {
        let namespaces = self.destinations.as_ref().map(|destinations| {
            let here = destinations.iter().filter(|to| to.cluster.matches(cluster));
            here.flat_map(|to| to.namespaces.clone()).collect()
        });
        Reach { namespaces, cluster_kinds: self.cluster_kinds.clone() }
    }
}

impl Reach {
    /// Why a namespace may not be written to, as part of a sentence; `None` when it may.
    pub fn against_namespace(&self, namespace: &str) -> Option<String> {
        let allowed = self.namespaces.as_ref()?;
        if allowed.iter().any(|pattern| pattern.matches(namespace)) {
            return None;
        }
        Some(match allowed.as_slice() {
            [] => "the project may have nothing in this cluster".to_owned(),
            some => format!(
                "the project may have nothing in the namespace {namespace} of this cluster, only in {}",
                told(some)
            ),
        })
    }

    /// Why a kind of the whole cluster may not be written; `None` when it may.
    pub fn against_kind(&self, group: &str, kind: &str) -> Option<String> {
        let allowed = self.cluster_kinds.as_ref()?;
        let full = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        // A name without a group stands for that kind of any group.
        let is_it = |p: &Pattern| p.matches(&full) || (!p.as_str().contains('.') && p.matches(kind));
        if allowed.iter().any(is_it) {
            return None;
        }
        Some(match allowed.as_slice() {
            [] => format!("the project may write no objects of the whole cluster, and {full} is one"),
            some => {
                format!("the project may not write {full}, a kind of the whole cluster, only {}", told(some))
            }
        })
    }
}

fn told(patterns: &[Pattern]) -> String {
    let names: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
    names.join(", ")
}

impl Pattern {
    /// Longest pattern, in characters.
    pub const LIMIT: usize = 253;

    /// Reads a pattern; `field` is the wire name of the input.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters than names of Kubernetes and `*`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-.*".contains(c);
        let message = match text {
            "" => "A name or pattern is needed, such as shop-*.".to_owned(),
            long if long.chars().count() > Self::LIMIT => {
                format!("A pattern has at most {} characters.", Self::LIMIT)
            }
            other if !other.chars().all(allowed) => {
                format!(
                    "{other:?} is no name or pattern: letters, digits, hyphens, dots, and * for any of them."
                )
            }
            good => return Ok(Self(good.to_owned())),
        };
        Err(FieldError::new(field, "invalid", message))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name is one of those that are meant.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = parts.collect();
        let Some(last) = parts.pop() else { return rest.is_empty() };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::parse("p", text).expect("a pattern")).collect()
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, want) in [
            ("shop", "shop", true),
            ("shop", "shop-eu", false),
            ("shop", "a-shop", false),
            ("shop-*", "shop-eu", true),
            ("shop-*", "shop", false),
            ("*", "", true),
            ("*-eu", "shop-eu", true),
            ("*-eu", "shop-eu-2", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("**", "x", true),
        ] {
            assert_eq!(patterns(&[pattern])[0].matches(name), want, "{pattern} {name}");
        }
        for wrong in ["", " ", "a b", "a/b", "!a", &"a".repeat(254)] {
            assert!(Pattern::parse("p", wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn without_limits_everything_may_be_touched() {
        let reach = Limits::default().reach("eu");
        assert_eq!(reach.against_namespace("kube-system"), None);
        assert_eq!(reach.against_kind("", "Namespace"), None);
    }

    #[test]
    fn namespaces_count_in_their_clusters() {
        let to = |cluster: &str, namespaces: &[&str]| Destination {
            cluster: patterns(&[cluster]).remove(0),
            namespaces: patterns(namespaces),
        };
        let destinations = Some(vec![to("eu-*", &["shop-*"]), to("eu-1", &["tools"])]);
        let limits = Limits { destinations, cluster_kinds: None };
        for (cluster, namespace, want) in [
            ("eu-1", "shop-a", None),
            ("eu-1", "tools", None),
            ("eu-2", "tools", Some("only in shop-*")),
            ("eu-1", "kube-system", Some("only in shop-*, tools")),
            ("us", "shop-a", Some("nothing in this cluster")),
        ] {
            let said = limits.reach(cluster).against_namespace(namespace);
            match want {
                None => assert_eq!(said, None, "{cluster} {namespace}"),
                Some(part) => assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{said:?}"),
            }
        }
    }

    #[test]
    fn kinds_of_the_whole_cluster_are_named_with_or_without_their_group() {
        let reach = |kinds: &[&str]| Reach { cluster_kinds: Some(patterns(kinds)), ..Reach::default() };
        for (kinds, group, kind, good) in [
            (&["Namespace"][..], "", "Namespace", true),
            (&["ClusterRole"], "rbac.authorization.k8s.io", "ClusterRole", true),
            (&["ClusterRole.rbac.authorization.k8s.io"], "rbac.authorization.k8s.io", "ClusterRole", true),
            (&["ClusterRole.other.io"], "rbac.authorization.k8s.io", "ClusterRole", false),
            (&["*.cert-manager.io"], "cert-manager.io", "ClusterIssuer", true),
            (&["*.cert-manager.io"], "", "Namespace", false),
            (&["*"], "rbac.authorization.k8s.io", "ClusterRole", true),
            (&[], "", "Namespace", false),
        ] {
            assert_eq!(reach(kinds).against_kind(group, kind).is_none(), good, "{kinds:?} {kind}.{group}");
        }
    }
}
