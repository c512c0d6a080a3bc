//! What is known of clusters from looking at them, and what rendering takes from it.

use model::cluster::{Cluster, ClusterCheck, ClusterCheckStage, ClusterStanding, ClusterState};
use model::environment::Environment;

use store::Work;

use super::look::Looked;
use super::{identity, kubeconfig, look, looker};
use crate::{Control, Error, Topic};

/// The same as [`look`], shown while it goes on.
pub(super) async fn look_shown(control: &Control, cluster: &Cluster) -> Result<ClusterStanding, Error> {
    let topic = || Topic::Cluster { name: cluster.name.to_string() };
    let tell = |check| {
        control.clusters.show(cluster.id, Some(check));
        control.publish(topic());
    };
    let looked = look(control, cluster, &tell).await;
    control.clusters.show(cluster.id, None);
    control.publish(topic());
    looked
}

/// Looks at a stored cluster, keeps what was found, and wakes who waited for it. `tell` is given how far it is.
pub(super) async fn look(
    control: &Control,
    cluster: &Cluster,
    tell: &(dyn Fn(ClusterCheck) + Send + Sync),
) -> Result<ClusterStanding, Error> {
    let config = kubeconfig::stored(control, cluster).await?;
    let mut looked = look::look(control, cluster, config, tell).await?;
    let is_another = identity::is_another(control, cluster, &looked).await?;
    if is_another {
        identity::refuse(cluster, &mut looked);
    }
    let identity = looked.identity.clone();
    let earlier = control.store.cluster_standing(cluster.id).await?;
    let now = after(earlier.clone(), looked);
    let tx = control.store.begin().await?;
    // Somebody saved another kubeconfig meanwhile: what was seen may be of another cluster.
    if tx.cluster(cluster.id).await?.is_none_or(|current| current.version != cluster.version) {
        return Ok(now);
    }
    // One that was made anew while nothing ran in it is the cluster from now on.
    let known = cluster.identity.as_deref().filter(|_| !is_another);
    if let Some(identity) = &identity {
        tx.note_cluster_identity(cluster.id, identity, known).await?;
    }
    match tx.put_cluster_standing(cluster.id, &now).await {
        Ok(()) => {}
        // It was deleted meanwhile.
        Err(store::Error::Stale) => return Ok(now),
        Err(error) => return Err(error.into()),
    }
    let is_back = now.state == ClusterState::Here && earlier.state != ClusterState::Here;
    if is_back {
        looker::hasten(&tx, cluster.id).await?;
    }
    tx.commit().await?;
    if now.state != earlier.state {
        tracing::info!(
            cluster = cluster.name.as_str(),
            state = now.state.as_str(),
            "a cluster changed its state"
        );
    }
    if is_back {
        control.wake(crate::Worker::Releaser);
    }
    control.publish(Topic::Cluster { name: cluster.name.to_string() });
    Ok(now)
}

/// Why a cluster cannot be used now, if the last look says so: nobody else has to try.
pub(crate) async fn kept_out(
    control: &Control,
    cluster: &Cluster,
) -> Result<Option<(ClusterState, String)>, Error> {
    let standing = control.store.cluster_standing(cluster.id).await?;
    match standing.state {
        ClusterState::Unchecked | ClusterState::Here => Ok(None),
        ClusterState::Away | ClusterState::Refused => {
            let why = standing.check.as_ref().and_then(|check| check.failed());
            let sentence = why.map_or_else(|| "It does not answer.".to_owned(), |why| why.sentence.clone());
            Ok(Some((standing.state, sentence)))
        }
    }
}

/// Has a cluster looked at soon: it did not answer just now.
pub(crate) async fn doubt(control: &Control, cluster: &Cluster) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    let waited = tx.hasten(Work::ClusterLook, &cluster.id.to_string()).await?;
    tx.commit().await?;
    if waited {
        control.wake(crate::Worker::ClusterLooker);
    }
    Ok(())
}

/// What is known after a look.
pub(super) fn after(earlier: ClusterStanding, looked: Looked) -> ClusterStanding {
    let failed = looked.check.stages.iter().find(|line| line.required && line.diagnosis.is_some());
    let state = match failed.map(|line| line.stage) {
        None => ClusterState::Here,
        Some(ClusterCheckStage::Reach | ClusterCheckStage::Tls) => ClusterState::Away,
        Some(ClusterCheckStage::Authenticate | ClusterCheckStage::Version | ClusterCheckStage::Rights) => {
            ClusterState::Refused
        }
    };
    let since = if state == earlier.state { earlier.since } else { Some(looked.check.at) };
    let (version, api_versions) = match looked.serves {
        Some((version, api_versions)) => (Some(version), api_versions),
        None => (earlier.kubernetes_version, earlier.api_versions),
    };
    ClusterStanding { state, since, kubernetes_version: version, api_versions, check: Some(looked.check) }
}

/// The environment as manifests are rendered for it: with version and API versions of its cluster, as they were when
/// it was last seen.
pub(crate) async fn fitted(control: &Control, mut environment: Environment) -> Result<Environment, Error> {
    let Some(cluster) = environment.cluster else { return Ok(environment) };
    let standing = control.store.cluster_standing(cluster).await?;
    if let Some(version) = &standing.kubernetes_version {
        environment.kubernetes_version = plain(version);
        environment.api_versions = standing.api_versions;
    }
    Ok(environment)
}

/// What people are told of it: that the cluster is away, and what is rendered for instead.
pub(crate) async fn note(control: &Control, environment: &Environment) -> Result<Option<String>, Error> {
    let Some(cluster) = environment.cluster else { return Ok(None) };
    let standing = control.store.cluster_standing(cluster).await?;
    Ok(match standing.state {
        ClusterState::Here => None,
        ClusterState::Unchecked | ClusterState::Away | ClusterState::Refused => Some(format!(
            "rendered for Kubernetes {} as the cluster was when it was last seen: it is {} now",
            environment.kubernetes_version,
            standing.state.as_str()
        )),
    })
}

/// `v1.36.3-eks-1` as charts know it: `1.36.3`.
fn plain(version: &str) -> String {
    let numbers = version.trim_start_matches('v');
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
    numbers[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_as_numbers() {
        for (said, want) in
            [("v1.36.3", "1.36.3"), ("v1.30.0-eks-5e0fdde", "1.30.0"), ("1.31.2+k3s1", "1.31.2")]
        {
            assert_eq!(plain(said), want);
        }
    }
}
