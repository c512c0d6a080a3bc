//! Rows of API tokens.

use model::role::Role;
use model::token::Token;
use model::{Timestamp, TokenId, UserId};

use crate::record::Record;
use crate::role::{read_scope, scope};
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

impl Record for Token {
    const TABLE: &'static str = "tokens";
    const COLUMNS: &'static str =
        "id, user_id, name, secret_hash, hint, role, project_id, created_at, expires_at, used_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            user: row.id("user_id")?,
            name: row.text("name")?,
            secret_hash: row.text("secret_hash")?,
            hint: row.text("hint")?,
            role: row.word("role", Role::parse)?,
            scope: read_scope(row)?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
            used_at: row.optional_time("used_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            id(self.user),
            Value::from(&self.name),
            Value::from(&self.secret_hash),
            Value::from(&self.hint),
            self.role.as_str().into(),
            scope(self.scope),
            self.created_at.into(),
            self.expires_at.into(),
            self.used_at.into(),
        ]
    }
}

impl View {
    /// Finds a token.
    pub async fn token(&self, token: TokenId) -> Result<Option<Token>, Error> {
        self.one("WHERE id = $1", [id(token)]).await
    }

    /// Finds the token with this hash; the caller looks at its end.
    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<Token>, Error> {
        self.one("WHERE secret_hash = $1", [hash.into()]).await
    }

    /// Gives the tokens of a user by name.
    pub async fn tokens_of(&self, user: UserId) -> Result<Vec<Token>, Error> {
        self.all("WHERE user_id = $1 ORDER BY name", [id(user)]).await
    }
}

impl Tx {
    /// Writes a new token; [`Error::Duplicate`] when its owner has one of this name.
    pub async fn insert_token(&self, token: &Token) -> Result<(), Error> {
        self.insert(token).await
    }

    /// Notes that a token was used.
    pub async fn touch_token(&self, token: TokenId, at: Timestamp) -> Result<(), Error> {
        self.execute(sql("UPDATE tokens SET used_at = $2 WHERE id = $1").bind(id(token)).bind(at))
            .await
            .map(|_| ())
    }

    /// Revokes a token; says whether there was one.
    pub async fn delete_token(&self, token: TokenId) -> Result<bool, Error> {
        self.delete::<Token>(id(token)).await
    }

    /// Revokes all tokens of a user but one; says how many.
    pub async fn delete_tokens_of(&self, user: UserId, except: Option<TokenId>) -> Result<u64, Error> {
        let except = except.map(|token| token.to_string()).unwrap_or_default();
        let statement = sql("DELETE FROM tokens WHERE user_id = $1 AND id <> $2").bind(id(user)).bind(except);
        self.execute(statement).await
    }
}
