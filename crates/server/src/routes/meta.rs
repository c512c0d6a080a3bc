//! What the program says about itself: version and description of the API.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, License, OpenApi, OpenApiBuilder, SecurityRequirement};

/// Name and version of the program.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    /// The program's name.
    name: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Name and version of the program.
#[utoipa::path(get, path = "/version", tag = "program", responses((status = OK, body = Version)), security(()))]
pub(crate) async fn version() -> Json<Version> {
    Json(Version { name: "trueline", version: env!("CARGO_PKG_VERSION") })
}

/// The head of the API's description.
pub(crate) fn description() -> OpenApi {
    let mut info = Info::new("Trueline", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A GitOps control plane: everything deployed is in Git first. Times are RFC 3339 in UTC; things are \
         addressed by name; refusals are problem details (RFC 9457) with a stable `code`. Changes of things \
         with an ETag take `If-Match`; what creates takes `Idempotency-Key`."
            .into(),
    );
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".into());
    info.license = Some(license);
    OpenApiBuilder::new().info(info).components(Some(ComponentsBuilder::new().build())).build()
}

/// Adds what holds for all endpoints: how callers are known.
pub(crate) fn complete(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", token);
    let cookie = ApiKeyValue::new(crate::authentication::COOKIE);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let none: [&str; 0] = [];
    description.security =
        Some(vec![SecurityRequirement::new("token", none), SecurityRequirement::new("session", none)]);
}

/// The description as the document that is served and committed.
pub(crate) fn document(description: &OpenApi) -> String {
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
