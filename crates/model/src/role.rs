//! Who may do what: roles, where they hold, and the actor of a request.

use crate::{BindingId, ProjectId, TokenId, UserId};

/// A role; each contains those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Sees everything in its scope.
    Viewer,
    /// Deploys, and pushes to repositories of the built-in Git host.
    Deployer,
    /// Creates, changes and deletes applications, and saves values.
    Manager,
    /// Everything; on the installation also what is global.
    Administrator,
}

impl Role {
    /// All roles, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Deployer, Self::Manager, Self::Administrator];

    /// The role's word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Deployer => "deployer",
            Self::Manager => "manager",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the role's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

/// Where a role holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Everywhere, global things included.
    Installation,
    /// In one project.
    Project(ProjectId),
}

/// A role given to a user in a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Its identity.
    pub id: BindingId,
    /// Who has the role.
    pub user: UserId,
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: Scope,
}

/// Who stands behind a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identity {
    /// A person, signed in at the page.
    User(UserId),
    /// A person's API token.
    Token(UserId, TokenId),
    /// Trueline itself: its workers.
    System,
}

/// An authenticated caller with the roles in force for this request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Who it is.
    pub identity: Identity,
    /// The user name shown in the audit and used as author of commits; `trueline` for the system.
    pub name: String,
    /// The e-mail address used as author of commits.
    pub email: String,
    /// The roles in force: the user's bindings, cut down to what the token allows.
    pub roles: Vec<(Role, Scope)>,
}

impl Actor {
    /// The actor of Trueline's own workers: it may do everything.
    pub fn system() -> Self {
        Self {
            identity: Identity::System,
            name: "trueline".into(),
            email: "trueline@localhost".into(),
            roles: vec![(Role::Administrator, Scope::Installation)],
        }
    }

    /// The user behind this actor, if it is not the system.
    pub fn user(&self) -> Option<UserId> {
        match self.identity {
            Identity::User(id) | Identity::Token(id, _) => Some(id),
            Identity::System => None,
        }
    }

    /// Whether the actor has at least `needed` in `scope`; a role on the installation holds in every project.
    pub fn may(&self, needed: Role, scope: Scope) -> bool {
        self.roles
            .iter()
            .any(|(role, held)| *role >= needed && (*held == Scope::Installation || *held == scope))
    }

    /// The projects in which the actor has at least `needed`; `None` means all of them.
    pub fn projects(&self, needed: Role) -> Option<Vec<ProjectId>> {
        if self.may(needed, Scope::Installation) {
            return None;
        }
        Some(
            self.roles
                .iter()
                .filter(|(role, _)| *role >= needed)
                .filter_map(|(_, scope)| match scope {
                    Scope::Project(id) => Some(*id),
                    Scope::Installation => None,
                })
                .collect(),
        )
    }
}
