//! A check's report under the names of stages that the client shows.

use std::collections::BTreeMap;

use model::check::{Check, CheckStage, StageReport, StageState};
use serde::Serialize;

use super::row::Kind;

/// The client's stages in its order. There is none for SSH and none for a commit over REST here: Trueline pushes
/// the README over HTTP.
const NAMES: [&str; 9] = [
    FOUND,
    CREATE,
    "Clone Http",
    "Create Readme",
    "Clone Ssh",
    "Clone",
    "Commit On Rest",
    PUSH,
    "Delete Repo",
];
/// Only when the repository was there before.
const FOUND: &str = "Get Repo RedirectionUrl";
const CREATE: &str = "Create Repo";
const PUSH: &str = "Push";

/// What a dry run found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stages {
    /// What worked, in order.
    successful_stages: Option<Vec<&'static str>>,
    /// What did not, with its cause.
    stage_error_map: Option<BTreeMap<String, String>>,
    /// When it ended.
    validated_on: String,
    /// Whether a test repository was made and not deleted.
    delete_repo_failed: bool,
    /// Trueline always validates.
    validation_skipped: bool,
}

impl Stages {
    /// Puts a report into the client's words.
    pub(crate) fn of(check: &Check, kind: Kind) -> Self {
        let mut successful: Vec<&'static str> = Vec::new();
        let mut errors = BTreeMap::new();
        let mut delete_failed = false;
        let made = made(check);
        for stage in tried(check) {
            let named = names(stage.stage);
            match stage.state {
                StageState::Passed => successful.extend(named),
                StageState::Warned if stage.stage == CheckStage::Delete && !kept_by_host(stage) => {
                    delete_failed = made;
                }
                StageState::Warned => successful.extend(named),
                StageState::Failed => {
                    delete_failed |= made && stage.stage == CheckStage::Delete;
                    if code(stage) == "repository_exists" {
                        successful.push(FOUND);
                    }
                    if stage.required {
                        errors.insert(key(stage.stage, kind), sentence(stage));
                    }
                }
                StageState::Waiting | StageState::Running | StageState::Skipped => {}
            }
        }
        successful.sort_by_key(|name| NAMES.iter().position(|n| n == name));
        Self {
            successful_stages: Some(successful).filter(|s| !s.is_empty()),
            stage_error_map: Some(errors).filter(|e| !e.is_empty()),
            validated_on: crate::wire::time::text(check.finished_at.unwrap_or(check.created_at)),
            delete_repo_failed: delete_failed,
            validation_skipped: false,
        }
    }
}

/// The client's names for what a stage of ours shows.
fn names(stage: CheckStage) -> &'static [&'static str] {
    match stage {
        CheckStage::Create => &[CREATE],
        CheckStage::Clone => &["Clone Http", "Clone"],
        CheckStage::Push => &["Create Readme", PUSH],
        CheckStage::Delete => &["Delete Repo"],
        CheckStage::Reach
        | CheckStage::Authenticate
        | CheckStage::Scope
        | CheckStage::List
        | CheckStage::Rules
        | CheckStage::PullRequest
        | CheckStage::Webhook => &[],
    }
}

/// Under which name a failure is told.
fn key(stage: CheckStage, kind: Kind) -> String {
    match stage {
        CheckStage::Reach | CheckStage::Authenticate => {
            return format!("error in connecting with {}", kind.as_str());
        }
        CheckStage::Scope | CheckStage::List | CheckStage::Create => CREATE,
        CheckStage::Clone => "Clone Http",
        CheckStage::Rules | CheckStage::Push | CheckStage::PullRequest | CheckStage::Webhook => PUSH,
        CheckStage::Delete => "Delete Repo",
    }
    .into()
}

/// Whether the host took the deletion and keeps the repository for some days: nothing has failed then.
fn kept_by_host(stage: &StageReport) -> bool {
    matches!(code(stage), "deletion_delayed" | "kept_in_recycle_bin")
}

/// The stages without those that were not come to, of which only the scope is told that they would lack.
fn tried(check: &Check) -> impl Iterator<Item = &StageReport> {
    let stages = &check.report.stages;
    let end = stages.iter().position(|s| s.required && s.state == StageState::Failed);
    let passed = |s: &StageReport| matches!(s.state, StageState::Passed | StageState::Warned);
    let made = stages.iter().any(|s| s.stage == CheckStage::Create && passed(s));
    stages
        .iter()
        .enumerate()
        .filter(move |(at, stage)| {
            let later = end.is_some_and(|end| *at > end);
            !(later && code(stage) == "scope_missing") || (made && stage.stage == CheckStage::Delete)
        })
        .map(|(_, stage)| stage)
}

/// Whether there may be a test repository: the creation was tried, and it is not one of others' that stood in its way.
fn made(check: &Check) -> bool {
    tried(check).any(|stage| {
        stage.stage == CheckStage::Create
            && matches!(stage.state, StageState::Passed | StageState::Warned | StageState::Failed)
            && code(stage) != "repository_exists"
    })
}

fn code(stage: &StageReport) -> &str {
    stage.diagnosis.as_ref().map_or("", |d| d.code.as_str())
}

fn sentence(stage: &StageReport) -> String {
    let Some(diagnosis) = &stage.diagnosis else { return format!("{} failed.", stage.title) };
    let mut text = diagnosis.sentence.clone();
    if let Some(missing) = &diagnosis.missing {
        text.push_str(&format!(" Missing: {missing}."));
    }
    if let Some(link) = &diagnosis.link {
        text.push_str(&format!(" See {link}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use model::check::{Diagnosis, Report};
    use model::{CheckId, Timestamp};
    use serde_json::{Value, json};

    use super::*;

    type Line = (CheckStage, StageState, &'static str);

    fn told(lines: &[Line]) -> Value {
        let stages = lines.iter().map(|(stage, state, code)| StageReport {
            stage: *stage,
            title: stage.as_str().into(),
            required: *stage != CheckStage::Delete,
            state: *state,
            diagnosis: (!code.is_empty()).then(|| Diagnosis {
                code: (*code).into(),
                sentence: format!("No: {code}."),
                missing: Some("repo".into()),
                link: Some("https://github.com/settings/tokens".into()),
            }),
            milliseconds: 1,
        });
        let check = Check {
            id: CheckId(uuid::Uuid::nil()),
            config: "github".into(),
            requested_by: "admin".into(),
            report: Report { stages: stages.collect(), ..Report::default() },
            test_repository: None,
            known_repository: None,
            created_at: Timestamp(0),
            finished_at: Some(Timestamp(1_763_800_350_250_999)),
        };
        serde_json::to_value(Stages::of(&check, Kind::GitHub)).unwrap()
    }

    #[test]
    fn a_report_is_told_in_the_client_s_words() {
        use CheckStage as S;
        use StageState::{Failed, Passed, Skipped, Warned};
        let read = [
            (S::Reach, Passed, ""),
            (S::Authenticate, Passed, ""),
            (S::Scope, Passed, ""),
            (S::List, Passed, ""),
        ];
        let with = |more: &[Line]| told(&[&read[..], more].concat());
        let all = with(&[
            (S::Create, Passed, ""),
            (S::Clone, Passed, ""),
            (S::Push, Passed, ""),
            (S::Delete, Passed, ""),
        ]);
        assert_eq!(
            all["successfulStages"],
            json!(["Create Repo", "Clone Http", "Create Readme", "Clone", "Push", "Delete Repo"])
        );
        assert_eq!((&all["stageErrorMap"], &all["deleteRepoFailed"]), (&Value::Null, &json!(false)));
        assert_eq!(
            (&all["validationSkipped"], &all["validatedOn"]),
            (&json!(false), &json!("2025-11-22T08:32:30.250Z"))
        );

        let unmade = with(&[(S::Create, Failed, "scope_missing"), (S::Clone, Skipped, "")]);
        assert_eq!(unmade["successfulStages"], Value::Null);
        let cause = "No: scope_missing. Missing: repo. See https://github.com/settings/tokens";
        assert_eq!(unmade["stageErrorMap"], json!({"Create Repo": cause}));

        let there = with(&[(S::Create, Failed, "repository_exists")]);
        assert_eq!(there["successfulStages"], json!(["Get Repo RedirectionUrl"]));

        let left = with(&[(S::Create, Passed, ""), (S::Delete, Warned, "forbidden")]);
        assert_eq!((&left["deleteRepoFailed"], &left["stageErrorMap"]), (&json!(true), &Value::Null));
        for kept in ["deletion_delayed", "kept_in_recycle_bin"] {
            let delayed = with(&[(S::Create, Passed, ""), (S::Delete, Warned, kept)]);
            assert_eq!(
                (&delayed["deleteRepoFailed"], &delayed["successfulStages"]),
                (&json!(false), &json!(["Create Repo", "Delete Repo"])),
                "{kept}"
            );
        }
        // Nothing was made, since it could not have been deleted again.
        let untried = with(&[(S::Create, Skipped, "not_tried"), (S::Delete, Warned, "scope_missing")]);
        assert_eq!((&untried["deleteRepoFailed"], &untried["stageErrorMap"]), (&json!(false), &Value::Null));
        let required = with(&[(S::Create, Skipped, "not_tried"), (S::Delete, Failed, "scope_missing")]);
        assert_eq!(required["deleteRepoFailed"], json!(false));
        // Its answer was lost, so it may be there.
        let lost = with(&[(S::Create, Failed, "timed_out"), (S::Delete, Warned, "timed_out")]);
        assert_eq!(lost["deleteRepoFailed"], json!(true));

        for (at, key) in [
            (S::Reach, "error in connecting with GITHUB"),
            (S::Authenticate, "error in connecting with GITHUB"),
            (S::Scope, "Create Repo"),
            (S::List, "Create Repo"),
            (S::Clone, "Clone Http"),
            (S::Push, "Push"),
        ] {
            let report = told(&[(at, Failed, "x")]);
            let keys: Vec<_> = report["stageErrorMap"].as_object().unwrap().keys().collect();
            assert_eq!(keys, [key], "{at:?}");
        }
    }

    /// It tells the scope that it would lack, and counts for nothing here.
    #[test]
    fn what_was_not_come_to_is_no_error_of_its_own() {
        use CheckStage as S;
        use StageState::{Failed, Passed, Warned};
        let foreseen = [(S::Create, Failed, "scope_missing"), (S::Push, Failed, "scope_missing")];
        let all = told(&foreseen);
        let errors: Vec<_> = all["stageErrorMap"].as_object().unwrap().keys().collect();
        assert_eq!(errors, ["Create Repo"]);
        let none = told(&[
            (S::List, Failed, "forbidden"),
            (S::Create, Failed, "scope_missing"),
            (S::Delete, Warned, "scope_missing"),
        ]);
        assert_eq!(none["deleteRepoFailed"], json!(false), "nothing was made");
        let held =
            [(S::Create, Passed, ""), (S::Push, Failed, "forbidden"), (S::Delete, Failed, "scope_missing")];
        assert_eq!(told(&held)["deleteRepoFailed"], json!(true), "it is there still");
    }
}
