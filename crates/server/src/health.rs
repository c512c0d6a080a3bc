//! Whether the process lives and whether it can work; open to everybody, and telling nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::Shared;

/// Whether the process can work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether all of the parts are well.
    ready: bool,
    /// Whether the database answers.
    database: bool,
    /// Whether the workers run.
    workers: bool,
    /// Whether the process is about to end.
    stopping: bool,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = OK, body = str)))]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The process can work: its database answers and its workers run.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = OK, body = Readiness), (status = SERVICE_UNAVAILABLE, body = Readiness)))]
pub(crate) async fn ready(State(server): State<Shared>) -> (StatusCode, Json<Readiness>) {
    let ping = tokio::time::timeout(std::time::Duration::from_secs(2), server.control.store.ping());
    let database = matches!(ping.await, Ok(Ok(())));
    let workers = server.control.bells.alive() == control::workers::expected();
    let stopping = server.stopping.is_cancelled();
    let ready = database && workers && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, database, workers, stopping }))
}
