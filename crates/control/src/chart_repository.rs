//! Chart repositories: saved only after a look at what they list, looked at again by a worker, and the charts in
//! them: found, shown, pulled. What was published under a version once is held against what comes later.

mod candidate;
mod contents;
mod details;
mod found;
mod pulled;
pub(crate) mod refresher;

use std::time::{Duration, Instant};

use model::chart_repository::{ChartRepository, Refresh};
use model::role::{Role, Scope};
use model::{ChartRepositoryId, Name, Outcome};
use store::Work;

pub use candidate::Input;
pub use details::{Details, details};
pub use found::search;
pub use pulled::{pull, trust, version, versions};

use crate::audit::Note;
use crate::gitops_config::Expected;
use crate::workers::Worker;
use crate::{Call, Control, Error, Refusal, Topic};
use candidate::Candidate;

/// What a chart repository is called in errors.
pub(crate) const NOUN: &str = "chart repository";
/// The longest that a request waits for a look at a repository.
const WAIT: Duration = Duration::from_secs(50);
/// A request that waits looks this often when it hears nothing.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The chart repository of this name; everyone signed in may know of it.
pub async fn named(control: &Control, name: &str) -> Result<ChartRepository, Error> {
    let found = control.store.chart_repository_by_name(name).await?;
    found.ok_or_else(|| Error::not_found(NOUN, name))
}

/// Looks at what the repository lists and, if that works, stores it with its charts; says whether it is new.
pub async fn save(
    control: &Control,
    call: &Call,
    (name, input): (&str, Input),
    expected: Expected,
) -> Result<(ChartRepository, bool), Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let name = Name::parse("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let before = control.store.chart_repository_by_name(name.as_str()).await?;
    let stale = || Error::stale(NOUN, name.as_str());
    match (expected, &before) {
        (Expected::Absent, Some(_)) | (Expected::Version(_), None) => return Err(stale()),
        (Expected::Version(version), Some(now)) if now.version != version => return Err(stale()),
        _ => {}
    }
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
    let looked =
        refresher::look(control, &candidate.repository, &candidate.source, &Refresh::default()).await;
    let looked = looked?.map_err(Error::Unusable)?;
    let repository = store(control, call, before.as_ref(), candidate).await?;
    // What it lists is known already: the worker need not ask again.
    refresher::keep(control, &repository, Refresh::default(), Ok(looked)).await?;
    control.publish(Topic::ChartRepository { name: repository.name.to_string() });
    Ok((repository, before.is_none()))
}

async fn store(
    control: &Control,
    call: &Call,
    before: Option<&ChartRepository>,
    candidate: Candidate,
) -> Result<ChartRepository, Error> {
    let Candidate { mut repository, new_secrets, .. } = candidate;
    let name = repository.name.to_string();
    let tx = control.store.begin().await?;
    match before {
        None => tx.insert_chart_repository(&repository).await.map_err(|e| match e {
            store::Error::Duplicate { .. } => Error::stale(NOUN, &name),
            e => Error::about(e, NOUN, &name),
        })?,
        Some(_) => {
            let written = tx.update_chart_repository(&repository).await;
            repository.version = written.map_err(|e| Error::about(e, NOUN, &name))?;
        }
    }
    let owner = repository.id.to_string();
    for (kind, secret) in candidate.secrets {
        match secret {
            Some(secret) => tx.put_secret(kind, &owner, &secret).await?,
            None => {
                tx.delete_secret(kind, &owner).await?;
            }
        }
    }
    tx.schedule(Work::ChartRefresh, &owner, refresher::next_look(control, 0)).await?;
    let mut note = Note::of(call, "chart_repository.saved", format!("chart-repository/{name}"));
    let earlier = before.map(fields).unwrap_or_default();
    for (i, (field, value)) in fields(&repository).into_iter().enumerate() {
        let was = earlier.get(i).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
        note = note.change(field, was, Some(value).filter(|v| !v.is_empty()));
    }
    for field in new_secrets {
        note = note.secret(field);
    }
    note.write(control, &tx).await?;
    tx.commit().await?;
    Ok(repository)
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
    tx.delete_chart_repository(repository.id).await.map_err(|e| Error::about(e, NOUN, name))?;
    Note::of(call, "chart_repository.deleted", format!("chart-repository/{name}"))
        .change("url", Some(repository.url), None)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepository { name: name.to_owned() });
    Ok(())
}

/// Looks at a repository now. Waits until that is done, whoever does it; a look that is under way counts. How it
/// ended is told by what is kept of the repository.
pub async fn refresh(control: &Control, call: &Call, name: &str) -> Result<ChartRepository, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let repository = named(control, name).await?;
    let before = control.store.chart_refresh(repository.id).await?.tried_at;
    let mut news = control.events.listen();
    let tx = control.store.begin().await?;
    tx.hasten(Work::ChartRefresh, &repository.id.to_string()).await?;
    Note::of(call, "chart_repository.refreshed", format!("chart-repository/{name}"))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.wake(Worker::Refresher);
    let deadline = Instant::now() + WAIT;
    loop {
        if control.store.chart_refresh(repository.id).await?.tried_at != before {
            return Ok(repository);
        }
        if Instant::now() > deadline {
            return Err(Error::Refused(Box::new(Refusal {
                outcome: Outcome::RetryLater { after: None },
                code: "refresh_unfinished",
                sentence: format!("{name} was not read to its end within {} s. It goes on.", WAIT.as_secs()),
                link: None,
            })));
        }
        // News or not, the row is what counts.
        let _ = tokio::time::timeout(LOOK_EVERY, news.recv()).await;
    }
}
