//! Rows of GitOps configurations. Their secrets are kept apart, see [`crate::SecretKind`].

use std::collections::HashMap;

use model::GitopsConfigId;
use model::gitops_config::{
    Account, Alias, Deletion, GitopsConfig, RepositoryRules, RepositorySource, Visibility,
};
use model::provider::{CredentialKind, ProviderKind};

use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, optional_id, sql};
use crate::{Error, Listed, Page, SecretKind, Tx, View};

impl Record for GitopsConfig {
    const TABLE: &'static str = "gitops_configs";
    const COLUMNS: &'static str = "id, name, provider, host, scope, project_key, credential, username, ca_pem, \
         client_certificate_pem, proxy, source, prefix, default_branch, visibility, deletion, committer_name, committer_email, active, check_id, saved_by, \
         created_at, saved_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            account: Account {
                provider: row.word("provider", ProviderKind::parse)?,
                host: row.text("host")?,
                scope: row.text("scope")?,
                project_key: row.optional_text("project_key")?,
                credential: row.word("credential", CredentialKind::parse)?,
                username: row.text("username")?,
                ca_pem: row.optional_text("ca_pem")?,
                client_certificate_pem: row.optional_text("client_certificate_pem")?,
                proxy: row.optional_text("proxy")?,
            },
            rules: RepositoryRules {
                source: row.word("source", RepositorySource::parse)?,
                prefix: row.text("prefix")?,
                default_branch: row.optional_text("default_branch")?,
                visibility: row.word("visibility", Visibility::parse)?,
                deletion: row.word("deletion", Deletion::parse)?,
                committer_name: row.text("committer_name")?,
                committer_email: row.text("committer_email")?,
            },
            active: row.flag("active")?,
            check: row.optional_id("check_id")?,
            saved_by: row.text("saved_by")?,
            created_at: row.time("created_at")?,
            saved_at: row.time("saved_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        let Self { account, rules, .. } = self;
        vec![
            id(self.id),
            Value::from(&self.name),
            account.provider.as_str().into(),
            Value::from(&account.host),
            Value::from(&account.scope),
            Value::from(&account.project_key),
            account.credential.as_str().into(),
            Value::from(&account.username),
            Value::from(&account.ca_pem),
            Value::from(&account.client_certificate_pem),
            Value::from(&account.proxy),
            rules.source.as_str().into(),
            Value::from(&rules.prefix),
            Value::from(&rules.default_branch),
            rules.visibility.as_str().into(),
            rules.deletion.as_str().into(),
            Value::from(&rules.committer_name),
            Value::from(&rules.committer_email),
            self.active.into(),
            optional_id(self.check),
            Value::from(&self.saved_by),
            self.created_at.into(),
            self.saved_at.into(),
            self.version.into(),
        ]
    }
}

impl View {
    /// Finds a configuration.
    pub async fn gitops_config(&self, config: GitopsConfigId) -> Result<Option<GitopsConfig>, Error> {
        self.one("WHERE id = $1", [id(config)]).await
    }

    /// Finds a configuration by its name.
    pub async fn gitops_config_by_name(&self, name: &str) -> Result<Option<GitopsConfig>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Gives the active configuration.
    pub async fn active_gitops_config(&self) -> Result<Option<GitopsConfig>, Error> {
        self.one("WHERE active = 1", []).await
    }

    /// Lists configurations by name.
    pub async fn gitops_configs(&self, page: &Page) -> Result<Listed<GitopsConfig>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |c: &GitopsConfig| c.name.to_string()).await
    }

    /// Counts the applications that live in a configuration.
    pub async fn count_applications_of_gitops_config(&self, config: GitopsConfigId) -> Result<i64, Error> {
        self.count("SELECT COUNT(*) AS count FROM applications WHERE gitops_config_id = $1", [id(config)])
            .await
    }
}

/// Takes the next number; nothing when another was faster, or the configuration has one.
const TAKE_NUMBER: &str = "INSERT INTO gitops_config_aliases (number, gitops_config_id, kept) \
     SELECT COALESCE(MAX(number), 0) + 1, $1, '' FROM gitops_config_aliases WHERE 1 = 1 ON CONFLICT DO NOTHING";

impl View {
    /// Gives what clients of another system know configurations by; one that no such client saw may be absent.
    pub async fn gitops_config_aliases(&self) -> Result<HashMap<GitopsConfigId, Alias>, Error> {
        let rows = self.rows(sql("SELECT number, gitops_config_id, kept FROM gitops_config_aliases")).await?;
        rows.iter()
            .map(|row| {
                let alias = Alias { number: row.integer("number")?, kept: row.text("kept")? };
                Ok((row.id("gitops_config_id")?, alias))
            })
            .collect()
    }
}

impl Tx {
    /// Gives a configuration the next number, if it has none yet.
    pub async fn number_gitops_config(&self, config: GitopsConfigId) -> Result<(), Error> {
        loop {
            let known = sql("SELECT number FROM gitops_config_aliases WHERE gitops_config_id = $1");
            if self.row(known.bind(id(config))).await?.is_some() {
                return Ok(());
            }
            self.execute(sql(TAKE_NUMBER).bind(id(config))).await?;
        }
    }

    /// Sets the words that a client of another system wants back; the configuration gets a number.
    pub async fn keep_for_gitops_config(&self, config: GitopsConfigId, words: &str) -> Result<(), Error> {
        self.number_gitops_config(config).await?;
        let statement = sql("UPDATE gitops_config_aliases SET kept = $2 WHERE gitops_config_id = $1");
        self.execute(statement.bind(id(config)).bind(words)).await.map(|_| ())
    }

    /// Writes a new configuration; [`Error::Duplicate`] when the name is taken. Where it is active, the one
    /// that was is no longer.
    pub async fn insert_gitops_config(&self, config: &GitopsConfig) -> Result<(), Error> {
        self.make_room(config).await?;
        self.insert(config).await
    }

    /// Overwrites a configuration that nobody changed since it was read; gives the new version. Where it is
    /// active, the one that was is no longer.
    pub async fn update_gitops_config(&self, config: &GitopsConfig) -> Result<i64, Error> {
        self.make_room(config).await?;
        self.update(config).await
    }

    /// Deletes a configuration and its secret; says whether there was one. [`Error::InUse`] names the
    /// applications that live in it.
    pub async fn delete_gitops_config(&self, config: GitopsConfigId) -> Result<bool, Error> {
        let by = self
            .names(
                "SELECT name FROM applications WHERE gitops_config_id = $1 ORDER BY name LIMIT 10",
                id(config),
            )
            .await?;
        if !by.is_empty() {
            return Err(Error::InUse { by });
        }
        for kind in SecretKind::OF_GITOPS_CONFIG {
            self.delete_secret(kind, &config.to_string()).await?;
        }
        self.delete::<GitopsConfig>(id(config)).await
    }

    /// At most one configuration is active: an index says so, and this steps the former one down. Its version
    /// counts up, because what people see of it changes.
    async fn make_room(&self, config: &GitopsConfig) -> Result<(), Error> {
        if config.active {
            let statement = sql("UPDATE gitops_configs SET active = 0, version = version + 1 \
                 WHERE active = 1 AND id <> $1")
            .bind(id(config.id));
            self.execute(statement).await?;
        }
        Ok(())
    }
}
