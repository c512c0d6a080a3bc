//! What an apply waits for, and since when: an apply ends after a while and is done again, so that who does it can do
//! something else meanwhile. Written down with the inventory, so that the next one knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::HookEvent;

/// What the name of a hook begins with here that another deployment has left running.
pub(super) const LEFT: &str = "left ";
/// The same of one whose object the cluster has taken: where it is gone before its end was seen it is not run again.
pub(super) const BEGUN: &str = "begun ";

/// Whether that is what a hook is called by, as in `pre-upgrade batch/Job eu/migrate`.
fn is_hook(name: &str) -> bool {
    let event = name.split(' ').next().unwrap_or_default();
    HookEvent::ALL.into_iter().any(|known| known.as_str() == event)
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Waits {
    /// The deployment that waits.
    deployment: String,
    /// Since when for what, in milliseconds since 1970.
    since: BTreeMap<String, u64>,
}

/// Now, in milliseconds since 1970.
pub(super) fn now() -> u64 {
    u64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}

impl Waits {
    /// Forgets what another deployment waited for, but for its hooks that ran: these are to be stopped.
    pub(super) fn are_of(&mut self, deployment: &str) {
        if self.deployment == deployment {
            return;
        }
        let mut now = Self::default();
        for what in self.since.keys() {
            let name = what.strip_prefix(LEFT).unwrap_or(what);
            if is_hook(name) {
                now.begin(deployment, &format!("{LEFT}{name}"));
            }
        }
        *self = now;
    }

    /// The hooks that another deployment has left running, by their names.
    pub(super) fn left(&self) -> Vec<String> {
        self.since.keys().filter_map(|what| what.strip_prefix(LEFT).map(str::to_owned)).collect()
    }

    /// How long that is waited for: from now on, if it is new.
    pub(crate) fn begin(&mut self, deployment: &str, what: &str) -> Duration {
        deployment.clone_into(&mut self.deployment);
        let now = now();
        let since = *self.since.entry(what.to_owned()).or_insert(now);
        Duration::from_millis(now.saturating_sub(since))
    }

    /// Whether that is waited for.
    pub(super) fn has(&self, what: &str) -> bool {
        self.since.contains_key(what)
    }

    /// It is waited for no longer.
    pub(super) fn end(&mut self, what: &str) {
        self.since.remove(what);
        if self.since.is_empty() {
            self.deployment.clear();
        }
    }

    /// As the inventory has it; nothing where nothing is waited for.
    pub(crate) fn written(&self) -> Option<Value> {
        (!self.since.is_empty()).then(|| json!({ "deployment": self.deployment, "since": self.since }))
    }

    /// Reads that.
    pub(crate) fn read(value: &Value) -> Self {
        let since = value["since"].as_object().into_iter().flatten();
        let since: BTreeMap<String, u64> =
            since.filter_map(|(what, at)| Some((what.clone(), at.as_u64()?))).collect();
        let deployment = value["deployment"].as_str().filter(|_| !since.is_empty());
        Self { deployment: deployment.unwrap_or_default().to_owned(), since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_known_to_the_next_apply_of_the_deployment() {
        let mut waits = Waits::default();
        assert_eq!(waits.written(), None);
        waits.begin("d1", "a");
        let since = waits.since["a"];
        let mut read = Waits::read(&waits.written().expect("something"));
        assert_eq!(read, waits);
        read.are_of("d1");
        read.begin("d1", "a");
        assert!(read.has("a") && read.since["a"] == since);
        read.are_of("d2");
        assert!(!read.has("a"));
        waits.end("a");
        assert_eq!(waits, Waits::default());
    }

    #[test]
    fn hooks_of_another_deployment_are_known_until_they_are_stopped() {
        let mut waits = Waits::default();
        let hook = "pre-upgrade batch/Job eu/migrate";
        let begun = format!("{BEGUN}{hook}");
        for what in [hook, &begun, "apps/Deployment eu/web", "unwell apps/Deployment eu/web"] {
            waits.begin("d1", what);
        }
        waits.are_of("d1");
        assert_eq!((waits.left().len(), waits.since.len()), (0, 4));
        for next in ["d2", "d3"] {
            waits.are_of(next);
            assert_eq!((waits.left(), waits.since.len()), (vec![hook.to_owned()], 1), "{next}");
            waits = Waits::read(&waits.written().expect("something"));
        }
        waits.end(&format!("{LEFT}{hook}"));
        assert_eq!(waits, Waits::default());
    }
}
