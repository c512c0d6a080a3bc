//! How far a check of a chart repository has come, as it is written down for people who watch.

use std::time::{Duration, Instant};

use helm::repository::Step;
use model::CheckId;
use model::chart_repository::{ChartCheckStage, ChartRepositoryCheck};
use model::check::{Diagnosis, StageState};

use crate::{Control, Error, Topic};

/// Progress within a stage is written this often at most.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// A check under way.
pub(super) struct Progressing<'a> {
    control: &'a Control,
    check: ChartRepositoryCheck,
    /// What the stage that lists is called without its progress.
    listing: String,
    /// When the stage at hand began.
    begun: Instant,
    written: Option<Instant>,
    answered: bool,
}

impl<'a> Progressing<'a> {
    pub(super) fn new(control: &'a Control, mut check: ChartRepositoryCheck) -> Self {
        for line in &mut check.stages {
            // A check that is begun again begins at its start.
            line.state = StageState::Waiting;
            line.diagnosis = None;
        }
        let listing = check.stages.iter().find(|l| l.stage == ChartCheckStage::Index);
        let listing = listing.map(|l| l.title.split(':').next().unwrap_or_default().to_owned());
        let listing = listing.unwrap_or_default();
        Self { control, check, listing, begun: Instant::now(), written: None, answered: false }
    }

    /// Which check it is.
    pub(super) fn id(&self) -> CheckId {
        self.check.id
    }

    /// The name of the repository that is checked.
    pub(super) fn repository(&self) -> &str {
        &self.check.repository
    }

    /// Whether the server has let us in.
    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }

    /// A stage begins; those before it have passed.
    pub(super) fn begins(&mut self, stage: ChartCheckStage) {
        let took = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.begun = Instant::now();
        for line in &mut self.check.stages {
            if line.stage == stage {
                line.state = StageState::Running;
                return;
            }
            if line.state == StageState::Running {
                line.milliseconds = took;
            }
            line.state = StageState::Passed;
        }
    }

    /// Gives a stage a title that says more.
    pub(super) fn entitle(&mut self, stage: ChartCheckStage, title: String) {
        if let Some(line) = self.check.stages.iter_mut().find(|l| l.stage == stage) {
            line.title = title;
        }
    }

    /// All stages have passed.
    pub(super) fn passes(&mut self) {
        let took = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        for line in &mut self.check.stages {
            if line.state == StageState::Running {
                line.milliseconds = took;
            }
            line.state = StageState::Passed;
        }
        self.entitle(ChartCheckStage::Index, self.listing.clone());
    }

    /// A stage fails; those after it are left out.
    pub(super) fn fails(&mut self, stage: ChartCheckStage, diagnosis: Diagnosis, suggestion: Option<String>) {
        let planned = self.check.stages.iter().any(|l| l.stage == stage);
        self.begins(if planned { stage } else { ChartCheckStage::Reach });
        let mut diagnosis = Some(diagnosis);
        for line in &mut self.check.stages {
            match line.state {
                StageState::Running => {
                    line.state = StageState::Failed;
                    line.diagnosis = diagnosis.take();
                }
                StageState::Waiting => line.state = StageState::Skipped,
                StageState::Passed | StageState::Warned | StageState::Failed | StageState::Skipped => {}
            }
        }
        self.check.suggestion = suggestion;
    }

    /// The check ends without having been carried out.
    pub(super) fn ended(&mut self, code: &str, sentence: &str) {
        let diagnosis = Diagnosis { code: code.into(), sentence: sentence.into(), ..Diagnosis::default() };
        self.fails(ChartCheckStage::Reach, diagnosis, None);
    }

    /// Notes how far the look has come, and writes it down if it was not just done.
    pub(super) async fn hears(&mut self, step: Step) -> Result<(), Error> {
        let progress = match step {
            Step::Begun => return Ok(()),
            Step::Answered => String::new(),
            Step::Read { bytes, of } => read(bytes, of),
            Step::Listed { charts, of } => format!(": {charts} of {of} charts"),
        };
        let first = !std::mem::replace(&mut self.answered, true);
        if first {
            self.begins(ChartCheckStage::Index);
        }
        self.entitle(ChartCheckStage::Index, format!("{}{progress}", self.listing));
        if first || self.written.is_none_or(|at| at.elapsed() > WRITE_EVERY) {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes down how far it has come, and tells it.
    pub(super) async fn write(&mut self) -> Result<(), Error> {
        let tx = self.control.store.begin().await?;
        tx.update_chart_repository_check(&self.check).await?;
        tx.commit().await?;
        self.written = Some(Instant::now());
        self.control.publish(Topic::ChartRepositoryCheck { name: self.check.repository.clone() });
        Ok(())
    }

    /// The check with its end.
    pub(super) fn finished(mut self) -> ChartRepositoryCheck {
        self.check.finished_at = Some(self.control.now());
        self.check
    }
}

/// How much of an index was read, for people.
fn read(bytes: u64, of: Option<u64>) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1_000_000.0;
    match of.filter(|of| *of >= bytes) {
        Some(of) => format!(": {:.1} of {:.1} MB", megabytes(bytes), megabytes(of)),
        None => format!(": {:.1} MB", megabytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_megabytes() {
        assert_eq!(read(1_234_567, Some(50_000_000)), ": 1.2 of 50.0 MB");
        assert_eq!(read(1_234_567, None), ": 1.2 MB");
        // A compressed answer is announced with its compressed size.
        assert_eq!(read(2_000_000, Some(1_000_000)), ": 2.0 MB");
    }
}
