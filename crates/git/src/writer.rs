//! The queues in front of branches: one writer per branch and process. Requests that wait together go as
//! successive commits into one push. What a queue does with them is in `round`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::deployment::Attempt;
use tokio::sync::{mpsc, oneshot};

use crate::change::{Change, Committed, Edit, Snapshot};
use crate::error::Error;
use crate::limits::{Limits, too_large};
use crate::object::{self, Kind};
use crate::refs::check_branch;
use crate::remote::{Abilities, Remote, Session};
use crate::round;
use crate::tree;
use crate::view::{Blobs, View};

/// Bytes of what is remembered of a branch beside its folders, about.
const OVERHEAD: usize = 1024;

/// All queues of a process. Remembers tips and folders of the branches last written to.
#[derive(Clone, Debug, Default)]
pub struct Writers {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queues: Mutex<Queues>,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Queues {
    by_branch: HashMap<(String, String), Arc<Queue>>,
    /// Counts uses, to know which branch was used longest ago.
    uses: u64,
}

/// The queue of one branch.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) branch: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    running: bool,
    warm: Option<Warm>,
    used: u64,
    last: Option<Instant>,
}

/// What is remembered of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Warm {
    pub(crate) abilities: Arc<Abilities>,
    pub(crate) view: View,
}

impl Warm {
    /// Bytes held, about.
    fn bytes(&self) -> usize {
        self.view.bytes() + OVERHEAD
    }
}

/// A change on its way.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) change: Change,
    pub(crate) remote: Remote,
    /// Tree ids of the folders that it replaces.
    pub(crate) trees: BTreeMap<String, String>,
    /// Pushes so far.
    pub(crate) pushes: u32,
    /// Whether a push of it has an unknown end.
    pub(crate) exposed: bool,
    /// The attempt that the caller has agreed to.
    pub(crate) agreed: Option<Attempt>,
    events: mpsc::UnboundedSender<Event>,
}

enum Event {
    /// A push is about to begin.
    Attempt(Attempt, oneshot::Sender<bool>),
    /// The end.
    Done(Box<Result<Committed, Error>>),
}

impl Waiting {
    /// Asks the caller whether the attempt may be made.
    pub(crate) async fn agree(&mut self, attempt: Attempt) -> bool {
        if self.agreed.as_ref() == Some(&attempt) {
            return true;
        }
        let (answer, answered) = oneshot::channel();
        let asked = self.events.send(Event::Attempt(attempt.clone(), answer)).is_ok();
        let agreed = asked && answered.await.unwrap_or(false);
        self.agreed = agreed.then_some(attempt);
        agreed
    }

    /// Tells the caller the end. A caller that went away is no matter.
    pub(crate) fn done(self, result: Result<Committed, Error>) {
        let _ = self.events.send(Event::Done(Box::new(result)));
    }
}

/// What the queues of a process remember.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Remembered {
    /// Branches.
    pub branches: usize,
    /// Bytes of their folders, about.
    pub bytes: usize,
}

impl Writers {
    /// Makes the queues of a process.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the queues of a process with other limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { queues: Mutex::default(), limits }) }
    }

    /// Puts a change on a branch as one commit, also when it changes no file. A branch that does not exist is
    /// made, without history.
    ///
    /// `before_push` gets the tip that the push stands on and the commit, before every push; what it fails
    /// with is returned, and nothing is pushed. When the future is dropped before that, nothing is pushed;
    /// afterwards the end is unknown, and [`Change::resume`] finds it out.
    ///
    /// # Errors
    /// [`Error::PathsMoved`] when an expected path has changed, [`Error::Rejected`] when the host refuses,
    /// [`Error::BaseGone`] when the branch was rewritten while the end of a push was unknown,
    /// [`Error::TooManyRaces`], and whatever the host or the way to it gives. After an error whose outcome is
    /// to retry, the push may have come through all the same: go on with [`Change::resume`].
    pub async fn commit<F, W>(
        &self,
        remote: &Remote,
        branch: &str,
        change: Change,
        mut before_push: F,
    ) -> Result<Committed, Error>
    where
        F: FnMut(Attempt) -> W,
        W: Future<Output = Result<(), Error>>,
    {
        check_branch(branch)?;
        let trees = self.check(&change)?;
        let (events, mut coming) = mpsc::unbounded_channel();
        let exposed = change.resume.is_some();
        let remote = remote.clone();
        let queue = self.queue(&remote, branch);
        let waiting = Waiting { change, remote, trees, pushes: 0, exposed, agreed: None, events };
        self.enqueue(queue, waiting);
        while let Some(event) = coming.recv().await {
            match event {
                Event::Attempt(attempt, answer) => {
                    let agreed = before_push(attempt).await;
                    let _ = answer.send(agreed.is_ok());
                    agreed?;
                }
                Event::Done(result) => return *result,
            }
        }
        Err(Error::Stopped)
    }

    /// Reads files and folders at the tip of a branch, like [`Remote::read`], with what is remembered of it;
    /// remembers it for the next commit.
    ///
    /// # Errors
    /// As [`Remote::read`].
    pub async fn read(&self, remote: &Remote, branch: &str, paths: &[&str]) -> Result<Snapshot, Error> {
        check_branch(branch)?;
        let queue = self.queue(remote, branch);
        let warm = queue.lock().warm.clone();
        let (session, view) = match warm {
            Some(warm) => (Session::resume(remote, warm.abilities), warm.view),
            None => (Session::open(remote).await?, View::default()),
        };
        let (view, blobs) = match session.tip(branch).await? {
            None => (View::default(), Blobs::new()),
            tip if tip == view.commit() => (view, Blobs::new()),
            Some(tip) if view.commit().is_some() => {
                let mut view = view;
                view.refresh(&session, tip).await?;
                (view, Blobs::new())
            }
            Some(tip) => View::read(&session, tip).await?,
        };
        let snapshot = view.snapshot(&session, paths, blobs).await?;
        queue.lock().warm.get_or_insert(Warm { abilities: session.abilities(), view });
        self.inner.forget();
        Ok(snapshot)
    }

    /// What is remembered now.
    pub fn remembered(&self) -> Remembered {
        let queues = lock(&self.inner.queues);
        queues.by_branch.values().fold(Remembered::default(), |sum, queue| match &queue.lock().warm {
            Some(warm) => Remembered { branches: sum.branches + 1, bytes: sum.bytes + warm.bytes() },
            None => sum,
        })
    }

    /// Forgets a repository that nothing is written to any more.
    pub fn forget(&self, clone_url: &str) {
        let key = crate::remote::key(clone_url);
        self.inner.forget_those(|(repository, _), _| *repository == key);
    }

    /// Forgets branches that were not used for a time.
    pub fn forget_unused(&self, time: Duration) {
        self.inner.forget_those(|_, last| last.is_none_or(|last| last.elapsed() >= time));
    }

    /// Refuses what no repository could take, and names the folders that are replaced.
    fn check(&self, change: &Change) -> Result<BTreeMap<String, String>, Error> {
        let mut bytes = 0;
        let mut trees = BTreeMap::new();
        for edit in &change.edits {
            match edit {
                Edit::Put { bytes: file, .. } | Edit::PutIfAbsent { bytes: file, .. } => bytes += file.len(),
                Edit::Remove { .. } => {}
                Edit::ReplaceFolder { path, files } => {
                    bytes += files.iter().map(|(_, file)| file.len()).sum::<usize>();
                    let ids: Vec<_> = files
                        .iter()
                        .map(|(below, file)| Ok((below.clone(), object::id_of(Kind::Blob, file)?)))
                        .collect::<Result<_, Error>>()?;
                    trees.insert(path.clone(), tree::folder_of(&ids)?.to_string());
                }
            }
        }
        if bytes > self.inner.limits.change_bytes {
            return Err(too_large("the files of a change", self.inner.limits.change_bytes, "bytes"));
        }
        if change.key.is_empty() || change.key.chars().any(char::is_control) {
            return Err(Error::Bug("a change needs a key of one line".into()));
        }
        Ok(trees)
    }

    fn queue(&self, remote: &Remote, branch: &str) -> Arc<Queue> {
        let mut queues = lock(&self.inner.queues);
        queues.uses += 1;
        let uses = queues.uses;
        let queue = queues
            .by_branch
            .entry((remote.key(), branch.to_owned()))
            .or_insert_with(|| Arc::new(Queue { branch: branch.to_owned(), state: Mutex::default() }))
            .clone();
        {
            let mut state = queue.lock();
            (state.used, state.last) = (uses, Some(Instant::now()));
        }
        queue
    }

    fn enqueue(&self, queue: Arc<Queue>, waiting: Waiting) {
        let start = {
            let mut state = queue.lock();
            state.waiting.push_back(waiting);
            !std::mem::replace(&mut state.running, true)
        };
        if start {
            let runner = Runner { queue, inner: self.inner.clone() };
            tokio::spawn(runner.run());
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether someone works on it, waits in it, or holds it and may be about to wait.
    fn in_use(self: &Arc<Self>) -> bool {
        let state = self.lock();
        state.running || !state.waiting.is_empty() || Arc::strong_count(self) > 1
    }

    /// Those who wait and come with the credential of the first. Without any the queue stops running.
    fn take(&self, most: usize) -> Vec<Waiting> {
        let mut state = self.lock();
        let mut taken: Vec<Waiting> = Vec::new();
        while taken.len() < most
            && let Some(next) = state.waiting.front()
            && taken.first().is_none_or(|first| first.remote.same_credential(&next.remote))
        {
            taken.extend(state.waiting.pop_front());
        }
        state.running = !taken.is_empty();
        taken
    }
}

/// The one who works on a queue.
struct Runner {
    queue: Arc<Queue>,
    inner: Arc<Inner>,
}

impl Runner {
    async fn run(self) {
        loop {
            let batch = self.queue.take(self.inner.limits.batch);
            if batch.is_empty() {
                break;
            }
            let warm = self.queue.lock().warm.take();
            let warm = round::work(&self.queue.branch, batch, warm, &self.inner.limits).await;
            self.queue.lock().warm = warm;
            self.inner.forget();
        }
    }
}

impl Drop for Runner {
    /// Whatever ends the work, a crash of ours included: nobody waits for ever, and the queue can run again.
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        if state.running {
            state.running = false;
            state.waiting.clear();
        }
    }
}

impl Inner {
    /// Forgets the branches that a rule names. Who works or waits in their queues is left alone.
    fn forget_those(&self, gone: impl Fn(&(String, String), Option<Instant>) -> bool) {
        lock(&self.queues).by_branch.retain(|key, queue| {
            let last = queue.lock().last;
            let gone = gone(key, last);
            if gone {
                queue.lock().warm = None;
            }
            !gone || queue.in_use()
        });
    }

    /// Forgets branches, those used longest ago first, until memory is within its limit.
    fn forget(&self) {
        let mut queues = lock(&self.queues);
        let mut known: Vec<_> = queues
            .by_branch
            .iter()
            .map(|(key, queue)| {
                let state = queue.lock();
                let idle = !state.running && state.waiting.is_empty();
                (state.used, key.clone(), state.warm.as_ref().map_or(0, Warm::bytes), idle)
            })
            .collect();
        known.sort_by_key(|(used, ..)| *used);
        let mut total: usize = known.iter().map(|(_, _, bytes, _)| bytes).sum();
        for (_, key, bytes, idle) in known {
            if total <= self.limits.memory_bytes && (bytes > 0 || !idle) {
                continue;
            }
            let Some(queue) = queues.by_branch.get(&key) else { continue };
            if total > self.limits.memory_bytes {
                queue.lock().warm = None;
                total -= bytes;
            }
            if !queue.in_use() {
                queues.by_branch.remove(&key);
            }
        }
    }
}

/// A lock whose holder never panics half-way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
