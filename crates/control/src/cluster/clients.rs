//! The clients of clusters, opened once and kept: connections, bounds, and what each cluster serves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deploy::Bounds;
use deploy::watch::Watches;
use model::ClusterId;
use model::cluster::{Cluster, ClusterCheck, ClusterSource};

use super::kubeconfig;
use crate::{Control, Error};

/// How long a call is repeated while the cluster does not answer: after that, whoever asked says so and waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

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

    /// The client of a cluster.
    fn known(&self, cluster: &Cluster) -> Option<Client> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.get(&cluster.id).filter(|known| known.version == cluster.version)?;
        Some(known.client.clone())
    }
}

/// The client of a stored cluster, and its watches. Nothing is sent yet.
pub(crate) async fn client(control: &Control, cluster: &Cluster) -> Result<Client, Error> {
    let known = control.clusters.known(cluster);
    let config = match (known, cluster.source) {
        (Some(known), ClusterSource::Kubeconfig) => return Ok(known),
        // The kubelet renews the token when it likes: only that is another then, and connections, watches and what the
        // cluster serves are kept. While its file cannot be read, what was in it is shown.
        (Some(known), ClusterSource::InCluster) => match kubeconfig::stored(control, cluster).await {
            Ok(config) if !known.0.renew(config.clone()) => config,
            Ok(_) | Err(_) => return Ok(known),
        },
        (None, _) => kubeconfig::stored(control, cluster).await?,
    };
    let client = deploy::Cluster::new(config, bounds())?.judged_by(control.health_rules.rules());
    let generation = control.clusters.generations.fetch_add(1, Ordering::Relaxed);
    let client = (client.clone(), Watches::new(client), generation);
    let opened = Opened { version: cluster.version, client: client.clone() };
    control.clusters.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(cluster.id, opened);
    Ok(client)
}

/// The bounds of every client.
pub(super) fn bounds() -> Bounds {
    Bounds { patience: PATIENCE, ..Bounds::default() }
}
