//! What the writer of a branch does with the changes that wait together: look, plan, ask, push, look again.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use model::Outcome;
use model::deployment::Attempt;
use model::layout::TRAILER;

use crate::change::Committed;
use crate::error::Error;
use crate::limits::Limits;
use crate::object::{Commit, Id};
use crate::pause;
use crate::plan::{Plan, Verdict};
use crate::push::{Push, Report};
use crate::remote::{Session, unknown_end};
use crate::view::{View, history};
use crate::writer::{Waiting, Warm};

/// The first pause after a lost race.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// How often a push is tried whose answer was lost.
const LOST_ANSWERS: u32 = 3;

/// Works until every change has its end. Gives back what is known of the branch then.
pub(crate) async fn work(
    branch: &str,
    batch: Vec<Waiting>,
    warm: Option<Warm>,
    limits: &Limits,
) -> Option<Warm> {
    let mut round = Round {
        branch,
        batch,
        limits,
        fresh: false,
        singly: false,
        races: 0,
        lost: 0,
        looked: Instant::now(),
    };
    let mut warm = warm;
    while let Some(first) = round.batch.first() {
        let remote = first.remote.clone();
        let result = match warm.take() {
            Some(known) => {
                let session = Session::resume(&remote, known.abilities);
                let mut view = known.view;
                round.step(&session, &mut view).await.map(|()| (session, view))
            }
            None => round.begin(&remote).await,
        };
        match result {
            Ok((session, view)) => warm = Some(Warm { abilities: session.abilities(), view }),
            Err(error) => {
                for waiting in std::mem::take(&mut round.batch) {
                    let end = end_of(branch, &waiting, error.clone());
                    waiting.done(Err(end));
                }
            }
        }
    }
    warm
}

/// What an error that ended the work means for one change. A change whose push may have come through is not at
/// its end, whatever the look for it met: nobody knows yet.
fn end_of(branch: &str, waiting: &Waiting, error: Error) -> Error {
    match error.outcome() {
        Outcome::RetryLater { .. } | Outcome::Bug => error,
        Outcome::Invalid
        | Outcome::NotFound
        | Outcome::Conflict
        | Outcome::Forbidden
        | Outcome::NeedsHuman => match waiting.exposed {
            true => Error::EndUnknown { branch: branch.to_owned(), cause: Box::new(error) },
            false => error,
        },
    }
}

/// The state of the work on a batch.
struct Round<'a> {
    branch: &'a str,
    batch: Vec<Waiting>,
    limits: &'a Limits,
    /// Whether the tip was looked up, or moved by ourselves, in this round.
    fresh: bool,
    /// Whether each change is pushed alone, because together they were refused.
    singly: bool,
    races: u32,
    lost: u32,
    /// When the branch was looked at last.
    looked: Instant,
}

impl Round<'_> {
    /// Reads a branch of which nothing is known.
    async fn begin(&mut self, remote: &crate::Remote) -> Result<(Session, View), Error> {
        self.looked = Instant::now();
        let session = Session::open(remote).await?;
        let view = match session.tip(self.branch).await? {
            Some(tip) => View::read(&session, tip).await?.0,
            None => View::default(),
        };
        self.fresh = true;
        self.search_resumed(&session, &view).await?;
        Ok((session, view))
    }

    /// Does one push, or finds out why there is none to do. An error ends the whole batch.
    async fn step(&mut self, session: &Session, view: &mut View) -> Result<(), Error> {
        if !self.fresh && self.batch.iter().any(|waiting| waiting.exposed) {
            self.refresh(session, view).await?;
            self.search_resumed(session, view).await?;
            return Ok(());
        }
        let most = if self.singly { 1 } else { self.limits.batch };
        let plan = match Plan::make(view, &self.batch, self.fresh, most) {
            Verdict::Plan(plan) => plan,
            Verdict::Stale => return self.refresh(session, view).await.map(|_| ()),
            Verdict::Incomplete(tip) => {
                *view = View::read(session, tip).await?.0;
                return Ok(());
            }
        };
        for (place, error) in plan.failed.iter().rev() {
            self.batch.remove(*place).done(Err(error.clone()));
        }
        if !plan.failed.is_empty() || plan.commits.is_empty() {
            return Ok(());
        }
        if self.agree(view, &plan).await {
            self.push(session, view, plan).await?;
        }
        Ok(())
    }

    /// Asks those whose commits are planned; leaves out who does not agree. Whether all did.
    async fn agree(&mut self, view: &View, plan: &Plan) -> bool {
        let base = view.commit().map(|id| id.to_string());
        let branch = self.branch;
        let mut attempts = vec![None; self.batch.len()];
        for commit in &plan.commits {
            let (base, commit_id) = (base.clone(), commit.id.to_string());
            attempts[commit.place] = Some(Attempt { branch: branch.to_owned(), base, commit: commit_id });
        }
        let asked = self.batch.iter_mut().zip(attempts).map(|(waiting, attempt)| async move {
            match attempt {
                Some(attempt) => waiting.agree(attempt).await,
                None => true,
            }
        });
        let answers = join_all(asked).await;
        let all = answers.iter().all(|agreed| *agreed);
        let mut answers = answers.into_iter();
        self.batch.retain(|_| answers.next().unwrap_or(false));
        all
    }

    async fn push(&mut self, session: &Session, view: &mut View, plan: Plan) -> Result<(), Error> {
        let Some(last) = plan.commits.last() else { return Ok(()) };
        let refname = format!("refs/heads/{}", self.branch);
        let push = Push { refname: &refname, old: view.commit(), new: last.id, objects: &plan.objects };
        for commit in &plan.commits {
            self.batch[commit.place].pushes += 1;
        }
        let report = match session.push(&push).await {
            Ok(report) => report,
            Err(error) if unknown_end(&error) => return self.answer_lost(session, view, &plan, error).await,
            Err(error) => return Err(error),
        };
        if report.refused.is_none() {
            view.advance(last.id, last.root, &plan.objects);
            self.fresh = true;
            self.accepted(plan);
            return Ok(());
        }
        self.refused(session, view, &plan, report).await
    }

    fn accepted(&mut self, plan: Plan) {
        let mut ends: Vec<Option<(Id, Option<Id>)>> = vec![None; self.batch.len()];
        for commit in &plan.commits {
            ends[commit.place] = Some((commit.id, commit.parent));
        }
        for (waiting, end) in std::mem::take(&mut self.batch).into_iter().zip(ends) {
            match end {
                Some((commit, parent)) => self.finish(waiting, commit, parent, false),
                None => self.batch.push(waiting),
            }
        }
    }

    fn finish(&self, mut waiting: Waiting, commit: Id, parent: Option<Id>, found: bool) {
        let committed = Committed {
            commit: commit.to_string(),
            parent: parent.map(|id| id.to_string()),
            branch: self.branch.to_owned(),
            trees: std::mem::take(&mut waiting.trees),
            pushes: waiting.pushes,
            found,
        };
        waiting.done(Ok(committed));
    }

    /// The connection broke, or the answer was no report: the push may have come through.
    async fn answer_lost(
        &mut self,
        session: &Session,
        view: &mut View,
        plan: &Plan,
        error: Error,
    ) -> Result<(), Error> {
        tracing::warn!(branch = self.branch, %error, "the answer to a push was lost");
        for commit in &plan.commits {
            self.batch[commit.place].exposed = true;
        }
        self.lost += 1;
        if self.lost >= LOST_ANSWERS {
            // One last look: it may have come through each time.
            self.refresh(session, view).await.map_err(|_| error.clone())?;
            // It was looked for and is not there: the host's last word is the end.
            self.batch.iter_mut().for_each(|waiting| waiting.exposed = false);
            return if self.batch.is_empty() { Ok(()) } else { Err(error) };
        }
        pause::jittered(self.lost, 10 * FIRST_PAUSE).await;
        self.refresh(session, view).await.map(|_| ()).map_err(|second| match second {
            // The first error says more about the push than the second about the look at the branch.
            Error::Net(net::Error::Unreachable { .. }) | Error::HostFailed(_) => error,
            other => other,
        })
    }

    async fn refused(
        &mut self,
        session: &Session,
        view: &mut View,
        plan: &Plan,
        report: Report,
    ) -> Result<(), Error> {
        let raced = report.lost_race();
        if raced {
            self.race().await?;
        }
        let moved = self.refresh(session, view).await?;
        if raced {
            return Ok(());
        }
        if moved {
            self.race().await?;
            return self.refresh(session, view).await.map(|_| ());
        }
        if plan.commits.len() > 1 {
            self.singly = true;
            return Ok(());
        }
        let Some(place) = plan.commits.first().map(|commit| commit.place) else { return Ok(()) };
        let rejected = Error::Rejected {
            refname: format!("refs/heads/{}", self.branch),
            reason: report.refused.unwrap_or_default(),
            remote_text: report.text,
        };
        self.batch.remove(place).done(Err(rejected));
        Ok(())
    }

    async fn race(&mut self) -> Result<(), Error> {
        self.races += 1;
        if self.races > self.limits.races {
            return Err(Error::TooManyRaces { branch: self.branch.to_owned(), attempts: self.races });
        }
        // What one attempt took tells how crowded the host is: those who pause too little only keep each other
        // from being in time.
        pause::jittered(self.races, self.looked.elapsed().max(FIRST_PAUSE)).await;
        Ok(())
    }

    /// Looks the branch up again and ends those changes that turn out to be there. Whether it has moved.
    async fn refresh(&mut self, session: &Session, view: &mut View) -> Result<bool, Error> {
        let old = view.commit();
        self.looked = Instant::now();
        let tip = session.tip(self.branch).await?;
        self.fresh = true;
        if tip == old {
            return Ok(false);
        }
        let Some(tip) = tip else {
            // The branch was deleted: nothing pushed before can be on it.
            *view = View::default();
            self.base_gone(old);
            return Ok(true);
        };
        let since = match view.refresh(session, tip).await? {
            Some(since) => Ok(since),
            None => history(session, self.branch, tip, old).await,
        };
        match since {
            Ok(since) => self.found(&since),
            Err(Error::BaseGone { .. }) => self.base_gone(old),
            Err(error @ Error::TooLarge { .. }) => self.end(|waiting| waiting.exposed.then(|| error.clone())),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Searches for changes whose earlier push has an unknown end, from the tip back to where each began.
    async fn search_resumed(&mut self, session: &Session, view: &View) -> Result<(), Error> {
        let mut bases: Vec<Option<Id>> = Vec::new();
        for waiting in &self.batch {
            let Some(attempt) = &waiting.change.resume else { continue };
            let base = attempt.base.as_deref().and_then(crate::object::parse_id);
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        for base in bases.into_iter().filter(|base| *base != view.commit()) {
            let same = |waiting: &Waiting| {
                let resume = waiting.change.resume.as_ref();
                resume.is_some_and(|a| a.base.as_deref().and_then(crate::object::parse_id) == base)
            };
            let since = match view.commit() {
                Some(tip) => history(session, self.branch, tip, base).await,
                None => Err(Error::BaseGone {
                    branch: self.branch.to_owned(),
                    base: base.map(|id| id.to_string()).unwrap_or_default(),
                }),
            };
            match since {
                Ok(since) => self.found(&since),
                Err(error @ (Error::BaseGone { .. } | Error::TooLarge { .. })) => {
                    self.end(|waiting| same(waiting).then(|| error.clone()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends those changes whose commits are among those that came onto the branch.
    fn found(&mut self, since: &[(Id, Commit)]) {
        for waiting in std::mem::take(&mut self.batch) {
            match since.iter().find(|(id, commit)| is_commit_of(&waiting, *id, commit)) {
                Some((id, commit)) => self.finish(waiting, *id, commit.parents.first().copied(), true),
                None => self.batch.push(waiting),
            }
        }
    }

    fn base_gone(&mut self, base: Option<Id>) {
        let base = base.map(|id| id.to_string()).unwrap_or_default();
        let branch = self.branch.to_owned();
        self.end(|waiting| {
            waiting.exposed.then(|| Error::BaseGone { branch: branch.clone(), base: base.clone() })
        });
    }

    /// Ends changes with errors.
    fn end(&mut self, error: impl Fn(&Waiting) -> Option<Error>) {
        for waiting in std::mem::take(&mut self.batch) {
            match error(&waiting) {
                Some(error) => waiting.done(Err(error)),
                None => self.batch.push(waiting),
            }
        }
    }
}

/// Whether a commit is that of a change: by its id or by its trailer.
fn is_commit_of(waiting: &Waiting, id: Id, commit: &Commit) -> bool {
    let attempts = waiting.change.resume.iter().chain(&waiting.agreed);
    let by_id = attempts.into_iter().any(|attempt| crate::object::parse_id(&attempt.commit) == Some(id));
    by_id || has_trailer(&commit.message, &waiting.change.key)
}

/// Whether a message has a line that is the trailer of a key.
pub(crate) fn has_trailer(message: &[u8], key: &str) -> bool {
    let trailer = format!("{TRAILER}: {key}");
    message.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == trailer.as_bytes())
}
