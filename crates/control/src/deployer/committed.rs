//! From rendered to committed: one commit on the environment's branch, found again if an earlier activation
//! pushed it.

use std::sync::Arc;

use bytes::Bytes;
use git::{Change, Committed, Edit, Person, Provider, Remote};
use model::deployment::{Attempt, ChartPin, Deployment, Stage};
use model::environment::{BranchRule, Environment};
use model::gitops_config::GitopsConfig;
use model::image::ImageReference;
use model::layout::{self, CommitMessage};
use model::repository::Repository;
use store::Page;
use tokio::sync::Mutex;

use super::inputs::{self, Before, Expected, Paths};
use super::{Job, Stop, files, rendered, repository};
use crate::{Control, Error, failpoint, hosts};

/// How often a branch that moved under our feet is looked at before the deployment is put off.
const ROUNDS: u32 = 6;

/// Failures that a repository gives which was renamed: it is gone, or another one has taken its name. The
/// provider's own id tells.
const ELSEWHERE: [&str; 4] =
    ["not_visible", "history_rewritten", "inputs_changed_in_git", "repository_taken"];

/// Commits the files.
pub(super) async fn pass(job: &mut Job) -> Result<(), Stop> {
    if rendered::is_outdated(&job.control.store, &job.deployment, &job.environment).await? {
        return rendered::again(job).await;
    }
    let config = config(job).await?;
    let provider = hosts::open(&job.control, &config).await?;
    let (place, note) = repository::ensure(job, provider.as_ref(), &config).await?;
    let mut pushed = push(job, provider.as_ref(), &config, &place).await;
    if let Err(Stop::Failed(failure) | Stop::Later { cause: failure, .. }) = &pushed
        && ELSEWHERE.contains(&failure.code.as_str())
    {
        match repository::moved(job, provider.as_ref(), &config).await {
            Ok(Some(place)) => pushed = push(job, provider.as_ref(), &config, &place).await,
            Ok(None) => {}
            // Whether it moved is as unknown as the end of the push.
            Err(Stop::Failed(failure)) if failure.code != repository::GONE && waits(&pushed) => {}
            Err(stop) => return Err(stop),
        }
    }
    let (committed, replaced) = pushed?;
    failpoint::hit(&job.control, "after-push");
    let notes = [Some(note), job.tried.take(), replaced];
    let note = notes.into_iter().flatten().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" ");
    let Committed { commit, parent, branch, .. } = committed;
    let keep = |d: &mut Deployment| {
        let base = d.attempt.as_ref().and_then(|a| a.base.clone()).or(parent);
        d.attempt = Some(Attempt { branch, base, commit: commit.clone() });
        d.commit = Some(commit);
    };
    job.pass(Stage::Committed, keep, note).await
}

fn waits(pushed: &Result<(Committed, Option<String>), Stop>) -> bool {
    matches!(pushed, Err(Stop::Later { .. }))
}

/// Pushes. Whatever came of it, the job goes on with what was stored when pushes began. The text says what
/// people should know of it.
async fn push(
    job: &mut Job,
    provider: &dyn Provider,
    config: &GitopsConfig,
    place: &Repository,
) -> Result<(Committed, Option<String>), Stop> {
    let mut push = Push::new(job, provider, config, place).await?;
    let result = push.run(job).await;
    job.deployment = push.deployment.lock().await.clone();
    Ok((result?, push.note))
}

/// The branch that holds an environment of an application.
pub(super) fn branch_of(job: &Job, repository: &Repository) -> String {
    match job.environment.branch {
        BranchRule::Default => repository.default_branch.clone(),
        BranchRule::PerEnvironment => format!("environment/{}", job.environment.name),
    }
}

async fn config(job: &Job) -> Result<GitopsConfig, Stop> {
    Ok(crate::gate::demand(&job.control, &job.application).await?)
}

/// One commit on its way to a branch.
struct Push {
    control: Arc<Control>,
    /// As stored; every begun push is stored before it begins.
    deployment: Arc<Mutex<Deployment>>,
    remote: Remote,
    repository: String,
    branch: String,
    environment: Environment,
    change: Change,
    /// What people should know of it.
    note: Option<String>,
}

impl Push {
    async fn new(
        job: &Job,
        provider: &dyn Provider,
        config: &GitopsConfig,
        repository: &Repository,
    ) -> Result<Self, Stop> {
        let remote = provider.remote(repository)?;
        let rules = &config.rules;
        let committer = Person { name: rules.committer_name.clone(), email: rules.committer_email.clone() };
        let deployment = &job.deployment;
        let author = Person { name: deployment.author.clone(), email: deployment.author_email.clone() };
        let change = Change {
            key: deployment.id.to_string(),
            edits: edits(job).await?,
            expected: Expected::new(),
            author,
            committer,
            at: job.control.now(),
            message: message(job),
            resume: deployment.attempt.clone(),
        };
        Ok(Self {
            control: Arc::clone(&job.control),
            deployment: Arc::new(Mutex::new(deployment.clone())),
            remote,
            repository: repository.full_name.clone(),
            branch: branch_of(job, repository),
            environment: job.environment.clone(),
            change,
            note: None,
        })
    }

    /// Pushes; where the branch does not hold what was expected, looks at it and decides.
    async fn run(&mut self, job: &Job) -> Result<Committed, Stop> {
        let before = Before::read(job, &self.branch).await?;
        self.change.expected = inputs::expected(job, &before).await?;
        let mut asked_for_history = false;
        for _ in 0..ROUNDS {
            match self.push(self.change.clone()).await {
                Err(git::Error::PathsMoved { .. }) => {}
                other => return self.judged(other),
            }
            let found = self.remote.read(&self.branch, &Paths::of(job).all()).await?;
            let before = Before::read(job, &self.branch).await?;
            let judged = inputs::judge(job, &before, &found).await?;
            if judged.foreign {
                return Err(self.foreign());
            }
            let strange = !judged.inputs.is_empty() || !judged.ours.is_empty();
            if strange && !asked_for_history {
                self.history(job, &before).await?;
                asked_for_history = true;
            }
            if !judged.inputs.is_empty() {
                return Err(self.changed(&judged.inputs));
            }
            if !judged.ours.is_empty() {
                self.note =
                    Some(format!("Changes by hand in Git to {} were replaced.", judged.ours.join(", ")));
            }
            self.change.expected = judged.expected;
            self.change.resume = self.deployment.lock().await.attempt.clone();
        }
        Err(git::Error::TooManyRaces { branch: self.branch.clone(), attempts: ROUNDS }.into())
    }

    async fn push(&self, change: Change) -> Result<Committed, git::Error> {
        let (control, deployment) = (Arc::clone(&self.control), Arc::clone(&self.deployment));
        let environment = self.environment.clone();
        let before = move |attempt: Attempt| {
            let (control, deployment) = (Arc::clone(&control), Arc::clone(&deployment));
            let environment = environment.clone();
            async move { begin(&control, &deployment, &environment, attempt).await }
        };
        let committed = self.control.writers.commit(&self.remote, &self.branch, change, before).await?;
        self.control.counts.pushed(committed.pushes);
        Ok(committed)
    }

    fn judged(&self, result: Result<Committed, git::Error>) -> Result<Committed, Stop> {
        match result {
            Err(git::Error::BeforePush(cause)) => match cause.downcast_ref::<store::Error>() {
                Some(store::Error::Stale) => Err(Stop::Changed),
                _ => Err(git::Error::BeforePush(cause).into()),
            },
            Err(error @ git::Error::BaseGone { .. }) => Err(self.rewritten(&error)),
            other => Ok(other?),
        }
    }

    /// Asks whether the last commit that we know of is still part of the branch. A person who asked again after
    /// having been told has decided.
    async fn history(&self, job: &Job, before: &Before) -> Result<(), Stop> {
        let Some(base) = before.last().and_then(|d| d.commit.clone()) else { return Ok(()) };
        if told(job).await? || self.remote.contains(&self.branch, &base).await? {
            return Ok(());
        }
        Err(self.rewritten(&git::Error::BaseGone { branch: self.branch.clone(), base }))
    }

    fn rewritten(&self, error: &git::Error) -> Stop {
        Stop::failed(
            "history_rewritten",
            format!(
                "{} Look at {} on {}: to write on top of what is there now, deploy again.",
                error.diagnosis().sentence,
                self.branch,
                self.repository
            ),
        )
    }

    fn changed(&self, paths: &[String]) -> Stop {
        let verb = if paths.len() == 1 { "was" } else { "were" };
        Stop::failed(
            "inputs_changed_in_git",
            format!(
                "{} {verb} changed in Git ({}, branch {}) since Trueline last committed or took in. Take the change \
                 in at the application's values, then deploy again; nothing was overwritten.",
                paths.join(" and "),
                self.repository,
                self.branch
            ),
        )
    }

    fn foreign(&self) -> Stop {
        Stop::failed(
            "repository_taken",
            format!(
                "{} carries the mark of another application or installation now: it was left alone. Put the mark \
                 {} back, or name another repository.",
                self.repository,
                layout::MARK
            ),
        )
    }
}

/// Stores that a push begins. Fails if the deployment was changed meanwhile, by a newer one that takes its
/// place, or is to be rendered once more: then nothing is pushed.
async fn begin(
    control: &Control,
    deployment: &Mutex<Deployment>,
    environment: &Environment,
    attempt: Attempt,
) -> Result<(), git::Error> {
    let refused = |error: store::Error| git::Error::BeforePush(Arc::new(error));
    let mut stored = deployment.lock().await;
    let mut next = stored.clone();
    next.attempt = Some(attempt);
    let tx = control.store.begin().await.map_err(refused)?;
    if rendered::is_outdated(&tx, &stored, environment).await.map_err(refused)? {
        return Err(refused(store::Error::Stale));
    }
    next.version = tx.update_deployment(&next).await.map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    *stored = next;
    failpoint::hit(control, "before-push");
    Ok(())
}

/// Whether an earlier deployment since the last commit told that the history was rewritten.
async fn told(job: &Job) -> Result<bool, Stop> {
    let page = Page { limit: 20, cursor: None };
    let earlier = job.control.store.deployments(job.application.id, Some(job.environment.id), &page).await?;
    let since = earlier.items.iter().take_while(|d| d.commit.is_none());
    Ok(since.filter_map(|d| d.failure.as_ref()).any(|f| f.code == "history_rewritten"))
}

fn message(job: &Job) -> String {
    let Job { deployment, application, environment, .. } = job;
    let what = match &deployment.chart {
        ChartPin { repository: Some(_), name, version, .. } => format!("{name} {version}"),
        ChartPin { repository: None, .. } => {
            ImageReference::parse("image", &deployment.image).map(|i| i.short()).unwrap_or_default()
        }
    };
    CommitMessage {
        application: application.name.as_str(),
        what: &what,
        environment: environment.name.as_str(),
        number: deployment.number,
        deployment: deployment.id,
        restores: deployment.restores,
        reseals: deployment.reseals,
        why: &deployment.message,
        who: &deployment.author,
    }
    .text()
}

/// What happens to which files: chart and rendered are replaced as folders, what people may find there already
/// at the first deployment stays.
async fn edits(job: &Job) -> Result<Vec<Edit>, Stop> {
    let folder = job.application.path.as_str();
    let environment = job.environment.name.as_str();
    let mut edits = vec![
        Edit::PutIfAbsent { path: layout::README.into(), bytes: Bytes::from(files::readme(job)) },
        Edit::PutIfAbsent {
            path: layout::below(folder, layout::ATTRIBUTES),
            bytes: Bytes::from_static(files::ATTRIBUTES.as_bytes()),
        },
        Edit::Put { path: layout::below(folder, layout::MARK), bytes: Bytes::from(files::mark(job).await?) },
    ];
    let planned = planned(job).await?;
    if job.deployment.restores.is_some() {
        // What the old state did not have goes; the branch's base values are not the environment's alone.
        for path in [layout::override_values(environment), layout::secret_values(environment)] {
            if !planned.iter().any(|(written, _)| *written == path) {
                edits.push(Edit::Remove { path: layout::below(folder, &path) });
            }
        }
    }
    let mut folders = [layout::chart(environment), layout::rendered(environment)].map(|f| (f, Vec::new()));
    for (path, bytes) in planned {
        let below = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        match folders.iter_mut().find_map(|(f, files)| Some((files, below(f)?))) {
            Some((files, rest)) => files.push((rest, bytes)),
            None => edits.push(Edit::Put { path: layout::below(folder, &path), bytes }),
        }
    }
    edits.extend(
        folders.map(|(path, files)| Edit::ReplaceFolder { path: layout::below(folder, &path), files }),
    );
    Ok(edits)
}

/// The files: from this activation's rendering, else as stored.
async fn planned(job: &Job) -> Result<Vec<(String, Bytes)>, Stop> {
    if !job.files.is_empty() {
        return Ok(job.files.clone());
    }
    let lost =
        |what: &str| Stop::from(Error::Bug(format!("{what} of deployment {} is gone", job.deployment.id)));
    let rendered = job.deployment.rendered.as_ref().ok_or_else(|| lost("what was rendered"))?;
    let ids: Vec<String> = rendered.files.iter().map(|f| f.blob.clone()).collect();
    let blobs = job.control.store.blobs(&ids).await?;
    let file = |file: &model::deployment::PlannedFile| {
        let bytes = blobs.get(&file.blob).ok_or_else(|| lost(&file.path))?;
        Ok((file.path.clone(), Bytes::from(bytes.clone())))
    };
    rendered.files.iter().map(file).collect()
}
