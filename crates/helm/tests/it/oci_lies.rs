//! Registries that lie, lead elsewhere or never end.

use std::sync::Arc;

use helm::Error;
use helm::repository::{Source, oci};
use http::StatusCode;
use http::request::Parts;
use model::Secret;
use sha2::{Digest as _, Sha256};
use testkit::scripted::{IntoResponse as _, Response, Scripted, huge, redirect};

use crate::oci::source;

const CONFIG: &str = r#"{"name":"hello","version":"1.0.0","description":"Says hello"}"#;
const ARCHIVE: &[u8] = b"these bytes stand for an archive";
const PASSWORD: &str = "registry-Secret-4711";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A manifest whose archive has this digest and size.
fn manifest(digest: &str, size: u64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "config":{{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:{}","size":{}}},
        "layers":[{{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:{digest}","size":{size}}}]}}"#,
        sha256(CONFIG.as_bytes()),
        CONFIG.len()
    )
}

fn right() -> String {
    manifest(&sha256(ARCHIVE), ARCHIVE.len() as u64)
}

fn json(text: impl Into<String>) -> Response {
    ([("content-type", "application/json")], text.into()).into_response()
}

/// A registry with one version of one chart; `odd` answers first.
async fn lying(odd: impl Fn(&Parts) -> Option<Response> + Clone + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |head| {
        if let Some(answer) = odd(head) {
            return answer;
        }
        let path = head.uri.path();
        match path.rsplit_once('/').unwrap_or_default() {
            ("/v2/charts/hello/tags", "list") => json(r#"{"name":"charts/hello","tags":["1.0.0","latest"]}"#),
            ("/v2/charts/hello/manifests", "1.0.0") => json(right()),
            ("/v2/charts/hello/blobs", digest) if digest.ends_with(&sha256(CONFIG.as_bytes())) => {
                json(CONFIG)
            }
            ("/v2/charts/hello/blobs", _) => ARCHIVE.into_response(),
            _ => (StatusCode::NOT_FOUND, r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#).into_response(),
        }
    })
    .await
}

fn at(registry: &Scripted) -> Source {
    source(&format!("{}/charts", registry.url.replace("http:", "oci:")))
}

async fn refused(registry: &Scripted) -> Error {
    oci::pull(&at(registry), "hello", "1.0.0").await.expect_err("something is wrong here")
}

fn code(error: &Error) -> String {
    let diagnosis = error.diagnosis();
    assert!(diagnosis.sentence.len() > 40 && diagnosis.sentence.ends_with('.'), "{diagnosis:?}");
    diagnosis.code
}

#[tokio::test]
async fn an_honest_one_is_believed() {
    let registry = lying(|_| None).await;
    let archive = oci::pull(&at(&registry), "hello", "1.0.0").await.unwrap();
    assert_eq!((archive.bytes.as_slice(), archive.digest), (ARCHIVE, sha256(ARCHIVE)));
    let entries = oci::entries(&at(&registry), &["hello".into()], &|_| {}).await.unwrap();
    assert_eq!((entries.len(), &*entries[0].version, &*entries[0].description), (1, "1.0.0", "Says hello"));
}

#[tokio::test]
async fn files_have_to_be_what_their_manifest_tells() {
    let size = ARCHIVE.len() as u64;
    for (digest, told, want) in [
        (sha256(b"other"), size, "chart_digest_differs"),
        (sha256(ARCHIVE), size - 1, "chart_size_differs"),
        (sha256(ARCHIVE), size + 1, "chart_size_differs"),
        (sha256(ARCHIVE), 0, "chart_size_differs"),
        (sha256(ARCHIVE), u64::MAX, "chart_archive_too_large"),
        (sha256(ARCHIVE).to_uppercase(), size, "unusable_answer"),
        ("../../../../etc/passwd".into(), size, "unusable_answer"),
    ] {
        let text = manifest(&digest, told);
        let registry =
            lying(move |head| head.uri.path().contains("/manifests/").then(|| json(text.clone()))).await;
        assert_eq!(code(&refused(&registry).await), want, "{digest} {told}");
    }
}

#[tokio::test]
async fn a_manifest_has_to_have_the_digest_that_the_registry_tells() {
    let registry = lying(|head| {
        let told = [("docker-content-digest", format!("sha256:{}", sha256(b"other")))];
        head.uri.path().contains("/manifests/").then(|| (told, right()).into_response())
    })
    .await;
    assert_eq!(code(&refused(&registry).await), "chart_digest_differs");
}

#[tokio::test]
async fn three_hundred_megabytes_are_not_read() {
    const LARGE: usize = 300 * 1024 * 1024;
    for (part, want) in [("/manifests/", "too_large"), ("/blobs/", "chart_size_differs")] {
        let registry = lying(move |head| head.uri.path().contains(part).then(|| huge(LARGE, false))).await;
        let begun = std::time::Instant::now();
        assert_eq!(code(&refused(&registry).await), want);
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn what_is_no_chart_is_named() {
    let image = r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:0","size":1},"layers":[]}"#;
    let list = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    for (text, words) in [(image, "a container image"), (list, "image.index")] {
        let registry = lying(move |head| head.uri.path().contains("/manifests/").then(|| json(text))).await;
        let error = refused(&registry).await;
        assert_eq!(code(&error), "not_a_chart");
        assert!(error.diagnosis().sentence.contains(words), "{error}");
    }
}

#[tokio::test]
async fn endless_lists_end() {
    let registry = lying(|head| {
        let n: u64 = head.uri.query()?.rsplit('=').next()?.parse().ok()?;
        let path = head.uri.path();
        let next = format!("<{path}?last={}>; rel=\"next\"", n + 1);
        let text = format!(r#"{{"tags":["0.0.{n}"],"repositories":["charts/c{n}"]}}"#);
        (path.contains("tags") || path.contains("_catalog")).then(|| ([("link", next)], text).into_response())
    })
    .await;
    for charts in [vec!["hello".to_owned()], Vec::new()] {
        let error = oci::entries(&at(&registry), &charts, &|_| {}).await.err().unwrap();
        assert_eq!(code(&error), "too_large", "{error}");
    }
    assert!(registry.seen().len() < 200, "{}", registry.seen().len());
}

#[tokio::test]
async fn the_next_page_has_to_be_at_the_registry() {
    let other = Scripted::start(|_| json(r#"{"tags":[]}"#)).await;
    let next = format!("<{}/v2/charts/hello/tags/list?last=x>; rel=\"next\"", other.url);
    let registry = lying(move |head| {
        let answer = ([("link", next.clone())], r#"{"tags":["1.0.0"]}"#).into_response();
        head.uri.path().contains("tags").then_some(answer)
    })
    .await;
    let error = oci::entries(&at(&registry), &["hello".into()], &|_| {}).await.err().unwrap();
    assert_eq!(code(&error), "redirected");
    assert_eq!(other.seen(), []);
}

#[tokio::test]
async fn a_file_at_a_private_address_is_not_loaded() {
    let store = Scripted::start(|_| ARCHIVE.into_response()).await;
    let to: Arc<str> = format!("{}/file", store.url).into();
    let registry = lying(move |head| {
        let archive = format!("sha256:{}", sha256(ARCHIVE));
        head.uri.path().ends_with(&archive).then(|| redirect(&to))
    })
    .await;
    assert_eq!(code(&refused(&registry).await), "private_address");
    assert_eq!(store.seen(), []);
    let allowed = Source { private: "127.0.0.1".parse().unwrap(), ..at(&registry) };
    assert_eq!(oci::pull(&allowed, "hello", "1.0.0").await.unwrap().bytes, ARCHIVE);
}

/// A registry that wants a token of this server for everything, and takes `good-token-0123`.
async fn with_tokens(realm: String) -> Scripted {
    lying(move |head| {
        let shown = head.headers.get("authorization").and_then(|v| v.to_str().ok());
        let asked =
            format!("Bearer realm=\"{realm}\",service=\"acme\",scope=\"repository:charts/hello:pull\"");
        let refused = (StatusCode::UNAUTHORIZED, [("www-authenticate", asked)], r#"{"errors":[]}"#);
        (shown != Some("Bearer good-token-0123")).then(|| refused.into_response())
    })
    .await
}

async fn tokens() -> Scripted {
    Scripted::start(|head| match head.uri.query() {
        Some("service=acme&scope=repository%3Acharts%2Fhello%3Apull") => {
            json(r#"{"access_token":"good-token-0123"}"#)
        }
        other => panic!("{other:?}"),
    })
    .await
}

fn known(registry: &Scripted) -> Source {
    Source { username: "bot".into(), secret: Some(Secret::new(PASSWORD)), ..at(registry) }
}

#[tokio::test]
async fn a_token_is_fetched_and_shown() {
    let tokens = tokens().await;
    let registry = with_tokens(format!("{}/token", tokens.url)).await;
    // The token server is another place at a private address: the operator lets it in.
    let source = Source { private: "127.0.0.1".parse().unwrap(), ..known(&registry) };
    assert_eq!(oci::pull(&source, "hello", "1.0.0").await.unwrap().bytes, ARCHIVE);
    let basic = tokens.seen()[0].authorization.clone();
    assert_eq!(basic.as_deref(), Some("Basic Ym90OnJlZ2lzdHJ5LVNlY3JldC00NzEx"));
    assert_eq!(tokens.seen().len(), 1, "one token for all of a chart");
    assert!(registry.seen().iter().all(|s| !s.authorization.as_deref().unwrap_or("").starts_with("Basic")));
    // Without a password the token is asked for without one.
    let source = Source { private: "127.0.0.1".parse().unwrap(), ..at(&registry) };
    oci::pull(&source, "hello", "1.0.0").await.unwrap();
    assert_eq!(tokens.seen()[1].authorization, None);
}

#[tokio::test]
async fn a_token_server_on_another_host_never_sees_the_password() {
    let tokens = tokens().await;
    let registry = with_tokens(format!("{}/token", tokens.by_name())).await;
    for rule in ["none", "all"] {
        let source = Source { private: rule.parse().unwrap(), ..known(&registry) };
        let error = oci::pull(&source, "hello", "1.0.0").await.err().unwrap();
        assert_eq!(code(&error), "foreign_token_server", "{error}");
        assert!(!format!("{error:?} {:?}", error.diagnosis()).contains(PASSWORD));
    }
    // Nor is a private one asked at all, unless the operator lets it in.
    let error = refused(&registry).await;
    assert_eq!(code(&error), "private_address");
    assert_eq!(tokens.seen(), []);
}

#[tokio::test]
async fn what_is_no_registry_is_named() {
    let page =
        Scripted::start(|_| ([("content-type", "text/html")], "<!doctype html><p>Welcome").into_response())
            .await;
    let missing = Scripted::start(|_| StatusCode::NOT_FOUND.into_response()).await;
    let other = Scripted::start(|_| json("[1, 2]")).await;
    for host in [page, missing, other] {
        let error = refused(&host).await;
        assert_eq!(code(&error), "not_a_registry", "{error:?}");
        let error = oci::entries(&at(&host), &["hello".into()], &|_| {}).await.err().unwrap();
        assert_eq!(code(&error), "not_a_registry", "{error:?}");
    }
}

#[tokio::test]
async fn a_registry_without_catalogue_asks_for_names() {
    for status in [401, 403, 404, 405] {
        let registry = lying(move |head| {
            let status = StatusCode::from_u16(status).unwrap();
            (head.uri.path() == "/v2/_catalog").then(|| (status, "{}").into_response())
        })
        .await;
        let error = oci::entries(&at(&registry), &[], &|_| {}).await.err().unwrap();
        let want = if status == 401 { "unknown_authentication" } else { "chart_names_needed" };
        assert_eq!(code(&error), want, "{status}");
    }
}
