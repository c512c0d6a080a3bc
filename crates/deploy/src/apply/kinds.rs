//! Whether a kind that nothing serves is gone for good, and all objects of it with that.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::run::Run;
use crate::cluster::{JSON, METADATA_LIST, Request};
use crate::{Error, Kind, Resource};

const DEFINITIONS: &str = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVICES: &str = "apis/apiregistration.k8s.io/v1/apiservices";

impl Run<'_> {
    /// The kinds that the cluster has no longer. What it does not serve now it may serve again: an API server that has
    /// just begun, or one of another project that is away. So what it serves is not asked, but what is stored: there
    /// is no definition, and nobody else who would serve it.
    pub(super) async fn ended_kinds(
        &self,
        kinds: &BTreeSet<Kind>,
        served: &HashMap<Kind, Resource>,
    ) -> Result<BTreeSet<Kind>, Error> {
        let mut ended = BTreeSet::new();
        for kind in kinds.iter().filter(|kind| !served.contains_key(kind)) {
            if !self.is_defined(kind).await? && !self.is_served_elsewhere(kind).await? {
                ended.insert(kind.clone());
            }
        }
        Ok(ended)
    }

    async fn is_defined(&self, kind: &Kind) -> Result<bool, Error> {
        let Some(all) = self.stored(Request::get(DEFINITIONS, METADATA_LIST)).await? else { return Ok(true) };
        let group = format!(".{}", kind.group);
        let names = all["items"].as_array().into_iter().flatten();
        for name in names.filter_map(|item| item["metadata"]["name"].as_str()) {
            if !name.ends_with(&group) {
                continue;
            }
            let Some(one) = self.stored(Request::get(format!("{DEFINITIONS}/{name}"), JSON)).await? else {
                return Ok(true);
            };
            if one["spec"]["group"] == *kind.group && one["spec"]["names"]["kind"] == *kind.kind {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether something beside the API server itself is there for the group: whether that is away nobody can say.
    async fn is_served_elsewhere(&self, kind: &Kind) -> Result<bool, Error> {
        let Some(all) = self.stored(Request::get(SERVICES, JSON)).await? else { return Ok(true) };
        let mut all = all["items"].as_array().into_iter().flatten();
        Ok(all.any(|one| one["spec"]["group"] == *kind.group && one["spec"]["service"].is_object()))
    }

    /// What is stored; nothing where the account may not look.
    async fn stored(&self, request: Request) -> Result<Option<Value>, Error> {
        match self.cluster.call(&request).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if matches!(error.status(), Some(403 | 404)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
