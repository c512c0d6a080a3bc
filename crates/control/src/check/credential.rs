//! Whether a stored credential still works and when it ends, as far as its checks told.
//!
//! Only checks of what is stored count: the one it was saved by, and those that Trueline ran by itself since. What
//! people try out under the same name may be another account.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::Timestamp;
use model::check::{Check, CheckStage, CredentialState, StageState};
use model::gitops_config::GitopsConfig;
use model::role::Actor;

use crate::{Control, Error};

/// A credential that ends within this many days is remarked upon.
pub(crate) const SOON_DAYS: i64 = 14;
/// So many days before its end a credential is looked at, whenever it was last.
const AHEAD_DAYS: [i64; 4] = [SOON_DAYS, 7, 3, 1];
const DAY_SECONDS: i64 = 86_400;
/// Checks looked at: hosts that cannot be asked for longer leave the question open.
const LOOKED_AT: u32 = 20;
/// Causes that lie with the host or the way to it, and say nothing of the credential.
const OUTAGES: [&str; 12] = [
    "host_failed",
    "host_unknown",
    "host_unreachable",
    "connection_refused",
    "connection_closed",
    "timed_out",
    "rate_limited",
    "unusable_answer",
    "unexpected_answer",
    "tls_failed",
    "stopped",
    "internal",
];

/// How a stored credential stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// In one word.
    pub state: CredentialState,
    /// When it ends, where the host told.
    pub expires_at: Option<Timestamp>,
    /// Whether the newest check of what is stored failed, for whatever cause.
    pub failed: bool,
    /// Calls left of how many, as the newest check of what is stored saw it, where the host told.
    pub rate_left: Option<(u64, u64)>,
}

/// How the credentials of this installation stand, by configuration: what metrics show.
#[derive(Debug, Default)]
pub struct Standings(Mutex<BTreeMap<String, Standing>>);

impl Standings {
    /// What was found last.
    pub fn all(&self) -> BTreeMap<String, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, all: BTreeMap<String, Standing>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// How the credential of a configuration stands.
pub async fn standing(control: &Control, config: &GitopsConfig) -> Result<Standing, Error> {
    Ok(of(&checks(control, config).await?, control.now()))
}

/// The checks of what is stored, the newest first.
pub(crate) async fn checks(control: &Control, config: &GitopsConfig) -> Result<Vec<Check>, Error> {
    let system = Actor::system().name;
    let name = config.name.as_str();
    let mut checks = control.store.checks_since(name, &system, config.saved_at, LOOKED_AT).await?;
    if let Some(id) = config.check {
        checks.extend(control.store.check(id).await?);
    }
    Ok(checks)
}

pub(crate) fn of(checks: &[Check], now: Timestamp) -> Standing {
    let signed_in = checks.iter().find(|check| signed_in(check));
    let expires_at = signed_in.and_then(|check| check.report.facts.expires_at);
    let left = expires_at.map(|at| at.seconds() - now.seconds());
    let state = match (works(checks), left) {
        (Some(false), _) | (_, Some(..=0)) => CredentialState::Failing,
        (_, Some(left)) if left < SOON_DAYS * DAY_SECONDS => CredentialState::Ending,
        _ => CredentialState::Ok,
    };
    let newest = checks.iter().find(|check| check.finished_at.is_some());
    let rate_left = newest.and_then(|check| check.report.facts.rate_left);
    Standing { state, expires_at, failed: newest.is_some_and(|check| check.report.failed()), rate_left }
}

/// Whether the credential worked when it was last known; `None` when no check told.
pub(crate) fn works(checks: &[Check]) -> Option<bool> {
    checks.iter().filter(|check| check.finished_at.is_some()).find_map(verdict)
}

fn verdict(check: &Check) -> Option<bool> {
    let asked = [CheckStage::Authenticate, CheckStage::Scope, CheckStage::List];
    let mut lines = check.report.stages.iter().filter(|line| asked.contains(&line.stage));
    match lines.find(|line| line.state == StageState::Failed) {
        None => signed_in(check).then_some(true),
        Some(line) => {
            let code = line.diagnosis.as_ref().map_or("", |d| d.code.as_str());
            (!OUTAGES.contains(&code)).then_some(false)
        }
    }
}

fn signed_in(check: &Check) -> bool {
    let signed = |line: &model::check::StageReport| {
        line.stage == CheckStage::Authenticate
            && matches!(line.state, StageState::Passed | StageState::Warned)
    };
    check.finished_at.is_some() && check.report.stages.iter().any(signed)
}

/// Why a credential is to be looked at now, as a word for the job; `None` when it is not.
pub(crate) fn due(checks: &[Check], now: Timestamp) -> Option<String> {
    let last = checks.iter().map(|check| check.created_at).max();
    if last.is_none_or(|last| last <= now.plus_seconds(-DAY_SECONDS)) {
        return Some("daily".into());
    }
    let ends = of(checks, now).expires_at?;
    let passed = |days: i64| {
        let moment = ends.plus_seconds(-days * DAY_SECONDS);
        moment <= now && last.is_some_and(|last| last < moment)
    };
    let ahead = AHEAD_DAYS.into_iter().chain([0]).rev();
    ahead.into_iter().find(|days| passed(*days)).map(|days| format!("{days} days ahead"))
}

#[cfg(test)]
mod tests {
    use model::CheckId;
    use model::check::{Diagnosis, Facts, Report, StageReport};

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

    /// A check so many hours ago that failed at a stage with a cause, of a credential that ends in so many hours.
    fn check(hours: i64, failed: Option<(CheckStage, &str)>, ends_in: Option<i64>) -> Check {
        let mut stages = Vec::new();
        for stage in [CheckStage::Reach, CheckStage::Authenticate, CheckStage::Scope, CheckStage::List] {
            let cause = failed.filter(|(at, _)| *at == stage).map(|(_, code)| code);
            let state = if cause.is_some() { StageState::Failed } else { StageState::Passed };
            let diagnosis = cause.map(|code| Diagnosis { code: code.into(), ..Diagnosis::default() });
            let title = stage.as_str().into();
            stages.push(StageReport { stage, title, required: true, state, diagnosis, milliseconds: 1 });
            if cause.is_some() {
                break;
            }
        }
        let at = NOW.plus_seconds(-hours * 3600);
        let expires_at = ends_in.map(|hours| NOW.plus_seconds(hours * 3600));
        Check {
            id: CheckId(crate::random::id()),
            config: "acme".into(),
            requested_by: "trueline".into(),
            report: Report { stages, facts: Facts { expires_at, ..Facts::default() } },
            test_repository: None,
            known_repository: None,
            created_at: at,
            finished_at: Some(at),
        }
    }

    #[test]
    fn a_credential_stands_as_its_checks_told() {
        use CheckStage::{Authenticate, Reach, Scope};
        use CredentialState::{Ending, Failing, Ok};
        let rejected = Some((Authenticate, "token_rejected"));
        for (checks, state, failed) in [
            (vec![], Ok, false),
            (vec![check(1, None, None)], Ok, false),
            (vec![check(1, None, Some(24 * 15))], Ok, false),
            (vec![check(1, None, Some(24 * 13))], Ending, false),
            (vec![check(1, None, Some(-1))], Failing, false),
            (vec![check(1, rejected, None), check(30, None, None)], Failing, true),
            (vec![check(1, Some((Scope, "organization_not_visible")), None)], Failing, true),
            (vec![check(1, None, None), check(30, rejected, None)], Ok, false),
            // The host could not be asked: what was known before holds.
            (vec![check(1, Some((Reach, "timed_out")), None), check(30, None, Some(24 * 5))], Ending, true),
            (
                vec![check(1, Some((Authenticate, "host_failed")), None), check(30, rejected, None)],
                Failing,
                true,
            ),
            (vec![check(1, Some((Scope, "rate_limited")), None), check(30, None, None)], Ok, true),
        ] {
            let found = of(&checks, NOW);
            assert_eq!((found.state, found.failed), (state, failed), "{checks:#?}");
        }
    }

    #[test]
    fn it_is_looked_at_daily_and_ahead_of_its_end() {
        let days = |days: i64| days * 24;
        for (checks, why) in [
            (vec![], Some("daily")),
            (vec![check(23, None, None)], None),
            (vec![check(24, None, None)], Some("daily")),
            (vec![check(2, None, Some(days(14) - 1))], Some("14 days ahead")),
            (vec![check(1, None, Some(days(14) - 1))], None),
            (vec![check(2, None, Some(days(7) - 1))], Some("7 days ahead")),
            (vec![check(2, None, Some(days(5)))], None),
            (vec![check(2, None, Some(days(3) - 1))], Some("3 days ahead")),
            (vec![check(2, None, Some(days(1) - 1))], Some("1 days ahead")),
            (vec![check(2, None, Some(-1))], Some("0 days ahead")),
            (vec![check(0, None, Some(-1))], None),
            (vec![check(2, None, Some(days(20)))], None),
        ] {
            assert_eq!(due(&checks, NOW).as_deref(), why, "{checks:#?}");
        }
    }
}
