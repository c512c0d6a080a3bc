//! Which cluster it is, whatever its address: one that comes under the name of another is told from it, for what
//! Trueline has applied is known by the names of places, and they are not there.

use model::check::{Diagnosis, StageState};
use model::cluster::{Cluster, ClusterCheckStage};

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
         run there. Add it under a name of its own. If {} was made anew and what ran in it is gone, save it with \
         \"made_anew\": true; then deploy again.",
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
         deployed to it. Bring the old one back, or, if it was made anew and what ran in it is gone, save it with \
         \"made_anew\": true.",
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
