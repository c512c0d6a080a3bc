//! Every endpoint, on one page, and the layers around them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::routes::{
    age_identity, application, audit, built_in_host, chart, chart_install, chart_repository, cluster,
    deployment, environment, event, gate, gitops_config, health_rule, hold, meta, project, provider, release,
    reseal, secret_values, session, template, token, user, values,
};
use crate::server::Shared;
use crate::{devtron, health, metrics, page};

/// All endpoints of the API.
fn api() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        // People
        .routes(routes!(session::get, session::sign_in, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(user::list, user::create))
        .routes(routes!(user::get, user::change, user::delete))
        .routes(routes!(token::list, token::create))
        .routes(routes!(token::delete))
        .routes(routes!(audit::list))
        // Places
        .routes(routes!(project::list, project::create))
        .routes(routes!(project::get, project::change, project::delete))
        .routes(routes!(environment::list, environment::create))
        .routes(routes!(environment::get, environment::change, environment::delete))
        .routes(routes!(cluster::list))
        .routes(routes!(cluster::get, cluster::save, cluster::delete))
        .routes(routes!(cluster::check))
        // Git
        .routes(routes!(provider::list))
        .routes(routes!(gate::get))
        .routes(routes!(gitops_config::list))
        .routes(routes!(gitops_config::get, gitops_config::save, gitops_config::delete))
        .routes(routes!(gitops_config::check))
        .routes(routes!(gitops_config::activate))
        // Secrets in Git
        .routes(routes!(age_identity::get))
        .routes(routes!(age_identity::export))
        .routes(routes!(age_identity::rotate))
        .routes(routes!(age_identity::import))
        .routes(routes!(reseal::get, reseal::request))
        // Charts
        .routes(routes!(chart_repository::list))
        .routes(routes!(chart_repository::get, chart_repository::save, chart_repository::delete))
        .routes(routes!(chart_repository::refresh))
        .routes(routes!(chart_repository::check))
        .routes(routes!(chart_repository::check_by_id))
        .routes(routes!(chart::list))
        .routes(routes!(chart::get))
        .routes(routes!(chart::version))
        .routes(routes!(chart::trust))
        // Applications
        .routes(routes!(template::list))
        .routes(routes!(template::get))
        .routes(routes!(application::list, application::create))
        .routes(routes!(application::get, application::change, application::delete))
        .routes(routes!(application::preview))
        .routes(routes!(values::get, values::save))
        .routes(routes!(values::history))
        .routes(routes!(values::import))
        .routes(routes!(values::effective))
        .routes(routes!(secret_values::get, secret_values::save))
        .routes(routes!(secret_values::history))
        .routes(routes!(secret_values::import))
        // Charts
        .routes(routes!(chart_install::install))
        .routes(routes!(chart_install::preview))
        // Deployments
        .routes(routes!(deployment::list, deployment::create))
        .routes(routes!(deployment::get))
        .routes(routes!(deployment::confirm))
        .routes(routes!(deployment::files))
        .routes(routes!(deployment::diff))
        .routes(routes!(hold::place, hold::release))
        .merge(running())
        // The program
        .routes(routes!(event::listen))
        .routes(routes!(meta::version))
        .layer(from_fn(crate::observe::patience))
}

/// What runs of applications in clusters, how it is judged, and what is done with it.
fn running() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(health_rule::list))
        .routes(routes!(health_rule::get, health_rule::save, health_rule::delete))
        .routes(routes!(health_rule::attempt))
        .routes(routes!(application::deletion))
        .routes(routes!(release::resources))
        .routes(routes!(release::action::restart))
        .routes(routes!(release::action::scale))
        .routes(routes!(release::rollout::lead))
        .routes(routes!(release::action::logs))
        .routes(routes!(release::action::events))
        .routes(routes!(release::action::drift))
        .routes(routes!(release::action::correct))
}

/// All endpoints with their description.
fn described() -> (Router<Shared>, OpenApi) {
    let (router, mut description) = OpenApiRouter::with_openapi(meta::description())
        .nest("/api/v1", api())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .split_for_parts();
    meta::complete(&mut description);
    (router, description)
}

/// The description of the API (OpenAPI 3.1).
pub fn openapi() -> OpenApi {
    described().1
}

/// The description as the document that is served and committed.
pub fn openapi_document() -> String {
    meta::document(&openapi())
}

/// Git's own protocol for the built-in host: not part of the API, so not described. Packs are compressed
/// already, and who asks is told by name and secret, never by a cookie.
fn git() -> Router<Shared> {
    Router::new()
        .route("/git/{repository}/info/refs", get(built_in_host::advertise))
        .route("/git/{repository}/git-upload-pack", post(built_in_host::upload_pack))
        .route("/git/{repository}/git-receive-pack", post(built_in_host::receive_pack))
}

/// What clients of Devtron's GitOps page call, in their form: not part of the API, so not described.
fn orchestrator() -> Router<Shared> {
    Router::new()
        .route("/orchestrator/api/v1/session", post(devtron::sign_in))
        .route("/orchestrator/gitops/config", get(devtron::list).post(devtron::create).put(devtron::change))
        .route("/orchestrator/gitops/config/{id}", get(devtron::by_id))
        .route("/orchestrator/gitops/config-by-provider", get(devtron::by_provider))
        .route("/orchestrator/gitops/validate", post(devtron::validate))
        .route("/orchestrator/gitops/configured", get(devtron::configured))
        .route("/orchestrator/{*rest}", any(devtron::nothing))
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(crate::input::BODY_LIMIT))
        .layer(from_fn(devtron::envelope))
}

async fn no_such_method() -> Problem {
    let detail = "This address does not take this method.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// The router with all layers.
pub fn router(server: &Shared) -> Router {
    let (endpoints, description) = described();
    let description = meta::document(&description);
    let described = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], description) });
    endpoints
        .route("/api/v1/openapi.json", described)
        .route("/metrics", get(metrics::get))
        .fallback(page::serve)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(crate::input::BODY_LIMIT))
        .layer(from_fn_with_state(server.clone(), crate::authentication::identify))
        .layer(CompressionLayer::new())
        .merge(git())
        .merge(orchestrator())
        .layer(from_fn_with_state(server.clone(), crate::observe::observe))
        .layer(header_layer("content-security-policy", POLICY))
        .layer(header_layer("x-content-type-options", "nosniff"))
        .layer(header_layer("referrer-policy", "same-origin"))
        .layer(header_layer("x-frame-options", "DENY"))
        .layer(header_layer("cross-origin-opener-policy", "same-origin"))
        .with_state(server.clone())
}

/// The page needs nothing from elsewhere and no inline script or style.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

fn header_layer(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
}
