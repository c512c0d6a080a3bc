//! Charts in OCI registries: which there are, their versions, and their archives (OCI distribution specification
//! 1.1; Helm's media types, helm.sh/docs/topics/registries, 2026).

mod challenge;
mod error;
mod manifest;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

pub use error::RegistryError;

use self::manifest::{Manifest, Metadata};
use self::session::Session;
use super::{Source, Step, Watch};
use crate::archive::ArchiveLimits;
use crate::version::{Version, newest_first};
use crate::{Archive, Entry, Error};

/// The most tags of a chart that are read.
const TAGS: usize = 10_000;
/// The most names of a catalogue that are read.
const NAMES: usize = 5_000;
/// Names and tags asked for at once.
const PAGE: usize = 1_000;
/// Charts that are asked about at the same time.
const AT_ONCE: usize = 4;

/// The versions of charts, by chart and the newest first. `charts` are their paths below the repository's address;
/// none stands for all that the registry's catalogue names there. What is listed there without being a chart is left
/// out, but a chart that was named has to be one. Description, digest and the like are read for the newest version;
/// of the others [`details`] tells them. `watch` hears how far it has come.
///
/// # Errors
/// Those of the way, and [`Error::Registry`].
pub async fn entries(source: &Source, charts: &[String], watch: Watch<'_>) -> Result<Vec<Entry>, Error> {
    let session = Session::open(source).await?;
    let named = !charts.is_empty();
    let charts = if named { charts.to_vec() } else { catalogue(&session).await? };
    let (of, asked) = (charts.len(), AtomicUsize::new(0));
    if !named {
        watch(Step::Answered);
    }
    let lists = charts.into_iter().map(|chart| {
        let (session, asked) = (&session, &asked);
        async move {
            session.check_name(&chart)?;
            let list = match of_chart(session, &chart).await {
                Err(Error::Registry(error)) if !named && error.is_other_content() => Ok(Vec::new()),
                result => result,
            };
            if list.is_ok() {
                watch(Step::Listed { charts: asked.fetch_add(1, Ordering::Relaxed) + 1, of });
            }
            list
        }
    });
    let lists: Vec<Vec<Entry>> = stream::iter(lists).buffered(AT_ONCE).try_collect().await?;
    Ok(lists.concat())
}

/// What a registry tells of one version beside its tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Details {
    /// The SHA-256 of the archive, in hexadecimal.
    pub digest: String,
    /// The SHA-256 of the manifest, in hexadecimal: while it stays, the rest does.
    pub manifest: String,
    /// The version of what the chart installs; may be empty.
    pub app_version: String,
    /// When it was pushed, as its manifest tells (RFC 3339); may be empty.
    pub created: String,
    /// Whether its makers advise against it.
    pub deprecated: bool,
}

/// Asks for the details of versions of a chart, some at a time; of each with the manifest's digest that is known. None
/// stands for those whose manifest is still that one.
///
/// # Errors
/// For each version apart: those of the way, and [`Error::Registry`].
pub async fn details(
    source: &Source,
    chart: &str,
    versions: &[(String, Option<String>)],
) -> Result<Vec<Result<Option<Details>, Error>>, Error> {
    let session = Session::open(source).await?;
    session.check_name(chart)?;
    let mut all = Vec::with_capacity(versions.len());
    for (version, known) in versions {
        all.push(detail(&session, chart, version, known.as_deref()));
    }
    Ok(stream::iter(all).buffered(AT_ONCE).collect().await)
}

async fn detail(
    session: &Session<'_>,
    chart: &str,
    version: &str,
    known: Option<&str>,
) -> Result<Option<Details>, Error> {
    if let Some(known) = known {
        let url = session.of_chart(chart, &["manifests", &tag_of(version)], None);
        if session.digest(chart, &url, manifest::ACCEPT).await.as_deref() == Some(known) {
            return Ok(None);
        }
    }
    let manifest = manifest(session, chart, version).await?;
    if known == Some(&manifest.digest) {
        return Ok(None);
    }
    let told = metadata(session, chart, &manifest).await?;
    Ok(Some(Details {
        digest: manifest.chart_layer(session, chart, version)?.sha256,
        app_version: told.app_version.unwrap_or_default(),
        created: manifest.created().to_owned(),
        deprecated: told.deprecated.unwrap_or_default(),
        manifest: manifest.digest,
    }))
}

/// Loads the archive of a version. Nothing of it is read yet, but its size and digest are what its manifest tells.
///
/// # Errors
/// Those of the way, [`Error::Registry`], and [`Error::Archive`] for one that is too large.
pub async fn pull(source: &Source, chart: &str, version: &str) -> Result<Archive, Error> {
    let session = Session::open(source).await?;
    session.check_name(chart)?;
    let manifest = manifest(&session, chart, version).await?;
    let layer = manifest.chart_layer(&session, chart, version)?;
    let limits = ArchiveLimits::default();
    if layer.size > limits.compressed as u64 {
        return Err(Error::Archive { url: session.shown(chart), error: limits.too_large() });
    }
    let bytes = session.blob(chart, &layer, limits.compressed).await?;
    Ok(Archive::new(bytes.to_vec()))
}

/// The names below the source's path that the registry lists.
async fn catalogue(session: &Session<'_>) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        repositories: Option<Vec<String>>,
    }
    let mut names = Vec::new();
    let mut url = session.url(&["_catalog"], Some(PAGE));
    let mut pages = 0;
    loop {
        let Some(answer) = session.catalogue(&url).await? else {
            return Err(RegistryError::NoCatalogue { host: session.host() }.into());
        };
        let page: Page = session.json(&answer)?;
        names.extend(page.repositories.unwrap_or_default());
        pages += 1;
        match session.next_page(&answer)? {
            Some(next) if next != url => url = next,
            _ => break,
        }
        if names.len() > NAMES || pages > NAMES / PAGE + 1 {
            return Err(session.too_many("The catalogue", NAMES, "names").into());
        }
    }
    let below = |name: &String| Some(name.strip_prefix(session.prefix())?.to_owned());
    Ok(names.iter().filter_map(below).filter(|name| !name.is_empty()).collect())
}

/// The versions of one chart.
async fn of_chart(session: &Session<'_>, chart: &str) -> Result<Vec<Entry>, Error> {
    let mut versions: Vec<String> =
        tags(session, chart).await?.iter().filter_map(|tag| version_of(tag)).collect();
    versions.sort_by(|a, b| newest_first(a, b));
    let newest =
        versions.iter().find(|v| Version::parse(v).is_some_and(|v| v.is_stable())).or(versions.first());
    let Some(newest) = newest.cloned() else {
        return Err(RegistryError::NoVersions { chart: session.shown(chart) }.into());
    };
    let manifest = manifest(session, chart, &newest).await?;
    let digest = manifest.chart_layer(session, chart, &newest)?.sha256;
    let told = metadata(session, chart, &manifest).await?;
    let name: Arc<str> = chart.into();
    let description: Arc<str> = told.description.unwrap_or_default().into();
    let keywords: Vec<Arc<str>> = told.keywords.unwrap_or_default().into_iter().map(Arc::from).collect();
    let entry = |version: &String| {
        let plain = Entry {
            chart: Arc::clone(&name),
            version: version.as_str().into(),
            description: Arc::clone(&description),
            keywords: keywords.clone(),
            ..Entry::default()
        };
        match *version == newest {
            false => plain,
            true => Entry {
                app_version: told.app_version.as_deref().unwrap_or_default().into(),
                digest: Some(digest.as_str().into()),
                manifest: Some(manifest.digest.as_str().into()),
                created: manifest.created().into(),
                deprecated: told.deprecated.unwrap_or_default(),
                ..plain
            },
        }
    };
    Ok(versions.iter().map(entry).collect())
}

/// The tags of a chart, page by page.
async fn tags(session: &Session<'_>, chart: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Page {
        tags: Option<Vec<String>>,
    }
    let mut tags = Vec::new();
    let mut url = session.of_chart(chart, &["tags", "list"], Some(PAGE));
    let mut pages = 0;
    loop {
        let answer = session.get(chart, &url, "").await?;
        let page: Page = session.json(&answer)?;
        tags.extend(page.tags.unwrap_or_default());
        pages += 1;
        // A registry that says the same again and again would never end; some ignore the size of a page.
        if tags.len() > TAGS || pages > TAGS / PAGE * 10 {
            return Err(session.too_many(&format!("The list of versions of {chart}"), TAGS, "tags").into());
        }
        match session.next_page(&answer)? {
            Some(next) if next != url => url = next,
            _ => return Ok(tags),
        }
    }
}

async fn manifest(session: &Session<'_>, chart: &str, version: &str) -> Result<Manifest, Error> {
    if Version::parse(version).is_none() {
        let (chart, version) = (session.shown(chart), version.to_owned());
        return Err(RegistryError::NoVersion { chart, version }.into());
    }
    let url = session.of_chart(chart, &["manifests", &tag_of(version)], None);
    let answer = session.get(chart, &url, manifest::ACCEPT).await.map_err(|error| match error {
        Error::Registry(RegistryError::NoChart { chart }) => {
            RegistryError::NoVersion { chart, version: version.to_owned() }.into()
        }
        other => other,
    })?;
    Manifest::read(session, &answer, chart, version)
}

/// What the chart says of itself; a registry keeps Chart.yaml beside the archive as JSON.
async fn metadata(session: &Session<'_>, chart: &str, manifest: &Manifest) -> Result<Metadata, Error> {
    let bytes = session.blob(chart, &manifest.config(session, chart)?, manifest::CONFIG_BYTES).await?;
    let read = serde_json::from_slice(&bytes);
    read.map_err(|e| {
        RegistryError::Malformed { chart: session.shown(chart), what: format!("its metadata: {e}") }.into()
    })
}

/// The version that a tag stands for: tags have no plus, and Helm writes an underscore for it.
fn version_of(tag: &str) -> Option<String> {
    let version = tag.replace('_', "+");
    Version::parse(&version).map(|_| version)
}

fn tag_of(version: &str) -> String {
    version.replace('+', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_stand_for_versions() {
        for (tag, version) in [
            ("1.2.3", Some("1.2.3")),
            ("v1.2.3", Some("v1.2.3")),
            ("1.2.3_build.5", Some("1.2.3+build.5")),
            ("1.2.3-rc.1_x", Some("1.2.3-rc.1+x")),
            ("latest", None),
            ("sha256-0123.sig", None),
        ] {
            assert_eq!(version_of(tag).as_deref(), version, "{tag}");
            if let Some(version) = version {
                assert_eq!(tag_of(version), tag);
            }
        }
    }
}
