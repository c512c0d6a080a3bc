//! Claims that StatefulSets made: which they are, and that they stay when their StatefulSet goes.

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

    /// The claims that StatefulSets made, and that stay when these objects go.
    pub(super) async fn claims_left(&self, going: &[(Key, Box<Going>)]) -> Result<Vec<Key>, Error> {
        let mut left = Vec::new();
        for (key, found) in going {
            if is_stateful(key) && (!found.holds || self.guard.data == Consent::Stays) {
                left.extend(self.claims_of(key, found).await?);
            }
        }
        Ok(left)
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
        let list = match self.cluster.call(&claims_in(&key.namespace)).await {
            // Who may not look at claims cannot name them.
            Err(error) if error.status() == Some(403) => return Ok(Vec::new()),
            list => list?,
        };
        let names = list["items"].as_array().into_iter().flatten();
        let names = names.filter_map(|claim| claim["metadata"]["name"].as_str());
        let ours = |name: &&str| {
            let number = beginnings.iter().find_map(|beginning| name.strip_prefix(beginning.as_str()));
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        };
        let claim = |name: &str| Key {
            group: String::new(),
            kind: "PersistentVolumeClaim".into(),
            namespace: key.namespace.clone(),
            name: name.into(),
        };
        Ok(names.filter(ours).map(claim).collect())
    }
}

fn claims_in(namespace: &str) -> Request {
    Request::get(format!("api/v1/namespaces/{namespace}/persistentvolumeclaims"), METADATA_LIST)
}
