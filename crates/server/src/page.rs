//! The page: the files of `web/dist`, taken into the program when it is built, with ETag and kept compressed.
//! Addresses that are no file get `index.html`, whose script knows the page's own addresses.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

use crate::error::Problem;

#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
#[allow_missing = true]
struct Files;

/// Files smaller than this are not worth compressing.
const COMPRESS_FROM: usize = 1024;

/// What stands at `/` when the program was built without the page.
const NO_PAGE: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><title>Trueline</title>
<h1>Trueline runs, but was built without its page</h1>
<p>Build the page, then the program again:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build
cargo build -p trueline</pre>
<p>The API is at <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>
</html>
";

/// Compressed forms, made when first asked for; there are as many as files.
static COMPRESSED: LazyLock<Mutex<HashMap<String, Bytes>>> = LazyLock::new(Mutex::default);

/// Serves every address that is no endpoint.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> axum::response::Response {
    let path = uri.path().trim_start_matches('/');
    let api = path == "api" || path.starts_with("api/") || path.starts_with("git/");
    if api {
        let detail = "There is nothing at this address. All addresses are in /api/v1/openapi.json.";
        return Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let detail = "The page is only read.";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
    }
    match Files::get(path).filter(|_| !path.is_empty()) {
        Some(file) => file_answer(path, file, &headers),
        // A missing script must not be answered with a page.
        None if path.starts_with("assets/") => {
            let detail = "This file belongs to another version of the page. Load the page again.";
            Problem::new(StatusCode::NOT_FOUND, "not_found", detail).into_response()
        }
        None => match Files::get("index.html") {
            Some(file) => file_answer("index.html", file, &headers),
            None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NO_PAGE).into_response(),
        },
    }
}

fn file_answer(path: &str, file: rust_embed::EmbeddedFile, headers: &HeaderMap) -> Response<Body> {
    let hash = file.metadata.sha256_hash();
    let tag: String = hash[..16].iter().map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    // Names of assets carry a hash of their content; everything else is asked for again.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, value);
    }
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|k| k.trim().trim_start_matches("W/") == tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let takes_gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim().split(';').next() == Some("gzip")));
    let data = Bytes::from(file.data.into_owned());
    let body = if takes_gzip && data.len() >= COMPRESS_FROM && compressible(path) {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        compressed(&tag, &data)
    } else {
        data
    };
    *response.body_mut() = Body::from(body);
    response
}

fn compressed(tag: &str, data: &Bytes) -> Bytes {
    let mut kept = COMPRESSED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    kept.entry(tag.to_owned())
        .or_insert_with(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(data).and_then(|()| encoder.finish()).map_or_else(|_| data.clone(), Bytes::from)
        })
        .clone()
}

fn compressible(path: &str) -> bool {
    !matches!(path.rsplit('.').next(), Some("woff2" | "png" | "ico" | "webp"))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
