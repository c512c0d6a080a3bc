//! What a registry tells of versions beside their tags: read little by little after a look, and kept. Of those that are
//! known only the manifest's digest is asked for again, some at each look.

use std::time::{Duration, Instant};

use helm::repository::{Source, oci};
use helm::version::newest_first;
use model::chart::ChartVersion;
use model::chart_repository::ChartRepository;

use super::candidate;
use crate::{Control, Error, Topic};

/// The longest that one look reads what is not known; what is left is read after the next one.
const MOST_UNKNOWN: Duration = Duration::from_secs(45);
/// The longest that it looks whether known versions are what they were, however long the other took.
const MOST_KNOWN: Duration = Duration::from_secs(15);
/// Versions that are asked for and written together.
const BATCH: usize = 20;
/// Known versions of a chart that are asked for again at one look; all have their turn, hour by hour.
const AGAIN: usize = 40;
/// Seconds of an hour, the time between looks.
const HOUR: i64 = 3_600;

/// How the reading goes on after some versions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// With more of them.
    More,
    /// With the others: the time for these is over.
    Enough,
    /// Not before the next look.
    Later,
    /// Not at all: the repository was saved anew or deleted meanwhile.
    Stale,
}

/// A registry that is read.
struct Reading<'a> {
    control: &'a Control,
    repository: &'a ChartRepository,
    source: Source,
}

/// Reads what is not known yet of the versions that a registry lists, and then looks whether some of the known ones are
/// still what they were. A registry that fails meanwhile is asked again at the next look. Says whether the repository is
/// still stored as it is here.
pub(super) async fn complete(control: &Control, repository: &ChartRepository) -> Result<bool, Error> {
    complete_within(control, repository, [MOST_UNKNOWN, MOST_KNOWN]).await
}

/// The same with the times for what is not known and for what is.
async fn complete_within(
    control: &Control,
    repository: &ChartRepository,
    most: [Duration; 2],
) -> Result<bool, Error> {
    let source = match candidate::source(control, repository).await {
        Err(Error::Store(store::Error::Stale)) => return Ok(false),
        source => source?,
    };
    let reading = Reading { control, repository, source };
    let hour = control.now().seconds() / HOUR;
    let mut names = control.store.chart_names(repository.id).await?;
    let first = first(names.len(), hour);
    names.rotate_left(first);
    for (wanted, most) in [unknown, known].into_iter().zip(most) {
        match reading.all(&names, |versions| wanted(versions, hour), most).await? {
            Next::More | Next::Enough => {}
            Next::Later => return Ok(true),
            Next::Stale => return Ok(false),
        }
    }
    Ok(true)
}

impl Reading<'_> {
    /// Asks for the wanted versions of all charts, for so long at most.
    async fn all(
        &self,
        names: &[String],
        wanted: impl Fn(Vec<ChartVersion>) -> Vec<ChartVersion>,
        most: Duration,
    ) -> Result<Next, Error> {
        let deadline = Instant::now() + most;
        for name in names {
            let versions = self.control.store.chart_versions(self.repository.id, name).await?;
            match self.read(name, &wanted(versions), deadline).await? {
                Next::More => {}
                end => return Ok(end),
            }
        }
        Ok(Next::More)
    }

    /// Asks for these versions of a chart and writes what is told of them.
    async fn read(&self, name: &str, wanted: &[ChartVersion], deadline: Instant) -> Result<Next, Error> {
        let Self { control, repository, source } = self;
        for batch in wanted.chunks(BATCH) {
            if Instant::now() >= deadline {
                return Ok(Next::Enough);
            }
            let asked: Vec<_> = batch.iter().map(|v| (v.version.clone(), v.manifest.clone())).collect();
            let told = match oci::details(source, name, &asked).await {
                Ok(told) => told,
                Err(error) => return Ok(unheard(repository, name, &error)),
            };
            let mut read = Vec::new();
            let mut failed = None;
            for (version, told) in batch.iter().zip(told) {
                match told {
                    Ok(Some(details)) => read.push(with(version.clone(), details)),
                    Ok(None) => {}
                    Err(error @ helm::Error::Registry(_)) => {
                        // Such as a tag that is no chart: of the others more can be known.
                        tracing::debug!(chart = name, version = version.version, %error, "a version is not known");
                    }
                    Err(error) => failed = Some(error),
                }
            }
            if !keep(control, repository, read, name).await? {
                return Ok(Next::Stale);
            }
            if let Some(error) = failed {
                return Ok(unheard(repository, name, &error));
            }
        }
        Ok(Next::More)
    }
}

fn unheard(repository: &ChartRepository, chart: &str, error: &helm::Error) -> Next {
    let repository = repository.name.as_str();
    tracing::info!(repository, chart, %error, "versions stay unknown until the next look");
    Next::Later
}

/// Which of so many charts an hour begins with. A look may not come to all of them: steps of a golden ratio lie evenly
/// among the charts, and never in time with the turns of their versions.
fn first(charts: usize, hour: i64) -> usize {
    // The whole is 2 to the power of 64.
    let part = hour.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let charts = u64::try_from(charts).unwrap_or(u64::MAX);
    usize::try_from((u128::from(part) * u128::from(charts)) >> 64).unwrap_or_default()
}

/// The listed versions that are not known, the newest before others.
fn unknown(mut versions: Vec<ChartVersion>, _hour: i64) -> Vec<ChartVersion> {
    versions.retain(|v| v.listed && v.manifest.is_none());
    versions.sort_by(|a, b| newest_first(&a.version, &b.version));
    versions
}

/// The known versions whose turn it is, the newest before others.
fn known(mut versions: Vec<ChartVersion>, hour: i64) -> Vec<ChartVersion> {
    versions.retain(|v| v.listed && v.manifest.is_some());
    versions.sort_by(|a, b| newest_first(&a.version, &b.version));
    let turns = versions.len().div_ceil(AGAIN).max(1);
    let turn = usize::try_from(hour).unwrap_or_default() % turns;
    versions.into_iter().skip(turn).step_by(turns).collect()
}

fn with(version: ChartVersion, details: oci::Details) -> ChartVersion {
    ChartVersion {
        trusted_digest: version.trusted_digest.or_else(|| Some(details.digest.clone())),
        digest: Some(details.digest),
        manifest: Some(details.manifest),
        app_version: details.app_version,
        created: details.created,
        deprecated: details.deprecated,
        ..version
    }
}

/// Writes what was told, if the repository is still stored as it was asked; says whether it is.
async fn keep(
    control: &Control,
    repository: &ChartRepository,
    read: Vec<ChartVersion>,
    chart: &str,
) -> Result<bool, Error> {
    if read.is_empty() {
        return Ok(true);
    }
    tracing::debug!(chart, versions = read.len(), "versions of a registry are known");
    let tx = control.store.begin().await?;
    match tx.demand_chart_repository(repository).await {
        Ok(()) => {}
        Err(store::Error::Stale) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    tx.put_chart_versions(&read).await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str, manifest: Option<&str>) -> ChartVersion {
        ChartVersion {
            repository: model::ChartRepositoryId("00000000-0000-0000-0000-000000000000".parse().unwrap()),
            chart: "web".into(),
            version: text.into(),
            app_version: String::new(),
            created: String::new(),
            digest: None,
            trusted_digest: None,
            manifest: manifest.map(str::to_owned),
            urls: Vec::new(),
            deprecated: false,
            listed: text != "9.0.0",
        }
    }

    #[test]
    fn unknown_ones_are_all_asked_for_and_known_ones_take_turns() {
        let mut all = vec![version("1.0.0", None), version("1.2.0", None), version("9.0.0", None)];
        all.extend((0..100).map(|n| version(&format!("0.{n}.0"), Some("m"))));
        let names = |all: Vec<ChartVersion>| all.into_iter().map(|v| v.version).collect::<Vec<_>>();
        let news = names(unknown(all.clone(), 0));
        assert_eq!(news, ["1.2.0", "1.0.0"], "the newest first; what is not listed is left alone");
        let of = |hour| names(known(all.clone(), hour));
        let mut turns: Vec<_> = [of(0), of(1), of(2)].concat();
        assert_eq!((of(0).len(), of(3)), (34, of(0)));
        turns.sort();
        turns.dedup();
        assert_eq!(turns.len(), 100, "all have their turn");
    }

    #[tokio::test]
    async fn known_versions_are_looked_at_however_long_the_others_take() {
        let folder = tempfile::tempdir().unwrap();
        let store = store::Store::open(store::Settings::new(folder.path())).await.unwrap();
        let clock = std::sync::Arc::new(crate::MovableClock::default());
        let settings = crate::Settings::new(folder.path(), "http://127.0.0.1:1".parse().unwrap());
        let control = Control::new(store, clock, settings);
        let registry = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let repository = ChartRepository {
            id: version("1.0.0", None).repository,
            name: model::Name::parse("name", "acme").unwrap(),
            kind: model::chart_repository::ChartRepositoryKind::Oci,
            url: format!("oci://{}/charts", registry.local_addr().unwrap()),
            username: String::new(),
            ca_pem: None,
            client_certificate_pem: None,
            proxy: None,
            charts: vec!["web".into()],
            saved_by: "ann".into(),
            created_at: control.now(),
            saved_at: control.now(),
            version: 1,
        };
        let chart = model::chart::Chart {
            repository: repository.id,
            name: "web".into(),
            version: "1.0.0".into(),
            app_version: String::new(),
            description: String::new(),
            keywords: Vec::new(),
            deprecated: false,
            versions: 2,
        };
        let tx = control.store.begin().await.unwrap();
        tx.insert_chart_repository(&repository).await.unwrap();
        tx.put_charts(&[chart]).await.unwrap();
        tx.put_chart_versions(&[version("1.0.0", Some("m")), version("2.0.0", None)]).await.unwrap();
        tx.commit().await.unwrap();
        let (none, long) = (Duration::ZERO, Duration::from_secs(60));
        assert!(complete_within(&control, &repository, [none, none]).await.unwrap(), "nothing is asked");
        tokio::select! {
            asked = registry.accept() => asked.map(drop).unwrap(),
            done = complete_within(&control, &repository, [none, long]) => panic!("nobody was asked: {done:?}"),
        }
        let saved = ChartRepository { version: 2, ..repository };
        assert!(!complete_within(&control, &saved, [none, none]).await.unwrap(), "saved anew meanwhile");
    }

    #[test]
    fn every_chart_is_among_the_first_some_time() {
        assert_eq!((first(0, 5), first(1, 5)), (0, 0));
        // Even if a look comes to ten of a hundred charts only, and a version has its turn every second hour only.
        let since = 490_000;
        for chart in 0..100 {
            let comes = |hour: i64| (chart + 100 - first(100, hour)) % 100 < 10;
            assert!((since..since + 48).any(comes), "chart {chart} within two days");
            assert!((since..since + 168).step_by(2).any(comes), "chart {chart} within a week of even hours");
        }
    }

    #[test]
    fn a_version_that_was_trusted_stays_so() {
        let details = || oci::Details {
            digest: "new".into(),
            manifest: "m".into(),
            app_version: "7".into(),
            created: String::new(),
            deprecated: false,
        };
        let first = with(version("1.0.0", None), details());
        assert_eq!((first.trusted_digest.as_deref(), first.changed()), (Some("new"), false));
        let known = ChartVersion { trusted_digest: Some("old".into()), ..version("1.0.0", Some("m")) };
        assert!(with(known, details()).changed());
    }
}
