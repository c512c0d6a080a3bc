//! Rows of checks. The candidate that a check tries is a sealed secret, see
//! [`crate::SecretKind::CheckCandidate`].

use model::check::{Check, CheckStage, Diagnosis, Facts, Report, StageReport, StageState};
use model::repository::Repository;
use model::{CheckId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, json, sql};
use crate::{Error, Listed, Page, SecretKind, Tx, View};

#[derive(Serialize, Deserialize)]
struct StoredReport {
    stages: Vec<StoredStage>,
    facts: StoredFacts,
    #[serde(default)]
    repository: Option<StoredRepository>,
}

#[derive(Serialize, Deserialize)]
struct StoredRepository {
    id: String,
    full_name: String,
    clone_url: String,
    web_url: String,
    default_branch: String,
}

/// One line of a report, of either kind of check.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredStage {
    stage: String,
    title: String,
    required: bool,
    state: String,
    diagnosis: Option<StoredDiagnosis>,
    milliseconds: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredDiagnosis {
    code: String,
    sentence: String,
    missing: Option<String>,
    link: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredFacts {
    identity: Option<String>,
    owner_kind: Option<String>,
    #[serde(default)]
    project: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: Option<i64>,
    rate_left: Option<(u64, u64)>,
    default_branch: Option<String>,
}

fn stored(check: &Check) -> StoredReport {
    let report = &check.report;
    let facts = report.facts.clone();
    StoredReport {
        stages: report.stages.iter().cloned().map(|line| stored_stage(line, CheckStage::as_str)).collect(),
        facts: StoredFacts {
            identity: facts.identity,
            owner_kind: facts.owner_kind,
            project: facts.project,
            scopes: facts.scopes,
            expires_at: facts.expires_at.map(|t| t.0),
            rate_left: facts.rate_left,
            default_branch: facts.default_branch,
        },
        repository: check.known_repository.clone().map(|r| StoredRepository {
            id: r.id,
            full_name: r.full_name,
            clone_url: r.clone_url,
            web_url: r.web_url,
            default_branch: r.default_branch,
        }),
    }
}

/// A line as it is kept; `word` names its stage.
pub(crate) fn stored_stage<S>(stage: StageReport<S>, word: fn(S) -> &'static str) -> StoredStage {
    StoredStage {
        stage: word(stage.stage).to_owned(),
        title: stage.title,
        required: stage.required,
        state: stage.state.as_str().to_owned(),
        diagnosis: stage.diagnosis.map(|d| StoredDiagnosis {
            code: d.code,
            sentence: d.sentence,
            missing: d.missing,
            link: d.link,
        }),
        milliseconds: stage.milliseconds,
    }
}

fn report(stored: StoredReport) -> Result<Report, Error> {
    let facts = stored.facts;
    Ok(Report {
        stages: stored
            .stages
            .into_iter()
            .map(|line| stage_report(line, CheckStage::parse))
            .collect::<Result<_, _>>()?,
        facts: Facts {
            identity: facts.identity,
            owner_kind: facts.owner_kind,
            project: facts.project,
            scopes: facts.scopes,
            expires_at: facts.expires_at.map(Timestamp),
            rate_left: facts.rate_left,
            default_branch: facts.default_branch,
        },
    })
}

/// A line as it was kept; `parse` reads the name of its stage.
pub(crate) fn stage_report<S>(
    stored: StoredStage,
    parse: fn(&str) -> Option<S>,
) -> Result<StageReport<S>, Error> {
    let unknown = |word: &str| Error::Corrupt { what: format!("report: unknown word {word:?}") };
    Ok(StageReport {
        stage: parse(&stored.stage).ok_or_else(|| unknown(&stored.stage))?,
        title: stored.title,
        required: stored.required,
        state: StageState::parse(&stored.state).ok_or_else(|| unknown(&stored.state))?,
        diagnosis: stored.diagnosis.map(|d| Diagnosis {
            code: d.code,
            sentence: d.sentence,
            missing: d.missing,
            link: d.link,
        }),
        milliseconds: stored.milliseconds,
    })
}

impl Record for Check {
    const TABLE: &'static str = "checks";
    const COLUMNS: &'static str =
        "id, config, requested_by, report, test_repository, created_at, finished_at";

    fn read(row: &Row) -> Result<Self, Error> {
        let mut kept: StoredReport = row.json("report")?;
        let known_repository = kept.repository.take().map(|r| Repository {
            id: r.id,
            full_name: r.full_name,
            clone_url: r.clone_url,
            web_url: r.web_url,
            default_branch: r.default_branch,
        });
        Ok(Self {
            id: row.id("id")?,
            config: row.text("config")?,
            requested_by: row.text("requested_by")?,
            report: report(kept)?,
            test_repository: row.optional_text("test_repository")?,
            known_repository,
            created_at: row.time("created_at")?,
            finished_at: row.optional_time("finished_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.config),
            Value::from(&self.requested_by),
            json(&stored(self)),
            Value::from(&self.test_repository),
            self.created_at.into(),
            self.finished_at.into(),
        ]
    }
}

impl View {
    /// Finds a check.
    pub async fn check(&self, check: CheckId) -> Result<Option<Check>, Error> {
        self.one("WHERE id = $1", [id(check)]).await
    }

    /// Gives the newest check of a configuration's name.
    pub async fn latest_check(&self, config: &str) -> Result<Option<Check>, Error> {
        self.one("WHERE config = $1 ORDER BY id DESC LIMIT 1", [config.into()]).await
    }

    /// Gives the newest checks of a configuration's name that one asked for since a time, the newest first.
    pub async fn checks_since(
        &self,
        config: &str,
        by: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Check>, Error> {
        let values = [config.into(), by.into(), since.into(), i64::from(limit).into()];
        self.all(
            "WHERE config = $1 AND requested_by = $2 AND created_at >= $3 ORDER BY id DESC LIMIT $4",
            values,
        )
        .await
    }

    /// Lists the checks of a configuration's name, the newest first.
    pub async fn checks(&self, config: &str, page: &Page) -> Result<Listed<Check>, Error> {
        let conditions = Conditions::default().and("config = ?", [config.into()]);
        self.page(conditions, Order::Down("id"), page, |c: &Check| c.id.to_string()).await
    }

    /// Gives finished checks whose test repository may still exist on the host, the oldest first.
    pub async fn leftover_checks(&self, limit: u32) -> Result<Vec<Check>, Error> {
        self.all(
            "WHERE test_repository IS NOT NULL AND finished_at IS NOT NULL ORDER BY id LIMIT $1",
            [i64::from(limit).into()],
        )
        .await
    }
}

impl Tx {
    /// Writes a new check.
    pub async fn insert_check(&self, check: &Check) -> Result<(), Error> {
        self.insert(check).await
    }

    /// Overwrites report, test repository and end of a check: only the worker that holds its lease does.
    pub async fn update_check(&self, check: &Check) -> Result<(), Error> {
        let statement =
            sql("UPDATE checks SET report = $2, test_repository = $3, finished_at = $4 WHERE id = $1")
                .bind(id(check.id))
                .bind_all([
                    json(&stored(check)),
                    Value::from(&check.test_repository),
                    check.finished_at.into(),
                ]);
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }

    /// Deletes a check and its candidate; says whether there was one.
    pub async fn delete_check(&self, check: CheckId) -> Result<bool, Error> {
        self.delete_secret(SecretKind::CheckCandidate, &check.to_string()).await?;
        self.delete::<Check>(id(check)).await
    }
}
