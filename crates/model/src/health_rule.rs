//! Health rules: how objects of a kind are, as the people of an installation say it themselves.

use std::fmt;

use crate::{FieldError, HealthRuleId, Timestamp};

/// How objects of one kind are, said in CEL. There is one at most for a kind, and it wins over what Trueline knows of
/// the kind by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthRule {
    /// Its identity.
    pub id: HealthRuleId,
    /// The kind that it is for, which is its name too.
    pub kind: RuledKind,
    /// What it says.
    pub expressions: Expressions,
    /// Who saved it last.
    pub saved_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub saved_at: Timestamp,
    /// Counts changes, for optimistic concurrency.
    pub version: i64,
}

/// Expressions in CEL about a live object, in the manner of Flux's `healthCheckExprs`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expressions {
    /// True where the object is what it is to be.
    pub current: String,
    /// True while it is still becoming so; looked at first.
    pub in_progress: Option<String>,
    /// True where it will not become so by itself; looked at second.
    pub failed: Option<String>,
    /// A text that tells people why it is not well.
    pub message: Option<String>,
}

impl Expressions {
    /// Longest expression, in bytes.
    pub const LIMIT: usize = 4096;
}

/// A kind of any version, such as `Widget.acme.dev`; a kind of the oldest ones has no group, such as `Pod`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuledKind {
    group: String,
    kind: String,
}

/// Kinds that have no state of their own: Trueline asks the cluster for no more than their metadata, never for what is
/// in them.
const STATELESS: [&str; 6] =
    ["ConfigMap", "Secret", "ServiceAccount", "LimitRange", "ResourceQuota", "Endpoints"];
/// The same of whole groups.
const STATELESS_GROUPS: [&str; 3] =
    ["rbac.authorization.k8s.io", "scheduling.k8s.io", "admissionregistration.k8s.io"];

impl RuledKind {
    /// Reads `Kind.group`, or `Kind` of the oldest kinds; `field` is the wire name of the input.
    ///
    /// # Errors
    /// When it is no kind, or one of which only the metadata is read.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let wrong = |code, message: String| Err(FieldError::new(field, code, message));
        let (kind, group) = match text.split_once('.') {
            Some((kind, group)) => (kind, Some(group)),
            None => (text, None),
        };
        let is_kind =
            kind.starts_with(|c: char| c.is_ascii_alphabetic()) && is_label(&kind.to_ascii_lowercase());
        let is_group = |group: &str| group.len() <= 253 && group.split('.').all(is_label);
        if !is_kind || !group.is_none_or(is_group) {
            let message = format!(
                "{text:?} is no kind with its API group, such as Widget.acme.dev; the oldest kinds have no group, \
                 such as Pod."
            );
            return wrong("invalid", message);
        }
        let found = Self { group: group.unwrap_or_default().to_owned(), kind: kind.to_owned() };
        if !found.has_state() {
            let message = format!(
                "{found} has no state that a rule could tell: Trueline reads only its metadata, never what is in it."
            );
            return wrong("no_state", message);
        }
        Ok(found)
    }

    /// Whether objects of the kind have a state of their own.
    pub fn has_state(&self) -> bool {
        let stateless = match self.group.as_str() {
            "" => STATELESS.contains(&self.kind.as_str()),
            "networking.k8s.io" => ["NetworkPolicy", "IngressClass"].contains(&self.kind.as_str()),
            group => STATELESS_GROUPS.contains(&group),
        };
        !stateless
    }

    /// The API group; empty for the oldest kinds.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The kind without its group.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl fmt::Display for RuledKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.kind),
            group => write!(f, "{}.{group}", self.kind),
        }
    }
}

/// Whether it is part of a name of Kubernetes (RFC 1123).
fn is_label(part: &str) -> bool {
    let allowed = |c: char| c == '-' || c.is_ascii_digit() || c.is_ascii_lowercase();
    (1..=63).contains(&part.len())
        && part.chars().all(allowed)
        && !part.starts_with('-')
        && !part.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_with_their_group() {
        for (text, group, kind) in [
            ("Widget.acme.dev", "acme.dev", "Widget"),
            (" Pod ", "", "Pod"),
            ("Deployment.apps", "apps", "Deployment"),
        ] {
            let found = RuledKind::parse("kind", text).expect(text);
            assert_eq!((found.group(), found.kind(), found.to_string().as_str()), (group, kind, text.trim()));
        }
        let long = format!("Widget.{}", "a".repeat(64));
        for wrong in [
            "",
            ".",
            ".acme.dev",
            "Widget.",
            "Widget.Acme.dev",
            "Widget..dev",
            "1Widget",
            "Wid get",
            "a/b",
            &long,
        ] {
            assert_eq!(RuledKind::parse("kind", wrong).expect_err(wrong).code, "invalid", "{wrong}");
        }
    }

    #[test]
    fn kinds_without_a_state_have_no_rules() {
        for stateless in
            ["Secret", "ConfigMap", "Role.rbac.authorization.k8s.io", "NetworkPolicy.networking.k8s.io"]
        {
            assert_eq!(
                RuledKind::parse("kind", stateless).expect_err(stateless).code,
                "no_state",
                "{stateless}"
            );
        }
        for stateful in ["Secret.acme.dev", "Ingress.networking.k8s.io", "Service"] {
            assert!(RuledKind::parse("kind", stateful).is_ok(), "{stateful}");
        }
    }
}
