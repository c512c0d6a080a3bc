//! Hooks of Helm: when each runs, in which order, and when it is taken away again.

use std::fmt;

use super::plan::Planned;
use crate::order::Phase;
use crate::{Error, Object};

/// What makes an object a hook: when it is to run
/// (helm.sh/docs/topics/charts_hooks, seen 2026-11-23).
const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const POLICY: &str = "helm.sh/hook-delete-policy";

/// What a deployment is to hooks where something was released before. Where nothing was, it is an install, whatever it
/// brings: what sets up has not run yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Change {
    /// Any other state.
    #[default]
    Upgrade,
    /// An earlier state comes back.
    Rollback,
    /// The same once more, sealed anew: no hook runs.
    Nothing,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookEvent {
    /// Before the first deployment.
    PreInstall,
    /// After it.
    PostInstall,
    /// Before any other.
    PreUpgrade,
    /// After it.
    PostUpgrade,
    /// Before an earlier state comes back.
    PreRollback,
    /// After that.
    PostRollback,
    /// Before everything is deleted.
    PreDelete,
    /// After that.
    PostDelete,
}

impl HookEvent {
    pub(super) const ALL: [Self; 8] = [
        Self::PreInstall,
        Self::PostInstall,
        Self::PreUpgrade,
        Self::PostUpgrade,
        Self::PreRollback,
        Self::PostRollback,
        Self::PreDelete,
        Self::PostDelete,
    ];

    /// As charts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
        }
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Change {
    /// The events before and after a deployment, if it has any.
    pub(super) fn events(self, first: bool) -> Option<(HookEvent, HookEvent)> {
        match self {
            _ if first => Some((HookEvent::PreInstall, HookEvent::PostInstall)),
            Self::Upgrade => Some((HookEvent::PreUpgrade, HookEvent::PostUpgrade)),
            Self::Rollback => Some((HookEvent::PreRollback, HookEvent::PostRollback)),
            Self::Nothing => None,
        }
    }
}

/// What an object says about being a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) events: Vec<HookEvent>,
    pub(super) weight: i64,
    /// Whether what is left of an earlier run goes before this one.
    pub(super) anew: bool,
    pub(super) when_succeeded: bool,
    pub(super) when_failed: bool,
}

/// A hook with all that is needed to run it.
pub(super) struct Hooked {
    pub(super) planned: Planned,
    pub(super) terms: Terms,
}

impl Hooked {
    /// Whether its end is waited for.
    pub(super) fn ends(&self) -> bool {
        matches!(
            (self.planned.key.group.as_str(), self.planned.key.kind.as_str()),
            ("batch", "Job") | ("", "Pod")
        )
    }

    /// Its name among those that ran.
    pub(super) fn name(&self, event: HookEvent) -> String {
        format!("{event} {}/{}", self.planned.key.group, self.planned.key)
    }

    pub(super) fn order(&self) -> (i64, Phase, &crate::Key) {
        (self.terms.weight, self.planned.phase, &self.planned.key)
    }
}

/// Reads what an object says; `None` for what is no hook. One without events is a test, which runs only when
/// somebody asks for it. A definition that is a hook is applied as any other.
///
/// # Errors
/// [`Error::Manifest`] for an event, a weight or a policy that Helm does not know.
pub(super) fn terms(object: &Object) -> Result<Option<Terms>, Error> {
    let Some(said) = object.annotation(HOOK) else { return Ok(None) };
    let wrong = |sentence: String| Error::Manifest { object: object.key().to_string(), sentence };
    let mut events = Vec::new();
    for word in words(said) {
        if word == "crd-install" {
            return Ok(None);
        }
        match HookEvent::ALL.into_iter().find(|event| event.as_str() == word) {
            Some(event) => events.push(event),
            None if word.starts_with("test") => {}
            None => return Err(wrong(format!("`{HOOK}` says `{word}`, which is no event of Helm"))),
        }
    }
    let weight = object.annotation(WEIGHT).unwrap_or("0").trim();
    let weight = weight.parse().map_err(|_| wrong(format!("`{WEIGHT}` has to be a whole number")))?;
    let policy = object.annotation(POLICY).unwrap_or_default();
    let mut terms = Terms { events, weight, anew: false, when_succeeded: false, when_failed: false };
    for word in words(policy) {
        match word {
            "before-hook-creation" => terms.anew = true,
            "hook-succeeded" => terms.when_succeeded = true,
            "hook-failed" => terms.when_failed = true,
            _ => return Err(wrong(format!("`{POLICY}` says `{word}`, which is no policy of Helm"))),
        }
    }
    terms.anew |= words(policy).next().is_none();
    Ok(Some(terms))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(hook: &str, weight: &str, policy: &str) -> Result<Option<Terms>, String> {
        let value = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "a", "annotations": { HOOK: hook, WEIGHT: weight, POLICY: policy } },
        });
        terms(&Object::new(value).expect("an object")).map_err(|error| error.to_string())
    }

    #[test]
    fn hooks_are_read_as_helm_reads_them() {
        let of = |events: &[HookEvent], weight, [anew, when_succeeded, when_failed]: [bool; 3]| {
            Ok(Some(Terms { events: events.to_vec(), weight, anew, when_succeeded, when_failed }))
        };
        use HookEvent::{PostDelete, PreInstall, PreUpgrade};
        for (hook, weight, policy, want) in [
            ("pre-install, pre-upgrade", "-5", "", of(&[PreInstall, PreUpgrade], -5, [true, false, false])),
            ("post-delete", "0", "hook-succeeded,hook-failed", of(&[PostDelete], 0, [false, true, true])),
            (
                "pre-install",
                "3",
                "before-hook-creation, hook-succeeded",
                of(&[PreInstall], 3, [true, true, false]),
            ),
            ("test-success", "0", "", of(&[], 0, [true, false, false])),
            ("crd-install", "0", "", Ok(None)),
            ("never", "0", "", Err("Pod a: `helm.sh/hook` says `never`, which is no event of Helm".into())),
            ("test", "a", "", Err("Pod a: `helm.sh/hook-weight` has to be a whole number".into())),
            (
                "test",
                "1",
                "later",
                Err("Pod a: `helm.sh/hook-delete-policy` says `later`, which is no policy of Helm".into()),
            ),
        ] {
            assert_eq!(read(hook, weight, policy), want, "{hook} {weight} {policy}");
        }
    }
}
