//! What an actor may see: what it may not see does not exist for it.

use std::collections::{BTreeMap, HashMap};

use model::application::Application;
use model::audit::AuditEntry;
use model::chart_repository::{ChartRepository, ChartRepositoryCheck, Refresh};
use model::check::Check;
use model::cluster::PlaceDrift;
use model::cluster::{Cluster, ClusterStanding};
use model::deployment::{Deployment, End};
use model::environment::Environment;
use model::gitops_config::GitopsConfig;
use model::health_rule::{HealthRule, RuledKind};
use model::hold::Hold;
use model::project::Project;
use model::role::{Actor, Binding, Role, Scope};
use model::token::Token;
use model::user::User;
use model::values::{Slot, Values};
use model::{ApplicationId, ChartRepositoryId, EnvironmentId, GitopsConfigId, ProjectId};

use crate::audit::{NEWEST_FIRST, audit_key};
use crate::project::project_key;
use crate::record::{Conditions, Order, contains};
use crate::statement::{Value, id};
use crate::{ApplicationFilter, AuditFilter, Error, Listed, Page, SecretKind, View};

/// The reads of one actor.
pub struct Reader<'a> {
    view: &'a View,
    actor: &'a Actor,
}

/// What an environment of an application is at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvironmentState {
    /// The environment.
    pub environment: EnvironmentId,
    /// The newest deployment, whatever became of it.
    pub latest: Option<Deployment>,
    /// The newest deployment whose state is stored.
    pub current: Option<Deployment>,
    /// What stops deployments there.
    pub hold: Option<Hold>,
    /// What differs in its cluster from Git.
    pub drift: Option<PlaceDrift>,
}

impl EnvironmentState {
    fn new(environment: EnvironmentId) -> Self {
        Self { environment, latest: None, current: None, hold: None, drift: None }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(view: &'a View, actor: &'a Actor) -> Self {
        Self { view, actor }
    }

    fn administers(&self) -> bool {
        self.actor.may(Role::Administrator, Scope::Installation)
    }

    fn sees(&self, project: ProjectId) -> bool {
        self.actor.may(Role::Viewer, Scope::Project(project))
    }

    /// Adds that a column names a project which the actor sees.
    fn visible(&self, conditions: Conditions, column: &str) -> Conditions {
        match self.actor.projects(Role::Viewer) {
            None => conditions,
            Some(projects) => conditions.one_of(column, projects.into_iter().map(id).collect()),
        }
    }

    /// Lists projects by name; `search` is a part of the name.
    pub async fn projects(&self, search: &str, page: &Page) -> Result<Listed<Project>, Error> {
        let mut conditions = self.visible(Conditions::default(), "id");
        if !search.is_empty() {
            let (text, values) = contains("name", search);
            conditions = conditions.and(&text, values);
        }
        self.view.page(conditions, Order::Up("name"), page, project_key).await
    }

    /// Finds a project by its name.
    pub async fn project_by_name(&self, name: &str) -> Result<Option<Project>, Error> {
        Ok(self.view.project_by_name(name).await?.filter(|p| self.sees(p.id)))
    }

    /// Finds a project.
    pub async fn project(&self, project: ProjectId) -> Result<Option<Project>, Error> {
        if self.sees(project) { self.view.project(project).await } else { Ok(None) }
    }

    /// Counts the applications of projects; a project without any is absent.
    pub async fn count_applications(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, i64>, Error> {
        let wanted = projects.iter().filter(|p| self.sees(**p)).map(id).collect();
        let conditions = Conditions::default().one_of("project_id", wanted);
        let rows = self
            .view
            .selected_by(
                "SELECT project_id, COUNT(*) AS count FROM applications",
                conditions,
                "GROUP BY project_id",
            )
            .await?;
        rows.iter().map(|row| Ok((row.id("project_id")?, row.integer("count")?))).collect()
    }

    /// Lists environments by name: everybody sees them.
    pub async fn environments(&self, page: &Page) -> Result<Listed<Environment>, Error> {
        self.view.environments(page).await
    }

    /// Finds an environment by its name.
    pub async fn environment_by_name(&self, name: &str) -> Result<Option<Environment>, Error> {
        self.view.environment_by_name(name).await
    }

    /// Finds an environment.
    pub async fn environment(&self, environment: EnvironmentId) -> Result<Option<Environment>, Error> {
        self.view.environment(environment).await
    }

    /// Lists health rules by their kind: everybody sees them.
    pub async fn health_rules(&self, page: &Page) -> Result<Listed<HealthRule>, Error> {
        self.view.health_rules(page).await
    }

    /// Finds the health rule for a kind: everybody sees it.
    pub async fn health_rule(&self, kind: &RuledKind) -> Result<Option<HealthRule>, Error> {
        self.view.health_rule(kind).await
    }

    /// Lists chart repositories by name: everybody sees them.
    pub async fn chart_repositories(&self, page: &Page) -> Result<Listed<ChartRepository>, Error> {
        self.view.chart_repositories(page).await
    }

    /// Finds a chart repository by its name.
    pub async fn chart_repository_by_name(&self, name: &str) -> Result<Option<ChartRepository>, Error> {
        self.view.chart_repository_by_name(name).await
    }

    /// Tells how the looks at a chart repository ended.
    pub async fn chart_refresh(&self, repository: ChartRepositoryId) -> Result<Refresh, Error> {
        self.view.chart_refresh(repository).await
    }

    /// Whether a password or token is stored for a chart repository.
    pub async fn has_chart_repository_secret(&self, repository: ChartRepositoryId) -> Result<bool, Error> {
        self.view.has_secret(SecretKind::ChartRepository, &repository.to_string()).await
    }

    /// Counts the charts of a repository, their versions, and those whose digest has changed.
    pub async fn count_charts(&self, repository: ChartRepositoryId) -> Result<(i64, i64, i64), Error> {
        let (charts, versions) = self.view.count_charts(repository).await?;
        Ok((charts, versions, self.view.count_changed_charts(repository).await?))
    }

    /// Lists GitOps configurations by name: only administrators of the installation see any.
    pub async fn gitops_configs(&self, page: &Page) -> Result<Listed<GitopsConfig>, Error> {
        if self.administers() { self.view.gitops_configs(page).await } else { Ok(Listed::empty()) }
    }

    /// Finds a GitOps configuration by its name: only administrators of the installation see any.
    pub async fn gitops_config_by_name(&self, name: &str) -> Result<Option<GitopsConfig>, Error> {
        if self.administers() { self.view.gitops_config_by_name(name).await } else { Ok(None) }
    }

    /// The name of a configuration, for those who see an application in it.
    pub async fn gitops_config_name(&self, config: GitopsConfigId) -> Result<Option<String>, Error> {
        Ok(self.view.gitops_config(config).await?.map(|c| c.name.to_string()))
    }

    /// Counts the applications that live in a configuration.
    pub async fn count_applications_of_gitops_config(&self, config: GitopsConfigId) -> Result<i64, Error> {
        if self.administers() { self.view.count_applications_of_gitops_config(config).await } else { Ok(0) }
    }

    /// Gives the newest check of a configuration's name: only administrators of the installation see any.
    pub async fn latest_check(&self, config: &str) -> Result<Option<Check>, Error> {
        if self.administers() { self.view.latest_check(config).await } else { Ok(None) }
    }

    /// Gives the newest check of a chart repository's name: only administrators of the installation see any.
    pub async fn latest_chart_repository_check(
        &self,
        repository: &str,
    ) -> Result<Option<ChartRepositoryCheck>, Error> {
        if self.administers() { self.view.latest_chart_repository_check(repository).await } else { Ok(None) }
    }

    /// Lists clusters by name: everyone signed in sees them.
    pub async fn clusters(&self, page: &Page) -> Result<Listed<Cluster>, Error> {
        self.view.clusters(page).await
    }

    /// Gives what is known of a cluster; how the last look at it went is for administrators of the installation.
    pub async fn cluster_standing(&self, cluster: &Cluster) -> Result<ClusterStanding, Error> {
        let standing = self.view.cluster_standing(cluster.id).await?;
        let check = standing.check.filter(|_| self.administers());
        Ok(ClusterStanding { check, ..standing })
    }

    /// Gives the names of the environments in a cluster.
    pub async fn environments_of_cluster(&self, cluster: &Cluster) -> Result<Vec<String>, Error> {
        self.view.environments_of_cluster(cluster.id).await
    }

    /// Finds a check: only administrators of the installation see any.
    pub async fn check(&self, check: model::CheckId) -> Result<Option<Check>, Error> {
        if self.administers() { self.view.check(check).await } else { Ok(None) }
    }

    /// Lists applications in the order of the filter.
    pub async fn applications(
        &self,
        filter: &ApplicationFilter,
        page: &Page,
    ) -> Result<Listed<Application>, Error> {
        let conditions = filter.narrow(self.visible(Conditions::default(), "project_id"));
        self.view.applications_in_order(conditions, filter, page).await
    }

    /// Finds an application by its name.
    pub async fn application_by_name(&self, name: &str) -> Result<Option<Application>, Error> {
        Ok(self.view.application_by_name(name).await?.filter(|a| self.sees(a.project)))
    }

    /// Gives for applications what each environment is at; environments that were never deployed to and have no
    /// hold are absent.
    pub async fn environment_states(
        &self,
        applications: &[Application],
    ) -> Result<BTreeMap<ApplicationId, Vec<EnvironmentState>>, Error> {
        let wanted: Vec<Value> =
            applications.iter().filter(|a| self.sees(a.project)).map(|a| id(a.id)).collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        // The numbers of the newest are taken from an index, for the wanted applications alone.
        let marks = vec!["?"; wanted.len()].join(", ");
        let newest = |ending: &str| {
            format!(
                "(application_id, environment_id, number) IN (SELECT n.application_id, n.environment_id, MAX(n.number) \
                 FROM deployments n WHERE n.application_id IN ({marks}){ending} \
                 GROUP BY n.application_id, n.environment_id)"
            )
        };
        let ends = End::IN_GIT.map(|end| format!("'{}'", end.as_str()));
        let stored = newest(&format!(" AND n.ending IN ({})", ends.join(", ")));
        let mut states: BTreeMap<ApplicationId, BTreeMap<EnvironmentId, EnvironmentState>> = BTreeMap::new();
        for (condition, current) in [(newest(""), false), (stored, true)] {
            let conditions = Conditions::default().and(&condition, wanted.clone());
            for deployment in self.view.matching::<Deployment>(conditions).await? {
                let environment = deployment.environment;
                let of_application = states.entry(deployment.application).or_default();
                let state =
                    of_application.entry(environment).or_insert_with(|| EnvironmentState::new(environment));
                *(if current { &mut state.current } else { &mut state.latest }) = Some(deployment);
            }
        }
        for hold in self.view.holds(wanted.clone()).await? {
            let of_application = states.entry(hold.application).or_default();
            let environment = hold.environment;
            of_application.entry(environment).or_insert_with(|| EnvironmentState::new(environment)).hold =
                Some(hold);
        }
        for (application, environment, drift) in self.view.drifts(wanted).await? {
            // What nothing is told of was never deployed.
            let state = states.get_mut(&application).and_then(|of| of.get_mut(&environment));
            if let Some(state) = state {
                state.drift = Some(drift);
            }
        }
        Ok(states.into_iter().map(|(id, of)| (id, of.into_values().collect())).collect())
    }

    /// Gives the newest version of an application's input.
    pub async fn latest_values(
        &self,
        application: &Application,
        slot: Slot,
    ) -> Result<Option<Values>, Error> {
        if !self.sees(application.project) {
            return Ok(None);
        }
        self.view.latest_values(application.id, slot).await
    }

    /// Lists the versions of an application's input, the newest first.
    pub async fn values_history(
        &self,
        application: &Application,
        slot: Slot,
        page: &Page,
    ) -> Result<Listed<Values>, Error> {
        if !self.sees(application.project) {
            return Ok(Listed::empty());
        }
        self.view.values_history(application.id, slot, page).await
    }

    /// Lists the deployments of an application, to one environment or to all, the newest first.
    pub async fn deployments(
        &self,
        application: &Application,
        environment: Option<EnvironmentId>,
        page: &Page,
    ) -> Result<Listed<Deployment>, Error> {
        if !self.sees(application.project) {
            return Ok(Listed::empty());
        }
        self.view.deployments(application.id, environment, page).await
    }

    /// Finds a deployment of an application by its number.
    pub async fn deployment_by_number(
        &self,
        application: &Application,
        number: i64,
    ) -> Result<Option<Deployment>, Error> {
        if !self.sees(application.project) {
            return Ok(None);
        }
        self.view.deployment_by_number(application.id, number).await
    }

    /// Lists users by name: administrators of the installation see all, others themselves.
    pub async fn users(&self, page: &Page) -> Result<Listed<User>, Error> {
        if self.administers() {
            return self.view.users(page).await;
        }
        let items = match self.actor.user() {
            Some(user) => self.view.user(user).await?.into_iter().collect(),
            None => Vec::new(),
        };
        Ok(Listed { items, next: None })
    }

    /// Finds a user by the sign-in name: administrators of the installation see all, others themselves.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, Error> {
        let user = self.view.user_by_name(name).await?;
        Ok(user.filter(|u| self.administers() || self.actor.user() == Some(u.id)))
    }

    /// Gives the roles of a user that the actor sees.
    pub async fn bindings(&self, user: &User) -> Result<Vec<Binding>, Error> {
        if self.administers() || self.actor.user() == Some(user.id) {
            return self.view.bindings(user.id).await;
        }
        Ok(Vec::new())
    }

    /// Gives the actor's own API tokens by name.
    pub async fn tokens(&self) -> Result<Vec<Token>, Error> {
        match self.actor.user() {
            Some(user) => self.view.tokens_of(user).await,
            None => Ok(Vec::new()),
        }
    }

    /// Lists entries of the audit, the newest first: administrators of the installation see all, those of
    /// projects what concerns these.
    pub async fn audit(&self, filter: &AuditFilter, page: &Page) -> Result<Listed<AuditEntry>, Error> {
        let conditions = match self.actor.projects(Role::Administrator) {
            None => filter.conditions(),
            Some(projects) => {
                filter.conditions().one_of("project_id", projects.into_iter().map(id).collect())
            }
        };
        self.view.page(conditions, NEWEST_FIRST, page, audit_key).await
    }
}
