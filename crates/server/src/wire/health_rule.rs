//! Health rules on the wire.

use control::health_rule as use_case;
use garde::Validate;
use model::health_rule as noun;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::release::Health;

/// How objects of one kind are, said in CEL. It wins over what Trueline knows of the kind by itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthRule {
    /// Its identity.
    pub(crate) id: String,
    /// The kind with its group, such as `Widget.acme.dev`; the oldest kinds have no group, such as `Pod`.
    pub(crate) name: String,
    /// The API group; empty for the oldest kinds.
    pub(crate) group: String,
    /// The kind without its group.
    pub(crate) kind: String,
    /// True where the object is what it is to be.
    pub(crate) current: String,
    /// True while it is still becoming so; looked at first.
    pub(crate) in_progress: Option<String>,
    /// True where it will not become so by itself; looked at second.
    pub(crate) failed: Option<String>,
    /// A text that tells people why it is not well.
    pub(crate) message: Option<String>,
    /// Who saved it last.
    pub(crate) saved_by: String,
    /// When it was saved last.
    pub(crate) saved_at: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
}

impl From<noun::HealthRule> for HealthRule {
    fn from(rule: noun::HealthRule) -> Self {
        let noun::Expressions { current, in_progress, failed, message } = rule.expressions;
        Self {
            id: rule.id.to_string(),
            name: rule.kind.to_string(),
            group: rule.kind.group().to_owned(),
            kind: rule.kind.kind().to_owned(),
            current,
            in_progress,
            failed,
            message,
            saved_by: rule.saved_by,
            saved_at: super::time::text(rule.saved_at),
            created_at: super::time::text(rule.created_at),
            version: rule.version,
        }
    }
}

/// Expressions in CEL about a live object: its fields `metadata`, `spec`, `status`, `data`, `apiVersion` and `kind`, and
/// `self`, which is the whole. Each has at most 4096 bytes. The first that is true decides: `in_progress`, `failed`,
/// `current`; when none is, the object is in progress.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthExpressions {
    /// True where the object is what it is to be.
    #[garde(length(max = 20000))]
    pub(crate) current: String,
    /// True while it is still becoming so.
    #[garde(length(max = 20000))]
    #[serde(default)]
    pub(crate) in_progress: Option<String>,
    /// True where it will not become so by itself.
    #[garde(length(max = 20000))]
    #[serde(default)]
    pub(crate) failed: Option<String>,
    /// A text that tells people why it is not well.
    #[garde(length(max = 20000))]
    #[serde(default)]
    pub(crate) message: Option<String>,
}

impl From<HealthExpressions> for noun::Expressions {
    fn from(given: HealthExpressions) -> Self {
        let HealthExpressions { current, in_progress, failed, message } = given;
        Self { current, in_progress, failed, message }
    }
}

/// An object to try a health rule with.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthTrialInput {
    /// The object as YAML or JSON, as `kubectl get -o yaml` prints it.
    #[garde(length(max = 1500000))]
    pub(crate) object: String,
    /// What to judge it by; what holds for its kind now if left out.
    #[garde(dive)]
    #[serde(default)]
    pub(crate) rule: Option<HealthExpressions>,
}

/// By what an object was judged.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JudgedBy {
    /// By the expressions that were given along.
    Given,
    /// By the rule that is saved for its kind.
    Saved,
    /// By what Trueline knows of its kind by itself.
    Table,
}

/// What an expression gave.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthAnswer {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// A text, which `said` has.
    Text,
    /// The object lacks what it asks for, which `said` names: it is not so.
    Missing,
    /// It cannot be told for this object; `said` tells why.
    Failed,
}

/// An expression that was looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthStep {
    /// Which: `in_progress`, `failed`, `current` or `message`.
    pub(crate) expression: &'static str,
    /// What it gave.
    pub(crate) answer: HealthAnswer,
    /// More about that; may be empty.
    pub(crate) said: String,
}

/// What became of trying a health rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthTrial {
    /// The object's kind with its group.
    pub(crate) name: String,
    /// By what it was judged.
    pub(crate) by: JudgedBy,
    /// How the object is.
    pub(crate) status: Health,
    /// What is said about that; empty where all is well.
    pub(crate) message: String,
    /// The expressions that were looked at, in order.
    pub(crate) steps: Vec<HealthStep>,
}

impl From<use_case::Trial> for HealthTrial {
    fn from(trial: use_case::Trial) -> Self {
        Self {
            name: trial.kind,
            by: match trial.by {
                use_case::JudgedBy::Given => JudgedBy::Given,
                use_case::JudgedBy::Saved => JudgedBy::Saved,
                use_case::JudgedBy::Table => JudgedBy::Table,
            },
            status: trial.health.into(),
            message: trial.message,
            steps: trial.steps.into_iter().map(step).collect(),
        }
    }
}

fn step((expression, answer): (&'static str, use_case::Answer)) -> HealthStep {
    let (answer, said) = match answer {
        use_case::Answer::Truth(true) => (HealthAnswer::True, String::new()),
        use_case::Answer::Truth(false) => (HealthAnswer::False, String::new()),
        use_case::Answer::Text(text) => (HealthAnswer::Text, text),
        use_case::Answer::Missing(why) => (HealthAnswer::Missing, why),
        use_case::Answer::Failed(why) => (HealthAnswer::Failed, why),
    };
    HealthStep { expression, answer, said }
}
