//! Sealed secrets of rows: written, replaced, deleted; read only by those who send them.

use model::Secret;
use seal::at_rest::Place;

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

    fn as_str(self) -> &'static str {
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
            Some(row) => {
                let name = row_of(kind, owner);
                let opened = self.sealer.open(place(&name), &row.bytes("sealed")?);
                opened.map(Some).map_err(|_| Error::Unopenable { what: format!("secrets {name}") })
            }
            None => Ok(None),
        }
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
