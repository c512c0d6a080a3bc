//! What a check tries, in which order, and what it concludes from each answer.

use std::sync::Arc;
use std::time::Duration;

use git::{Change, Edit, NewRepository, Person, Provider, Removed, Writers};
use model::check::{Check, CheckStage, Diagnosis, Facts, StageReport, StageState};
use model::gitops_config::{Deletion, RepositoryRules, RepositorySource};
use model::repository::Repository;
use tokio::time::Instant;

use super::candidate::Candidate;
use crate::{Control, Error, Topic};

/// For everything before the clean-up.
const TRYING: Duration = Duration::from_secs(36);
/// For removing the test repository, on top.
const CLEANING: Duration = Duration::from_secs(8);
/// A credential that ends within this many days is remarked upon.
const SOON_DAYS: i64 = 14;

/// The stages that a check of this account will have.
pub(super) fn planned(provider: &dyn Provider, rules: &RepositoryRules) -> Vec<StageReport> {
    let mut stages = vec![CheckStage::Reach, CheckStage::Authenticate, CheckStage::Scope, CheckStage::List];
    if rules.source == RepositorySource::PerApplication {
        stages.extend([
            CheckStage::Create,
            CheckStage::Clone,
            CheckStage::Rules,
            CheckStage::Push,
            CheckStage::Delete,
        ]);
    }
    let required = |stage| stage != CheckStage::Delete || rules.deletion == Deletion::Delete;
    stages
        .into_iter()
        .map(|stage| StageReport {
            stage,
            title: provider.title(stage),
            required: required(stage),
            state: StageState::Waiting,
            diagnosis: None,
            milliseconds: 0,
        })
        .collect()
}

/// A check that is being run.
pub(super) struct Run<'a> {
    control: &'a Control,
    candidate: &'a Candidate,
    provider: Arc<dyn Provider>,
    deadline: Instant,
    check: Check,
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
            self.write().await?;
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
    async fn write(&mut self) -> Result<(), Error> {
        let Some(name) = self.check.test_repository.clone() else { return Ok(()) };
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
            self.use_it(repository).await?;
        }
        // Whatever came before, the time for cleaning up is its own.
        self.deadline = Instant::now() + CLEANING;
        let cleaned = async {
            let left = match made {
                Some(repository) => Some(repository),
                // The answer to the creation may have been lost: only a look tells.
                None => provider.find_repository(&name).await?,
            };
            match left {
                Some(repository) => provider.delete_repository(&repository).await.map(Some),
                None => Ok(None),
            }
        };
        let begun = Instant::now();
        match tokio::time::timeout_at(self.deadline, cleaned).await {
            Ok(Ok(deleted)) => {
                self.check.test_repository = None;
                let Some(removed) = deleted else { return Ok(()) };
                self.timed(CheckStage::Delete, begun);
                match removed {
                    Removed::Gone => self.conclude(CheckStage::Delete, StageState::Passed, None).await?,
                    Removed::Retained(why) => {
                        self.conclude(CheckStage::Delete, StageState::Warned, Some(why)).await?;
                    }
                }
                Ok(())
            }
            Ok(Err(error)) => self.not_cleaned(&name, begun, &error).await,
            Err(_) => self.not_cleaned(&name, begun, &late(CLEANING)).await,
        }
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

    /// Whether no rule for the branch would refuse our commits; the first that would is the diagnosis.
    async fn rules_allow(&mut self, repository: &Repository, branch: &str) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        let read = self.stage(CheckStage::Rules, provider.branch_rules(repository, branch)).await?;
        let Some(mut against) = read else { return Ok(false) };
        if against.is_empty() {
            return Ok(true);
        }
        let mut first = against.remove(0);
        for other in against {
            first.sentence.push(' ');
            first.sentence.push_str(&other.sentence);
        }
        self.conclude(CheckStage::Rules, StageState::Failed, Some(first)).await?;
        Ok(false)
    }

    /// Ends a stage that cannot work, before it is tried; says whether it did.
    async fn foreseen(&mut self, stage: CheckStage) -> Result<bool, Error> {
        let facts = &self.check.report.facts;
        let Some(diagnosis) = self.provider.foreseen(stage, facts, &self.candidate.rules) else {
            return Ok(false);
        };
        let required = self.check.report.stages.iter().any(|s| s.stage == stage && s.required);
        let state = if required { StageState::Failed } else { StageState::Warned };
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
        let required = self.check.report.stages.iter().any(|s| s.stage == CheckStage::Delete && s.required);
        let state = if required { StageState::Failed } else { StageState::Warned };
        self.conclude(CheckStage::Delete, state, Some(diagnosis)).await
    }

    /// Runs one stage within what is left of the time; stores and tells its beginning and end.
    async fn stage<T>(
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

    fn timed(&mut self, stage: CheckStage, begun: Instant) {
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
            line.milliseconds = milliseconds;
        }
    }

    fn code(&self, stage: CheckStage) -> &str {
        let line = self.check.report.stages.iter().find(|s| s.stage == stage);
        line.and_then(|s| s.diagnosis.as_ref()).map_or("", |d| d.code.as_str())
    }

    async fn conclude(
        &mut self,
        stage: CheckStage,
        state: StageState,
        diagnosis: Option<Diagnosis>,
    ) -> Result<(), Error> {
        if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
            line.state = state;
            line.diagnosis = diagnosis;
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

fn late(limit: Duration) -> git::Error {
    git::Error::Unreachable {
        host: "The Git host".into(),
        cause: git::Unreached::TimedOut,
        detail: format!("the check's limit of {} s is over", limit.as_secs()),
    }
}

fn test_change(check: &Check, rules: &RepositoryRules, at: model::Timestamp) -> Change {
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
