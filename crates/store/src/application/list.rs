//! Lists of applications: which ones are wanted, and in which order.

use model::ProjectId;
use model::application::Application;
use model::deployment::End;

use super::application_key;
use crate::record::{Conditions, Order, contains, decode};
use crate::statement::{Value, id};
use crate::{Error, Listed, Page, View};

/// Which applications are wanted; what is empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFilter {
    /// The project's name.
    pub project: String,
    /// A part of the application's name.
    pub search: String,
    /// An environment that it was deployed to, by name.
    pub environment: String,
    /// How it stands: in that environment, or else in any.
    pub state: Option<ApplicationState>,
    /// What it is deployed from.
    pub source: Option<ApplicationSource>,
    /// In which order.
    pub order: ApplicationOrder,
    /// Whether the order is turned around.
    pub descending: bool,
}

/// How an application stands in an environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApplicationState {
    /// The newest deployment has ended, and not by failing.
    Stored,
    /// The newest deployment goes on.
    Running,
    /// The newest deployment has failed.
    Failed,
    /// What the newest deployment brought became healthy in its cluster.
    Healthy,
    /// What the newest deployment brought did not become healthy in its cluster.
    Degraded,
    /// What runs in its cluster differs from Git.
    Drifted,
    /// It was never deployed.
    None,
}

/// That something differs where `d` was deployed to.
const DRIFTED: &str = " AND EXISTS (SELECT 1 FROM places p JOIN place_drifts f ON f.place_id = p.id \
     WHERE p.application_id = d.application_id AND p.environment_id = d.environment_id)";

/// What an application is deployed from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApplicationSource {
    /// A chart of a chart repository.
    Chart,
    /// A deployment template.
    Template,
}

/// By what applications are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ApplicationOrder {
    /// By name.
    #[default]
    Name,
    /// By the project's name, then by name.
    Project,
    /// By the time they were made.
    Created,
}

/// Applications with the names of their projects. The order of the join is fixed for SQLite: projects by name, and of
/// each its applications by name, are in the order of two indexes, so that a page costs what it shows.
const WITH_PROJECT: &str = "(SELECT a.*, p.name AS project_name FROM projects p CROSS JOIN applications a \
     WHERE a.project_id = p.id) applications";

impl ApplicationFilter {
    /// Adds what the filter asks for.
    pub(crate) fn narrow(&self, mut conditions: Conditions) -> Conditions {
        if !self.project.is_empty() {
            let project = [Value::from(&self.project)];
            conditions = conditions.and("project_id IN (SELECT id FROM projects WHERE name = ?)", project);
        }
        if !self.search.is_empty() {
            let (text, values) = contains("name", &self.search);
            conditions = conditions.and(&text, values);
        }
        conditions = match self.source {
            None => conditions,
            Some(ApplicationSource::Chart) => conditions.and("chart_repository IS NOT NULL", []),
            Some(ApplicationSource::Template) => conditions.and("chart_repository IS NULL", []),
        };
        if self.environment.is_empty() && self.state.is_none() {
            return conditions;
        }
        let (mut there, mut values) = (String::new(), Vec::new());
        if !self.environment.is_empty() {
            there = " AND d.environment_id IN (SELECT id FROM environments WHERE name = ?)".into();
            values.push(Value::from(&self.environment));
        }
        let ended = |end: End| newest(&format!("d.ending = '{}'", end.as_str()));
        let how = match self.state {
            None | Some(ApplicationState::None) => String::new(),
            Some(ApplicationState::Stored) => newest(&format!("d.ending <> '{}'", End::Failed.as_str())),
            Some(ApplicationState::Running) => newest("d.ending IS NULL"),
            Some(ApplicationState::Failed) => ended(End::Failed),
            Some(ApplicationState::Healthy) => ended(End::Healthy),
            Some(ApplicationState::Degraded) => ended(End::Degraded),
            Some(ApplicationState::Drifted) => DRIFTED.to_owned(),
        };
        let not = if self.state == Some(ApplicationState::None) { "NOT " } else { "" };
        let deployed = format!(
            "{not}EXISTS (SELECT 1 FROM deployments d WHERE d.application_id = applications.id{there}{how})"
        );
        conditions.and(&deployed, values)
    }
}

/// That `d` is the newest deployment of its application to its environment, and what else is true of it.
fn newest(condition: &str) -> String {
    format!(
        " AND {condition} AND d.number = (SELECT MAX(n.number) FROM deployments n \
         WHERE n.application_id = d.application_id AND n.environment_id = d.environment_id)"
    )
}

impl View {
    /// One page of the applications that fulfil the conditions, in the order of the filter.
    pub(crate) async fn applications_in_order(
        &self,
        conditions: Conditions,
        filter: &ApplicationFilter,
        page: &Page,
    ) -> Result<Listed<Application>, Error> {
        let by_id = |a: &Application| a.id.to_string();
        let (up, down) = (Order::Up, Order::Down);
        match (filter.order, filter.descending) {
            (ApplicationOrder::Name, false) => self.page(conditions, up("name"), page, application_key).await,
            (ApplicationOrder::Name, true) => {
                self.page(conditions, down("name"), page, application_key).await
            }
            // Ids of version 7 are in the order of their making.
            (ApplicationOrder::Created, false) => self.page(conditions, up("id"), page, by_id).await,
            (ApplicationOrder::Created, true) => self.page(conditions, down("id"), page, by_id).await,
            (ApplicationOrder::Project, descending) => self.by_project(conditions, descending, page).await,
        }
    }

    async fn by_project(
        &self,
        conditions: Conditions,
        descending: bool,
        page: &Page,
    ) -> Result<Listed<Application>, Error> {
        let (direction, comparison) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let conditions = match &page.cursor {
            None => conditions,
            Some(cursor) => {
                let after = decode(cursor)?;
                let (project, name) = after.split_once(' ').ok_or(Error::InvalidCursor)?;
                let project = ProjectId(project.parse().map_err(|_| Error::InvalidCursor)?);
                let text = format!(
                    "(project_name {comparison} (SELECT name FROM projects WHERE id = ?) \
                     OR (project_id = ? AND name {comparison} ?))"
                );
                conditions.and(&text, [id(project), id(project), Value::from(name.to_owned())])
            }
        };
        let ordering = format!("project_name {direction}, name {direction}");
        let key = |a: &Application| format!("{} {}", a.project, a.name);
        self.cut_from(WITH_PROJECT, conditions, &ordering, (page, key)).await
    }
}
