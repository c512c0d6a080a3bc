//! Rows of users.

use model::role::Role;
use model::user::User;
use model::{ProjectId, UserId};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id};
use crate::{Error, Listed, Page, Tx, View};

impl Record for User {
    const TABLE: &'static str = "users";
    const COLUMNS: &'static str =
        "id, name, email, password_hash, password_is_initial, enabled, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.text("name")?,
            email: row.text("email")?,
            password_hash: row.text("password_hash")?,
            password_is_initial: row.flag("password_is_initial")?,
            enabled: row.flag("enabled")?,
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.name),
            Value::from(&self.email),
            Value::from(&self.password_hash),
            self.password_is_initial.into(),
            self.enabled.into(),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

impl View {
    /// Finds a user.
    pub async fn user(&self, user: UserId) -> Result<Option<User>, Error> {
        self.one("WHERE id = $1", [id(user)]).await
    }

    /// Finds a user by the sign-in name.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists users by name.
    pub async fn users(&self, page: &Page) -> Result<Listed<User>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |u: &User| u.name.clone()).await
    }

    /// Counts all users.
    pub async fn user_count(&self) -> Result<i64, Error> {
        self.count("SELECT COUNT(*) AS count FROM users", []).await
    }

    /// Gives the enabled users who administer the installation, by name.
    pub async fn administrators(&self) -> Result<Vec<User>, Error> {
        self.all(
            "WHERE enabled = 1 AND id IN (SELECT user_id FROM bindings WHERE role = $1 AND project_id IS NULL) \
             ORDER BY name",
            [Role::Administrator.as_str().into()],
        )
        .await
    }

    /// Gives the users who have a role in a project, by name.
    pub async fn users_of_project(&self, project: ProjectId) -> Result<Vec<User>, Error> {
        self.all(
            "WHERE id IN (SELECT user_id FROM bindings WHERE project_id = $1) ORDER BY name",
            [id(project)],
        )
        .await
    }
}

impl Tx {
    /// Writes a new user; [`Error::Duplicate`] when the name is taken.
    pub async fn insert_user(&self, user: &User) -> Result<(), Error> {
        self.insert(user).await
    }

    /// Overwrites a user that nobody changed since it was read; gives the new version.
    pub async fn update_user(&self, user: &User) -> Result<i64, Error> {
        self.update(user).await
    }

    /// Deletes a user with all sessions, tokens and roles; says whether there was one.
    pub async fn delete_user(&self, user: UserId) -> Result<bool, Error> {
        self.delete::<User>(id(user)).await
    }
}
