//! Chart repositories: saved by a check that reads what they list, looked at again by a worker, and the charts in
//! them: found, shown, pulled. What was published under a version once is held against what comes later.

mod candidate;
mod check;
pub(crate) mod checker;
mod contents;
mod details;
mod found;
mod progress;
mod pulled;
pub(crate) mod refresher;
mod versions;

use std::time::{Duration, Instant};

use model::chart_repository::{ChartRepository, ChartRepositoryCheck};
use model::role::{Role, Scope};
use model::{ChartRepositoryId, CheckId, Name, Outcome, Timestamp};
use store::Work;

pub use candidate::Input;
pub use details::{Details, details};
pub use found::search;
pub(crate) use pulled::changed;
pub use pulled::{pull, trust, version, versions};

use crate::audit::Note;
use crate::gitops_config::Expected;
use crate::patience::Patience;
use crate::workers::Worker;
use crate::{Call, Control, Error, Refusal, Topic};
use candidate::Candidate;

/// What a chart repository is called in errors.
pub(crate) const NOUN: &str = "chart repository";
/// The longest that a request waits for a look at a repository.
const WAIT: Duration = Duration::from_secs(50);
/// How often it asks again for the look that it waits for.
const AGAIN: Duration = Duration::from_secs(1);

/// How a save ended, or has not yet.
pub enum Saved {
    /// It is stored, with its charts.
    Stored {
        /// The chart repository.
        repository: Box<ChartRepository>,
        /// Whether there was none of this name before.
        created: bool,
    },
    /// It does not work; nothing was stored.
    Refused(Box<ChartRepositoryCheck>),
    /// It is still being read, and will be stored if it works.
    Going(Box<ChartRepositoryCheck>),
}

/// The chart repository of this name; everyone signed in may know of it.
pub async fn named(control: &Control, name: &str) -> Result<ChartRepository, Error> {
    let found = control.store.chart_repository_by_name(name).await?;
    found.ok_or_else(|| Error::not_found(NOUN, name))
}

/// Looks at what the repository lists and, if that works, stores it with its charts. Waits for that, but not for
/// ever: what takes longer goes on without the request, which may also not wait at all.
pub async fn save(
    control: &Control,
    call: &Call,
    (name, input): (&str, Input),
    expected: Expected,
    waits: bool,
) -> Result<Saved, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let name = Name::parse("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let before = control.store.chart_repository_by_name(name.as_str()).await?;
    expected.demand(before.as_ref().map(|b| b.version), NOUN, name.as_str())?;
    let new = ChartRepository {
        id: before.as_ref().map_or_else(|| ChartRepositoryId(crate::random::id()), |b| b.id),
        name,
        kind: model::chart_repository::ChartRepositoryKind::Http,
        url: String::new(),
        username: String::new(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: None,
        charts: Vec::new(),
        saved_by: call.actor.name.clone(),
        created_at: before.as_ref().map_or_else(|| control.now(), |b| b.created_at),
        saved_at: control.now(),
        version: before.as_ref().map_or(1, |b| b.version),
    };
    let candidate = Candidate::read(control, before.as_ref(), new, input).await?;
    let check = check::run(control, call, &candidate, waits).await?;
    match (check.finished_at, check.failed()) {
        (None, _) => Ok(Saved::Going(Box::new(check))),
        // Someone else was faster.
        (Some(_), Some(why)) if why.code == "stale" => Err(Error::stale(NOUN, check.repository.clone())),
        // Not known to be refused: that nothing was saved must not be said.
        (Some(_), Some(why)) if why.code == checker::STOPPED => Err(Error::Refused(Box::new(Refusal {
            outcome: Outcome::RetryLater { after: None },
            code: checker::STOPPED,
            sentence: why.sentence.clone(),
            link: None,
        }))),
        (Some(_), Some(_)) => Ok(Saved::Refused(Box::new(check))),
        (Some(_), None) => {
            let repository = Box::new(named(control, candidate.repository.name.as_str()).await?);
            Ok(Saved::Stored { repository, created: candidate.is_new })
        }
    }
}

/// The newest check under a name; only administrators of the installation know of any.
pub async fn latest_check(control: &Control, call: &Call, name: &str) -> Result<ChartRepositoryCheck, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let found = control.store.latest_chart_repository_check(name).await?;
    found.ok_or_else(|| Error::not_found("check of a chart repository", name))
}

/// A check under a name; only administrators of the installation know of any.
pub async fn check_by_id(
    control: &Control,
    call: &Call,
    (name, id): (&str, &str),
) -> Result<ChartRepositoryCheck, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let found = match id.parse() {
        Ok(id) => control.store.chart_repository_check(id).await?,
        Err(_) => None,
    };
    let found = found.filter(|check| check.repository == name);
    found.ok_or_else(|| Error::not_found("check of a chart repository", id))
}

/// Whether what was checked is what is stored: an activation before this one may have saved it, and died.
async fn is_stored(control: &Control, candidate: &Candidate) -> Result<bool, Error> {
    let stored = control.store.chart_repository(candidate.repository.id).await?;
    Ok(stored.is_some_and(|stored| is_saved(&stored, candidate)))
}

fn is_saved(stored: &ChartRepository, Candidate { repository, .. }: &Candidate) -> bool {
    stored.saved_at == repository.saved_at && stored.url == repository.url
}

/// Stores what was checked, unless it changed since or the check is gone; once, however often it is asked for. Gives
/// the version that it is stored as.
async fn store(control: &Control, call: &Call, candidate: &Candidate, check: CheckId) -> Result<i64, Error> {
    let Candidate { repository, new_secrets, .. } = candidate;
    let name = repository.name.to_string();
    let before = control.store.chart_repository(repository.id).await?;
    if let Some(before) = &before
        && is_saved(before, candidate)
    {
        return Ok(before.version);
    }
    let owner = repository.id.to_string();
    let tx = control.store.begin().await?;
    // Whoever deleted the repository deleted the check, and wants neither back.
    tx.demand_chart_repository_check(check).await.map_err(|e| Error::about(e, NOUN, &name))?;
    let version = if candidate.is_new {
        tx.insert_chart_repository(repository).await.map_err(|e| match e {
            store::Error::Duplicate { .. } => Error::stale(NOUN, &name),
            e => Error::about(e, NOUN, &name),
        })?;
        repository.version
    } else {
        tx.update_chart_repository(repository).await.map_err(|e| Error::about(e, NOUN, &name))?
    };
    for (kind, secret) in &candidate.secrets {
        match secret {
            Some(secret) => tx.put_secret(*kind, &owner, secret).await?,
            None => {
                tx.delete_secret(*kind, &owner).await?;
            }
        }
    }
    tx.schedule(Work::ChartRefresh, &owner, refresher::first_look(control, repository.kind)).await?;
    let earlier = before.as_ref().map(fields).unwrap_or_default();
    let mut note = Note::of(call, "chart_repository.saved", format!("chart-repository/{name}"))
        .fields(&earlier, fields(repository));
    for field in new_secrets {
        note = note.secret(field);
    }
    note.write(control, &tx).await?;
    tx.commit().await?;
    control.wake(Worker::Refresher);
    Ok(version)
}

/// What the audit shows of a chart repository.
fn fields(repository: &ChartRepository) -> Vec<(&'static str, String)> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        ("url", repository.url.clone()),
        ("username", repository.username.clone()),
        ("ca_pem", optional(&repository.ca_pem)),
        ("client_certificate_pem", optional(&repository.client_certificate_pem)),
        ("proxy", optional(&repository.proxy)),
        ("charts", repository.charts.join(", ")),
    ]
}

/// Deletes a chart repository and what is known of its charts. What was installed from it stays as it is.
pub async fn delete(control: &Control, call: &Call, name: &str, expected: Option<i64>) -> Result<(), Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let repository = named(control, name).await?;
    if expected.is_some_and(|v| v != repository.version) {
        return Err(Error::stale(NOUN, name));
    }
    let tx = control.store.begin().await?;
    // The checks first, as who stores what was checked does.
    tx.delete_chart_repository_checks(name).await?;
    tx.delete_chart_repository(repository.id).await.map_err(|e| Error::about(e, NOUN, name))?;
    Note::of(call, "chart_repository.deleted", format!("chart-repository/{name}"))
        .change("url", Some(repository.url), None)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: name.to_owned() });
    Ok(())
}

/// Asks again for a look that has not come since `before`: one that was just ending did not hear of it, and was given back
/// until its next time.
async fn ask_again(
    control: &Control,
    repository: &ChartRepository,
    before: Option<Timestamp>,
) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    // First this, which whoever gives a look back waits for: what it found stands there by then.
    let waits = tx.hasten(Work::ChartRefresh, &repository.id.to_string()).await?;
    if waits && tx.chart_refresh(repository.id).await?.tried_at == before {
        tx.commit().await?;
        control.wake(Worker::Refresher);
    }
    Ok(())
}

/// Looks at a repository now. Waits until that is done, whoever does it; a look that is under way counts. How it
/// ended is told by what is kept of the repository.
pub async fn refresh(control: &Control, call: &Call, name: &str) -> Result<ChartRepository, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let repository = named(control, name).await?;
    let before = control.store.chart_refresh(repository.id).await?.tried_at;
    let mut patience = Patience::new(control, WAIT);
    let tx = control.store.begin().await?;
    tx.hasten(Work::ChartRefresh, &repository.id.to_string()).await?;
    Note::of(call, "chart_repository.refreshed", format!("chart-repository/{name}"))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.wake(Worker::Refresher);
    let mut asked = Instant::now();
    loop {
        if control.store.chart_refresh(repository.id).await?.tried_at != before {
            return Ok(repository);
        }
        if !patience.lasts().await {
            return Err(Error::Refused(Box::new(Refusal {
                outcome: Outcome::RetryLater { after: None },
                code: "refresh_unfinished",
                sentence: format!("{name} was not read to its end within {} s. It goes on.", WAIT.as_secs()),
                link: None,
            })));
        }
        if asked.elapsed() >= AGAIN {
            ask_again(control, &repository, before).await?;
            asked = Instant::now();
        }
    }
}
