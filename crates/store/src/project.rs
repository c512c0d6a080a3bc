//! Rows of projects.

use model::ProjectId;
use model::project::{Destination, Limits, Pattern, Project};
use serde::{Deserialize, Serialize};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, optional_json};
use crate::{Error, Listed, Page, Tx, View};

impl Record for Project {
    const TABLE: &'static str = "projects";
    const COLUMNS: &'static str = "id, name, description, limits, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            description: row.text("description")?,
            limits: row.optional_json::<StoredLimits>("limits")?.map(limits).transpose()?.unwrap_or_default(),
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.name),
            Value::from(&self.description),
            optional_json(stored(&self.limits).as_ref()),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

#[derive(Serialize, Deserialize)]
struct StoredLimits {
    /// Patterns of a cluster's name, and of its namespaces.
    destinations: Option<Vec<(String, Vec<String>)>>,
    cluster_kinds: Option<Vec<String>>,
}

/// What is written of limits; nothing where there are none.
fn stored(limits: &Limits) -> Option<StoredLimits> {
    let texts = |patterns: &[Pattern]| patterns.iter().map(|p| p.as_str().to_owned()).collect::<Vec<_>>();
    let destination = |to: &Destination| (to.cluster.as_str().to_owned(), texts(&to.namespaces));
    let stored = StoredLimits {
        destinations: limits.destinations.as_ref().map(|all| all.iter().map(destination).collect()),
        cluster_kinds: limits.cluster_kinds.as_deref().map(texts),
    };
    (*limits != Limits::default()).then_some(stored)
}

fn limits(stored: StoredLimits) -> Result<Limits, Error> {
    let pattern = |text: &String| {
        Pattern::parse("limits", text).map_err(|e| Error::Corrupt { what: format!("limits: {}", e.message) })
    };
    let patterns = |texts: &[String]| texts.iter().map(pattern).collect::<Result<Vec<_>, _>>();
    let destination = |(cluster, namespaces): &(String, Vec<String>)| {
        Ok::<_, Error>(Destination { cluster: pattern(cluster)?, namespaces: patterns(namespaces)? })
    };
    let destinations = stored.destinations.map(|all| all.iter().map(destination).collect::<Result<_, _>>());
    let kinds = stored.cluster_kinds.map(|all| patterns(&all));
    Ok(Limits { destinations: destinations.transpose()?, cluster_kinds: kinds.transpose()? })
}

impl View {
    /// Finds a project.
    pub async fn project(&self, project: ProjectId) -> Result<Option<Project>, Error> {
        self.one("WHERE id = $1", [id(project)]).await
    }

    /// Finds a project by its name.
    pub async fn project_by_name(&self, name: &str) -> Result<Option<Project>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists projects by name.
    pub async fn projects(&self, page: &Page) -> Result<Listed<Project>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, project_key).await
    }

    /// Counts the applications of a project.
    pub async fn count_applications_of_project(&self, project: ProjectId) -> Result<i64, Error> {
        self.count("SELECT COUNT(*) AS count FROM applications WHERE project_id = $1", [id(project)]).await
    }
}

pub(crate) fn project_key(project: &Project) -> String {
    project.name.to_string()
}

impl Tx {
    /// Writes a new project; [`Error::Duplicate`] when the name is taken.
    pub async fn insert_project(&self, project: &Project) -> Result<(), Error> {
        self.insert(project).await
    }

    /// Overwrites a project that nobody changed since it was read; gives the new version.
    pub async fn update_project(&self, project: &Project) -> Result<i64, Error> {
        self.update(project).await
    }

    /// Deletes a project and the roles in it; says whether there was one. [`Error::InUse`] names its
    /// applications.
    pub async fn delete_project(&self, project: ProjectId) -> Result<bool, Error> {
        let by = self
            .names("SELECT name FROM applications WHERE project_id = $1 ORDER BY name LIMIT 10", id(project))
            .await?;
        if !by.is_empty() {
            return Err(Error::InUse { by });
        }
        self.delete::<Project>(id(project)).await
    }
}
