//! The clients of clusters, opened once and kept: connections, bounds, and what each cluster serves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deploy::Bounds;
use deploy::watch::Watches;
use model::ClusterId;
use model::cluster::{Cluster, ClusterCheck, ClusterSource};

use super::kubeconfig;
use crate::{Control, Error};

/// How long a call is repeated while the cluster does not answer: after that, whoever asked says so and waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long the token of a service account is used before its file is read again.
const TOKEN: Duration = Duration::from_secs(300);

/// The clusters that this process has opened.
#[derive(Default)]
pub(crate) struct Clusters {
    opened: Mutex<HashMap<ClusterId, Opened>>,
    generations: AtomicU64,
    /// Looks that people have asked for and that go on now.
    looks: Mutex<HashMap<ClusterId, ClusterCheck>>,
}

/// The client of a cluster, as of a version.
struct Opened {
    version: i64,
    at: Instant,
    client: Client,
}

/// A client, its watches, and which one of this process it is: another kubeconfig makes another one.
pub(crate) type Client = (deploy::Cluster, Watches, u64);

impl Clusters {
    /// Forgets a cluster that is gone, or that comes with something else now.
    pub(crate) fn forget(&self, cluster: ClusterId) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(&cluster);
    }

    /// Shows how far a look is, or that it is over.
    pub(super) fn show(&self, cluster: ClusterId, look: Option<ClusterCheck>) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        match look {
            Some(look) => looks.insert(cluster, look),
            None => looks.remove(&cluster),
        };
    }

    /// How far the look at a cluster is that goes on now in this process.
    pub(super) fn shown(&self, cluster: ClusterId) -> Option<ClusterCheck> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).get(&cluster).cloned()
    }

    /// The client of a cluster, and whether its token is to be read again.
    fn known(&self, cluster: &Cluster) -> Option<(Client, bool)> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.get(&cluster.id).filter(|known| known.version == cluster.version)?;
        let old = cluster.source == ClusterSource::InCluster && known.at.elapsed() >= TOKEN;
        Some((known.client.clone(), old))
    }

    /// Its token was read again.
    fn renewed(&self, cluster: ClusterId) {
        if let Some(known) = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&cluster) {
            known.at = Instant::now();
        }
    }
}

/// The client of a stored cluster, and its watches. Nothing is sent yet.
pub(crate) async fn client(control: &Control, cluster: &Cluster) -> Result<Client, Error> {
    let known = control.clusters.known(cluster);
    if let Some((known, false)) = known {
        return Ok(known);
    }
    let config = kubeconfig::stored(control, cluster).await?;
    // Only the token is another: connections, watches and what the cluster serves are kept.
    if let Some((known, true)) = known
        && known.0.renew(config.clone())
    {
        control.clusters.renewed(cluster.id);
        return Ok(known);
    }
    let client = deploy::Cluster::new(config, bounds())?;
    let generation = control.clusters.generations.fetch_add(1, Ordering::Relaxed);
    let client = (client.clone(), Watches::new(client), generation);
    let opened = Opened { version: cluster.version, at: Instant::now(), client: client.clone() };
    control.clusters.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(cluster.id, opened);
    Ok(client)
}

/// The bounds of every client.
pub(super) fn bounds() -> Bounds {
    Bounds { patience: PATIENCE, ..Bounds::default() }
}
