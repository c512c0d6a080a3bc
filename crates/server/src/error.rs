//! Turns errors into answers: the only place where an outcome becomes a status. An answer carries what people
//! and programs may know; the chain of causes goes to the log, once, under the same request id.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use control::Error;
use model::{FieldError, Outcome};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::wire::values::ValueProblem;

/// Media type of problem details (RFC 9457).
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal or failure on its way to the caller. The outermost layer adds the request id, writes the body and
/// logs the cause.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    errors: Vec<FieldError>,
    link: Option<&'static str>,
    retry_after_seconds: Option<u64>,
    extensions: Map<String, Value>,
    cause: Option<String>,
}

/// Problem details (RFC 9457) as sent.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:trueline:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// A stable word for programs.
    code: Cow<'static, str>,
    /// What, where, why, and what to do.
    detail: String,
    /// The id of the request, as in the log.
    request_id: String,
    /// What is wrong with which field.
    errors: Vec<FieldProblem>,
    /// The page of Trueline's own where it can be put right.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'static str>,
    /// Further members of this code.
    #[serde(flatten)]
    #[schema(ignore)]
    extensions: Map<String, Value>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// The field's name, `a.b` for nested ones.
    field: String,
    /// A stable word for programs.
    code: &'static str,
    /// What was wrong and what would be right.
    message: String,
    /// What was probably meant: a text that would be right in the field.
    suggestion: Option<String>,
}

impl Problem {
    /// A problem that the server itself found.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            link: None,
            retry_after_seconds: None,
            extensions: Map::new(),
            cause: None,
        }))
    }

    /// Input whose form or limits are wrong.
    pub fn invalid(status: StatusCode, code: &'static str, errors: Vec<FieldError>) -> Self {
        let detail = Error::Invalid(errors.clone()).sentence();
        let mut problem = Self::new(status, code, detail);
        problem.0.errors = errors;
        problem
    }

    /// Says which fields are wrong.
    pub fn wrong(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Says when to come again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Adds a member that belongs to the code, such as the report of a failed check.
    pub fn with(mut self, member: &str, value: impl Serialize) -> Self {
        self.0.extensions.insert(member.into(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// The cause for the log; only what is Trueline's to know.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The answer for a client that shows people the body as it is, as Git does; asks for name and password.
    pub(crate) fn text(self) -> Response<Body> {
        let (status, detail, retry) = (self.0.status, self.0.detail.clone(), self.0.retry_after_seconds);
        self.log();
        let mut response = Response::new(Body::from(format!("{detail}\n")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Trueline\""));
        }
        response
    }

    /// What it says in parts, for answers of another form; logs the cause.
    pub(crate) fn told(self) -> (StatusCode, Cow<'static, str>, String, Vec<FieldError>) {
        self.log();
        let parts = *self.0;
        (parts.status, parts.code, parts.detail, parts.errors)
    }

    /// When to come again, where it says so.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }

    fn log(&self) {
        let code = &*self.0.code;
        match (&self.0.cause, self.0.status.is_server_error()) {
            (Some(cause), true) => tracing::error!(code, cause, "request failed"),
            (Some(cause), false) => tracing::info!(code, cause, "request refused"),
            (None, _) => tracing::info!(code, "request refused"),
        }
    }

    /// Writes the body and logs the cause.
    pub(crate) fn finish(self, request_id: &str) -> Response<Body> {
        self.log();
        let parts = *self.0;
        let status = parts.status;
        let code = &*parts.code;
        let body = ProblemBody {
            r#type: format!("urn:trueline:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code: parts.code,
            detail: parts.detail,
            request_id: request_id.to_owned(),
            errors: parts
                .errors
                .into_iter()
                .map(|e| FieldProblem {
                    field: e.field,
                    code: e.code,
                    message: e.message,
                    suggestion: e.suggestion,
                })
                .collect(),
            link: parts.link,
            extensions: parts.extensions,
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = parts.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body was not read: the connection is of no more use.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Trueline\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let outcome = error.outcome();
        let mut problem = Self::new(status(&error, &outcome), error.code(), error.sentence());
        problem.0.errors = error.errors();
        problem.0.link = error.link();
        problem.0.cause = Some(error.chain());
        if !error.problems().is_empty() {
            let problems: Vec<ValueProblem> = error.problems().iter().map(Into::into).collect();
            problem = problem.with("problems", problems);
        }
        if let Outcome::RetryLater { after } = outcome {
            return problem.retry_after(after.map_or(5, |a| a.as_secs()));
        }
        problem
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Error::Store(error).into()
    }
}

fn status(error: &Error, outcome: &Outcome) -> StatusCode {
    match (error, outcome) {
        (Error::SignInFailed | Error::NotSignedIn, _) => StatusCode::UNAUTHORIZED,
        (Error::Stale { .. }, _) => StatusCode::PRECONDITION_FAILED,
        (_, Outcome::Invalid) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, Outcome::NotFound) => StatusCode::NOT_FOUND,
        (_, Outcome::Conflict | Outcome::NeedsHuman) => StatusCode::CONFLICT,
        (_, Outcome::Forbidden) => StatusCode::FORBIDDEN,
        (_, Outcome::RetryLater { .. }) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Outcome::Bug) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
