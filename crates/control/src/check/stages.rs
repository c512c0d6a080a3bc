//! What a check tries, in which order, and what it concludes from each answer.

use std::sync::Arc;
use std::time::Duration;

use git::{Change, Edit, Person, Provider};
use model::DeploymentId;
use model::check::{Check, CheckStage, Diagnosis, Facts, StageReport, StageState};
use model::gitops_config::{Deletion, RepositoryRules};
use model::layout::CommitMessage;
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
        let of_branch = self.is_of_branch();
        if self.read().await? {
            match self.check.test_repository.clone() {
                None => self.read_rules_in_use().await?,
                Some(name) => match name.split_once(super::BRANCH_MARK) {
                    Some((url, branch)) => self.use_named(url, branch).await?,
                    None => self.use_made(name).await?,
                },
            }
        } else if self.check.test_repository.is_some() {
            self.check.test_repository = None;
        }
        self.leave_out(of_branch).await?;
        Ok(self.check)
    }

    /// Leaves out the stages that were not come to. Scopes that one of them would lack are told all the same: whoever makes
    /// a new token is to need one only.
    async fn leave_out(&mut self, of_branch: bool) -> Result<(), Error> {
        let stages = &self.check.report.stages;
        let waiting = stages.iter().filter(|s| s.state == StageState::Waiting).map(|s| s.stage);
        let waiting: Vec<CheckStage> = waiting.collect();
        let tells =
            self.check.report.facts.scopes.is_some() && stages.iter().any(|s| s.state == StageState::Failed);
        for stage in waiting {
            // To delete a branch takes another right than to delete a repository.
            if tells && !(of_branch && stage == CheckStage::Delete) && self.foreseen(stage).await? {
                continue;
            }
            if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
                line.state = StageState::Skipped;
            }
        }
        Ok(())
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
        if let Some(remark) = self.remarks() {
            self.conclude(CheckStage::Authenticate, StageState::Warned, Some(remark)).await?;
        }
        let Some(scope) = self.stage(CheckStage::Scope, provider.scope()).await? else { return Ok(false) };
        let known = &mut self.check.report.facts;
        known.owner_kind = scope.owner_kind.or(known.owner_kind.take());
        known.project = scope.project.or(known.project.take());
        Ok(self.stage(CheckStage::List, provider.list()).await?.is_some())
    }

    /// What deserves attention although the credential is accepted.
    fn remarks(&self) -> Option<Diagnosis> {
        let (account, token) = (&self.candidate.account, self.candidate.secrets.token.as_ref());
        let unlike = token.and_then(|token| git::input::misfit(account, token));
        joined(
            unlike.into_iter().chain(self.provider.remark(&self.check.report.facts)).chain(self.ends_soon()),
        )
    }

    fn ends_soon(&self) -> Option<Diagnosis> {
        let Facts { expires_at, .. } = &self.check.report.facts;
        let seconds = (*expires_at)?.seconds() - self.control.now().seconds();
        let days = seconds.div_euclid(86_400);
        (days < SOON_DAYS).then(|| Diagnosis {
            code: "token_ends_soon".into(),
            sentence: match days {
                ..0 => "The token has ended: make a new one.".into(),
                0 => "The token ends within a day: make a new one.".into(),
                1 => "The token ends in a day: make a new one.".into(),
                _ => format!("The token ends in {days} days: make a new one."),
            },
            link: self.provider.tokens_page(),
            ..Diagnosis::default()
        })
    }

    /// Whether no rule for the branch would refuse our commits. Rules that cannot be read, or of which it is not known
    /// whom they refuse, are told and no reason to stop: the push tells.
    pub(super) async fn rules_allow(&mut self, repository: &Repository, branch: &str) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        let Some(against) = self.stage(CheckStage::Rules, provider.branch_rules(repository, branch)).await?
        else {
            let line = self.check.report.stages.iter().find(|s| s.stage == CheckStage::Rules);
            let why = line.and_then(|line| line.diagnosis.clone());
            self.conclude(CheckStage::Rules, StageState::Warned, why).await?;
            return Ok(true);
        };
        let refused = !against.refuse.is_empty();
        let Some(told) = joined(against.refuse.into_iter().chain(against.may_refuse)) else {
            return Ok(true);
        };
        let fails = refused && self.required(CheckStage::Rules);
        let state = if fails { StageState::Failed } else { StageState::Warned };
        self.conclude(CheckStage::Rules, state, Some(told)).await?;
        Ok(!refused)
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
        match self.attempt(stage, work).await? {
            Ok(value) => {
                self.conclude(stage, StageState::Passed, None).await?;
                Ok(Some(value))
            }
            Err(error) => {
                self.failed(stage, &error).await?;
                Ok(None)
            }
        }
    }

    /// Begins a stage and runs it within what is left of the time; what it comes to is the caller's to tell.
    pub(super) async fn attempt<T>(
        &mut self,
        stage: CheckStage,
        work: impl Future<Output = Result<T, git::Error>>,
    ) -> Result<Result<T, git::Error>, Error> {
        self.conclude(stage, StageState::Running, None).await?;
        let begun = Instant::now();
        let result = tokio::time::timeout_at(self.deadline, work).await.unwrap_or_else(|_| Err(late(TRYING)));
        self.timed(stage, begun);
        Ok(result)
    }

    /// Tells why a stage failed.
    pub(super) async fn failed(&mut self, stage: CheckStage, error: &git::Error) -> Result<(), Error> {
        tracing::info!(config = self.check.config, stage = stage.as_str(), error = %error, "stage failed");
        let diagnosis = self.provider.diagnose(stage, error);
        let facts = &mut self.check.report.facts;
        if let (None, Some(held)) = (&facts.scopes, error.held_scopes()) {
            facts.scopes = Some(held.to_vec());
        }
        self.conclude(stage, StageState::Failed, Some(diagnosis)).await
    }

    pub(super) fn timed(&mut self, stage: CheckStage, begun: Instant) {
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(line) = self.check.report.stages.iter_mut().find(|s| s.stage == stage) {
            line.milliseconds = milliseconds;
        }
    }

    /// Whether a branch of a repository that is there is used, not a test repository.
    fn is_of_branch(&self) -> bool {
        self.check.test_repository.as_ref().is_some_and(|name| name.contains(super::BRANCH_MARK))
    }

    pub(super) async fn conclude(
        &mut self,
        stage: CheckStage,
        state: StageState,
        diagnosis: Option<Diagnosis>,
    ) -> Result<(), Error> {
        let branches = self.is_of_branch();
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
}

/// Several diagnoses as one, which has the first's code.
fn joined(all: impl IntoIterator<Item = Diagnosis>) -> Option<Diagnosis> {
    all.into_iter().reduce(|first, other| Diagnosis {
        sentence: format!("{} {}", first.sentence, other.sentence),
        missing: first.missing.or(other.missing),
        link: first.link.or(other.link),
        code: first.code,
    })
}

pub(super) fn late(limit: Duration) -> git::Error {
    git::Error::Net(net::Error::Unreachable {
        host: "The Git host".into(),
        cause: net::Unreached::TimedOut,
        detail: format!("the check's limit of {} s is over", limit.as_secs()),
    })
}

/// A commit like those of deployments, so that what would refuse them refuses it, and nothing else.
pub(super) fn test_change(check: &Check, rules: &RepositoryRules, at: model::Timestamp) -> Change {
    let message = CommitMessage {
        application: "trueline-check",
        what: "1.0.0",
        environment: "check",
        number: 1,
        deployment: DeploymentId(check.id.0),
        restores: None,
        reseals: false,
        why: "Nothing is deployed: this checks that Trueline can write.",
        who: &check.requested_by,
    };
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
        message: message.text(),
        resume: None,
    }
}
