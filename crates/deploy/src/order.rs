//! In which order objects are applied: waves as people say, and within a wave what others need comes first.

use serde_json::Value;

use crate::{Error, Kind, Object};

/// Annotations that put an object into a wave, a whole number; the first that is there counts.
const WAVES: [&str; 2] = ["trueline.dev/wave", "argocd.argoproj.io/sync-wave"];

/// What others in the same wave need is of an earlier phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Where the others are.
    Namespaces,
    /// What the others are.
    Definitions,
    /// Accounts, rights, configuration, storage, addresses.
    Foundations,
    /// Workloads and everything else that Kubernetes itself knows.
    Workloads,
    /// What has a say in further applies: those before it must not need what is only starting.
    Gates,
    /// Custom resources.
    Custom,
}

impl Phase {
    pub(crate) fn of(kind: &Kind) -> Self {
        match (kind.group.as_str(), kind.kind.as_str()) {
            ("", "Namespace") => Self::Namespaces,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definitions,
            (
                "",
                "ResourceQuota"
                | "LimitRange"
                | "ServiceAccount"
                | "Secret"
                | "ConfigMap"
                | "PersistentVolume"
                | "PersistentVolumeClaim"
                | "Service",
            )
            | (
                "scheduling.k8s.io"
                | "storage.k8s.io"
                | "rbac.authorization.k8s.io"
                | "policy"
                | "node.k8s.io",
                _,
            )
            | ("networking.k8s.io", "NetworkPolicy" | "IngressClass") => Self::Foundations,
            ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => Self::Gates,
            ("" | "apps" | "batch" | "autoscaling", _) => Self::Workloads,
            (group, _) if group.ends_with(".k8s.io") => Self::Workloads,
            _ => Self::Custom,
        }
    }
}

/// The wave of an object; 0 if none is said.
///
/// # Errors
/// [`Error::Manifest`] for one that is no whole number.
pub(crate) fn wave(object: &Object) -> Result<i64, Error> {
    let Some((name, text)) = said(object.value()) else { return Ok(0) };
    text.trim().parse().map_err(|_| Error::Manifest {
        object: object.key().to_string(),
        sentence: format!("the annotation `{name}` has to be a whole number"),
    })
}

/// The wave that a live object is of; 0 if it says none that can be read.
pub(crate) fn live_wave(live: &Value) -> i64 {
    said(live).and_then(|(_, text)| text.trim().parse().ok()).unwrap_or(0)
}

fn said(value: &Value) -> Option<(&'static str, &str)> {
    let annotations = &value["metadata"]["annotations"];
    WAVES.iter().find_map(|name| Some((*name, annotations[*name].as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_need_comes_first() {
        let kinds = [
            ("v1", "Namespace"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            ("v1", "Secret"),
            ("apps/v1", "Deployment"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
            ("cert-manager.io/v1", "Certificate"),
        ];
        let phases = kinds.map(|(version, kind)| Phase::of(&Kind::new(version, kind)));
        assert!(phases.is_sorted() && phases.windows(2).all(|pair| pair[0] != pair[1]), "{phases:?}");
        assert_eq!(Phase::of(&Kind::new("gateway.networking.k8s.io/v1", "HTTPRoute")), Phase::Workloads);
    }

    #[test]
    fn a_wave_is_a_whole_number() {
        for (annotations, want) in [
            (json!({}), Some(0)),
            (json!({ "argocd.argoproj.io/sync-wave": "-5" }), Some(-5)),
            (json!({ "trueline.dev/wave": "2", "argocd.argoproj.io/sync-wave": "1" }), Some(2)),
            (json!({ "trueline.dev/wave": "first" }), None),
        ] {
            let value = json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a", "annotations": annotations },
            });
            assert_eq!(wave(&Object::new(value).expect("an object")).ok(), want);
        }
    }
}
