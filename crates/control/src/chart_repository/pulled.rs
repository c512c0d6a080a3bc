//! Archives of charts: taken from those that are kept, else pulled; and what is trusted of a version.

use helm::Archive;
use helm::repository::{http, oci};
use helm::version::newest_first;
use model::chart::{Chart, ChartVersion};
use model::chart_repository::ChartRepositoryKind;
use model::role::{Role, Scope};

use super::{candidate, named};
use crate::audit::Note;
use crate::{Call, Control, Error, Topic};

/// The most bytes of archives that are kept; those that were not used for longest go.
const KEPT: i64 = 256 * 1024 * 1024;

/// A version of a chart as its repository listed it last, without asking it.
pub async fn version(
    control: &Control,
    repository: &str,
    chart: &str,
    version: &str,
) -> Result<Option<ChartVersion>, Error> {
    let repository = named(control, repository).await?;
    Ok(control.store.chart_version(repository.id, chart, version).await?)
}

/// A chart with all its versions: the newest first, those that are listed no more at the end.
pub async fn versions(
    control: &Control,
    repository: &str,
    chart: &str,
) -> Result<(Chart, Vec<ChartVersion>), Error> {
    let repository = named(control, repository).await?;
    let found = control.store.chart(repository.id, chart).await?;
    let found = found.ok_or_else(|| Error::not_found("chart", format!("{}/{chart}", repository.name)))?;
    let mut versions = control.store.chart_versions(repository.id, chart).await?;
    versions.sort_by(|a, b| b.listed.cmp(&a.listed).then_with(|| newest_first(&a.version, &b.version)));
    Ok((found, versions))
}

/// The archive of a version: the one that is kept, else pulled from the repository and kept. Refuses one that is
/// not what was published under this version first, and one that is another chart's.
pub async fn pull(control: &Control, repository: &str, chart: &str, version: &str) -> Result<Archive, Error> {
    let repository = named(control, repository).await?;
    let found = control.store.chart_version(repository.id, chart, version).await?;
    let name = || format!("{}/{chart} {version}", repository.name);
    let found = found.ok_or_else(|| Error::not_found("chart", name()))?;
    if found.changed() {
        return Err(changed(&name(), found.trusted_digest.as_deref(), found.digest.as_deref()));
    }
    if let Some(digest) = &found.trusted_digest
        && let Some(bytes) = control.store.chart_archive(digest).await?
    {
        let tx = control.store.begin().await?;
        tx.use_chart_archive(digest, control.now()).await?;
        tx.commit().await?;
        return Ok(Archive { bytes, digest: digest.clone() });
    }
    let source = candidate::source(control, &repository).await.map_err(|error| match error {
        Error::Store(store::Error::Stale) => Error::saved_meanwhile(super::NOUN, repository.name.as_str()),
        error => error,
    })?;
    let archive = match repository.kind {
        ChartRepositoryKind::Http => http::pull(&source, &found.urls, found.digest.as_deref()).await?,
        ChartRepositoryKind::Oci => oci::pull(&source, chart, version).await?,
    };
    if found.trusted_digest.as_ref().is_some_and(|trusted| *trusted != archive.digest) {
        return Err(changed(&name(), found.trusted_digest.as_deref(), Some(&archive.digest)));
    }
    // A registry's chart lies under a path; its own name is the last part of it.
    let own = chart.rsplit('/').next().unwrap_or(chart);
    archive
        .chart(own, version)
        .map_err(|error| helm::Error::Archive { url: format!("{}, {}", repository.name, name()), error })?;
    let tx = control.store.begin().await?;
    if !tx.trust_chart_digest(&found, &archive.digest, true).await? {
        return Err(changed(&name(), None, Some(&archive.digest)));
    }
    tx.put_chart_archive(&archive.digest, &archive.bytes, control.now()).await?;
    tx.commit().await?;
    // The archive is at hand, whatever comes of the bound: the next pull looks at it again.
    if let Err(error) = bound(control, KEPT).await {
        tracing::warn!(error = %error.chain(), "archives of charts were not given up");
    }
    Ok(archive)
}

/// Gives up the archives that were not used for longest, until the rest has at most so many bytes. Looks without a
/// transaction: others wait to write.
async fn bound(control: &Control, bytes: i64) -> Result<(), Error> {
    loop {
        let old = control.store.old_chart_archives(bytes).await?;
        if old.is_empty() {
            return Ok(());
        }
        let tx = control.store.begin().await?;
        tx.delete_chart_archives(&old).await?;
        tx.commit().await?;
    }
}

/// The refusal of a version that is not what it was.
pub(crate) fn changed(name: &str, before: Option<&str>, now: Option<&str>) -> Error {
    let short = |digest: Option<&str>| digest.map_or("another one", |d| d.get(..12).unwrap_or(d)).to_owned();
    Error::conflict(
        "chart_digest_changed",
        format!(
            "What is published as {name} has changed: its SHA-256 was {}… and is {}… now. Nothing was taken from it: \
             a published version must never change, so ask its makers. An administrator can accept the new one.",
            short(before),
            short(now)
        ),
    )
}

/// Accepts the digest that a repository now tells of a version. `digest` is the one that the person has seen.
pub async fn trust(
    control: &Control,
    call: &Call,
    (repository, chart, version): (&str, &str, &str),
    digest: &str,
) -> Result<ChartVersion, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let repository = named(control, repository).await?;
    let name = format!("{}/{chart} {version}", repository.name);
    let found = control.store.chart_version(repository.id, chart, version).await?;
    let mut found = found.ok_or_else(|| Error::not_found("chart", &name))?;
    if found.digest.as_deref() != Some(digest) {
        let sentence =
            format!("{name} has another digest now than the one to be accepted. Look at it again.");
        return Err(Error::conflict("chart_digest_differs", sentence));
    }
    let before = found.trusted_digest.replace(digest.to_owned());
    let tx = control.store.begin().await?;
    tx.trust_chart_digest(&found, digest, false).await?;
    Note::of(call, "chart.trusted", format!("chart/{}/{chart}/{version}", repository.name))
        .change("digest", before, Some(digest.to_owned()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    Ok(found)
}
