//! The outermost layer: gives each request an id, follows it in the log and the metrics, writes the bodies of
//! problems, and makes a problem of a panic.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::error::Problem;
use crate::server::Shared;

/// The header with the request's id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the caller's own if it has a harmless form, else a fresh one.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    fn of(request: &Request) -> Self {
        let harmless = |id: &&str| {
            (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let given = request.headers().get(&REQUEST_ID).and_then(|v| v.to_str().ok()).filter(harmless);
        Self(given.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned))
    }
}

/// Runs the request within all of this.
pub(crate) async fn observe(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::of(&request);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = %id.0, %method, route);
    request.extensions_mut().insert(id.clone());
    async {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|_| panicked().into_response());
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            // Headers set on the way out, such as a rotated cookie, stay.
            let mut headers = std::mem::take(response.headers_mut());
            response = problem.finish(&id.0);
            headers.remove(axum::http::header::CONTENT_LENGTH);
            headers.extend(std::mem::take(response.headers_mut()));
            *response.headers_mut() = headers;
        }
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let (status, took) = (response.status(), began.elapsed());
        server.metrics.request(method.as_str(), &route, status, took);
        tracing::info!(status = status.as_u16(), milliseconds = took.as_millis(), "answered");
        response
    }
    .instrument(span)
    .await
}

fn panicked() -> Problem {
    let detail = "Something went wrong inside Trueline. The log says more under the request id.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).cause("a handler panicked")
}

/// The longest that an endpoint of the API may take before the head of its answer: saving a configuration
/// waits up to 50 s for its check.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Ends requests that take too long.
pub(crate) async fn patience(request: Request, next: Next) -> Response {
    tokio::time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "Trueline did not finish this in time. Look whether it was done before you try again.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", detail).retry_after(5).into_response()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;
    use crate::{Server, Settings};

    async fn boom() -> &'static str {
        panic!("planted")
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_the_next_request_too() {
        let folder = tempfile::tempdir().unwrap();
        let store = store::Store::open(store::Settings::new(folder.path())).await.unwrap();
        let settings = control::Settings::new(folder.path(), "http://127.0.0.1:1".parse().unwrap());
        let control = Arc::new(control::Control::new(store, Arc::new(control::SystemClock), settings));
        let server = Server::new(control, Settings::default(), Default::default());
        let router = Router::new()
            .route("/boom", get(boom))
            .route("/fine", get(|| async { "fine" }))
            .layer(from_fn_with_state(server.clone(), observe));
        let ask = |path: &str| {
            let request = Request::builder().uri(path).header(REQUEST_ID, "request-71").body(Body::empty());
            router.clone().oneshot(request.unwrap())
        };
        let answer = ask("/boom").await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[REQUEST_ID], "request-71");
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["request_id"]), (&"internal".into(), &"request-71".into()));
        assert!(!problem.to_string().contains("planted"), "{problem:#}");
        assert_eq!(ask("/fine").await.unwrap().status(), StatusCode::OK);
        let counted = server.metrics.text(&server.control, None);
        assert!(counted.contains("route=\"/boom\",status=\"500\"} 1"), "{counted}");
    }
}
