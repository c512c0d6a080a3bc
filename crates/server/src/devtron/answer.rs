//! The envelope around every answer, and what refusals look like in it.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Problem;

/// The client gives up after 60 s; it is answered before that, whatever happens.
const PATIENCE: Duration = Duration::from_secs(50);

/// A good answer.
pub(crate) struct Envelope<T>(pub(crate) T);

#[derive(Serialize)]
struct Body<T> {
    code: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Refusal>,
}

/// One thing that is wrong.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    code: String,
    internal_message: String,
    user_message: String,
}

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        body(StatusCode::OK, Some(self.0), Vec::new())
    }
}

fn body<T: Serialize>(status: StatusCode, result: Option<T>, errors: Vec<Refusal>) -> Response {
    let words = status.canonical_reason().unwrap_or("Error");
    // The media type of `Json` is the client's to the letter: a charset behind it would break it.
    let mut response =
        (status, Json(Body { code: status.as_u16(), status: words, result, errors })).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The layer that puts refusals into the envelope and bounds the time.
pub(crate) async fn envelope(request: Request, next: Next) -> Response {
    let late = || {
        let sentence = "Trueline did not finish this in time. Look whether it was done before you try again.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", sentence).into_response()
    };
    let mut response = tokio::time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| late());
    match response.extensions_mut().remove::<Problem>() {
        None => response,
        Some(problem) => refused(problem),
    }
}

fn refused(problem: Problem) -> Response {
    let retry = problem.retry_after_seconds();
    let (status, code, detail, fields) = problem.told();
    let status = answered(status, &code);
    let number = number(status);
    let refusal = |internal: String, user: String| Refusal {
        code: number.clone(),
        internal_message: internal,
        user_message: user,
    };
    let errors = match (status, fields.as_slice()) {
        (StatusCode::FORBIDDEN, _) if code == "forbidden" => {
            vec![refusal(code.into_owned(), "unauthorized".into())]
        }
        (_, []) => vec![refusal(code.into_owned(), detail)],
        (_, fields) => fields
            .iter()
            .map(|f| {
                let user = if f.field.is_empty() {
                    f.message.clone()
                } else {
                    format!("{}: {}", f.field, f.message)
                };
                refusal(format!("{}: {}", f.field, f.code), user)
            })
            .collect(),
    };
    let mut response = body::<()>(status, None, errors);
    if let Some(seconds) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The status that the client understands. It takes every 401 for the end of its sign-in, so that a wrong
/// password is 403; 412 is for TLS data alone; whatever is wrong with a body is 400.
fn answered(status: StatusCode, code: &str) -> StatusCode {
    match status {
        StatusCode::UNAUTHORIZED if code == "sign_in_failed" => StatusCode::FORBIDDEN,
        StatusCode::PRECONDITION_FAILED if code == "stale" => StatusCode::CONFLICT,
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        status => status,
    }
}

/// The client's number for it; the status where it has none.
fn number(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED => "11010".into(),
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => "3900".into(),
        StatusCode::NOT_FOUND => "5100".into(),
        status => status.as_u16().to_string(),
    }
}
