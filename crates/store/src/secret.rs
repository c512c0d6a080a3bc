//! Sealed secrets of rows: written, replaced, deleted; read only by those who send them.

use model::Secret;
use model::chart_repository::ChartRepository;
use model::gitops_config::GitopsConfig;
use seal::at_rest::Place;

use crate::record::Record;
use crate::statement::{Value, sql};
use crate::{Error, Tx, View};

/// What a secret belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretKind {
    /// A GitOps configuration, by its id: its token or password.
    GitopsConfig,
    /// A GitOps configuration, by its id: the key of its client certificate.
    ClientKey,
    /// A GitOps configuration, by its id: the password of its proxy.
    ProxyPassword,
    /// An age identity of the installation, by its id.
    AgeIdentity,
    /// A chart repository, by its id: its password or token.
    ChartRepository,
    /// A chart repository, by its id: the key of its client certificate.
    ChartRepositoryKey,
    /// A chart repository, by its id: the password of its proxy.
    ChartRepositoryProxy,
    /// A cluster, by its id: its kubeconfig.
    Cluster,
    /// What an application has taken in a cluster, by the place's id: what hashes in its inventory are keyed with.
    Place,
    /// The candidate of a check, by the check's id; gone when the check is finished.
    CheckCandidate,
}

impl SecretKind {
    /// Everything that is kept for a GitOps configuration.
    pub const OF_GITOPS_CONFIG: [Self; 3] = [Self::GitopsConfig, Self::ClientKey, Self::ProxyPassword];

    /// Everything that is kept for a chart repository.
    pub const OF_CHART_REPOSITORY: [Self; 3] =
        [Self::ChartRepository, Self::ChartRepositoryKey, Self::ChartRepositoryProxy];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::GitopsConfig => "gitops-config",
            Self::ClientKey => "client-key",
            Self::ProxyPassword => "proxy-password",
            Self::AgeIdentity => "age-identity",
            Self::ChartRepository => "chart-repository",
            Self::ChartRepositoryKey => "chart-repository-key",
            Self::ChartRepositoryProxy => "chart-repository-proxy",
            Self::Cluster => "cluster",
            Self::Place => "place",
            Self::CheckCandidate => "check-candidate",
        }
    }
}

fn row_of(kind: SecretKind, owner: &str) -> String {
    format!("{}/{owner}", kind.as_str())
}

pub(crate) fn place(row: &str) -> Place<'_> {
    Place { table: "secrets", row, column: "sealed" }
}

impl View {
    /// Opens the secret of an owner, if it has one.
    pub async fn secret(&self, kind: SecretKind, owner: &str) -> Result<Option<Secret>, Error> {
        let statement =
            sql("SELECT sealed FROM secrets WHERE kind = $1 AND owner = $2").bind(kind.as_str()).bind(owner);
        match self.row(statement).await? {
            Some(row) => self.opened(kind, owner, &row.bytes("sealed")?).map(Some),
            None => Ok(None),
        }
    }

    /// Opens what is stored for a GitOps configuration, in the order of [`SecretKind::OF_GITOPS_CONFIG`]: that which
    /// belongs to the configuration as it was read, so that no newer secret goes to an older address.
    ///
    /// # Errors
    /// [`Error::Stale`] when the configuration was saved or deleted since.
    pub async fn gitops_config_secrets(&self, config: &GitopsConfig) -> Result<[Option<Secret>; 3], Error> {
        let of = (GitopsConfig::TABLE, config.id.to_string(), config.version);
        self.secrets_of(of, SecretKind::OF_GITOPS_CONFIG).await
    }

    /// The same of a chart repository, in the order of [`SecretKind::OF_CHART_REPOSITORY`].
    ///
    /// # Errors
    /// [`Error::Stale`] when the chart repository was saved or deleted since.
    pub async fn chart_repository_secrets(
        &self,
        repository: &ChartRepository,
    ) -> Result<[Option<Secret>; 3], Error> {
        let of = (ChartRepository::TABLE, repository.id.to_string(), repository.version);
        self.secrets_of(of, SecretKind::OF_CHART_REPOSITORY).await
    }

    /// Row and secrets in one look: what is saved in between is seen in both or in none.
    async fn secrets_of(
        &self,
        (table, owner, version): (&str, String, i64),
        kinds: [SecretKind; 3],
    ) -> Result<[Option<Secret>; 3], Error> {
        let text = format!(
            "SELECT s.kind, s.sealed FROM {table} r LEFT JOIN secrets s ON s.owner = r.id \
             AND s.kind IN ($3, $4, $5) WHERE r.id = $1 AND r.version = $2"
        );
        let statement = sql(text).bind(&owner).bind(version).bind_all(kinds.map(|k| k.as_str().into()));
        let rows = self.rows(statement).await?;
        if rows.is_empty() {
            return Err(Error::Stale);
        }
        let mut secrets = [None, None, None];
        for row in rows {
            let found = row.optional_text("kind")?;
            let Some(at) = kinds.iter().position(|k| Some(k.as_str()) == found.as_deref()) else { continue };
            secrets[at] = Some(self.opened(kinds[at], &owner, &row.bytes("sealed")?)?);
        }
        Ok(secrets)
    }

    fn opened(&self, kind: SecretKind, owner: &str, sealed: &[u8]) -> Result<Secret, Error> {
        let name = row_of(kind, owner);
        let opened = self.sealer.open(place(&name), sealed);
        opened.map_err(|_| Error::Unopenable { what: format!("secrets {name}") })
    }

    /// Whether an owner has a secret.
    pub async fn has_secret(&self, kind: SecretKind, owner: &str) -> Result<bool, Error> {
        let values: [Value; 2] = [kind.as_str().into(), owner.into()];
        let count =
            self.count("SELECT COUNT(*) AS count FROM secrets WHERE kind = $1 AND owner = $2", values);
        Ok(count.await? > 0)
    }
}

impl Tx {
    /// Seals a secret for its owner, in the place of the one it had.
    ///
    /// # Errors
    /// [`Error::KeyReplaced`] when the key was rotated since this process started.
    pub async fn put_secret(&self, kind: SecretKind, owner: &str, secret: &Secret) -> Result<(), Error> {
        // Waits for a rotation that is under way, and is waited for by one that begins.
        let key_id = self.sealer.key_id();
        let present = sql("UPDATE installation SET key_id = $1 WHERE key_id = $1").bind(&key_id);
        if self.execute(present).await? == 0 {
            return Err(Error::KeyReplaced);
        }
        let sealed = self.sealer.seal(place(&row_of(kind, owner)), secret);
        let statement = sql("INSERT INTO secrets (kind, owner, sealed) VALUES ($1, $2, $3) \
             ON CONFLICT (kind, owner) DO UPDATE SET sealed = excluded.sealed")
        .bind(kind.as_str())
        .bind(owner)
        .bind(sealed);
        self.execute(statement).await.map(|_| ())
    }

    /// Forgets the secret of an owner; says whether there was one.
    pub async fn delete_secret(&self, kind: SecretKind, owner: &str) -> Result<bool, Error> {
        let statement =
            sql("DELETE FROM secrets WHERE kind = $1 AND owner = $2").bind(kind.as_str()).bind(owner);
        Ok(self.execute(statement).await? > 0)
    }
}
