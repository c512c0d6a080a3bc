//! Namespaces that objects lie in: those that are not there are seen before anything is written.

use std::collections::BTreeSet;

use http::Method;
use serde_json::json;

use super::Event;
use super::plan::{Plan, Planned};
use super::run::Run;
use crate::cluster::{APPLY, METADATA, Request};
use crate::order::Phase;
use crate::{Error, FIELD_MANAGER, Refusal, Why};

impl Run<'_> {
    /// Whether the namespace of the release has to be made; refuses objects in others that are not there.
    pub(super) async fn missing_namespaces(&self, plan: &Plan) -> Result<bool, Error> {
        let planned: Vec<&Planned> =
            plan.objects.iter().chain(plan.hooks.iter().map(|hook| &hook.planned)).collect();
        let along = |name: &str| planned.iter().any(|p| p.phase == Phase::Namespaces && p.key.name == name);
        let mut names: BTreeSet<&str> = planned.iter().map(|p| p.key.namespace.as_str()).collect();
        names.insert(&self.release.namespace);
        names.remove("");
        let (mut refusals, mut make) = (Vec::new(), false);
        for name in names {
            let there = self.cluster.has_namespace(name).await?;
            if there || (along(name) && name != self.release.namespace) {
                continue;
            }
            if name == self.release.namespace && (self.guard.create_namespace || along(name)) {
                make = true;
                continue;
            }
            let inside = planned.iter().filter(|p| p.key.namespace == name);
            refusals.extend(
                inside.map(|p| Refusal { object: p.key.clone(), why: Why::NoNamespace(name.into()) }),
            );
        }
        if refusals.is_empty() { Ok(make) } else { Err(Error::Refused { refusals, before: true }) }
    }

    /// The namespace is no object of the release: it stays when the release goes.
    pub(super) async fn make_namespace(&self) -> Result<(), Error> {
        let name = &self.release.namespace;
        let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let path = format!("api/v1/namespaces/{name}?fieldManager={FIELD_MANAGER}");
        self.cluster.call(&Request::with(Method::PATCH, path, APPLY, &body).accepting(METADATA)).await?;
        (self.tell)(Event::NamespaceMade(name.clone()));
        Ok(())
    }
}
