//! Rows of bindings: roles given to users in a scope.

use model::role::{Binding, Role, Scope};
use model::{BindingId, ProjectId, UserId};

use crate::record::Record;
use crate::row::Row;
use crate::statement::{Value, id, optional_id, sql};
use crate::{Error, Tx, View};

/// A scope as the column `project_id`: no project is the installation.
pub(crate) fn scope(scope: Scope) -> Value {
    optional_id(match scope {
        Scope::Installation => None,
        Scope::Project(project) => Some(project),
    })
}

pub(crate) fn read_scope(row: &Row) -> Result<Scope, Error> {
    let project: Option<ProjectId> = row.optional_id("project_id")?;
    Ok(project.map_or(Scope::Installation, Scope::Project))
}

impl Record for Binding {
    const TABLE: &'static str = "bindings";
    const COLUMNS: &'static str = "id, user_id, role, project_id";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            user: row.id("user_id")?,
            role: row.word("role", Role::parse)?,
            scope: read_scope(row)?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![id(self.id), id(self.user), self.role.as_str().into(), scope(self.scope)]
    }
}

impl View {
    /// Gives the roles of a user.
    pub async fn bindings(&self, user: UserId) -> Result<Vec<Binding>, Error> {
        self.all("WHERE user_id = $1 ORDER BY id", [id(user)]).await
    }

    /// Gives the roles held in a project itself.
    pub async fn bindings_in(&self, project: ProjectId) -> Result<Vec<Binding>, Error> {
        self.all("WHERE project_id = $1 ORDER BY id", [id(project)]).await
    }
}

impl Tx {
    /// Gives a role; [`Error::Duplicate`] when the user has it there already.
    pub async fn insert_binding(&self, binding: &Binding) -> Result<(), Error> {
        self.insert(binding).await
    }

    /// Takes a role away; says whether there was one.
    pub async fn delete_binding(&self, binding: BindingId) -> Result<bool, Error> {
        self.delete::<Binding>(id(binding)).await
    }

    /// Takes all roles of a user away.
    pub async fn delete_bindings(&self, user: UserId) -> Result<u64, Error> {
        self.execute(sql("DELETE FROM bindings WHERE user_id = $1").bind(id(user))).await
    }
}
