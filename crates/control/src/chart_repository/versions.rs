//! What a registry tells of versions beside their tags: read little by little after a look, and kept. Of those that are
//! known only the manifest's digest is asked for again, some at each look.

use std::time::{Duration, Instant};

use helm::repository::oci;
use helm::version::newest_first;
use model::chart::ChartVersion;
use model::chart_repository::ChartRepository;

use super::candidate;
use crate::{Control, Error, Topic};

/// The longest that one look goes on so; what is left is read after the next one.
const MOST: Duration = Duration::from_secs(60);
/// Versions that are asked for and written together.
const BATCH: usize = 20;
/// Known versions of a chart that are asked for again at one look; all have their turn, hour by hour.
const AGAIN: usize = 40;
/// Seconds of an hour, the time between looks.
const HOUR: i64 = 3_600;

/// Reads what is not known yet of the versions that a registry lists, and looks whether some of the known ones are still
/// what they were. A registry that fails meanwhile is asked again at the next look.
pub(super) async fn complete(control: &Control, repository: &ChartRepository) -> Result<(), Error> {
    let deadline = Instant::now() + MOST;
    let source = candidate::source(control, repository).await?;
    for name in control.store.chart_names(repository.id).await? {
        let versions = control.store.chart_versions(repository.id, &name).await?;
        let wanted = wanted(versions, control.now().0 / 1_000_000 / HOUR);
        for batch in wanted.chunks(BATCH) {
            if Instant::now() > deadline {
                return Ok(());
            }
            let asked: Vec<_> = batch.iter().map(|v| (v.version.clone(), v.manifest.clone())).collect();
            let told = match oci::details(&source, &name, &asked).await {
                Ok(told) => told,
                Err(error) => return unheard(repository, &name, &error),
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
            keep(control, repository, read, &name).await?;
            if let Some(error) = failed {
                return unheard(repository, &name, &error);
            }
        }
    }
    Ok(())
}

fn unheard(repository: &ChartRepository, chart: &str, error: &helm::Error) -> Result<(), Error> {
    let repository = repository.name.as_str();
    tracing::info!(repository, chart, %error, "versions stay unknown until the next look");
    Ok(())
}

/// The versions to be asked for: first those that are not known, the newest before others.
fn wanted(versions: Vec<ChartVersion>, hour: i64) -> Vec<ChartVersion> {
    let listed = versions.into_iter().filter(|v| v.listed);
    let (mut known, mut unknown): (Vec<_>, Vec<_>) = listed.partition(|v| v.manifest.is_some());
    unknown.sort_by(|a, b| newest_first(&a.version, &b.version));
    known.sort_by(|a, b| newest_first(&a.version, &b.version));
    let turns = known.len().div_ceil(AGAIN).max(1);
    let turn = usize::try_from(hour).unwrap_or_default() % turns;
    unknown.extend(known.into_iter().skip(turn).step_by(turns));
    unknown
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

async fn keep(
    control: &Control,
    repository: &ChartRepository,
    read: Vec<ChartVersion>,
    chart: &str,
) -> Result<(), Error> {
    if read.is_empty() {
        return Ok(());
    }
    tracing::debug!(chart, versions = read.len(), "versions of a registry are known");
    let tx = control.store.begin().await?;
    match tx.put_chart_versions(&read).await {
        // The repository was deleted meanwhile.
        Ok(()) | Err(store::Error::Stale) => {}
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    Ok(())
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
    fn unknown_ones_come_first_and_known_ones_take_turns() {
        let mut all = vec![version("1.0.0", None), version("1.2.0", None), version("9.0.0", None)];
        all.extend((0..100).map(|n| version(&format!("0.{n}.0"), Some("m"))));
        let of = |hour| wanted(all.clone(), hour).into_iter().map(|v| v.version).collect::<Vec<_>>();
        assert_eq!(of(0)[..2], ["1.2.0", "1.0.0"], "the newest first; what is not listed is left alone");
        let mut turns: Vec<_> = [of(0), of(1), of(2)].iter().flat_map(|v| v[2..].to_vec()).collect();
        assert_eq!((of(0).len(), of(3)), (2 + 34, of(0)));
        turns.sort();
        turns.dedup();
        assert_eq!(turns.len(), 100, "all have their turn");
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
