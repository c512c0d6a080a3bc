//! The handlers, by noun. [`crate::router`] has them all on one page.

pub(crate) mod age_identity;
pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod built_in_host;
pub(crate) mod chart;
pub(crate) mod chart_install;
pub(crate) mod chart_repository;
pub(crate) mod cluster;
pub(crate) mod deployment;
pub(crate) mod environment;
pub(crate) mod event;
pub(crate) mod gate;
pub(crate) mod gitops_config;
pub(crate) mod health_rule;
pub(crate) mod hold;
pub(crate) mod meta;
pub(crate) mod project;
pub(crate) mod provider;
pub(crate) mod release;
pub(crate) mod reseal;
pub(crate) mod secret_values;
pub(crate) mod session;
pub(crate) mod template;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod values;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

/// An answer with the thing's version as ETag.
pub(crate) type Tagged<T> = (StatusCode, HeaderMap, Json<T>);

/// Makes an answer with the thing's version as ETag.
pub(crate) fn tagged<T: Serialize>(status: StatusCode, version: i64, body: T) -> Tagged<T> {
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        headers.insert(header::ETAG, tag);
    }
    (status, headers, Json(body))
}
