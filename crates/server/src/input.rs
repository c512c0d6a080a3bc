//! What callers send: bodies, paths, queries and conditions, read within limits and refused as problems that
//! name the field.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use control::gitops_config::Expected;
use garde::Validate;
use model::FieldError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::error::Problem;

/// Most bytes of a body that an endpoint takes, unless it says otherwise.
pub(crate) const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// Items of a list when the caller does not say how many.
pub(crate) const DEFAULT_PAGE: u32 = 50;
/// Most items of a list in one answer.
pub(crate) const LARGEST_PAGE: u32 = 200;

/// A JSON body that was read and is within the limits of its type.
pub(crate) struct Input<T>(pub T);

impl<T: DeserializeOwned + Validate<Context = ()>, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(&body(request, state).await?).map(Self)
    }
}

/// The bytes of a JSON body, within the limit.
async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let json = kind.is_some_and(|v| v.split(';').next().unwrap_or_default().trim().ends_with("json"));
    if !json {
        let detail = "Send the body as JSON, with the header content-type: application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    Bytes::from_request(request, state).await.map_err(|e| {
        let code = if e.status() == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "bad_body" };
        let detail = format!("The body could not be read; it may have at most {BODY_LIMIT} bytes.");
        Problem::new(e.status(), code, detail).cause(e.body_text())
    })
}

impl<T: DeserializeOwned + Validate<Context = ()>, S: Send + Sync> OptionalFromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let headers = request.headers();
        let empty = headers.get(header::CONTENT_LENGTH).is_some_and(|v| v == "0")
            || !headers.contains_key(header::CONTENT_TYPE);
        if empty {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// A JSON body of a request that creates something, with the caller's `Idempotency-Key` if it sent one: the
/// same request repeated with the same key creates nothing twice.
pub(crate) struct Creation<T> {
    /// The body.
    pub(crate) value: T,
    /// The key, bound to this very request.
    pub(crate) key: Option<control::IdempotencyKey>,
}

impl<T: DeserializeOwned + Validate<Context = ()>, S: Send + Sync> FromRequest<S> for Creation<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = match request.headers().get("idempotency-key").map(|v| v.to_str().unwrap_or_default()) {
            None => None,
            Some(key) if (1..=200).contains(&key.len()) => Some(key.to_owned()),
            Some(_) => {
                let detail = "Idempotency-Key has 1 to 200 plain characters.";
                return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail));
            }
        };
        let address = format!("{} {}", request.method(), request.uri().path());
        let bytes = body(request, state).await?;
        let value = read(&bytes)?;
        Ok(Self {
            value,
            key: key.map(|key| control::IdempotencyKey::new(key, &[address.as_bytes(), &bytes])),
        })
    }
}

/// Reads a body: its form (400) and then its limits (422).
fn read<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = dotted(&error.path().to_string());
        let inner = error.into_inner();
        if inner.is_data() {
            let field = if field == "." { String::new() } else { field };
            let error = FieldError::new(field, "invalid", format!("{inner}."));
            return Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "invalid", vec![error]);
        }
        Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("The body is not JSON: {inner}."))
    })?;
    reader.end().map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("The body is not JSON: {error}."))
    })?;
    within_limits(&value)?;
    Ok(value)
}

/// Holds a value against the limits of its type.
pub(crate) fn within_limits<T: Validate<Context = ()>>(value: &T) -> Result<(), Problem> {
    value.validate().map_err(|report| {
        let errors = report
            .iter()
            .map(|(path, error)| {
                FieldError::new(dotted(&path.to_string()), "invalid", sentence(error.message()))
            })
            .collect();
        Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "invalid", errors)
    })
}

/// The path of a field in our own spelling: `roles.0.project`.
fn dotted(path: &str) -> String {
    path.replace('[', ".").replace(']', "")
}

/// Makes a sentence of a rule's message.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// The variables of a path.
pub(crate) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        // What cannot be the name of anything does not exist.
        read.map(|p| Self(p.0)).map_err(|e| {
            let detail = "There is nothing at this address.";
            Problem::new(StatusCode::NOT_FOUND, "not_found", detail).cause(e.body_text())
        })
    }
}

/// The parameters of a query.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|q| Self(q.0)).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_query", e.body_text()))
    }
}

/// Which part of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Slice {
    /// Most items in the answer, 1 to 200; 50 if left out.
    limit: Option<u32>,
    /// `next` of the answer before; left out for the start.
    cursor: Option<String>,
}

impl Slice {
    /// The part that these say.
    pub(crate) fn new(limit: Option<u32>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// The part as the store knows it.
    pub(crate) fn page(self) -> Result<store::Page, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            let error = FieldError::new("limit", "range", format!("The limit is 1 to {LARGEST_PAGE}."));
            return Err(Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "invalid", vec![error]));
        }
        Ok(store::Page { limit, cursor: self.cursor })
    }
}

/// On which state of the thing a change is meant to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    /// The caller does not say.
    Any,
    /// `If-Match: "N"`: it has this version.
    Version(i64),
    /// `If-None-Match: *`: it does not exist.
    Absent,
}

impl From<Condition> for Expected {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Any => Self::Any,
            Condition::Version(version) => Self::Version(version),
            Condition::Absent => Self::Absent,
        }
    }
}

impl Condition {
    /// The version that the caller read, if it says so.
    pub(crate) fn version(self) -> Option<i64> {
        match self {
            Self::Version(version) => Some(version),
            Self::Any | Self::Absent => None,
        }
    }

    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name| headers.get(name).map(|v| v.to_str().unwrap_or_default().trim());
        if text(header::IF_NONE_MATCH) == Some("*") {
            return Ok(Self::Absent);
        }
        let Some(tag) = text(header::IF_MATCH) else { return Ok(Self::Any) };
        let number = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
        number.map(Self::Version).ok_or_else(|| {
            let detail = "If-Match holds one ETag as it was sent, such as \"3\" in double quotes.";
            Problem::new(StatusCode::BAD_REQUEST, "bad_condition", detail)
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    #[test]
    fn conditions_are_read_or_refused() {
        let case = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            Condition::of(&headers).ok()
        };
        assert_eq!(case(header::IF_MATCH, "\"3\""), Some(Condition::Version(3)));
        assert_eq!(case(header::IF_NONE_MATCH, "*"), Some(Condition::Absent));
        assert_eq!(case(header::ACCEPT, "*"), Some(Condition::Any));
        for wrong in ["3", "W/\"3\"", "\"x\"", "\"1\", \"2\"", "*"] {
            assert_eq!(case(header::IF_MATCH, wrong), None, "{wrong}");
        }
    }
}
