//! Checks of GitOps configurations: stored with a sealed candidate before anything is tried, run by a worker,
//! waited for by whoever asked.

pub mod candidate;
pub(crate) mod checker;
pub mod credential;
mod made;
mod named;
pub(crate) mod rechecker;
mod stages;
pub(crate) mod sweeper;

use std::time::Duration;

use model::check::{Check, Report};
use model::{CheckId, Outcome};
use store::SecretKind;
use tokio::time::Instant;

use self::candidate::{Candidate, Trial};
use crate::audit::Note;
use crate::workers::Worker;
use crate::{Call, Control, Error, Refusal, Topic};

/// Stands between the address of a repository and the branch in it that a check makes: what is kept of a check
/// whose test repository is not its own.
const BRANCH_MARK: char = '#';

/// How long a caller waits for a check, which takes 45 s at most once a worker has it. Its answer is to be there
/// within 50 s.
const WAIT: Duration = Duration::from_secs(48);
/// How often the row is looked at when no news come: another process may run the check.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Stores a check, lets a worker run it and waits for its end.
pub(crate) async fn run(
    control: &Control,
    call: &Call,
    config: &str,
    candidate: &Candidate,
) -> Result<Check, Error> {
    let mut news = control.events.listen();
    let check = request(control, call, config, candidate).await?;
    let deadline = Instant::now() + WAIT;
    loop {
        let now = control.store.check(check.id).await?;
        match now {
            Some(check) if check.finished_at.is_some() => return Ok(check),
            Some(_) if Instant::now() < deadline => {}
            _ => {
                return Err(Error::Refused(Box::new(Refusal {
                    outcome: Outcome::RetryLater { after: None },
                    code: "check_unfinished",
                    sentence: format!(
                        "The check did not end within {} s, and nothing was saved. Try again.",
                        WAIT.as_secs()
                    ),
                    link: None,
                })));
            }
        }
        // News or not, the row is what counts.
        let _ = tokio::time::timeout(LOOK_EVERY, news.recv()).await;
    }
}

/// Stores a check with its candidate and wakes the workers.
async fn request(
    control: &Control,
    call: &Call,
    config: &str,
    candidate: &Candidate,
) -> Result<Check, Error> {
    let provider = candidate.open(control)?;
    let id = CheckId(crate::random::id());
    let test_repository = match &candidate.trial {
        Trial::Create(name) => Some(name.fresh()),
        Trial::Branch(url) => Some(format!("{url}{BRANCH_MARK}{}", TestName::default().fresh())),
        Trial::Read | Trial::Recheck => None,
    };
    let check = Check {
        id,
        config: config.to_owned(),
        requested_by: call.actor.name.clone(),
        report: Report { stages: stages::planned(&*provider, candidate), ..Report::default() },
        test_repository,
        known_repository: None,
        created_at: control.now(),
        finished_at: None,
    };
    let tx = control.store.begin().await?;
    tx.insert_check(&check).await?;
    tx.put_secret(SecretKind::CheckCandidate, &id.to_string(), &candidate.sealed()?).await?;
    Note::of(call, "gitops_config.checked", format!("gitops-config/{config}"))
        .set("provider", candidate.account.provider.as_str())
        .set("host", &candidate.account.host)
        .set("scope", &candidate.account.scope)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.publish(Topic::Check { config: config.to_owned() });
    control.wake(Worker::Checker);
    Ok(check)
}

/// How a check names its test repository: the beginning tells people what it is, the end is random.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TestName {
    /// The beginning.
    pub prefix: &'static str,
    /// How many lower-case letters and digits follow.
    pub random: usize,
}

impl Default for TestName {
    fn default() -> Self {
        Self { prefix: "trueline-check-", random: 10 }
    }
}

impl TestName {
    fn fresh(self) -> String {
        format!("{}{}", self.prefix, crate::random::letters(self.random))
    }
}
