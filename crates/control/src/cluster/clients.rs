//! The clients of clusters, opened once and kept: connections, bounds, and what each cluster serves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deploy::Bounds;
use deploy::watch::Watches;
use model::ClusterId;
use model::cluster::{Cluster, ClusterSource};

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
}

/// The client of a cluster, as of a version.
struct Opened {
    version: i64,
    at: Instant,
    client: (deploy::Cluster, Watches),
}

impl Clusters {
    /// Forgets a cluster that is gone, or that comes with something else now.
    pub(crate) fn forget(&self, cluster: ClusterId) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(&cluster);
    }

    fn known(&self, cluster: &Cluster) -> Option<(deploy::Cluster, Watches)> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.get(&cluster.id).filter(|known| known.version == cluster.version)?;
        let fresh = match cluster.source {
            ClusterSource::Kubeconfig => true,
            ClusterSource::InCluster => known.at.elapsed() < TOKEN,
        };
        fresh.then(|| known.client.clone())
    }
}

/// The client of a stored cluster, and its watches. Nothing is sent yet.
pub(crate) async fn client(
    control: &Control,
    cluster: &Cluster,
) -> Result<(deploy::Cluster, Watches), Error> {
    if let Some(known) = control.clusters.known(cluster) {
        return Ok(known);
    }
    let config = kubeconfig::stored(control, cluster).await?;
    let client = deploy::Cluster::new(config, bounds())?;
    let client = (client.clone(), Watches::new(client));
    let opened = Opened { version: cluster.version, at: Instant::now(), client: client.clone() };
    control.clusters.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(cluster.id, opened);
    Ok(client)
}

/// The bounds of every client.
pub(super) fn bounds() -> Bounds {
    Bounds { patience: PATIENCE, ..Bounds::default() }
}
