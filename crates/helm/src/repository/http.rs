//! Helm HTTP repositories: `index.yaml`, asked for only when it has changed, and the archives that it names.

use std::time::Duration;

use ::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use net::address::shown;
use net::{Body, Call, Client, Limits, Reach};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{Source, Step, Watch};
use crate::archive::{ArchiveLimits, hex};
use crate::index::INDEX_BYTES;
use crate::{Archive, Entry, Error, Index, IndexError};

/// The most addresses of an archive that are tried.
const ADDRESSES: usize = 3;
/// The longest that reading an index or an archive takes in all.
const TOTAL: Duration = Duration::from_secs(240);

/// What is known of an index from before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
    /// Its SHA-256 in hexadecimal: of servers that know of no conditions, it is not read again either.
    pub digest: Option<String>,
}

/// An index that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// What it lists.
    pub index: Index,
    /// What to know of it next time.
    pub known: Known,
}

/// Reads the index, unless it is still what is known. `watch` hears how far it has come.
///
/// # Errors
/// Any of this room but those of archives. An address that leads nowhere is not looked into, see [`explain`].
pub async fn index(source: &Source, known: &Known, watch: Watch<'_>) -> Result<Option<Fetched>, Error> {
    let url = index_url(&source.url);
    let credential = source.credential();
    let client = client(source, INDEX_BYTES, false)?;
    let mut call = Call::new(Method::GET, url.clone(), &credential);
    let conditions = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
    // A condition about something that was never read would leave us without an index.
    for (name, value) in conditions.into_iter().filter(|_| known.digest.is_some()) {
        if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            call = call.header(name, value);
        }
    }
    let mut body = client.open(&call).await?;
    if body.status.as_u16() == 304 {
        return Ok(None);
    }
    judge(&body, source)?;
    watch(Step::Answered);
    let headers = body.headers.clone();
    let too_large = |error| match error {
        net::Error::TooLarge { .. } => Error::Index {
            url: shown(&url),
            error: IndexError::TooLarge {
                what: "is larger",
                limit: format!("{} MiB", INDEX_BYTES / (1024 * 1024)),
            },
        },
        error => Error::Net(error),
    };
    let announced_bytes = body.announced();
    let announced = announced_bytes.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(announced.min(INDEX_BYTES));
    let mut hash = Sha256::new();
    while let Some(part) = body.chunk().await.map_err(too_large)? {
        hash.update(&part);
        bytes.extend_from_slice(&part);
        watch(Step::Read { bytes: bytes.len() as u64, of: announced_bytes });
    }
    let digest = hex(&hash.finalize());
    let known_now = Known {
        etag: header(&headers, ETAG),
        last_modified: header(&headers, LAST_MODIFIED),
        digest: Some(digest),
    };
    if known_now.digest == known.digest {
        return Ok(None);
    }
    if is_page(&bytes) {
        return Err(Error::Page { url: shown(&url), suggestion: None });
    }
    let read = tokio::task::spawn_blocking(move || Index::take(bytes)).await;
    let index = read
        .map_err(|_| Error::Net(net::Error::Bug("the reader of an index panicked".into())))?
        .map_err(|error| Error::Index { url: shown(&url), error })?;
    Ok(Some(Fetched { index, known: known_now }))
}

/// Looks around an address that leads to no index: whether a folder above has one, or whether it is a registry.
pub async fn explain(source: &Source, error: Error) -> Error {
    if !matches!(error, Error::Missing { .. } | Error::Page { .. }) {
        return error;
    }
    let found = nearby(source).await;
    match error {
        Error::Missing { url, .. } => Error::Missing { url, suggestion: found },
        Error::Page { url, .. } => Error::Page { url, suggestion: found },
        other => other,
    }
}

async fn nearby(source: &Source) -> Option<String> {
    let credential = source.credential();
    let client = client(source, INDEX_BYTES, false).ok()?;
    let mut places = Vec::new();
    let mut above = source.url.clone();
    for _ in 0..3 {
        if above.path().trim_matches('/').is_empty() {
            break;
        }
        above.path_segments_mut().ok()?.pop_if_empty().pop();
        places.push(above.clone());
    }
    let mut below = source.url.clone();
    below.path_segments_mut().ok()?.pop_if_empty().push("charts");
    places.push(below);
    for place in places {
        let url = index_url(&place);
        let Ok(mut body) = client.open(&Call::new(Method::GET, url, &credential)).await else { continue };
        if !body.status.is_success() {
            continue;
        }
        // The beginning tells: an index has its version first or its entries.
        let Ok(Some(start)) = body.chunk().await else { continue };
        let start = String::from_utf8_lossy(&start);
        if !is_page(start.as_bytes()) && (start.contains("apiVersion") || start.contains("entries")) {
            return Some(place.as_str().trim_end_matches('/').to_owned());
        }
    }
    registry(source, &client).await
}

/// The address of the registry that the server is (OCI distribution specification 1.1, end-1).
async fn registry(source: &Source, client: &Client) -> Option<String> {
    let mut root = source.url.clone();
    root.set_path("/v2/");
    let body = client.open(&Call::new(Method::GET, root, &net::Credential::None)).await.ok()?;
    let is = body.header("docker-distribution-api-version").is_some_and(|v| v.starts_with("registry/2"));
    is.then(|| {
        let (_, rest) = source.url.as_str().split_once("://").unwrap_or_default();
        format!("oci://{}", rest.trim_end_matches('/'))
    })
}

/// Loads a version's archive. Nothing of it is read yet, but where the index tells a digest, it is that one.
///
/// # Errors
/// Those of the way, [`Error::Digest`], and [`Error::Archive`] for one that is too large.
pub async fn pull(source: &Source, urls: &[String], digest: Option<&str>) -> Result<Archive, Error> {
    let mut first = None;
    for url in urls.iter().take(ADDRESSES) {
        match pull_one(source, url, digest).await {
            Ok(archive) => return Ok(archive),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first
        .unwrap_or_else(|| Error::Unsupported("The repository names no address of this version.".into())))
}

async fn pull_one(source: &Source, text: &str, digest: Option<&str>) -> Result<Archive, Error> {
    let url = resolve(&source.url, text).ok_or_else(|| {
        Error::Unsupported(format!("The repository names {text:?} as this version's address, which is none."))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::Unsupported(format!(
            "The repository names {} as this version's address. Add that registry as a chart repository of its own.",
            shown(&url)
        )));
    }
    let credential = source.credential();
    let limits = ArchiveLimits::default();
    let client = client(source, limits.compressed, true)?;
    let call = Call::new(Method::GET, url.clone(), &credential).named_by(&source.url);
    let body = client.open(&call).await?;
    judge(&body, source)?;
    let bytes = body.whole().await.map_err(|error| match error {
        net::Error::TooLarge { .. } => Error::Archive { url: shown(&url), error: limits.too_large() },
        error => Error::Net(error),
    })?;
    let archive = Archive::new(bytes.to_vec());
    match digest {
        Some(listed) if listed != archive.digest => {
            Err(Error::Digest { url: shown(&url), listed: listed.to_owned(), found: archive.digest })
        }
        _ => Ok(archive),
    }
}

/// An address of the index as an absolute one; as Helm, relative ones stand below the repository's.
fn resolve(base: &Url, text: &str) -> Option<Url> {
    let mut folder = base.clone();
    if !folder.path().ends_with('/') {
        folder.set_path(&format!("{}/", folder.path()));
    }
    folder.join(text).ok()
}

fn index_url(base: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/index.yaml", url.path().trim_end_matches('/')));
    url
}

fn client(source: &Source, answer_bytes: usize, raw: bool) -> Result<Client, Error> {
    let limits = Limits { answer_bytes, attempt: Duration::from_secs(20), total: TOTAL, ..Limits::default() };
    let reach = Reach { elsewhere: Some(source.private.clone()), raw };
    Ok(Client::reaching(&source.trust, limits, &reach)?)
}

/// What the status means.
fn judge(body: &Body, source: &Source) -> Result<(), Error> {
    let url = shown(body.url());
    let status = body.status.as_u16();
    let html = body.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    match status {
        401 | 403 => Err(Error::Refused { url, status, given: source.secret.is_some() }),
        404 | 410 => Err(Error::Missing { url, suggestion: None }),
        200 if html => Err(Error::Page { url, suggestion: None }),
        200 => Ok(()),
        _ => Err(Error::Failing { url, status }),
    }
}

fn is_page(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.get(..14).is_some_and(|s| s.eq_ignore_ascii_case(b"<!doctype html"))
        || start.get(..5).is_some_and(|s| s.eq_ignore_ascii_case(b"<html"))
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| v.len() <= 500).map(str::to_owned)
}

/// The versions of a registry's chart have no addresses; those of an index do.
impl Entry {
    /// Its addresses as plain texts.
    pub fn addresses(&self) -> Vec<String> {
        self.urls.iter().map(|url| (**url).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_below_the_repository() {
        for (base, text, want) in [
            ("https://a.dev/charts", "web-1.tgz", "https://a.dev/charts/web-1.tgz"),
            ("https://a.dev", "x/web-1.tgz", "https://a.dev/x/web-1.tgz"),
            ("https://a.dev/charts", "/web-1.tgz", "https://a.dev/web-1.tgz"),
            ("https://a.dev/charts", "../web-1.tgz", "https://a.dev/web-1.tgz"),
            ("https://a.dev/charts", "https://b.dev/web-1.tgz", "https://b.dev/web-1.tgz"),
            ("https://a.dev/charts", "web-1.0.0+a%20b.tgz", "https://a.dev/charts/web-1.0.0+a%20b.tgz"),
        ] {
            assert_eq!(resolve(&base.parse().unwrap(), text).unwrap().as_str(), want);
        }
        assert_eq!(index_url(&"https://a.dev".parse().unwrap()).as_str(), "https://a.dev/index.yaml");
        assert_eq!(index_url(&"https://a.dev/x".parse().unwrap()).as_str(), "https://a.dev/x/index.yaml");
    }
}
