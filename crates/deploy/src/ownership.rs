//! Whose an object in the cluster is.

use std::fmt;

use serde_json::Value;

use crate::apply::Adopt;

/// The label that says which set of applied objects an object is part of
/// (Kubernetes Enhancement 3659, ApplySet; seen 2026-11-23).
pub(crate) const PART_OF: &str = "applyset.kubernetes.io/part-of";

/// The label of what has the inventory of a set of applied objects, its parent.
pub(crate) const PARENT: &str = "applyset.kubernetes.io/id";

/// Annotations and values that keep an object when it is no longer in Git.
const KEEP: [(&str, &str); 4] = [
    ("helm.sh/resource-policy", "keep"),
    ("trueline.dev/prune", "never"),
    ("argocd.argoproj.io/sync-options", "Prune=false"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

/// Somebody else than the release that is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It is there, and nothing says whose it is: made by hand, or by a controller.
    Nobody,
    /// Another application of a Trueline.
    Trueline(String),
    /// Another set of applied objects: most often another Trueline application.
    ApplySet(String),
    /// A Helm release, `namespace/name`.
    Helm(String),
    /// An Argo CD application.
    ArgoCd(String),
    /// A Flux object, `namespace/name`.
    Flux(String),
}

impl Owner {
    /// What has to be allowed before its object is taken over.
    pub fn needs(&self) -> Adopt {
        match self {
            Self::Nobody => Adopt::Unowned,
            Self::Helm(_) | Self::ArgoCd(_) | Self::Flux(_) => Adopt::Tools,
            Self::Trueline(_) | Self::ApplySet(_) => Adopt::Releases,
        }
    }

    /// What a person does about it.
    pub(crate) fn way(&self) -> &'static str {
        match self.needs() {
            Adopt::Releases => "delete it there, or take it out of there, first",
            Adopt::Nothing | Adopt::Unowned | Adopt::Tools => {
                "deploy with adoption if it is to become this application's"
            }
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody that is known: it was there before"),
            Self::Trueline(release) => write!(f, "the Trueline release {release}"),
            Self::ApplySet(set) => write!(f, "another application ({set})"),
            Self::Helm(release) => write!(f, "the Helm release {release}"),
            Self::ArgoCd(application) => write!(f, "the Argo CD application {application}"),
            Self::Flux(object) => write!(f, "the Flux object {object}"),
        }
    }
}

/// Whose a live object is, if not the set's. `known` tells whether this very object is in the set's inventory.
pub(crate) fn other(live: &Value, set: &str, known: bool) -> Option<Owner> {
    let labels = &live["metadata"]["labels"];
    // Whoever wrote over the inventory of another could have it forget what it has.
    if let Some(parent) = labels[PARENT].as_str().filter(|parent| *parent != set) {
        return Some(Owner::ApplySet(parent.into()));
    }
    match labels[PART_OF].as_str() {
        Some(part) if part == set => return None,
        Some(part) => return Some(Owner::ApplySet(part.into())),
        None if known => return None,
        None => {}
    }
    Some(marked(live).unwrap_or(Owner::Nobody))
}

/// The other tool whose marks a live object has.
pub(crate) fn marked(live: &Value) -> Option<Owner> {
    let (labels, annotations) = (&live["metadata"]["labels"], &live["metadata"]["annotations"]);
    let pair = |place: &Value, namespace: &str, name: &str| {
        let name = place[name].as_str()?;
        Some(format!("{}/{name}", place[namespace].as_str().unwrap_or("default")))
    };
    let helm = pair(annotations, "meta.helm.sh/release-namespace", "meta.helm.sh/release-name");
    let flux = || {
        pair(labels, "helm.toolkit.fluxcd.io/namespace", "helm.toolkit.fluxcd.io/name").or_else(|| {
            pair(labels, "kustomize.toolkit.fluxcd.io/namespace", "kustomize.toolkit.fluxcd.io/name")
        })
    };
    // Flux installs charts with Helm's own annotations, so it is asked first.
    if let Some(object) = flux() {
        return Some(Owner::Flux(object));
    }
    if let Some(tracked) = annotations["argocd.argoproj.io/tracking-id"].as_str() {
        return Some(Owner::ArgoCd(tracked.split(':').next().unwrap_or_default().into()));
    }
    helm.map(Owner::Helm)
}

/// Whether a live object is marked to stay when it is no longer in Git.
pub(crate) fn keeps(live: &Value) -> bool {
    let annotations = &live["metadata"]["annotations"];
    let has = |(name, value): &(&str, &str)| {
        annotations[*name].as_str().is_some_and(|text| text.split(',').any(|part| part.trim() == *value))
    };
    KEEP.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn owners_are_told_by_their_marks() {
        let ours = json!({ PART_OF: "applyset-a-v1" });
        let helm = json!({ "meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "eu" });
        for (labels, annotations, known, want) in [
            (ours.clone(), helm.clone(), false, None),
            (
                json!({ PART_OF: "applyset-b-v1" }),
                json!({}),
                true,
                Some(Owner::ApplySet("applyset-b-v1".into())),
            ),
            (json!({}), json!({}), true, None),
            (json!({}), json!({}), false, Some(Owner::Nobody)),
            (json!({}), helm.clone(), false, Some(Owner::Helm("eu/shop".into()))),
            (
                json!({ "helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux" }),
                helm,
                false,
                Some(Owner::Flux("flux/shop".into())),
            ),
            (
                json!({}),
                json!({ "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:eu/shop" }),
                false,
                Some(Owner::ArgoCd("shop".into())),
            ),
            (
                json!({ PARENT: "applyset-b-v1" }),
                json!({}),
                true,
                Some(Owner::ApplySet("applyset-b-v1".into())),
            ),
            // A chart writes this label itself, whoever applies it.
            (json!({ "app.kubernetes.io/managed-by": "Helm" }), json!({}), true, None),
        ] {
            let live = json!({ "metadata": { "labels": labels, "annotations": annotations } });
            assert_eq!(other(&live, "applyset-a-v1", known), want, "{live}");
        }
    }

    #[test]
    fn marks_to_keep_are_seen() {
        for (name, value, want) in [
            ("helm.sh/resource-policy", "keep", true),
            ("argocd.argoproj.io/sync-options", "ServerSideApply=true, Prune=false", true),
            ("argocd.argoproj.io/sync-options", "Prune=true", false),
            ("helm.sh/resource-policy", "delete", false),
        ] {
            assert_eq!(
                keeps(&json!({ "metadata": { "annotations": { name: value } } })),
                want,
                "{name}: {value}"
            );
        }
    }
}
