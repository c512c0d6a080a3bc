//! What a test does to the simulated Bitbucket Cloud beside what every simulated host allows.

use super::state::{Holder, Project, Restriction, Token, uuid};
use super::{BitbucketCloud, Repo, Role};

impl BitbucketCloud {
    /// Adds an account to a workspace, or changes what it may do there.
    pub fn member(&self, workspace: &str, user: &str, role: Role) {
        self.with(|state, ground| {
            state.add_user(ground, user);
            state.workspace(workspace).members.insert(user.to_owned(), role);
        });
    }

    /// Adds a project that was made at a time, such as `2020-01-02T03:04:05+00:00`.
    pub fn project(&self, workspace: &str, key: &str, created_on: &str) {
        self.with(|state, ground| {
            let uuid = uuid(ground.number());
            let (key, created_on) = (key.to_owned(), created_on.to_owned());
            state.workspace(workspace).projects.push(Project { key, uuid, created_on, closed: false });
        });
    }

    /// Lets only owners create repositories in a project.
    pub fn close_project(&self, workspace: &str, key: &str) {
        self.with(|state, _| {
            let mut projects = state.workspace(workspace).projects.iter_mut();
            projects.find(|p| p.key == key).expect("the project").closed = true;
        });
    }

    /// Adds an access token of one project, with scopes in the older spelling.
    pub fn project_token(&self, text: &str, (workspace, key): (&str, &str), scopes: &[&str]) {
        self.with(|state, _| {
            let holder = Holder::Project(workspace.to_owned(), key.to_owned());
            let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
            state.tokens.insert(text.to_owned(), Token { holder, scopes, expired: false });
        });
    }

    /// Adds an access token of one repository, with scopes in the older spelling.
    pub fn repository_token(&self, text: &str, (workspace, slug): (&str, &str), scopes: &[&str]) {
        self.with(|state, _| {
            let id = state.repo(workspace, slug).expect("the repository").id;
            let holder = Holder::Repository(workspace.to_owned(), id);
            let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
            state.tokens.insert(text.to_owned(), Token { holder, scopes, expired: false });
        });
    }

    /// Makes a repository.
    pub fn repository(&self, workspace: &str, slug: &str, project: &str) -> Repo {
        self.with(|state, ground| {
            let id = state.create(ground, workspace, slug, project);
            state.repos[&id].clone()
        })
    }

    /// Restricts pushes to branches of a pattern to these accounts and groups.
    pub fn restrict_pushes(&self, at: (&str, &str), pattern: &str, users: &[&str], groups: &[&str]) {
        self.with(|state, ground| {
            let users = users.iter().map(|u| state.users[*u].uuid.clone()).collect();
            let id = state.repo(at.0, at.1).expect("the repository").id;
            state.repos.get_mut(&id).expect("the repository").restrictions.push(Restriction {
                id: ground.number(),
                kind: "push".into(),
                pattern: pattern.to_owned(),
                users,
                groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            });
        });
    }

    /// Gives a workspace more people than its plan allows.
    pub fn over_plan(&self, workspace: &str) {
        self.with(|state, _| state.workspace(workspace).over_plan = true);
    }

    /// A repository by its present slug.
    pub fn find(&self, workspace: &str, slug: &str) -> Option<Repo> {
        self.with(|state, _| state.repo(workspace, slug).cloned())
    }
}

/// All scopes that Trueline may need, in the spelling of API tokens.
pub fn scopes() -> &'static [&'static str] {
    <super::State as crate::simulated::host::Dialect>::SCOPES
}
