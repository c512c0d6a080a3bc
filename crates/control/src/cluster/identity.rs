//! Which cluster it is, whatever its address: one that comes under the name of another is told from it, for what
//! Trueline has applied is known by the names of places, and they are not there.

use deploy::Kubeconfig;
use model::check::{Diagnosis, StageState};
use model::cluster::{Cluster, ClusterCheckStage};

use super::kubeconfig;
use super::look::Looked;
use crate::{Control, Error};

/// What a cluster is refused with that is another than before.
const CODE: &str = "another_cluster";

/// Whether another cluster answered than the one in which applications have places.
pub(super) async fn is_another(control: &Control, cluster: &Cluster, looked: &Looked) -> Result<bool, Error> {
    match (&cluster.identity, &looked.identity) {
        (Some(known), Some(seen)) if known != seen => {
            Ok(!control.store.places_of_cluster(cluster.id).await?.is_empty())
        }
        _ => Ok(false),
    }
}

/// Whether a kubeconfig leads elsewhere than the one that was there: to another address, or it trusts another authority.
pub(super) async fn is_moved(
    control: &Control,
    before: &Cluster,
    config: &Kubeconfig,
) -> Result<bool, Error> {
    let known = match kubeconfig::stored(control, before).await {
        Ok(known) => known,
        // What cannot be read any more is nothing to compare with.
        Err(Error::Invalid(_)) => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(known.server != config.server || known.trust.ca_pem != config.trust.ca_pem)
}

/// Refuses to save what is, or may be, another cluster than the one in which applications have places.
pub(super) async fn demand_same(
    control: &Control,
    cluster: &Cluster,
    (looked, is_moved): (&Looked, bool),
) -> Result<(), Error> {
    if is_another(control, cluster, looked).await? {
        return Err(refusal(control, cluster).await?);
    }
    if !is_moved || cluster.identity.is_none() || looked.identity.is_some() {
        return Ok(());
    }
    let places = control.store.places_of_cluster(cluster.id).await?;
    let Some(first) = places.first() else { return Ok(()) };
    let sentence = format!(
        "Nobody can tell whether this leads to the same cluster {} as until now, in which {} runs: its address or \
         authority is another one, and {} may not look at its namespace kube-system, by which a cluster is known. Give \
         it the right to get the namespace kube-system (resources: namespaces, resourceNames: kube-system, verbs: get). \
         If {} was made anew and what ran in it is gone, save it as made anew (--made-anew, \"made_anew\": true).",
        cluster.name, first.release, looked.check.user, cluster.name
    );
    Err(Error::conflict("cluster_not_recognised", sentence))
}

/// The refusal to save it under this name.
pub(super) async fn refusal(control: &Control, cluster: &Cluster) -> Result<Error, Error> {
    let places = control.store.places_of_cluster(cluster.id).await?;
    let releases: Vec<&str> = places.iter().take(3).map(|place| place.release.as_str()).collect();
    let more = match places.len().saturating_sub(releases.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let sentence = format!(
        "This leads to another cluster than {} was until now (its namespace kube-system is another one), and {}{more} \
         run there. Add it under a name of its own. If {} was made anew and what ran in it is gone, save it as made anew \
         (--made-anew, \"made_anew\": true); then deploy again.",
        cluster.name,
        releases.join(", "),
        cluster.name
    );
    Ok(Error::conflict(CODE, sentence))
}

/// The stage of a look that says so.
pub(super) fn refuse(cluster: &Cluster, looked: &mut Looked) {
    let sentence = format!(
        "At the address of {} another cluster answers than before: its namespace kube-system is another one. Nothing is \
         deployed to it. Bring the old one back, or, if it was made anew and what ran in it is gone, save it as \
         made anew (--made-anew, \"made_anew\": true).",
        cluster.name
    );
    for line in looked.check.stages.iter_mut().skip_while(|l| l.stage != ClusterCheckStage::Authenticate) {
        line.state = match line.stage {
            ClusterCheckStage::Authenticate => StageState::Failed,
            _ => StageState::Skipped,
        };
        line.diagnosis = None;
        if line.stage == ClusterCheckStage::Authenticate {
            line.diagnosis =
                Some(Diagnosis { code: CODE.into(), sentence: sentence.clone(), ..Diagnosis::default() });
        }
    }
    // What it serves is not what manifests are to be rendered for.
    looked.serves = None;
}
