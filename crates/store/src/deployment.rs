//! Rows of deployments.

use model::deployment::{
    Attempt, ChartPin, Deployment, End, Failure, PlannedFile, Rendered, Stage, TimelineEntry,
};
use model::environment::Environment;
use model::{ApplicationId, DeploymentId, EnvironmentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, json, optional_id, optional_json, sql};
use crate::{Error, Listed, Page, Tx, View, release};

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    code: String,
    sentence: String,
    detail: String,
}

#[derive(Serialize, Deserialize)]
struct StoredPin {
    repository: Option<String>,
    name: String,
    version: String,
    digest: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredRendered {
    digest: String,
    rendered_tree: String,
    chart_tree: String,
    /// Path and blob.
    files: Vec<(String, String)>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_upgrade: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct StoredAttempt {
    /// First: attempts are found by it.
    branch: String,
    base: Option<String>,
    commit: String,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    stage: String,
    at: i64,
    milliseconds: u64,
    note: String,
}

impl Record for Deployment {
    const TABLE: &'static str = "deployments";
    const COLUMNS: &'static str = "id, number, application_id, environment_id, chart, image, message, author, author_email, base_values, \
         override_values, secret_values, restores, reseals, anew, expected_digest, stage, ending, failure, rendered, attempt, commit_id, release, timeline, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        let ending = row.optional_text("ending")?;
        let unknown = |word: &str| Error::Corrupt { what: format!("deployments: unknown word {word:?}") };
        Ok(Self {
            id: row.id("id")?,
            number: row.integer("number")?,
            application: row.id("application_id")?,
            environment: row.id("environment_id")?,
            chart: pin(row.json("chart")?),
            image: row.text("image")?,
            message: row.text("message")?,
            author: row.text("author")?,
            author_email: row.text("author_email")?,
            base_values: row.id("base_values")?,
            override_values: row.optional_id("override_values")?,
            secret_values: row.optional_id("secret_values")?,
            restores: row.optional_integer("restores")?,
            reseals: row.flag("reseals")?,
            anew: row.flag("anew")?,
            expected_digest: row.optional_text("expected_digest")?,
            stage: row.word("stage", Stage::parse)?,
            end: ending.map(|word| End::parse(&word).ok_or_else(|| unknown(&word))).transpose()?,
            failure: row.optional_json::<StoredFailure>("failure")?.map(|f| Failure {
                code: f.code,
                sentence: f.sentence,
                detail: f.detail,
            }),
            rendered: row.optional_json("rendered")?.map(rendered),
            attempt: row.optional_json::<StoredAttempt>("attempt")?.map(|a| Attempt {
                branch: a.branch,
                base: a.base,
                commit: a.commit,
            }),
            commit: row.optional_text("commit_id")?,
            release: release::read(row)?,
            timeline: row
                .json::<Vec<StoredEntry>>("timeline")?
                .into_iter()
                .map(entry)
                .collect::<Result<_, _>>()?,
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        let failure = self.failure.as_ref().map(|f| StoredFailure {
            code: f.code.clone(),
            sentence: f.sentence.clone(),
            detail: f.detail.clone(),
        });
        let attempt = self.attempt.as_ref().map(|a| StoredAttempt {
            branch: a.branch.clone(),
            base: a.base.clone(),
            commit: a.commit.clone(),
        });
        vec![
            id(self.id),
            self.number.into(),
            id(self.application),
            id(self.environment),
            json(&stored_pin(&self.chart)),
            Value::from(&self.image),
            Value::from(&self.message),
            Value::from(&self.author),
            Value::from(&self.author_email),
            id(self.base_values),
            optional_id(self.override_values),
            optional_id(self.secret_values),
            self.restores.into(),
            self.reseals.into(),
            self.anew.into(),
            Value::from(&self.expected_digest),
            self.stage.as_str().into(),
            Value::Text(self.end.map(|e| e.as_str().to_owned())),
            optional_json(failure.as_ref()),
            optional_json(self.rendered.as_ref().map(stored_rendered).as_ref()),
            optional_json(attempt.as_ref()),
            Value::from(&self.commit),
            release::value(&self.release),
            json(&self.timeline.iter().map(stored_entry).collect::<Vec<_>>()),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

fn pin(stored: StoredPin) -> ChartPin {
    let StoredPin { repository, name, version, digest } = stored;
    ChartPin { repository, name, version, digest }
}

fn stored_pin(pin: &ChartPin) -> StoredPin {
    let ChartPin { repository, name, version, digest } = pin.clone();
    StoredPin { repository, name, version, digest }
}

fn rendered(stored: StoredRendered) -> Rendered {
    let files = stored.files.into_iter().map(|(path, blob)| PlannedFile { path, blob }).collect();
    Rendered {
        digest: stored.digest,
        rendered_tree: stored.rendered_tree,
        chart_tree: stored.chart_tree,
        files,
        notes: stored.notes,
        told_upgrade: stored.told_upgrade,
    }
}

fn stored_rendered(rendered: &Rendered) -> StoredRendered {
    StoredRendered {
        digest: rendered.digest.clone(),
        rendered_tree: rendered.rendered_tree.clone(),
        chart_tree: rendered.chart_tree.clone(),
        files: rendered.files.iter().map(|f| (f.path.clone(), f.blob.clone())).collect(),
        notes: rendered.notes.clone(),
        told_upgrade: rendered.told_upgrade,
    }
}

/// What a stored attempt on a branch begins with: the branch stands first.
fn on_branch(branch: &str) -> String {
    let attempt = StoredAttempt { branch: branch.to_owned(), base: None, commit: String::new() };
    let stored = serde_json::to_string(&attempt).unwrap_or_default();
    // Within a name, quotes are escaped.
    stored.split("\"base\"").next().unwrap_or_default().to_owned()
}

fn entry(stored: StoredEntry) -> Result<TimelineEntry, Error> {
    let stage = Stage::parse(&stored.stage)
        .ok_or_else(|| Error::Corrupt { what: format!("timeline: unknown word {:?}", stored.stage) })?;
    Ok(TimelineEntry {
        stage,
        at: Timestamp(stored.at),
        milliseconds: stored.milliseconds,
        note: stored.note,
    })
}

fn stored_entry(entry: &TimelineEntry) -> StoredEntry {
    StoredEntry {
        stage: entry.stage.as_str().to_owned(),
        at: entry.at.0,
        milliseconds: entry.milliseconds,
        note: entry.note.clone(),
    }
}

impl View {
    /// Finds a deployment.
    pub async fn deployment(&self, deployment: DeploymentId) -> Result<Option<Deployment>, Error> {
        self.one("WHERE id = $1", [id(deployment)]).await
    }

    /// Finds a deployment of an application by its number.
    pub async fn deployment_by_number(
        &self,
        application: ApplicationId,
        number: i64,
    ) -> Result<Option<Deployment>, Error> {
        self.one("WHERE application_id = $1 AND number = $2", [id(application), number.into()]).await
    }

    /// Lists the deployments of an application, to one environment or to all, the newest first.
    pub async fn deployments(
        &self,
        application: ApplicationId,
        environment: Option<EnvironmentId>,
        page: &Page,
    ) -> Result<Listed<Deployment>, Error> {
        let mut conditions = Conditions::default().and("application_id = ?", [id(application)]);
        if let Some(environment) = environment {
            conditions = conditions.and("environment_id = ?", [id(environment)]);
        }
        self.page(conditions, Order::NumberDown("number"), page, |d: &Deployment| d.number.to_string()).await
    }

    /// Gives the newest deployment to an environment, whatever became of it.
    pub async fn latest_deployment(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<Option<Deployment>, Error> {
        self.one(
            "WHERE application_id = $1 AND environment_id = $2 ORDER BY number DESC LIMIT 1",
            [id(application), id(environment)],
        )
        .await
    }

    /// Gives the newest deployment to an environment (or to any) whose commit is on the branch: what Git holds
    /// as far as we know.
    pub async fn last_committed_deployment(
        &self,
        application: ApplicationId,
        environment: Option<EnvironmentId>,
    ) -> Result<Option<Deployment>, Error> {
        let there = "WHERE application_id = $1 AND commit_id IS NOT NULL AND environment_id = $2 \
             ORDER BY number DESC LIMIT 1";
        let anywhere = "WHERE application_id = $1 AND commit_id IS NOT NULL ORDER BY number DESC LIMIT 1";
        match environment {
            Some(environment) => self.one(there, [id(application), id(environment)]).await,
            None => self.one(anywhere, [id(application)]).await,
        }
    }

    /// Gives the newest deployment to an environment before a number whose commit is on the branch.
    pub async fn last_committed_before(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
        number: i64,
    ) -> Result<Option<Deployment>, Error> {
        self.one(
            "WHERE application_id = $1 AND environment_id = $2 AND commit_id IS NOT NULL AND number < $3 \
             ORDER BY number DESC LIMIT 1",
            [id(application), id(environment), number.into()],
        )
        .await
    }

    /// Gives the nearest deployments to an environment before and after a number that left a state in Git which may
    /// come back: see [`Deployment::ended_in_git`].
    pub async fn restorable_around(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
        number: i64,
    ) -> Result<(Option<Deployment>, Option<Deployment>), Error> {
        let ends = End::IN_GIT.map(|end| format!("'{}'", end.as_str())).join(", ");
        let nearest = |side: &str, order: &str| {
            format!(
                "WHERE application_id = $1 AND environment_id = $2 AND number {side} $3 AND ending IN ({ends}) \
                 AND commit_id IS NOT NULL AND rendered IS NOT NULL ORDER BY number {order} LIMIT 1"
            )
        };
        let values = || [id(application), id(environment), number.into()];
        let before = self.one(&nearest("<", "DESC"), values()).await?;
        Ok((before, self.one(&nearest(">", "ASC"), values()).await?))
    }

    /// Says whether what a deployment put into Git was applied as a whole in an environment, whatever became of it
    /// then: by the cluster that it has now, or, where it has none, as far as Git knows. One that merely has a commit
    /// counts for nothing, and neither does what a cluster had before it was made anew.
    pub async fn was_released(
        &self,
        application: ApplicationId,
        environment: &Environment,
    ) -> Result<bool, Error> {
        // What ended in Git alone was never given to a cluster.
        let given = if environment.cluster.is_some() { " AND COALESCE(ending, '') <> 'stored'" } else { "" };
        let rest = format!(
            "WHERE application_id = $1 AND environment_id = $2 AND timeline LIKE $3{given} ORDER BY number DESC LIMIT 1"
        );
        // Within a note, quotes are escaped.
        let passed = format!("%\"stage\":\"{}\"%", Stage::Released.as_str());
        let found: Option<Deployment> =
            self.one(&rest, [id(application), id(environment.id), passed.into()]).await?;
        let Some(found) = found else { return Ok(false) };
        let since = self.place_of(application, environment.id).await?.map(|place| place.created_at);
        let at = found.passed_at(Stage::Released);
        Ok(since.is_none_or(|since| at.is_none_or(|at| at >= since)))
    }

    /// Gives what may have written last to a branch, the newest first: of each environment the newest deployment
    /// whose commit is on the branch and the newest of those that restore nothing, however many others came since.
    pub async fn last_committed_on_branch(
        &self,
        application: ApplicationId,
        branch: &str,
    ) -> Result<Vec<Deployment>, Error> {
        let newest = |which: &str| {
            format!(
                "number IN (SELECT (SELECT d.number FROM deployments d WHERE d.application_id = $1 \
                 AND d.environment_id = e.id AND d.commit_id IS NOT NULL \
                 AND SUBSTR(d.attempt, 1, LENGTH($2)) = $2{which} ORDER BY d.number DESC LIMIT 1) \
                 FROM environments e)"
            )
        };
        let (any, own) = (newest(""), newest(" AND d.restores IS NULL"));
        let rest = format!("WHERE application_id = $1 AND ({any} OR {own}) ORDER BY number DESC");
        self.all(&rest, [id(application), on_branch(branch).into()]).await
    }

    /// Gives the deployments of an application whose push to a branch has begun and of which no commit is known, the
    /// newest first.
    pub async fn uncommitted_on_branch(
        &self,
        application: ApplicationId,
        branch: &str,
        limit: i64,
    ) -> Result<Vec<Deployment>, Error> {
        self.all(
            "WHERE application_id = $1 AND commit_id IS NULL AND SUBSTR(attempt, 1, LENGTH($2)) = $2 \
             ORDER BY number DESC LIMIT $3",
            [id(application), on_branch(branch).into(), limit.into()],
        )
        .await
    }

    /// Gives the newest deployments of an application that were rendered from a chart, the newest first; of any
    /// digest where the pin has none. At most 20.
    pub async fn deployments_of_chart(
        &self,
        application: ApplicationId,
        pin: &ChartPin,
    ) -> Result<Vec<Deployment>, Error> {
        let stored = serde_json::to_string(&stored_pin(pin)).unwrap_or_default();
        // The digest stands last; what LIKE takes for a pattern is sorted out below.
        let start = stored.split("\"digest\"").next().unwrap_or_default();
        let found: Vec<Deployment> = self
            .all(
                "WHERE application_id = $1 AND chart LIKE $2 AND rendered IS NOT NULL ORDER BY number DESC LIMIT 20",
                [id(application), format!("{start}%").into()],
            )
            .await?;
        let same = |chart: &ChartPin| {
            let digest = pin.digest.is_none() || pin.digest == chart.digest;
            digest
                && (&chart.repository, &chart.name, &chart.version)
                    == (&pin.repository, &pin.name, &pin.version)
        };
        Ok(found.into_iter().filter(|deployment| same(&deployment.chart)).collect())
    }

    /// Gives the deployments to an environment that have not ended, the oldest first.
    pub async fn unfinished_deployments(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<Vec<Deployment>, Error> {
        self.all(
            "WHERE application_id = $1 AND environment_id = $2 AND ending IS NULL ORDER BY number",
            [id(application), id(environment)],
        )
        .await
    }
}

impl Tx {
    /// Writes a new deployment.
    pub async fn insert_deployment(&self, deployment: &Deployment) -> Result<(), Error> {
        self.insert(deployment).await
    }

    /// Deletes some of the deployments of an application, and says how many: as many as a short transaction does.
    pub async fn delete_some_deployments(&self, application: ApplicationId) -> Result<u64, Error> {
        let text = "DELETE FROM deployments WHERE id IN (SELECT id FROM deployments WHERE application_id = $1 LIMIT 100)";
        self.execute(sql(text).bind(id(application))).await
    }

    /// Overwrites a deployment that nobody changed since it was read; gives the new version.
    pub async fn update_deployment(&self, deployment: &Deployment) -> Result<i64, Error> {
        self.update(deployment).await
    }
}
