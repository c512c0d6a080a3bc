//! The repository of an application: found or made at the first deployment, and taken into use only if it is
//! empty or carries our mark for this application.

use git::{Entry, NewRepository, Provider};
use model::gitops_config::GitopsConfig;
use model::layout;
use model::repository::{self, Repository};

use super::{Job, Stop, files};
use crate::{Error, Topic, failpoint};

/// The code of a failure: the host says that it has no repository of that id.
pub(super) const GONE: &str = "repository_gone";
/// Digits of the application's id that tell its repository from another one of the same name.
const SUFFIX: usize = 6;

/// The repository, stored with the application; nothing is asked of the host when it is known.
/// The text says what people should know of how it was found.
pub(super) async fn ensure(
    job: &mut Job,
    provider: &dyn Provider,
    config: &GitopsConfig,
) -> Result<(Repository, String), Stop> {
    if let Some(known) = &job.application.repository {
        return Ok((known.clone(), String::new()));
    }
    let (found, note) = match job.application.wanted_repository.clone() {
        Some(url) => (given(job, provider, &url).await?, String::new()),
        None => own(job, provider, config).await?,
    };
    failpoint::hit(&job.control, "after-repository");
    take(job, config, &found).await?;
    Ok((found, note))
}

/// The repository that a person named.
async fn given(job: &Job, provider: &dyn Provider, url: &str) -> Result<Repository, Stop> {
    let found = provider.repository_by_url(url).await?;
    if usable(job, provider, &found).await? { Ok(found) } else { Err(taken(job, &[&found])) }
}

/// A repository of our own making, under the application's name or, where that is taken, with a suffix.
async fn own(
    job: &Job,
    provider: &dyn Provider,
    config: &GitopsConfig,
) -> Result<(Repository, String), Stop> {
    let id = job.application.id.to_string();
    let suffix = id.get(id.len() - SUFFIX..).unwrap_or_default();
    let mut strangers = Vec::new();
    for suffix in [None, Some(suffix)] {
        let name = repository::repository_name(&config.rules.prefix, job.application.name.as_str(), suffix);
        // Made without looking first: hosts count calls, and mostly it is not there.
        let found = match created(job, provider, config, name.clone()).await {
            Ok(made) => {
                let note = note(&strangers, &made);
                return Ok((made, note));
            }
            Err(error) => match refused(provider, &name, error).await? {
                Some(found) => found,
                None => continue,
            },
        };
        if usable(job, provider, &found).await? {
            let note = note(&strangers, &found);
            return Ok((found, note));
        }
        strangers.push(found);
    }
    Err(taken(job, &strangers.iter().collect::<Vec<_>>()))
}

/// What people should know when the first name was not to be had.
fn note(strangers: &[Repository], used: &Repository) -> String {
    let note =
        |other: &Repository| format!("{} is in use by others; {} was made.", other.full_name, used.full_name);
    strangers.first().map(note).unwrap_or_default()
}

/// The repository that is there although, or because, none was made: by an activation before this one, by
/// others, or by hand for an account that may not make any.
async fn refused(
    provider: &dyn Provider,
    name: &str,
    error: git::Error,
) -> Result<Option<Repository>, git::Error> {
    let exists = matches!(error, git::Error::RepositoryExists { .. });
    let may_not =
        matches!(error, git::Error::Forbidden(_) | git::Error::NotFound(_) | git::Error::Unprocessable(_));
    if !exists && !may_not {
        return Err(error);
    }
    match provider.find_repository(name).await {
        Ok(None) if exists => Ok(None),
        Ok(Some(found)) => Ok(Some(found)),
        // It cannot be made, and is not there: the first refusal says why.
        Ok(None) => Err(error),
        Err(_) if may_not => Err(error),
        Err(other) => Err(other),
    }
}

async fn created(
    job: &Job,
    provider: &dyn Provider,
    config: &GitopsConfig,
    name: String,
) -> Result<Repository, git::Error> {
    let description = format!("Desired state of {}, written by Trueline", job.application.name);
    let visibility = config.rules.visibility;
    provider.create_repository(&NewRepository { name, description, visibility }).await
}

/// Whether the repository is empty, or carries our mark for this application, or has room for it: a shared
/// repository is taken into use at a path where nothing is.
async fn usable(job: &Job, provider: &dyn Provider, found: &Repository) -> Result<bool, Stop> {
    let remote = provider.remote(found)?;
    let refs = remote.refs().await?;
    if refs.branches.is_empty() {
        return Ok(true);
    }
    let path = job.application.path.trim_matches('/');
    let mark = layout::below(path, layout::MARK);
    for branch in branches(job, found, &refs) {
        let snapshot = remote.read(&branch, &[&mark]).await?;
        if let Some(Entry::File { bytes, .. }) = snapshot.entries.get(&mark) {
            return Ok(files::is_our_mark(job, bytes));
        }
        if !path.is_empty() && !remote.read(&branch, &[path]).await?.entries.contains_key(path) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The branches that may carry the mark, the likeliest first.
fn branches(job: &Job, found: &Repository, refs: &git::Refs) -> Vec<String> {
    let own = super::committed::branch_of(job, found);
    let default = refs.default_branch.clone().unwrap_or_else(|| found.default_branch.clone());
    let mut branches = vec![own];
    if !branches.contains(&default) {
        branches.push(default);
    }
    branches.retain(|b| refs.branches.contains_key(b));
    branches
}

fn taken(job: &Job, strangers: &[&Repository]) -> Stop {
    let names: Vec<_> = strangers.iter().map(|r| r.full_name.as_str()).collect();
    let application = &job.application.name;
    Stop::failed(
        "repository_taken",
        format!(
            "{} exists, is not empty and does not carry Trueline's mark for {application}: it belongs to something \
             else and was left alone. Rename or empty it, or name another repository for {application}.",
            names.join(" and ")
        ),
    )
}

/// Stores the repository with the application.
async fn take(job: &mut Job, config: &GitopsConfig, found: &Repository) -> Result<(), Stop> {
    let control = &job.control;
    let tx = control.store.begin().await?;
    let mut application = tx
        .application(job.application.id)
        .await?
        .ok_or_else(|| Error::not_found("application", job.application.name.as_str()))?;
    application.repository = Some(found.clone());
    application.gitops_config = Some(config.id);
    application.version = match tx.update_application(&application).await {
        Err(store::Error::Duplicate { .. }) => {
            let sentence = format!(
                "{} is in use by another application at the same path. Name another repository or path.",
                found.full_name
            );
            return Err(Stop::failed("repository_taken", sentence));
        }
        other => other?,
    };
    tx.commit().await?;
    job.application = application;
    let (name, project) = (job.application.name.to_string(), job.application.project);
    job.control.publish(Topic::Application { name, project });
    Ok(())
}

/// Looks a repository up again by its id after it was not found: it may have been renamed. Gives it if it is
/// elsewhere now.
pub(super) async fn moved(
    job: &mut Job,
    provider: &dyn Provider,
    config: &GitopsConfig,
) -> Result<Option<Repository>, Stop> {
    let Some(known) = job.application.repository.clone() else { return Ok(None) };
    match provider.repository_by_id(&known.id).await? {
        Some(found) if found != known => {
            take(job, config, &found).await?;
            Ok(Some(found))
        }
        Some(_) => Ok(None),
        None => Err(Stop::failed(
            GONE,
            format!(
                "The repository {} is gone, or Trueline's account may not see it any more. Restore it, or give \
                 the account access, and deploy again.",
                known.full_name
            ),
        )),
    }
}
