//! What a repository lists, written beside what was known of it: only what is new or different.

use std::collections::{BTreeSet, HashMap, HashSet};

use helm::index::Entry;
use helm::version::Version;
use model::ChartRepositoryId;
use model::chart::{Chart, ChartVersion};
use model::chart_repository::ChartRepository;

use crate::{Control, Error};

/// Rows that one transaction writes, about: others want to write in between.
const ROWS: usize = 500;

/// Rows to be written.
#[derive(Default)]
struct Pending {
    charts: Vec<Chart>,
    versions: Vec<ChartVersion>,
}

/// Writes what a repository lists: by chart, the newest version first. May be repeated. Ends with
/// [`store::Error::Stale`] as soon as the repository is not the one any more that was looked at.
pub(super) async fn keep(
    control: &Control,
    looked_at: &ChartRepository,
    entries: &[Entry],
) -> Result<(), Error> {
    let repository = looked_at.id;
    let mut pending = Pending::default();
    let mut listed = BTreeSet::new();
    for entries in entries.chunk_by(|a, b| a.chart == b.chart) {
        let Some(first) = entries.first() else { continue };
        listed.insert(first.chart.to_string());
        pending.versions.extend(versions(control, repository, entries).await?);
        let chart = summary(repository, entries, first);
        if control.store.chart(repository, &chart.name).await?.as_ref() != Some(&chart) {
            pending.charts.push(chart);
        }
        if pending.versions.len() + pending.charts.len() >= ROWS {
            pending.write(control, looked_at).await?;
        }
    }
    pending.write(control, looked_at).await?;
    let known = control.store.chart_names(repository).await?;
    let gone: Vec<String> = known.into_iter().filter(|name| !listed.contains(name)).collect();
    for names in gone.chunks(ROWS) {
        let tx = control.store.begin().await?;
        tx.demand_chart_repository(looked_at).await?;
        for name in names {
            tx.unlist_chart(repository, name).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The versions of one chart that are new, different, or listed no more.
async fn versions(
    control: &Control,
    repository: ChartRepositoryId,
    entries: &[Entry],
) -> Result<Vec<ChartVersion>, Error> {
    let Some(first) = entries.first() else { return Ok(Vec::new()) };
    let before = control.store.chart_versions(repository, &first.chart).await?;
    let by_version: HashMap<&str, &ChartVersion> = before.iter().map(|v| (v.version.as_str(), v)).collect();
    let mut different = Vec::new();
    let mut listed = HashSet::new();
    for entry in entries {
        listed.insert(&*entry.version);
        let was = by_version.get(&*entry.version);
        let digest = entry.digest.as_deref().map(str::to_owned);
        // A registry lists tags alone: what was read of them stays.
        let kept = was.filter(|was| digest.is_none() && was.manifest.is_some());
        let mut now = ChartVersion {
            repository,
            chart: entry.chart.to_string(),
            version: entry.version.to_string(),
            app_version: entry.app_version.to_string(),
            created: entry.created.to_string(),
            trusted_digest: was.and_then(|was| was.trusted_digest.clone()).or_else(|| digest.clone()),
            digest,
            manifest: entry.manifest.as_deref().map(str::to_owned),
            urls: entry.addresses(),
            deprecated: entry.deprecated,
            listed: true,
        };
        if let Some(was) = kept {
            now = ChartVersion { listed: true, ..(*was).clone() };
        }
        if was.is_none_or(|was| **was != now) {
            different.push(now);
        }
    }
    let gone = before.iter().filter(|was| was.listed && !listed.contains(was.version.as_str()));
    different.extend(gone.map(|was| ChartVersion { listed: false, ..was.clone() }));
    Ok(different)
}

/// The chart as its newest stable version tells; the newest of all where none is stable.
fn summary(repository: ChartRepositoryId, entries: &[Entry], first: &Entry) -> Chart {
    let stable = |entry: &&Entry| Version::parse(&entry.version).is_some_and(|v| v.is_stable());
    let newest = entries.iter().find(stable).unwrap_or(first);
    Chart {
        repository,
        name: newest.chart.to_string(),
        version: newest.version.to_string(),
        app_version: newest.app_version.to_string(),
        description: newest.description.to_string(),
        keywords: newest.keywords.iter().map(ToString::to_string).collect(),
        deprecated: newest.deprecated,
        versions: i64::try_from(entries.len()).unwrap_or(i64::MAX),
    }
}

impl Pending {
    async fn write(&mut self, control: &Control, looked_at: &ChartRepository) -> Result<(), Error> {
        if self.charts.is_empty() && self.versions.is_empty() {
            return Ok(());
        }
        let tx = control.store.begin().await?;
        tx.demand_chart_repository(looked_at).await?;
        tx.put_chart_versions(&self.versions).await?;
        tx.put_charts(&self.charts).await?;
        tx.commit().await?;
        *self = Self::default();
        Ok(())
    }
}
