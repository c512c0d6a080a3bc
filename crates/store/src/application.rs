//! Rows of applications.

pub(crate) mod list;

use model::application::{Application, Source};
use model::gitops_config::Deletion;
use model::repository::Repository;
use model::{ApplicationId, GitopsConfigId, ProjectId};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, optional_id, sql};
use crate::{Error, Listed, Page, Tx, View};

impl Record for Application {
    const TABLE: &'static str = "applications";
    const COLUMNS: &'static str = "id, name, project_id, template, template_version, chart_repository, gitops_config_id, repository_id, \
         repository_name, clone_url, web_url, default_branch, wanted_repository, path, deleting_at, deletion, \
         deletion_failure, deletion_failure_code, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            project: row.id("project_id")?,
            source: source(row)?,
            gitops_config: row.optional_id("gitops_config_id")?,
            repository: repository(row)?,
            wanted_repository: row.optional_text("wanted_repository")?,
            path: row.text("path")?,
            deleting_at: row.optional_time("deleting_at")?,
            deletion: row.optional_text("deletion")?.map(|word| deletion(&word)).transpose()?,
            deletion_failure: row.optional_text("deletion_failure")?,
            deletion_failure_code: row.optional_text("deletion_failure_code")?,
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        let of =
            |part: fn(&Repository) -> &String| Value::Text(self.repository.as_ref().map(|r| part(r).clone()));
        let (chart, version, repository) = match &self.source {
            Source::Template { name, version } => (name, version.as_str(), None),
            Source::Chart { repository, chart } => (chart, "", Some(repository.clone())),
        };
        vec![
            id(self.id),
            Value::from(&self.name),
            id(self.project),
            Value::from(chart),
            Value::from(version),
            Value::from(&repository),
            optional_id(self.gitops_config),
            of(|r| &r.id),
            of(|r| &r.full_name),
            of(|r| &r.clone_url),
            of(|r| &r.web_url),
            of(|r| &r.default_branch),
            Value::from(&self.wanted_repository),
            Value::from(&self.path),
            self.deleting_at.into(),
            Value::Text(self.deletion.map(|d| d.as_str().to_owned())),
            Value::from(&self.deletion_failure),
            Value::from(&self.deletion_failure_code),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

/// The column `template` holds the chart's name, from wherever the chart is.
fn source(row: &Row) -> Result<Source, Error> {
    let name = row.text("template")?;
    Ok(match row.optional_text("chart_repository")? {
        Some(repository) => Source::Chart { repository, chart: name },
        None => Source::Template { name, version: row.text("template_version")? },
    })
}

fn deletion(word: &str) -> Result<Deletion, Error> {
    Deletion::parse(word)
        .ok_or_else(|| Error::Corrupt { what: format!("applications.deletion: unknown word {word:?}") })
}

fn repository(row: &Row) -> Result<Option<Repository>, Error> {
    let Some(id) = row.optional_text("repository_id")? else { return Ok(None) };
    Ok(Some(Repository {
        id,
        full_name: row.text("repository_name")?,
        clone_url: row.text("clone_url")?,
        web_url: row.text("web_url")?,
        default_branch: row.text("default_branch")?,
    }))
}

pub(crate) fn application_key(application: &Application) -> String {
    application.name.to_string()
}

impl View {
    /// Finds an application.
    pub async fn application(&self, application: ApplicationId) -> Result<Option<Application>, Error> {
        self.one("WHERE id = $1", [id(application)]).await
    }

    /// Finds an application by its name.
    pub async fn application_by_name(&self, name: &str) -> Result<Option<Application>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists applications by name.
    pub async fn applications(&self, page: &Page) -> Result<Listed<Application>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, application_key).await
    }

    /// Lists the applications of a project by name.
    pub async fn applications_of_project(
        &self,
        project: ProjectId,
        page: &Page,
    ) -> Result<Listed<Application>, Error> {
        let conditions = Conditions::default().and("project_id = ?", [id(project)]);
        self.page(conditions, Order::Up("name"), page, application_key).await
    }

    /// Lists the applications that live in a configuration by name.
    pub async fn applications_of_gitops_config(
        &self,
        config: GitopsConfigId,
        page: &Page,
    ) -> Result<Listed<Application>, Error> {
        let conditions = Conditions::default().and("gitops_config_id = ?", [id(config)]);
        self.page(conditions, Order::Up("name"), page, application_key).await
    }

    /// Gives the applications in one repository of a configuration, by the provider's id of it.
    pub async fn applications_of_repository(
        &self,
        config: GitopsConfigId,
        repository: &str,
    ) -> Result<Vec<Application>, Error> {
        self.all(
            "WHERE gitops_config_id = $1 AND repository_id = $2 ORDER BY name",
            [id(config), repository.into()],
        )
        .await
    }

    /// Gives the applications in repositories of this name at their provider, in all configurations.
    pub async fn applications_by_repository_name(&self, full_name: &str) -> Result<Vec<Application>, Error> {
        self.all("WHERE repository_name = $1 ORDER BY name", [full_name.into()]).await
    }
}

impl Tx {
    /// Writes a new application; [`Error::Duplicate`] when the name, or the repository and path, are taken.
    pub async fn insert_application(&self, application: &Application) -> Result<(), Error> {
        self.insert(application).await
    }

    /// Overwrites an application that nobody changed since it was read; gives the new version.
    pub async fn update_application(&self, application: &Application) -> Result<i64, Error> {
        self.update(application).await
    }

    /// Deletes an application with its values and deployments; says whether there was one. Its audit stays.
    pub async fn delete_application(&self, application: ApplicationId) -> Result<bool, Error> {
        // Deployments refer to values: they go first.
        self.execute(sql("DELETE FROM deployments WHERE application_id = $1").bind(id(application))).await?;
        self.delete::<Application>(id(application)).await
    }

    /// Waits until no other transaction decides what is deployed of an application, and keeps others waiting.
    pub async fn lock_application(&self, application: ApplicationId) -> Result<(), Error> {
        let statement =
            sql("UPDATE applications SET deployments = deployments WHERE id = $1").bind(id(application));
        if self.execute(statement).await? == 0 { Err(Error::Stale) } else { Ok(()) }
    }

    /// Counts up an application's deployments and gives the number of the next one. Of two at once, the
    /// second waits for the first.
    pub async fn next_deployment_number(&self, application: ApplicationId) -> Result<i64, Error> {
        let statement =
            sql("UPDATE applications SET deployments = deployments + 1 WHERE id = $1 RETURNING deployments")
                .bind(id(application));
        self.row(statement).await?.ok_or(Error::Stale)?.integer("deployments")
    }
}
