//! What a check tries, in which order, and what it concludes from each answer.

use std::sync::Arc;
use std::time::Duration;

use git::{Change, Edit, NewRepository, Person, Provider, Removed, Writers};
use model::check::{Check, CheckStage, Diagnosis, Facts, StageReport, StageState};
use model::gitops_config::{Deletion, RepositoryRules};
use model::repository::Repository;
use tokio::time::Instant;

use super::candidate::{Candidate, Trial};
use super::credential::SOON_DAYS;
use super::named;
use crate::{Control, Error, Topic};

/// For everything before the clean-up.
pub(super) const TRYING: Duration = Duration::from_secs(36);
/// For removing the test repository, on top.
pub(super) const CLEANING: Duration = Duration::from_secs(8);
/// The pause before a repository that is still there is deleted again.
const AGAIN: Duration = Duration::from_millis(250);

/// The stages that a check of this account will have.
pub(super) fn planned(provider: &dyn Provider, candidate: &Candidate) -> Vec<StageReport> {
    let mut stages = vec![CheckStage::Reach, CheckStage::Authenticate, CheckStage::Scope, CheckStage::List];
    stages.extend_from_slice(match candidate.trial {
        Trial::Create(_) => {
            &[CheckStage::Create, CheckStage::Clone, CheckStage::Rules, CheckStage::Push, CheckStage::Delete]
        }
        Trial::Branch(_) => &[CheckStage::Clone, CheckStage::Rules, CheckStage::Push, CheckStage::Delete],
        Trial::Recheck => &[CheckStage::Rules],
        Trial::Read => &[],
    });
    let required = |stage| match (&candidate.trial, stage) {
        // A rule of one repository says nothing of the credential.
        (Trial::Recheck, CheckStage::Rules) | (Trial::Branch(_), CheckStage::Delete) => false,
        (_, CheckStage::Delete) => candidate.rules.deletion == Deletion::Delete,
        _ => true,
    };
    let branch = matches!(candidate.trial, Trial::Branch(_));
    stages
        .into_iter()
        .map(|stage| StageReport {
            stage,
            title: named::title(stage, branch).unwrap_or_else(|| provider.title(stage)),
            required: required(stage),
            state: StageState::Waiting,
            diagnosis: None,
            milliseconds: 0,
        })
        .collect()
}

/// A check that is being run.
pub(super) struct Run<'a> {
    pub(super) control: &'a Control,
    pub(super) candidate: &'a Candidate,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) deadline: Instant,
    pub(super) check: Check,
}

impl<'a> Run<'a> {
    pub(super) fn new(control: &'a Control, candidate: &'a Candidate, check: Check) -> Result<Self, Error> {
        let provider = candidate.open(control)?;
        Ok(Self { control, candidate, provider, deadline: Instant::now() + TRYING, check })
    }

    /// Goes through the stages and removes what was made; gives the check with its report. Every stage is
    /// stored and told when it begins and when it ends.
    pub(super) async fn go(mut self) -> Result<Check, Error> {
        if self.read().await? {
            match self.check.test_repository.clone() {
                None => self.read_rules_in_use().await?,
                Some(name) => match name.split_once(super::BRANCH_MARK) {
                    Some((url, branch)) => self.use_named(url, branch).await?,
                    None => self.write(name).await?,
                },
            }
        } else if self.check.test_repository.is_some() {
            self.check.test_repository = None;
        }
        for stage in &mut self.check.report.stages {
            if stage.state == StageState::Waiting {
                stage.state = StageState::Skipped;
            }
        }
        Ok(self.check)
    }

    /// The stages that only read; whether all passed.
    async fn read(&mut self) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        if self.stage(CheckStage::Reach, provider.reach()).await?.is_none() {
            return Ok(false);
        }
        let Some(facts) = self.stage(CheckStage::Authenticate, provider.authenticate()).await? else {
            return Ok(false);
        };
        self.check.report.facts = facts;
        let (account, token) = (&self.candidate.account, self.candidate.secrets.token.as_ref());
        let unlike = token.and_then(|token| git::input::misfit(account, token));
        let remark =
            unlike.or_else(|| provider.remark(&self.check.report.facts)).or_else(|| self.ends_soon());
        if let Some(remark) = remark {
            self.conclude(CheckStage::Authenticate, StageState::Warned, Some(remark)).await?;
        }
        let Some(scope) = self.stage(CheckStage::Scope, provider.scope()).await? else { return Ok(false) };
        let known = &mut self.check.report.facts;
        known.owner_kind = scope.owner_kind.or(known.owner_kind.take());
        known.project = scope.project.or(known.project.take());
        Ok(self.stage(CheckStage::List, provider.list()).await?.is_some())
    }

    /// The stages that make a test repository, use it and remove it.
    async fn write(&mut self, name: String) -> Result<(), Error> {
        if self.foreseen(CheckStage::Create).await? || self.undeletable().await? {
            self.check.test_repository = None;
            return Ok(());
        }
        let provider = Arc::clone(&self.provider);
        let new = NewRepository {
            name: name.clone(),
            description: "A check of Trueline, deleted right after it".into(),
            visibility: self.candidate.rules.visibility,
        };
        let made = self.create(&new).await?;
        if let Some(repository) = &made {
            let default_branch = repository.default_branch.clone();
            self.check.report.facts.default_branch = Some(default_branch);
            self.remember(repository).await?;
            self.use_it(repository).await?;
        }
        // Whatever came before, the time for cleaning up is its own.
        self.deadline = Instant::now() + CLEANING;
        let begun = Instant::now();
        let left = match made {
            Some(repository) => Ok(Some(repository)),
            // The answer to the creation may have been lost: only a look tells.
            None => cleaning(self.deadline, provider.find_repository(&name)).await,
        };
        let removed = match left {
            Ok(Some(repository)) => {
                self.remember(&repository).await?;
                cleaning(self.deadline, deleted(&*provider, &repository)).await.map(Some)
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match removed {
            Ok(removed) => {
                self.check.test_repository = None;
                let Some(removed) = removed else { return Ok(()) };
                self.timed(CheckStage::Delete, begun);
                match removed {
                    Removed::Gone => self.conclude(CheckStage::Delete, StageState::Passed, None).await?,
                    Removed::Retained(why) => {
                        self.conclude(CheckStage::Delete, StageState::Warned, Some(why)).await?;
                    }
                }
                Ok(())
            }
            Err(error) => self.not_cleaned(&name, begun, &error).await,
        }
    }

    /// Keeps what the host calls the test repository, before anything is done with it: a deletion whose answer is
    /// lost may have taken its name (GitLab) or put it where only its id leads (Azure DevOps).
    async fn remember(&mut self, repository: &Repository) -> Result<(), Error> {
        if self.check.known_repository.as_ref() == Some(repository) {
            return Ok(());
        }
        self.check.known_repository = Some(repository.clone());
        let tx = self.control.store.begin().await?;
        tx.update_check(&self.check).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn create(&mut self, new: &NewRepository) -> Result<Option<Repository>, Error> {
        let provider = Arc::clone(&self.provider);
        let made = self.stage(CheckStage::Create, provider.create_repository(new)).await?;
        if made.is_none() && self.code(CheckStage::Create) == "repository_exists" {
            // Not ours, so not ours to remove.
            self.check.test_repository = None;
        }
        Ok(made)
    }

    async fn use_it(&mut self, repository: &Repository) -> Result<(), Error> {
        let remote = match self.provider.remote(repository) {
            Ok(remote) => remote,
            Err(error) => {
                let diagnosis = self.provider.diagnose(CheckStage::Clone, &error);
                return self.conclude(CheckStage::Clone, StageState::Failed, Some(diagnosis)).await;
            }
        };
        if self.stage(CheckStage::Clone, async { remote.refs().await }).await?.is_none() {
            return Ok(());
        }
        let rules = &self.candidate.rules;
        let branch = rules.default_branch.clone().unwrap_or_else(|| repository.default_branch.clone());
        if !self.rules_allow(repository, &branch).await? {
            return Ok(());
        }
        let change = test_change(&self.check, rules, self.control.now());
        let writers = Writers::new();
        let push = async { writers.commit(&remote, &branch, change, |_| async { Ok(()) }).await };
        self.stage(CheckStage::Push, push).await?;
        Ok(())
    }

    /// Whether no rule for the branch would refuse our commits; the first that would is the diagnosis. Rules that
    /// cannot be read are no reason to stop: the push tells.
    pub(super) async fn rules_allow(&mut self, repository: &Repository, branch: &str) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        let Some(mut against) =
            self.stage(CheckStage::Rules, provider.branch_rules(repository, branch)).await?
        else {
            let line = self.check.report.stages.iter().find(|s| s.stage == CheckStage::Rules);
            let why = line.and_then(|line| line.diagnosis.clone());
            self.conclude(CheckStage::Rules, StageState::Warned, why).await?;
            return Ok(true);
        };
        if against.is_empty() {
            return Ok(true);
        }
        let mut first = against.remove(0);
        for other in against {
            first.sentence.push(' ');
            first.sentence.push_str(&other.sentence);
        }
        let state = if self.required(CheckStage::Rules) { StageState::Failed } else { StageState::Warned };
        self.conclude(CheckStage::Rules, state, Some(first)).await?;
        Ok(false)
    }

    /// Ends a stage that cannot work, before it is tried; says whether it did.
    async fn foreseen(&mut self, stage: CheckStage) -> Result<bool, Error> {
        let facts = &self.check.report.facts;
        let Some(diagnosis) = self.provider.foreseen(stage, facts, &self.candidate.rules) else {
            return Ok(false);
        };
        let state = if self.required(stage) { StageState::Failed } else { StageState::Warned };
        self.conclude(stage, state, Some(diagnosis)).await?;
        Ok(true)
    }

    /// Without the right to delete nothing is created either: it would stay behind.
    async fn undeletable(&mut self) -> Result<bool, Error> {
        if !self.foreseen(CheckStage::Delete).await? {
            return Ok(false);
        }
        let why = Diagnosis {
            code: "not_tried".into(),
            sentence: "Not tried: the test repository could not be deleted again. The token holds what is \
                       needed for it."
                .into(),
            ..Diagnosis::default()
        };
        for stage in [CheckStage::Create, CheckStage::Clone, CheckStage::Rules, CheckStage::Push] {
            self.conclude(stage, StageState::Skipped, Some(why.clone())).await?;
        }
        Ok(true)
    }

    async fn not_cleaned(&mut self, name: &str, begun: Instant, error: &git::Error) -> Result<(), Error> {
        let mut diagnosis = self.provider.diagnose(CheckStage::Delete, error);
        diagnosis.sentence.push_str(&format!(
            " The test repository {name} may be left: Trueline goes on trying to remove it; otherwise delete it \
             by hand."
        ));
        self.timed(CheckStage::Delete, begun);
        let state = if self.required(CheckStage::Delete) { StageState::Failed } else { StageState::Warned };
        self.conclude(CheckStage::Delete, state, Some(diagnosis)).await
    }

    pub(super) fn required(&self, stage: CheckStage) -> bool {
        self.check.report.stages.iter().any(|s| s.stage == stage && s.required)
    }

    /// Runs one stage within what is left of the time; stores and tells its beginning and end.
    pub(super) async fn stage<T>(
        &mut self,
        stage: CheckStage,
        work: impl Future<Output = Result<T, git::Error>>,
    ) -> Result<Option<T>, Error> {
        self.conclude(stage, StageState::Running, None).await?;
        let begun = Instant::now();
        let result = tokio::time::timeout_at(self.deadline, work).await.unwrap_or_else(|_| Err(late(TRYING)));
        self.timed(stage, begun);
        match result {
            Ok(value) => {
                self.conclude(stage, StageState::Passed, None).await?;
                Ok(Some(value))
            }
            Err(error) => {
                tracing::info!(config = self.check.config, stage = stage.as_str(), error = %error, "stage failed");
                let diagnosis = self.provider.diagnose(stage, &error);
                self.conclude(stage, StageState::Failed, Some(diagnosis)).await?;
                Ok(None)
            }
        }
    }

    pub(super) fn timed(&mut self, stage: CheckStage, begun: Instant) {
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
            line.milliseconds = milliseconds;
        }
    }

    fn code(&self, stage: CheckStage) -> &str {
        let line = self.check.report.stages.iter().find(|s| s.stage == stage);
        line.and_then(|s| s.diagnosis.as_ref()).map_or("", |d| d.code.as_str())
    }

    pub(super) async fn conclude(
        &mut self,
        stage: CheckStage,
        state: StageState,
        diagnosis: Option<Diagnosis>,
    ) -> Result<(), Error> {
        let branches = self.check.test_repository.as_ref().is_some_and(|t| t.contains(super::BRANCH_MARK));
        if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
            line.state = state;
            line.diagnosis = diagnosis;
            // Some hosts tell only now what they looked at.
            if !(branches && named::title(stage, true).is_some()) {
                line.title = self.provider.title(stage);
            }
        }
        let tx = self.control.store.begin().await?;
        tx.update_check(&self.check).await?;
        tx.commit().await?;
        self.control.publish(Topic::Check { config: self.check.config.clone() });
        Ok(())
    }

    fn ends_soon(&self) -> Option<Diagnosis> {
        let Facts { expires_at, .. } = &self.check.report.facts;
        let seconds = (*expires_at)?.seconds() - self.control.now().seconds();
        let days = seconds.div_euclid(86_400);
        (days < SOON_DAYS).then(|| Diagnosis {
            code: "token_ends_soon".into(),
            sentence: match days {
                ..0 => "The token has ended.".into(),
                0 => "The token ends within a day: make a new one.".into(),
                1 => "The token ends in a day: make a new one.".into(),
                _ => format!("The token ends in {days} days: make a new one."),
            },
            ..Diagnosis::default()
        })
    }
}

/// Deletes until the repository is gone over Git too: a host whose interface does not show a new repository yet
/// says that there is nothing to delete.
async fn deleted(provider: &dyn Provider, repository: &Repository) -> Result<Removed, git::Error> {
    loop {
        let removed = provider.delete_repository(repository).await?;
        let there = removed == Removed::Gone && provider.remote(repository)?.refs().await.is_ok();
        if !there {
            return Ok(removed);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Does a part of the cleaning within its time.
async fn cleaning<T>(
    until: Instant,
    work: impl Future<Output = Result<T, git::Error>>,
) -> Result<T, git::Error> {
    tokio::time::timeout_at(until, work).await.unwrap_or_else(|_| Err(late(CLEANING)))
}

pub(super) fn late(limit: Duration) -> git::Error {
    git::Error::Net(net::Error::Unreachable {
        host: "The Git host".into(),
        cause: net::Unreached::TimedOut,
        detail: format!("the check's limit of {} s is over", limit.as_secs()),
    })
}

pub(super) fn test_change(check: &Check, rules: &RepositoryRules, at: model::Timestamp) -> Change {
    let committer = Person { name: rules.committer_name.clone(), email: rules.committer_email.clone() };
    Change {
        key: check.id.to_string(),
        edits: vec![Edit::Put {
            path: "README.md".into(),
            bytes: "A check of Trueline. This repository is deleted right after it.\n".into(),
        }],
        expected: Vec::new(),
        author: committer.clone(),
        committer,
        at,
        message: "Check that Trueline can write".into(),
        resume: None,
    }
}
