//! Checks of GitOps configurations on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// A check and what it found so far.
#[derive(Serialize, ToSchema)]
pub(crate) struct Check {
    /// Its identity.
    pub(crate) id: String,
    /// Name of the configuration checked; it need not exist.
    pub(crate) config: String,
    /// Who asked.
    pub(crate) requested_by: String,
    /// When it was asked for.
    pub(crate) created_at: String,
    /// When it ended.
    pub(crate) finished_at: Option<String>,
    /// Whether a required stage failed.
    pub(crate) failed: bool,
    /// The stages in order.
    pub(crate) stages: Vec<CheckStage>,
    /// What was learned on the way.
    pub(crate) facts: CheckFacts,
}

/// One line of a check's report.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckStage {
    /// Its word: `reach`, `authenticate`, `scope`, `list`, `create`, `clone`, `rules`, `push`, `delete`; of a chart
    /// repository `reach`, `tls`, `authenticate`, `index`, `charts`.
    pub(crate) stage: &'static str,
    /// What it is called for this account.
    pub(crate) title: String,
    /// Whether nothing is saved when it fails.
    pub(crate) required: bool,
    /// How it went: `waiting`, `running`, `passed`, `warned`, `failed` or `skipped`.
    pub(crate) state: &'static str,
    /// How long it took.
    pub(crate) milliseconds: u64,
    /// The cause, when it did not simply pass.
    pub(crate) diagnosis: Option<Diagnosis>,
}

/// Why something does not work, and what to do about it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Diagnosis {
    /// A stable word for programs.
    pub(crate) code: String,
    /// What, where, why, and what to do.
    pub(crate) sentence: String,
    /// The exact scope or role that is missing, in the host's spelling.
    pub(crate) missing: Option<String>,
    /// The page where it is given.
    pub(crate) link: Option<String>,
}

/// What a check learned about an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckFacts {
    /// The account that the credential belongs to.
    pub(crate) identity: Option<String>,
    /// `organization` or `user`, where the host tells.
    pub(crate) owner_kind: Option<String>,
    /// The key of the project that is used because none was entered.
    pub(crate) project: Option<String>,
    /// The scopes held, where the host tells.
    pub(crate) scopes: Option<Vec<String>>,
    /// When the credential ends, where the host tells.
    pub(crate) expires_at: Option<String>,
    /// The rate budget, where the host tells.
    pub(crate) rate_left: Option<RateLeft>,
    /// Default branch of a new repository.
    pub(crate) default_branch: Option<String>,
}

/// A rate budget.
#[derive(Serialize, ToSchema)]
pub(crate) struct RateLeft {
    /// Calls left.
    pub(crate) left: u64,
    /// Calls allowed in the host's window.
    pub(crate) limit: u64,
}

impl From<model::check::Check> for Check {
    fn from(check: model::check::Check) -> Self {
        let failed = check.report.failed();
        let facts = check.report.facts;
        Self {
            id: check.id.to_string(),
            config: check.config,
            requested_by: check.requested_by,
            created_at: super::time::text(check.created_at),
            finished_at: check.finished_at.map(super::time::text),
            failed,
            stages: check.report.stages.into_iter().map(Into::into).collect(),
            facts: CheckFacts {
                identity: facts.identity,
                owner_kind: facts.owner_kind,
                project: facts.project,
                scopes: facts.scopes,
                expires_at: facts.expires_at.map(super::time::text),
                rate_left: facts.rate_left.map(|(left, limit)| RateLeft { left, limit }),
                default_branch: facts.default_branch,
            },
        }
    }
}

impl From<model::check::StageReport> for CheckStage {
    fn from(stage: model::check::StageReport) -> Self {
        Self::of(stage, model::check::CheckStage::as_str)
    }
}

impl CheckStage {
    /// A line of either kind of check; `word` names its stage.
    pub(crate) fn of<S>(stage: model::check::StageReport<S>, word: fn(S) -> &'static str) -> Self {
        Self {
            stage: word(stage.stage),
            title: stage.title,
            required: stage.required,
            state: stage.state.as_str(),
            milliseconds: stage.milliseconds,
            diagnosis: stage.diagnosis.map(|d| Diagnosis {
                code: d.code,
                sentence: d.sentence,
                missing: d.missing,
                link: d.link,
            }),
        }
    }
}
