//! Claims that StatefulSets made: which they are, and that they stay when their StatefulSet goes.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::guard::{Consent, is_stateful};
use super::prune::Going;
use super::run::Run;
use super::wait;
use crate::cluster::{JSON, MERGE, METADATA, METADATA_LIST, Request};
use crate::{Error, Key};

impl Run<'_> {
    /// Whether the claims of this StatefulSet would go with it and are to stay.
    pub(super) fn retains(&self, key: &Key, found: &Going) -> bool {
        found.holds && is_stateful(key) && self.guard.data == Consent::Stays
    }

    /// Has a StatefulSet leave its claims behind, and waits until its controller has let go of them.
    pub(super) async fn retain(&self, key: &Key, found: &Going, end: Instant) -> Result<(), Error> {
        let path = format!("{}?fieldManager=trueline-remove", found.resource.path(key));
        let policy = json!({ "persistentVolumeClaimRetentionPolicy": { "whenDeleted": "Retain" } });
        let change = json!({ "metadata": { "uid": found.uid }, "spec": policy });
        self.cluster.call(&Request::with(Method::PATCH, path, MERGE, &change).accepting(METADATA)).await?;
        let request = claims_in(&key.namespace);
        let left = end.saturating_duration_since(Instant::now());
        let look = || async {
            let list = self.cluster.call(&request).await?;
            let mut claims = list["items"].as_array().into_iter().flatten();
            let held = claims.any(|claim| {
                let owners = claim["metadata"]["ownerReferences"].as_array();
                owners.into_iter().flatten().any(|owner| owner["uid"] == *found.uid)
            });
            Ok((!held).then_some(()))
        };
        match wait::until((self.guard, left), look).await? {
            Some(()) => Ok(()),
            None => {
                let what = format!("{key} has not let go of its claims yet");
                Err(Error::Waits { what, passed: Duration::ZERO })
            }
        }
    }

    /// The claims that StatefulSets made, and that stay when these objects go; those of sets that are gone already as well.
    pub(super) async fn claims_left(&self, going: &[(Key, Box<Going>)]) -> Result<BTreeSet<Key>, Error> {
        let mut left = self.inventory.claims.clone();
        for (key, found) in going {
            if !is_stateful(key) {
                continue;
            }
            let claims = self.claims_of(key, found).await?;
            match !found.holds || self.guard.data == Consent::Stays {
                true => left.extend(claims),
                // Somebody has said so since.
                false => left.retain(|claim| !claims.contains(claim)),
            }
        }
        Ok(left)
    }

    /// Which of them are there.
    pub(super) async fn claims_there(&self) -> Result<Vec<Key>, Error> {
        let mut there = Vec::new();
        let namespaces: BTreeSet<&str> = self.inventory.claims.iter().map(|key| &*key.namespace).collect();
        for namespace in namespaces {
            // Who may not look at claims any more names those that were there.
            let Some(found) = self.claims_in(namespace).await? else {
                there.extend(self.inventory.claims.iter().filter(|key| key.namespace == namespace).cloned());
                continue;
            };
            there.extend(found.into_iter().filter(|key| self.inventory.claims.contains(key)));
        }
        Ok(there)
    }

    async fn claims_of(&self, key: &Key, found: &Going) -> Result<Vec<Key>, Error> {
        let look = Request::get(found.resource.path(key), JSON);
        let Some(live) = self.cluster.find(&look).await? else { return Ok(Vec::new()) };
        let templates = live["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
        let name =
            |template: &Value| Some(format!("{}-{}-", template["metadata"]["name"].as_str()?, key.name));
        let beginnings: Vec<String> = templates.filter_map(name).collect();
        if beginnings.is_empty() {
            return Ok(Vec::new());
        }
        let ours = |claim: &Key| {
            let number = beginnings.iter().find_map(|beginning| claim.name.strip_prefix(beginning.as_str()));
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        };
        // Who may not look at claims cannot name them.
        let all = self.claims_in(&key.namespace).await?.unwrap_or_default();
        Ok(all.into_iter().filter(ours).collect())
    }

    /// The claims of a namespace that nobody deletes; nothing where they may not be looked at.
    async fn claims_in(&self, namespace: &str) -> Result<Option<Vec<Key>>, Error> {
        let list = match self.cluster.call(&claims_in(namespace)).await {
            Err(error) if error.status() == Some(403) => return Ok(None),
            list => list?,
        };
        let items = list["items"].as_array().into_iter().flatten();
        let stays = items.filter(|claim| claim["metadata"]["deletionTimestamp"].is_null());
        let names = stays.filter_map(|claim| claim["metadata"]["name"].as_str());
        Ok(Some(names.map(|name| Key::claim(namespace, name)).collect()))
    }
}

fn claims_in(namespace: &str) -> Request {
    Request::get(format!("api/v1/namespaces/{namespace}/persistentvolumeclaims"), METADATA_LIST)
}
