//! Rows of sessions.

use model::user::Session;
use model::{SessionId, Timestamp, UserId};

use crate::record::Record;
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

impl Record for Session {
    const TABLE: &'static str = "sessions";
    const COLUMNS: &'static str =
        "id, user_id, secret_hash, previous_hash, csrf, created_at, rotated_at, seen_at, expires_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            user: row.id("user_id")?,
            secret_hash: row.text("secret_hash")?,
            previous_hash: row.optional_text("previous_hash")?,
            csrf: row.text("csrf")?,
            created_at: row.time("created_at")?,
            rotated_at: row.time("rotated_at")?,
            seen_at: row.time("seen_at")?,
            expires_at: row.time("expires_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            id(self.user),
            Value::from(&self.secret_hash),
            Value::from(&self.previous_hash),
            Value::from(&self.csrf),
            self.created_at.into(),
            self.rotated_at.into(),
            self.seen_at.into(),
            self.expires_at.into(),
        ]
    }
}

impl View {
    /// Finds a session.
    pub async fn session(&self, session: SessionId) -> Result<Option<Session>, Error> {
        self.one("WHERE id = $1", [id(session)]).await
    }

    /// Finds the session whose current or previous secret has this hash; the caller looks at which one it is,
    /// and at the times.
    pub async fn session_by_hash(&self, hash: &str) -> Result<Option<Session>, Error> {
        self.one("WHERE secret_hash = $1 OR previous_hash = $1", [hash.into()]).await
    }

    /// Gives the sessions of a user, the newest first.
    pub async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, Error> {
        self.all("WHERE user_id = $1 ORDER BY id DESC", [id(user)]).await
    }
}

impl Tx {
    /// Writes a new session.
    pub async fn insert_session(&self, session: &Session) -> Result<(), Error> {
        self.insert(session).await
    }

    /// Replaces a session's secret if it is still `current`; says so. Of two requests that rotate at once, one
    /// does it.
    pub async fn rotate_session(&self, session: &Session, current: &str) -> Result<bool, Error> {
        let statement = sql("UPDATE sessions SET secret_hash = $2, previous_hash = $3, csrf = $4, \
             rotated_at = $5, seen_at = $6, expires_at = $7 WHERE id = $1 AND secret_hash = $8")
        .bind_all([
            id(session.id),
            Value::from(&session.secret_hash),
            Value::from(&session.previous_hash),
            Value::from(&session.csrf),
            session.rotated_at.into(),
            session.seen_at.into(),
            session.expires_at.into(),
            current.into(),
        ]);
        Ok(self.execute(statement).await? > 0)
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, session: SessionId, at: Timestamp) -> Result<(), Error> {
        let statement = sql("UPDATE sessions SET seen_at = $2 WHERE id = $1").bind(id(session)).bind(at);
        self.execute(statement).await.map(|_| ())
    }

    /// Ends a session; says whether there was one.
    pub async fn delete_session(&self, session: SessionId) -> Result<bool, Error> {
        self.delete::<Session>(id(session)).await
    }

    /// Ends all sessions of a user but one.
    pub async fn delete_sessions_of(&self, user: UserId, except: Option<SessionId>) -> Result<u64, Error> {
        let except = except.map(|s| s.to_string()).unwrap_or_default();
        let statement =
            sql("DELETE FROM sessions WHERE user_id = $1 AND id <> $2").bind(id(user)).bind(except);
        self.execute(statement).await
    }

    /// Removes sessions that have ended, or were not used since a time.
    pub async fn delete_ended_sessions(&self, now: Timestamp, idle_before: Timestamp) -> Result<u64, Error> {
        let statement = sql("DELETE FROM sessions WHERE expires_at <= $1 OR seen_at < $2");
        self.execute(statement.bind(now).bind(idle_before)).await
    }
}
