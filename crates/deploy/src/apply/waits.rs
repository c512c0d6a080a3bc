//! What an apply waits for, and since when: an apply ends after a while and is done again, so that who does it can do
//! something else meanwhile. Written down with the inventory, so that the next one knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Waits {
    /// The deployment that waits.
    deployment: String,
    /// Since when for what, in milliseconds since 1970.
    since: BTreeMap<String, u64>,
}

fn now() -> u64 {
    u64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}

impl Waits {
    /// Forgets what another deployment waited for.
    pub(super) fn are_of(&mut self, deployment: &str) {
        if self.deployment != deployment {
            *self = Self::default();
        }
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
}
