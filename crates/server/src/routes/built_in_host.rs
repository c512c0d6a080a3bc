//! Git's smart HTTP protocol (gitprotocol-http) for the repositories of the built-in host.

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use control::built_in_host::{self, Service};
use control::{Call, Error};
use model::Secret;
use model::role::Actor;
use serde::Deserialize;

use crate::authentication::Origin;
use crate::error::Problem;
use crate::server::{Server, Shared};

/// What `info/refs` is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    service: String,
}

/// What a repository can do and has: the beginning of each clone, fetch and push.
pub(crate) async fn advertise(
    State(server): State<Shared>,
    Path(repository): Path<String>,
    Query(asked): Query<Asked>,
    origin: Origin,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let call = caller(&server, origin, &headers).await?;
        let service = Service::parse(&asked.service).ok_or_else(|| {
            let detail = "Only Git's smart HTTP protocol is spoken here; use Git 1.6.6 or newer.";
            Problem::new(StatusCode::FORBIDDEN, "not_smart", detail)
        })?;
        let open = built_in_host::open(&server.control, &call, plain(&repository), service, false).await?;
        let body = Body::from_stream(open.advertise(protocol(&headers)).await?);
        Ok(respond(format!("application/x-{}-advertisement", service.name()), body))
    };
    answer.await.unwrap_or_else(Problem::text)
}

/// Clones and fetches.
pub(crate) async fn upload_pack(
    state: State<Shared>,
    path: Path<String>,
    origin: Origin,
    request: Request,
) -> Response {
    rpc(state, path, origin, request, Service::UploadPack).await
}

/// Pushes.
pub(crate) async fn receive_pack(
    state: State<Shared>,
    path: Path<String>,
    origin: Origin,
    request: Request,
) -> Response {
    rpc(state, path, origin, request, Service::ReceivePack).await
}

async fn rpc(
    State(server): State<Shared>,
    Path(repository): Path<String>,
    origin: Origin,
    request: Request,
    service: Service,
) -> Response {
    let answer = async {
        let (parts, body) = request.into_parts();
        let call = caller(&server, origin, &parts.headers).await?;
        let wanted = format!("application/x-{}-request", service.name());
        if text(&parts.headers, header::CONTENT_TYPE.as_str()) != Some(&wanted) {
            let detail = format!("Send {wanted}, as Git does.");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_git", detail));
        }
        let open = built_in_host::open(&server.control, &call, plain(&repository), service, true).await?;
        let gzip = text(&parts.headers, "content-encoding").is_some_and(|c| c.eq_ignore_ascii_case("gzip"));
        let output = open.rpc(protocol(&parts.headers), body.into_data_stream(), gzip).await?;
        let body = Body::from_stream(output);
        Ok(respond(format!("application/x-{}-result", service.name()), body))
    };
    answer.await.unwrap_or_else(Problem::text)
}

/// The repository's name without the ending that Git's users give it.
fn plain(repository: &str) -> &str {
    repository.strip_suffix(".git").unwrap_or(repository)
}

/// Who asks: a name with a password or an API token.
async fn caller(server: &Server, origin: Origin, headers: &HeaderMap) -> Result<Call, Problem> {
    let (name, secret) = basic(headers).ok_or(Error::NotSignedIn)?;
    let (control, address) = (&server.control, origin.address.to_string());
    let actor: Actor = match built_in_host::recognise(control, &name, &secret).await? {
        Some(actor) => actor,
        None => {
            server.limits.take(&name, origin.address)?;
            built_in_host::sign_in(control, (&address, &origin.request), &name, secret).await?
        }
    };
    Ok(Call { actor, origin: address, request: origin.request, key: None })
}

/// Name and secret of `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let (scheme, value) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
    let pair = Secret::new(String::from_utf8(bytes).ok()?);
    let (name, secret) = pair.reveal().split_once(':')?;
    Some((name.to_owned(), Secret::new(secret)))
}

fn protocol(headers: &HeaderMap) -> Option<&str> {
    text(headers, "git-protocol")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn respond(kind: String, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0, must-revalidate"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_secret_are_read() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            basic(&headers).map(|(name, secret)| (name, secret.reveal().to_owned()))
        };
        // ann:pass:word
        assert_eq!(read("Basic YW5uOnBhc3M6d29yZA=="), Some(("ann".into(), "pass:word".into())));
        for wrong in ["Bearer tlt_x", "Basic !!", "Basic YW5u", "Basic"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
