//! A look at a cluster before anything is deployed to it: is it there, who are we, what may we do.

use futures_util::future::try_join_all;
use http::Method;
use serde_json::{Value, json};

use crate::cluster::{Cluster, JSON, METADATA, Request};
use crate::{Error, Right};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The version as the cluster says it, such as `v1.36.3`.
    pub version: String,
    /// Who the cluster takes us for, such as `system:serviceaccount:trueline:deployer`.
    pub user: String,
    /// The groups of that user.
    pub groups: Vec<String>,
    /// What is needed and not allowed.
    pub missing: Vec<Missing>,
}

/// A right that the account lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub right: Right,
    /// What the cluster says about it; often nothing.
    pub reason: String,
}

/// Checks a cluster: reach, certificate, version, credential, and each right.
///
/// # Errors
/// When the cluster cannot be reached or asked; a right that is missing is none.
pub async fn check(cluster: &Cluster, rights: &[Right]) -> Result<Report, Error> {
    cluster.forget().await;
    let version = cluster.discovery().await?.version.clone();
    let me = review(cluster, "authentication.k8s.io/v1", "SelfSubjectReview", json!({})).await?;
    let me = &me["status"]["userInfo"];
    let groups = me["groups"].as_array().into_iter().flatten();
    let groups = groups.filter_map(|group| group.as_str().map(Into::into)).collect();
    let user = me["username"].as_str().unwrap_or_default().to_owned();
    let everything = Right { verb: "*", group: "*".into(), resource: "*".into(), namespace: String::new() };
    let missing = if may(cluster, &everything).await?.is_none() {
        Vec::new()
    } else {
        let asked = try_join_all(rights.iter().map(|right| may(cluster, right))).await?;
        asked.into_iter().flatten().collect()
    };
    Ok(Report { version, user, groups, missing })
}

/// What a cluster is known by, whatever its address: the UID of its namespace `kube-system`, which nobody can delete.
/// Nothing where the account may not look at it.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn identity(cluster: &Cluster) -> Result<Option<String>, Error> {
    let found = match cluster.find(&Request::get("api/v1/namespaces/kube-system", METADATA)).await {
        Err(error) if error.status() == Some(403) => None,
        found => found?,
    };
    Ok(found.and_then(|live| live["metadata"]["uid"].as_str().map(Into::into)))
}

/// Nothing if it is allowed.
async fn may(cluster: &Cluster, right: &Right) -> Result<Option<Missing>, Error> {
    let (resource, subresource) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
    let spec = json!({ "resourceAttributes": {
        "verb": right.verb, "group": right.group, "resource": resource,
        "subresource": subresource, "namespace": right.namespace,
    }});
    let answer = review(cluster, "authorization.k8s.io/v1", "SelfSubjectAccessReview", spec).await?;
    let status = &answer["status"];
    if status["allowed"] == true {
        return Ok(None);
    }
    let reason = status["reason"].as_str().or(status["evaluationError"].as_str()).unwrap_or_default().into();
    Ok(Some(Missing { right: right.clone(), reason }))
}

async fn review(cluster: &Cluster, api_version: &str, kind: &str, spec: Value) -> Result<Value, Error> {
    let body = json!({ "apiVersion": api_version, "kind": kind, "spec": spec });
    let path = format!("apis/{api_version}/{}s", kind.to_lowercase());
    cluster.call(&Request::with(Method::POST, path, JSON, &body)).await
}
