//! Clusters: seen by everyone signed in, changed by administrators of the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use control::cluster::Saved;
use model::FieldError;

use super::{Tagged, tagged};
use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Condition, Input, Path, Query, Slice};
use crate::server::Shared;
use crate::wire::cluster::{Cluster, ClusterCheck, ClusterInput};
use crate::wire::page::Page;

/// Lists clusters by name.
#[utoipa::path(get, path = "/clusters", tag = "places", params(Slice), responses(
    (status = OK, body = Page<Cluster>), (status = UNAUTHORIZED, body = ProblemBody)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(slice): Query<Slice>,
) -> Result<Json<Page<Cluster>>, Problem> {
    let listed = server.control.store.reader(&caller.call.actor).clusters(&slice.page()?).await?;
    let mut items = Vec::with_capacity(listed.items.len());
    for cluster in listed.items {
        items.push(full(&server, &caller, cluster).await?);
    }
    Ok(Json(Page { items, next: listed.next }))
}

/// Gives one cluster, with the last look at it.
#[utoipa::path(get, path = "/clusters/{name}", tag = "places",
    params(("name", description = "The cluster's name")),
    responses((status = OK, body = Cluster), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn get(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<Cluster>, Problem> {
    let cluster = control::cluster::named(&server.control, &name).await?;
    Ok(tagged(StatusCode::OK, cluster.version, full(&server, &caller, cluster).await?))
}

/// Looks at a cluster and saves it if it can be reached, lets Trueline in and is new enough; else the problem says why
/// and carries the look as `check`. Rights that are missing do not keep it from being saved. One that leads to another
/// cluster while applications run in the one before is refused as `another_cluster`. With `If-None-Match: *` it
/// must not exist yet, with `If-Match` it must not have changed.
#[utoipa::path(put, path = "/clusters/{name}", tag = "places",
    params(("name", description = "The cluster's name")), request_body = ClusterInput,
    responses((status = OK, body = Cluster), (status = CREATED, body = Cluster),
    (status = FORBIDDEN, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = PRECONDITION_FAILED, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn save(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
    Input(input): Input<ClusterInput>,
) -> Result<Response, Problem> {
    let (input, expected) = ((name.as_str(), input.into()), condition.into());
    match control::cluster::save(&server.control, &caller.call, input, expected).await? {
        Saved::Stored { cluster, created } => {
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            let version = cluster.version;
            Ok(tagged(status, version, full(&server, &caller, *cluster).await?).into_response())
        }
        Saved::Refused(check) => {
            let why = check.failed().cloned().unwrap_or_default();
            let detail = format!("{} Nothing was saved.", why.sentence);
            let wrong = FieldError::new("kubeconfig", "unusable", why.sentence.clone());
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.code, detail)
                .wrong(vec![wrong])
                .with("check", ClusterCheck::from(*check)))
        }
    }
}

/// Looks at a cluster now. How that went is told by `check` and `state`; while it goes on the event `cluster` of the topic
/// `cluster:NAME` says that a stage began, and the cluster's own address shows them.
#[utoipa::path(post, path = "/clusters/{name}/check", tag = "places",
    params(("name", description = "The cluster's name")),
    responses((status = OK, body = Cluster), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn check(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Tagged<Cluster>, Problem> {
    let cluster = control::cluster::check(&server.control, &caller.call, &name).await?;
    Ok(tagged(StatusCode::OK, cluster.version, full(&server, &caller, cluster).await?))
}

/// Removes a cluster that no environment is in. What runs there goes on running.
#[utoipa::path(delete, path = "/clusters/{name}", tag = "places",
    params(("name", description = "The cluster's name")),
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody),
    (status = CONFLICT, body = ProblemBody, description = "`in_use`, with the environments"),
    (status = PRECONDITION_FAILED, body = ProblemBody)))]
pub(crate) async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    control::cluster::delete(&server.control, &caller.call, &name, condition.version()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cluster as its own address gives it.
pub(crate) async fn full(
    server: &Shared,
    caller: &Caller,
    cluster: model::cluster::Cluster,
) -> Result<Cluster, Problem> {
    let reader = server.control.store.reader(&caller.call.actor);
    let mut standing = reader.cluster_standing(&cluster).await?;
    if let Some(look) = control::cluster::look_under_way(&server.control, &caller.call, cluster.id) {
        standing.check = Some(look);
    }
    let environments = reader.environments_of_cluster(&cluster).await?;
    Ok(Cluster::of(cluster, standing, environments))
}
