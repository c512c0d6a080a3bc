//! What is done with what runs of applications: restart, scale, logs, events, drift.

use std::convert::Infallible;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use control::actions::{self, Key, Logs, Workload};
use futures_util::{StreamExt as _, stream};

use crate::authentication::Caller;
use crate::error::{Problem, ProblemBody};
use crate::input::{Input, Path, Query};
use crate::server::Shared;
use crate::wire::release::action::{
    Correction, Drift, Happenings, LogQuery, Scaling, Workload as WorkloadInput,
};

/// Lines of a log unless another number is asked for, and at most.
const LINES: (u32, u32) = (200, 10_000);

/// Starts the pods of a workload anew, one after the other. What lies in Git stays as it is.
#[utoipa::path(post, path = "/applications/{name}/environments/{environment}/restart", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    request_body = WorkloadInput,
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn restart(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Input(input): Input<WorkloadInput>,
) -> Result<StatusCode, Problem> {
    let (group, space) = (input.group.as_deref(), input.namespace.as_deref());
    let workload = Workload { kind: &input.kind, name: &input.name, group, namespace: space };
    actions::restart(&server.control, &caller.call, (&name, &environment), &workload).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a workload another number of pods. The next deployment sets what lies in Git again.
#[utoipa::path(post, path = "/applications/{name}/environments/{environment}/scale", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    request_body = Scaling,
    responses((status = NO_CONTENT), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn scale(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Input(input): Input<Scaling>,
) -> Result<StatusCode, Problem> {
    let (group, space) = (input.group.as_deref(), input.namespace.as_deref());
    let workload = Workload { kind: &input.kind, name: &input.name, group, namespace: space };
    let place = (name.as_str(), environment.as_str());
    actions::scale(&server.control, &caller.call, place, &workload, input.replicas).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads the log of a pod of the application, as text; with `follow` it goes on until the caller ends it.
#[utoipa::path(get, path = "/applications/{name}/environments/{environment}/logs", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name"),
    LogQuery),
    responses((status = OK, content_type = "text/plain", body = str), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn logs(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
) -> Result<([(HeaderName, HeaderValue); 3], Body), Problem> {
    let which = Logs {
        container: query.container,
        follow: query.follow.unwrap_or(false),
        previous: query.previous.unwrap_or(false),
        tail: Some(query.lines.unwrap_or(LINES.0).min(LINES.1)),
        ..Logs::default()
    };
    let place = (name.as_str(), environment.as_str());
    let pod = (query.pod.as_str(), query.namespace.as_deref());
    let lines = actions::logs(&server.control, &caller.call, place, pod, &which).await?;
    let body = stream::unfold(Some(lines), |lines| async {
        let mut lines = lines?;
        match lines.next().await {
            Ok(Some(line)) => Some((Ok::<_, Infallible>(format!("{line}\n")), Some(lines))),
            Ok(None) => None,
            // What was read stays; that it ended early is said in its last line.
            Err(error) => Some((Ok(format!("(the log broke off: {error})\n")), None)),
        }
    });
    // Whoever compresses it asks again after the end.
    let body = body.fuse();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx holds answers back unless told not to.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(body)))
}

/// Gives what happened to the objects of an application, as the cluster's parts tell it.
#[utoipa::path(get, path = "/applications/{name}/environments/{environment}/events", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    responses((status = OK, body = Happenings), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn events(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
) -> Result<Json<Happenings>, Problem> {
    let found = actions::events(&server.control, &caller.call, (&name, &environment)).await?;
    Ok(Json(found.into()))
}

/// Gives where the cluster is no longer as Git says, with who changed it. Only reads.
#[utoipa::path(get, path = "/applications/{name}/environments/{environment}/drift", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    responses((status = OK, body = Drift), (status = NOT_FOUND, body = ProblemBody)))]
pub(crate) async fn drift(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
) -> Result<Json<Drift>, Problem> {
    let found = actions::drift(&server.control, &caller.call, (&name, &environment)).await?;
    Ok(Json(found.into()))
}

/// Puts right what is not as Git says: the objects that are named, or all. Gives what still differs then.
#[utoipa::path(post, path = "/applications/{name}/environments/{environment}/drift/correct", tag = "deployments",
    params(("name", description = "The application's name"), ("environment", description = "The environment's name")),
    request_body = Correction,
    responses((status = OK, body = Drift), (status = FORBIDDEN, body = ProblemBody),
    (status = NOT_FOUND, body = ProblemBody), (status = CONFLICT, body = ProblemBody),
    (status = UNPROCESSABLE_ENTITY, body = ProblemBody)))]
pub(crate) async fn correct(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, environment)): Path<(String, String)>,
    Input(Correction { objects }): Input<Correction>,
) -> Result<Json<Drift>, Problem> {
    let objects: Vec<Key> = objects.into_iter().map(Into::into).collect();
    let left = actions::correct(&server.control, &caller.call, (&name, &environment), &objects).await?;
    Ok(Json(left.into()))
}
