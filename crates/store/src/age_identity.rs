//! Rows of age identities; what opens lies sealed among the secrets.

use model::age_identity::AgeIdentity;
use model::{AgeIdentityId, Secret, Timestamp};

use crate::record::Record;
use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, SecretKind, Tx, View};

impl Record for AgeIdentity {
    const TABLE: &'static str = "age_identities";
    const COLUMNS: &'static str = "id, generation, recipient, created_at, exported_at";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            generation: row.integer("generation")?,
            recipient: row.text("recipient")?,
            created_at: row.time("created_at")?,
            exported_at: row.optional_time("exported_at")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            self.generation.into(),
            Value::from(&self.recipient),
            self.created_at.into(),
            self.exported_at.into(),
        ]
    }
}

impl View {
    /// All age identities, the newest first.
    pub async fn age_identities(&self) -> Result<Vec<AgeIdentity>, Error> {
        self.all("ORDER BY generation DESC", []).await
    }
}

impl Tx {
    /// Writes a new age identity with its secret: [`Error::Stale`] when another of its generation came first.
    pub async fn insert_age_identity(&self, identity: &AgeIdentity, secret: &Secret) -> Result<(), Error> {
        self.insert(identity).await.map_err(|error| match error {
            Error::Duplicate { .. } => Error::Stale,
            other => other,
        })?;
        self.put_secret(SecretKind::AgeIdentity, &identity.id.to_string(), secret).await
    }

    /// Notes that an age identity was exported.
    pub async fn note_age_export(&self, identity: AgeIdentityId, at: Timestamp) -> Result<(), Error> {
        let statement =
            sql("UPDATE age_identities SET exported_at = $1 WHERE id = $2").bind(at).bind(id(identity));
        self.execute(statement).await.map(|_| ())
    }
}
