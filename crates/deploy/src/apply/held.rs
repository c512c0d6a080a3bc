//! What holds an object that is being deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::run::Run;
use super::wait;
use crate::cluster::{JSON, METADATA, METADATA_LIST, Request};
use crate::ownership::PART_OF;
use crate::{Error, Key, Kind, Refusal, Why};

/// What the API server adds while the objects that one made go first.
const FOREGROUND: &str = "foregroundDeletion";
/// So many objects that hold up a deletion are named.
const NAMED: usize = 5;

/// How long ago that was, by the clocks of both.
fn since(text: &str) -> Duration {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_or(0, |at| at.unix_timestamp_nanos() / 1_000_000);
    Duration::from_millis(super::waits::now().saturating_sub(u64::try_from(at).unwrap_or(0)))
}

/// What is being deleted, and by what each is held.
pub(super) fn said(held: &[Refusal]) -> String {
    let one = |Refusal { object, why }: &Refusal| {
        let by = match why {
            Why::Finalizers(by) => by.iter().filter(|name| *name != FOREGROUND).cloned().collect(),
            why => vec![why.to_string()],
        };
        match (by.is_empty(), object.kind == "Namespace") {
            (true, _) => format!("{object} is being deleted and not gone yet"),
            (false, true) => format!("{object} is being deleted and not gone yet: {}", by.join(" ")),
            (false, false) => format!("{object} is being deleted and held by {}", by.join(", ")),
        }
    };
    listed(&held.iter().map(one).collect::<Vec<_>>())
}

/// Some of what is waited for, and how much more there is.
pub(super) fn listed(what: &[String]) -> String {
    let first = what.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    match what.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}

impl Run<'_> {
    /// Where the inventory went with the namespace of the release, that one may still be going.
    pub(super) async fn namespace_gone(&self) -> Result<(), Error> {
        let name = &self.release.namespace;
        let key = Key {
            group: String::new(),
            kind: "Namespace".into(),
            namespace: String::new(),
            name: name.clone(),
        };
        let look = Request::get(format!("api/v1/namespaces/{name}"), METADATA);
        let live = match self.cluster.find(&look).await {
            // Who may not look at it did not delete it either.
            Err(error) if error.status() == Some(403) => return Ok(()),
            live => live?.unwrap_or_default(),
        };
        let metadata = &live["metadata"];
        if metadata["labels"][PART_OF] != self.set || metadata["deletionTimestamp"].is_null() {
            return Ok(());
        }
        let Some(resource) = self.cluster.resource(&Kind::new("v1", "Namespace")).await? else {
            return Ok(());
        };
        let uid = metadata["uid"].as_str().unwrap_or_default();
        let passed = since(metadata["deletionTimestamp"].as_str().unwrap_or_default());
        let within = (self.guard, self.guard.hold.saturating_sub(passed));
        match wait::gone(self.cluster, (&resource, &key), uid, within).await {
            Err(Error::Refused { refusals, .. }) => {
                let held = self.namespace(refusals, &key).await?;
                Err(Error::Waits { what: said(&held), passed })
            }
            gone => gone,
        }
    }

    /// Where an object waits for those that it made, these are named with what holds them.
    pub(super) async fn holders(&self, refusals: Vec<Refusal>, uid: &str) -> Result<Vec<Refusal>, Error> {
        let [Refusal { object, why: Why::Finalizers(held) }] = &refusals[..] else { return Ok(refusals) };
        if object.kind == "Namespace" {
            return self.namespace(refusals.clone(), object).await;
        }
        if !held.iter().all(|name| name == FOREGROUND) {
            return Ok(refusals);
        }
        let mut owners = BTreeSet::from([uid.to_owned()]);
        let mut found = Vec::new();
        for (version, kind) in [("batch/v1", "Job"), ("apps/v1", "ReplicaSet"), ("v1", "Pod")] {
            let kind = Kind::new(version, kind);
            let Some(resource) = self.cluster.resource(&kind).await? else { continue };
            let request = Request::get(resource.folder(&object.namespace), METADATA_LIST);
            let list = self.cluster.call(&request).await.unwrap_or_default();
            for live in list["items"].as_array().into_iter().flatten() {
                let metadata = &live["metadata"];
                let mut of = metadata["ownerReferences"].as_array().into_iter().flatten();
                if !of.any(|owner| owner["uid"].as_str().is_some_and(|uid| owners.contains(uid))) {
                    continue;
                }
                owners.extend(metadata["uid"].as_str().map(Into::into));
                let finalizers = metadata["finalizers"].as_array().into_iter().flatten();
                let held: Vec<String> = finalizers
                    .filter_map(|name| name.as_str().filter(|name| *name != FOREGROUND).map(Into::into))
                    .collect();
                if !held.is_empty() {
                    let object = Key {
                        group: kind.group.clone(),
                        kind: kind.kind.clone(),
                        namespace: object.namespace.clone(),
                        name: metadata["name"].as_str().unwrap_or_default().into(),
                    };
                    found.push(Refusal { object, why: Why::Finalizers(held) });
                }
            }
        }
        Ok(if found.is_empty() { refusals } else { found })
    }

    /// A namespace says itself what is left in it.
    async fn namespace(&self, refusals: Vec<Refusal>, key: &Key) -> Result<Vec<Refusal>, Error> {
        let look = Request::get(format!("api/v1/namespaces/{}", key.name), JSON);
        let live = self.cluster.find(&look).await?.unwrap_or_default();
        let conditions = live["status"]["conditions"].as_array().into_iter().flatten();
        let said = |c: &Value| c["status"] == "True" && c["type"] != "NamespaceDeletionDiscoveryFailure";
        let left: Vec<String> =
            conditions.filter(|c| said(c)).filter_map(|c| c["message"].as_str().map(Into::into)).collect();
        Ok(match left.is_empty() {
            true => refusals,
            false => vec![Refusal { object: key.clone(), why: Why::Finalizers(left) }],
        })
    }
}
