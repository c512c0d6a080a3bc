//! The part of a check that uses repositories which are there: one that a person named for it, where repositories
//! are not created, and one in use, whose rules are read.

use std::sync::Arc;

use git::Writers;
use model::check::{CheckStage, Diagnosis, StageState};
use store::Page;
use tokio::time::Instant;

use super::stages::{CLEANING, Run, late, test_change};
use crate::Error;

/// What stages are called that differ from those of a test repository, where a branch is used.
pub(super) fn title(stage: CheckStage, branch: bool) -> Option<String> {
    let words = match stage {
        CheckStage::Clone => "Read the named repository",
        CheckStage::Push => "Commit and push to a branch of its own",
        CheckStage::Delete => "Delete that branch",
        _ => return None,
    };
    branch.then(|| words.to_owned())
}

impl Run<'_> {
    /// Reads the named repository and pushes to a branch of its own, which goes again. Nothing else in it is
    /// touched.
    pub(super) async fn use_named(&mut self, url: &str, branch: &str) -> Result<(), Error> {
        if self.push_to_branch(url, branch).await? {
            return self.remove_branch(url, branch).await;
        }
        self.check.test_repository = None;
        Ok(())
    }

    /// Whether the branch may be there afterwards.
    async fn push_to_branch(&mut self, url: &str, branch: &str) -> Result<bool, Error> {
        let provider = Arc::clone(&self.provider);
        let looked = async {
            let repository = provider.repository_by_url(url).await?;
            let may = provider.permissions(&repository).await?;
            let remote = provider.remote(&repository)?;
            let refs = remote.refs().await?;
            Ok((repository, may, remote, refs))
        };
        let Some((repository, may, remote, refs)) = self.stage(CheckStage::Clone, looked).await? else {
            return Ok(false);
        };
        if may.archived || !may.write {
            let why = if may.archived { "is archived" } else { "cannot be written to by this account" };
            let sentence = format!("{} {why}.", repository.full_name);
            let diagnosis = Diagnosis { code: "not_writable".into(), sentence, ..Diagnosis::default() };
            self.conclude(CheckStage::Clone, StageState::Failed, Some(diagnosis)).await?;
            return Ok(false);
        }
        let default = refs.default_branch.clone().unwrap_or_else(|| repository.default_branch.clone());
        let target = self.candidate.rules.default_branch.clone().unwrap_or_else(|| default.clone());
        self.check.report.facts.default_branch = Some(default);
        if !self.rules_allow(&repository, &target).await? {
            return Ok(false);
        }
        if refs.branches.is_empty() {
            // The first branch of an empty repository becomes its default one, which hosts do not let go.
            let sentence = "Not tried: the named repository is empty, and a first branch could not be taken away \
                            again. The account may write to it.";
            let diagnosis = Diagnosis {
                code: "repository_empty".into(),
                sentence: sentence.into(),
                ..Diagnosis::default()
            };
            self.conclude(CheckStage::Push, StageState::Warned, Some(diagnosis)).await?;
            return Ok(false);
        }
        let change = test_change(&self.check, &self.candidate.rules, self.control.now());
        let writers = Writers::new();
        let push = async { writers.commit(&remote, branch, change, |_| async { Ok(()) }).await };
        self.stage(CheckStage::Push, push).await?;
        // Its answer may have been lost: only a look tells.
        Ok(true)
    }

    async fn remove_branch(&mut self, url: &str, branch: &str) -> Result<(), Error> {
        // Whatever came before, the time for cleaning up is its own.
        self.deadline = Instant::now() + CLEANING;
        let provider = Arc::clone(&self.provider);
        let removal = async {
            let repository = provider.repository_by_url(url).await?;
            provider.remote(&repository)?.remove_branch(branch).await
        };
        let begun = Instant::now();
        let removed = tokio::time::timeout_at(self.deadline, removal).await;
        self.timed(CheckStage::Delete, begun);
        let error = match removed {
            Ok(Ok(there)) => {
                if there {
                    self.conclude(CheckStage::Delete, StageState::Passed, None).await?;
                }
                self.check.test_repository = None;
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(_) => late(CLEANING),
        };
        let mut diagnosis = self.provider.diagnose(CheckStage::Delete, &error);
        diagnosis.sentence.push_str(&format!(
            " The branch {branch} may be left: Trueline goes on trying to remove it; otherwise delete it by hand."
        ));
        self.conclude(CheckStage::Delete, StageState::Warned, Some(diagnosis)).await
    }

    /// Reads the rules of a repository that an application lives in, if there is one and the check is to.
    pub(super) async fn read_rules_in_use(&mut self) -> Result<(), Error> {
        if !self.check.report.stages.iter().any(|s| s.stage == CheckStage::Rules) {
            return Ok(());
        }
        let config = self.control.store.gitops_config_by_name(&self.check.config).await?.map(|c| c.id);
        let mut page = Page::first();
        loop {
            let listed = self.control.store.applications(&page).await?;
            let lives = listed.items.into_iter().find_map(|application| {
                application.repository.filter(|_| application.gitops_config == config && config.is_some())
            });
            if let Some(repository) = lives {
                let own = self.candidate.rules.default_branch.clone();
                let branch = own.unwrap_or_else(|| repository.default_branch.clone());
                self.rules_allow(&repository, &branch).await?;
                return Ok(());
            }
            match listed.next {
                Some(next) => page.cursor = Some(next),
                None => return Ok(()),
            }
        }
    }
}
