//! What a branch is expected to hold at the paths that a deployment writes: what was last committed or taken
//! in. Where it holds something else, someone changed it in Git.

use std::collections::BTreeMap;

use git::{Entry, Snapshot};
use model::ValuesId;
use model::deployment::{Deployment, Stage};
use model::layout;
use model::values::{Slot, Values};

use super::{Job, Stop, files};
use crate::Error;
use crate::sealed_files::blob_at;

/// Pushes without a commit that are looked through for what the branch may hold.
const LOOK_BACK: i64 = 50;

/// Paths and the ids that they should have; `None` where nothing should be.
pub(super) type Expected = Vec<(String, Option<String>)>;

/// What a look at the branch showed.
#[derive(Default)]
pub(super) struct Judged {
    /// Inputs that were changed by hand: what to take in first.
    pub(super) inputs: Vec<String>,
    /// Folders of ours that were changed by hand.
    pub(super) ours: Vec<String>,
    /// The mark is another application's.
    pub(super) foreign: bool,
    /// What the branch holds now.
    pub(super) expected: Expected,
}

/// What the last deployments left on a branch.
pub(super) struct Before {
    branch: String,
    /// Deployments of the application whose push to the branch has begun: those of each environment that were
    /// committed last, and the newest of which no commit is known.
    pushed: Vec<Deployment>,
}

impl Before {
    /// Reads it from the store.
    pub(super) async fn read(job: &Job, branch: &str) -> Result<Self, Stop> {
        let (store, application) = (&job.control.store, job.application.id);
        // Whoever is committed between the two looks is found by the second one.
        let mut pushed = store.uncommitted_on_branch(application, branch, LOOK_BACK).await?;
        pushed.extend(store.last_committed_on_branch(application, branch).await?);
        pushed.retain(|d| d.id != job.deployment.id);
        Ok(Self { branch: branch.to_owned(), pushed })
    }

    /// The last deployment of any environment whose commit is on the branch.
    pub(super) fn last(&self) -> Option<&Deployment> {
        self.committed().max_by_key(|d| d.passed_at(Stage::Committed))
    }

    /// The last deployment of the job's environment whose commit is on the branch.
    fn last_here(&self, job: &Job) -> Option<&Deployment> {
        let here = self.committed().filter(|d| d.environment == job.environment.id);
        here.max_by_key(|d| d.passed_at(Stage::Committed))
    }

    /// The last deployment whose commit is on the branch and wrote an input of this kind.
    fn last_of(&self, job: &Job, slot: Slot) -> Option<&Deployment> {
        match slot {
            // A rollback leaves the base values as they are.
            Slot::Base => {
                let wrote = self.committed().filter(|d| d.restores.is_none());
                wrote.max_by_key(|d| d.passed_at(Stage::Committed))
            }
            Slot::Override(_) | Slot::Secrets(_) => self.last_here(job),
        }
    }

    fn committed(&self) -> impl Iterator<Item = &Deployment> {
        self.pushed.iter().filter(|d| d.commit.is_some())
    }
}

/// The paths of one deployment within the repository.
pub(super) struct Paths {
    pub(super) mark: String,
    pub(super) base: String,
    pub(super) over: String,
    pub(super) secrets: String,
    pub(super) chart: String,
    pub(super) rendered: String,
}

impl Paths {
    pub(super) fn of(job: &Job) -> Self {
        let environment = job.environment.name.as_str();
        let below = |path: &str| layout::below(&job.application.path, path);
        Self {
            mark: below(layout::MARK),
            base: below(layout::BASE_VALUES),
            over: below(&layout::override_values(environment)),
            secrets: below(&layout::secret_values(environment)),
            chart: below(&layout::chart(environment)),
            rendered: below(&layout::rendered(environment)),
        }
    }

    pub(super) fn all(&self) -> [&str; 6] {
        [&self.mark, &self.base, &self.over, &self.secrets, &self.chart, &self.rendered]
    }

    /// The inputs that the job writes, with their paths.
    fn inputs(&self, job: &Job) -> Vec<(&String, Slot)> {
        let environment = job.environment.id;
        let own = [(&self.over, Slot::Override(environment)), (&self.secrets, Slot::Secrets(environment))];
        let base = job.deployment.restores.is_none().then_some((&self.base, Slot::Base));
        base.into_iter().chain(own).collect()
    }
}

/// What the branch should hold, without looking at it: right unless someone or something came between.
pub(super) async fn expected(job: &Job, before: &Before) -> Result<Expected, Stop> {
    let paths = Paths::of(job);
    let here = before.last_here(job);
    let mut expected = Expected::new();
    for (path, slot) in paths.inputs(job) {
        expected.push((path.clone(), known(job, before.last_of(job, slot), slot).await?));
    }
    if before.last().is_some() {
        let mark = git::object::blob_id(files::mark(job).await?.as_bytes());
        expected.push((paths.mark, Some(mark)));
    }
    let rendered = here.and_then(|d| d.rendered.as_ref());
    expected.push((paths.chart, rendered.map(|r| r.chart_tree.clone())));
    expected.push((paths.rendered, rendered.map(|r| r.rendered_tree.clone())));
    Ok(expected)
}

/// The blob last committed, or taken in from Git since.
async fn known(job: &Job, last: Option<&Deployment>, slot: Slot) -> Result<Option<String>, Stop> {
    let since = last.and_then(|d| d.passed_at(Stage::Committed));
    if let Some(taken) = job.control.store.newest_taken_in(job.application.id, slot, since).await? {
        return Ok(Some(taken.blob));
    }
    match last {
        Some(last) => written(job, last, slot).await,
        None => Ok(None),
    }
}

/// The blob that a deployment writes, or wrote. One that seals anew may write another text than that of the version
/// which it pins, and secret values may have been sealed for others.
async fn written(job: &Job, deployment: &Deployment, slot: Slot) -> Result<Option<String>, Stop> {
    let environment = job.environment.name.as_str();
    let path = match slot {
        Slot::Base => None,
        Slot::Override(_) => Some(layout::override_values(environment)),
        Slot::Secrets(_) => Some(layout::secret_values(environment)),
    };
    if let (Some(path), Some(_)) = (path, &deployment.rendered) {
        return Ok(blob_at(deployment, &path).map(str::to_owned));
    }
    match pinned(deployment, slot) {
        Some(id) => Ok(Some(version(job, id).await?.blob)),
        None => Ok(None),
    }
}

fn pinned(deployment: &Deployment, slot: Slot) -> Option<ValuesId> {
    match slot {
        Slot::Base => Some(deployment.base_values),
        Slot::Override(_) => deployment.override_values,
        Slot::Secrets(_) => deployment.secret_values,
    }
}

async fn version(job: &Job, id: ValuesId) -> Result<Values, Stop> {
    let found = job.control.store.values(id).await?;
    found.ok_or_else(|| Error::Bug(format!("version {id} of the values is gone")).into())
}

/// Sorts what the branch was found to hold. The branch was read before `before`, so a deployment whose files
/// are seen is among the pushed ones.
pub(super) async fn judge(job: &Job, before: &Before, found: &Snapshot) -> Result<Judged, Stop> {
    let paths = Paths::of(job);
    let mut judged = Judged::default();
    for (path, slot) in paths.inputs(job) {
        let actual = id_at(found, path);
        if !allowed(job, before, slot).await?.contains(&actual) {
            judged.inputs.push(path.clone());
        }
        judged.expected.push((path.clone(), actual));
    }
    let guesses: BTreeMap<_, _> = expected(job, before).await?.into_iter().collect();
    for path in [&paths.chart, &paths.rendered] {
        let actual = id_at(found, path);
        if guesses.get(path) != Some(&actual) {
            judged.ours.push(path.clone());
        }
        judged.expected.push((path.clone(), actual));
    }
    judged.foreign = match found.entries.get(&paths.mark) {
        Some(Entry::File { bytes, .. }) => !files::is_our_mark(job, bytes),
        Some(_) => true,
        None => false,
    };
    judged.expected.push((paths.mark.clone(), id_at(found, &paths.mark)));
    tracing::debug!(branch = before.branch, inputs = ?judged.inputs, ours = ?judged.ours, "branch moved");
    Ok(judged)
}

/// The blobs that an input may have: what was last committed or taken in since, what a push under way may just
/// have brought, and what this deployment writes itself.
async fn allowed(job: &Job, before: &Before, slot: Slot) -> Result<Vec<Option<String>>, Stop> {
    let last = before.last_of(job, slot);
    let mut allowed = vec![known(job, last, slot).await?];
    let since = last.and_then(|d| d.passed_at(Stage::Committed));
    let writes = |d: &Deployment| d.restores.is_none() || slot != Slot::Base;
    let under_way = before.pushed.iter().filter(|d| d.commit.is_none() && writes(d));
    let under_way = under_way.filter(|d| d.finished_at().is_none_or(|at| since.is_none_or(|s| at > s)));
    let here = under_way.filter(|d| slot.environment().is_none_or(|e| e == d.environment));
    for deployment in here.chain([&job.deployment]) {
        match written(job, deployment, slot).await? {
            None if deployment.id == job.deployment.id => {}
            blob => allowed.push(blob),
        }
    }
    Ok(allowed)
}

fn id_at(found: &Snapshot, path: &str) -> Option<String> {
    found.entries.get(path).map(|entry| match entry {
        Entry::File { blob, .. } => blob.clone(),
        Entry::Folder { tree } => tree.clone(),
        Entry::Other { id } => id.clone(),
    })
}
