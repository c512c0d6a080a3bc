//! The part of a check that makes a test repository, uses it and removes it.

use std::sync::Arc;
use std::time::Duration;

use git::{NewRepository, Provider, Removed, Writers};
use model::check::{CheckStage, Diagnosis, StageState};
use model::repository::Repository;
use tokio::time::Instant;

use super::stages::{CLEANING, Run, late, test_change};
use crate::Error;

/// The pause before a repository that is still there is deleted again.
const AGAIN: Duration = Duration::from_millis(250);

/// What became of the creation of the test repository.
enum Creation {
    /// It is there and can be used.
    Made(Repository),
    /// It is there, and Git does not take the credential.
    Unusable(Repository),
    /// The answer was lost, or the host failed on the way: only a look tells, and the first one may be too early.
    Unknown,
    /// The host refused it.
    Refused,
    /// There is one of that name. It is not ours, so not ours to remove.
    Others,
}

impl Run<'_> {
    /// The stages that make a test repository, use it and remove it.
    pub(super) async fn use_made(&mut self, name: String) -> Result<(), Error> {
        if self.foreseen(CheckStage::Create).await? || self.undeletable().await? {
            self.check.test_repository = None;
            return Ok(());
        }
        let new = NewRepository {
            name: name.clone(),
            description: "A check of Trueline, deleted right after it".into(),
            visibility: self.candidate.rules.visibility,
        };
        let creation = self.create(&new).await?;
        match &creation {
            Creation::Made(repository) => {
                let default_branch = repository.default_branch.clone();
                self.check.report.facts.default_branch = Some(default_branch);
                self.remember(repository).await?;
                self.use_it(repository).await?;
            }
            Creation::Unusable(repository) => self.remember(repository).await?,
            Creation::Unknown | Creation::Refused => {}
            Creation::Others => {
                self.check.test_repository = None;
                return Ok(());
            }
        }
        self.clean(&name, creation).await
    }

    /// Removes the test repository. Whatever came before, the time for it is its own.
    async fn clean(&mut self, name: &str, creation: Creation) -> Result<(), Error> {
        let provider = Arc::clone(&self.provider);
        self.deadline = Instant::now() + CLEANING;
        let begun = Instant::now();
        let mut unseen = false;
        let left = match creation {
            Creation::Made(repository) => Ok(Some(repository)),
            Creation::Unusable(repository) => {
                let look = cleaning(self.deadline, provider.repository_by_id(&repository.id)).await;
                unseen = !matches!(look, Ok(Some(_)));
                Ok(Some(repository))
            }
            Creation::Unknown => {
                let look = cleaning(self.deadline, provider.find_repository(name)).await;
                unseen = matches!(look, Ok(None));
                look
            }
            Creation::Refused | Creation::Others => {
                cleaning(self.deadline, provider.find_repository(name)).await
            }
        };
        let removed = match left {
            Ok(Some(repository)) => {
                self.remember(&repository).await?;
                cleaning(self.deadline, deleted(&*provider, &repository)).await.map(Some)
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        // A host that does not show it yet says that there is nothing to delete.
        if unseen && matches!(removed, Ok(None | Some(Removed::Gone))) {
            return self.look_later(name).await;
        }
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
            Err(error) => self.not_cleaned(name, begun, &error).await,
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

    async fn create(&mut self, new: &NewRepository) -> Result<Creation, Error> {
        let provider = Arc::clone(&self.provider);
        match self.attempt(CheckStage::Create, provider.create_repository(new)).await? {
            Ok(repository) => {
                self.conclude(CheckStage::Create, StageState::Passed, None).await?;
                Ok(Creation::Made(repository))
            }
            Err(error @ git::Error::Unusable { .. }) => {
                self.conclude(CheckStage::Create, StageState::Passed, None).await?;
                self.failed(CheckStage::Clone, &error).await?;
                let git::Error::Unusable { repository, .. } = error else { return Ok(Creation::Unknown) };
                Ok(Creation::Unusable(*repository))
            }
            Err(error) => {
                self.failed(CheckStage::Create, &error).await?;
                Ok(match error {
                    git::Error::RepositoryExists { .. } => Creation::Others,
                    error if error.may_have_done_it() => Creation::Unknown,
                    _ => Creation::Refused,
                })
            }
        }
    }

    /// Nothing is to be seen yet of what may have been made: its name is kept, for the sweeper to look again.
    async fn look_later(&mut self, name: &str) -> Result<(), Error> {
        let sentence = format!(
            "The host does not show the test repository {name}, which may be made all the same: Trueline looks for \
             it for some minutes and removes it."
        );
        let why = Diagnosis { code: "looked_for_later".into(), sentence, ..Diagnosis::default() };
        self.conclude(CheckStage::Delete, StageState::Skipped, Some(why)).await
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

    /// Ends a stage that cannot work, before it is tried; says whether it did.
    pub(super) async fn foreseen(&mut self, stage: CheckStage) -> Result<bool, Error> {
        let facts = &self.check.report.facts;
        let Some(diagnosis) = self.provider.foreseen(stage, facts, &self.candidate.rules) else {
            return Ok(false);
        };
        // Rules that cannot be read stop nothing: the push tells.
        let fails = self.required(stage) && stage != CheckStage::Rules;
        let state = if fails { StageState::Failed } else { StageState::Warned };
        self.conclude(stage, state, Some(diagnosis)).await?;
        Ok(true)
    }

    /// Without the right to delete nothing is created either: it would stay behind. What else the host tells against
    /// the stages that are left out is told all the same.
    async fn undeletable(&mut self) -> Result<bool, Error> {
        if !self.foreseen(CheckStage::Delete).await? {
            return Ok(false);
        }
        if !self.told_not_to_create().await? {
            self.skip(CheckStage::Create).await?;
        }
        for stage in [CheckStage::Clone, CheckStage::Rules, CheckStage::Push] {
            if !self.foreseen(stage).await? {
                self.skip(stage).await?;
            }
        }
        Ok(true)
    }

    /// Fails the creation if the host tells that the account's role does not allow it; says whether it does.
    async fn told_not_to_create(&mut self) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        let asked = provider.may_not_create(&self.candidate.rules);
        match tokio::time::timeout_at(self.deadline, asked).await {
            Ok(Ok(Some(diagnosis))) => {
                self.conclude(CheckStage::Create, StageState::Failed, Some(diagnosis)).await?;
                Ok(true)
            }
            Ok(Ok(None)) | Err(_) => Ok(false),
            Ok(Err(error)) => {
                tracing::info!(config = self.check.config, error = %error, "the right to create is not told");
                Ok(false)
            }
        }
    }

    /// Leaves out a stage that would need the test repository.
    async fn skip(&mut self, stage: CheckStage) -> Result<(), Error> {
        // Only what was looked at is told.
        let known = match self.check.report.facts.scopes {
            Some(_) => "The token's scopes are enough for it; whether the account may do it is not known.",
            None => "Whether it would work is not known.",
        };
        let why = Diagnosis {
            code: "not_tried".into(),
            sentence: format!("Not tried: the test repository could not be deleted again. {known}"),
            ..Diagnosis::default()
        };
        self.conclude(stage, StageState::Skipped, Some(why)).await
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
}

/// Deletes until the repository is gone over Git too: a host whose interface does not show a new repository yet
/// says that there is nothing to delete.
pub(super) async fn deleted(provider: &dyn Provider, repository: &Repository) -> Result<Removed, git::Error> {
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
pub(super) async fn cleaning<T>(
    until: Instant,
    work: impl Future<Output = Result<T, git::Error>>,
) -> Result<T, git::Error> {
    tokio::time::timeout_at(until, work).await.unwrap_or_else(|_| Err(late(CLEANING)))
}
