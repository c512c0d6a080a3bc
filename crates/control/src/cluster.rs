//! Clusters: saved by a look that reaches them, looked at again by a worker, and the clients that speak to them.
//! A look only reads: nothing is left behind by one that is cut off, so that a request may do it itself.

mod clients;
mod identity;
mod kubeconfig;
mod look;
pub(crate) mod looker;
mod place;
mod standing;

use model::cluster::{Cluster, ClusterCheck, ClusterSource};
use model::role::{Role, Scope};
use model::{ClusterId, Name, Secret};
use store::{SecretKind, Work};

pub(crate) use clients::{Clusters, client};
pub use look::diagnosis;
pub(crate) use look::diagnosis_by;
pub use place::{Data, Leaving, confirm};
pub(crate) use place::{Said, claim, leave};
pub(crate) use standing::{doubt, fitted, kept_out, note as standing_note};

use crate::audit::Note;
use crate::gitops_config::Expected;
use crate::{Call, Control, Error, Topic};

/// What a cluster is called in errors.
pub(crate) const NOUN: &str = "cluster";

/// A cluster as a person enters it.
#[derive(Default)]
pub struct Input {
    /// How Trueline comes to it; if left out with the kubeconfig that is given, else as before.
    pub source: Option<ClusterSource>,
    /// The kubeconfig; the one that is stored if left out.
    pub kubeconfig: Option<Secret>,
    /// The context of it; its current one if it is empty, or left out with a kubeconfig. Else the one of before.
    pub context: Option<String>,
    /// Whether namespaces that are not there may be made; as before if left out, not at first.
    pub creates_namespaces: Option<bool>,
    /// Whether it may be another cluster than before: made anew, and what ran in it is gone.
    pub made_anew: bool,
}

/// How a save ended.
pub enum Saved {
    /// It is stored.
    Stored {
        /// The cluster.
        cluster: Box<Cluster>,
        /// Whether there was none of this name before.
        created: bool,
    },
    /// It does not work; nothing was stored.
    Refused(Box<ClusterCheck>),
}

/// The cluster of this name; everyone signed in may know of it.
pub async fn named(control: &Control, name: &str) -> Result<Cluster, Error> {
    let found = control.store.cluster_by_name(name).await?;
    found.ok_or_else(|| Error::not_found(NOUN, name))
}

/// The cluster that an environment is in.
pub(crate) async fn by_id(control: &Control, cluster: ClusterId) -> Result<Cluster, Error> {
    let found = control.store.cluster(cluster).await?;
    found.ok_or_else(|| Error::not_found(NOUN, cluster.to_string()))
}

/// Looks at a cluster and, if it can be reached and lets us in, stores it.
///
/// # Errors
/// Fields that are wrong, `kubeconfig` among them with what to do instead; a version that is not the expected one;
/// `another_cluster` where applications run in the one that was there before, `cluster_not_recognised` where nobody can tell.
pub async fn save(
    control: &Control,
    call: &Call,
    (name, input): (&str, Input),
    expected: Expected,
) -> Result<Saved, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let name = Name::parse("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let before = control.store.cluster_by_name(name.as_str()).await?;
    expected.demand(before.as_ref().map(|b| b.version), NOUN, name.as_str())?;
    let entered = input.kubeconfig.filter(|k| !k.is_empty());
    let kept = before.as_ref().filter(|_| entered.is_none());
    let source = input.source.or(kept.map(|b| b.source)).unwrap_or(ClusterSource::Kubeconfig);
    let context = input.context.or_else(|| kept.filter(|b| b.source == source)?.context.clone());
    let context = context.map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
    let text = match (&entered, &before, source) {
        (_, _, ClusterSource::InCluster) => None,
        (Some(text), ..) => Some(text.clone()),
        (None, Some(before), _) => control.store.secret(SecretKind::Cluster, &before.id.to_string()).await?,
        (None, None, _) => None,
    };
    let config = kubeconfig::read(control, source, text.as_ref(), context.as_deref())?;
    let now = control.now();
    let mut cluster = Cluster {
        id: before.as_ref().map_or_else(|| ClusterId(crate::random::id()), |b| b.id),
        name,
        source,
        server: config.server.as_str().trim_end_matches('/').to_owned(),
        context,
        creates_namespaces: input
            .creates_namespaces
            .unwrap_or_else(|| before.as_ref().is_some_and(|b| b.creates_namespaces)),
        identity: before.as_ref().and_then(|b| b.identity.clone()),
        saved_by: call.actor.name.clone(),
        created_at: before.as_ref().map_or(now, |b| b.created_at),
        saved_at: now,
        version: before.as_ref().map_or(1, |b| b.version),
    };
    let is_moved = match &before {
        Some(before) => identity::is_moved(control, before, &config).await?,
        None => false,
    };
    let looked = look::look(control, &cluster, config, &|_| ()).await?;
    if looked.check.failed().is_some() {
        return Ok(Saved::Refused(Box::new(looked.check)));
    }
    if !input.made_anew {
        identity::demand_same(control, &cluster, (&looked, is_moved)).await?;
    }
    // What was known of the one before says nothing of one that may be another.
    let known = cluster.identity.filter(|_| !is_moved && !input.made_anew);
    cluster.identity = looked.identity.clone().or(known);
    let is_anew = input.made_anew && before.as_ref().is_some_and(|b| b.identity != cluster.identity);
    let saved = (before.as_ref(), cluster, is_anew);
    let cluster = store(control, call, saved, (text, entered.is_some()), looked).await?;
    Ok(Saved::Stored { cluster: Box::new(cluster), created: before.is_none() })
}

/// One transaction: the cluster, its kubeconfig, what the look found, and the audit.
async fn store(
    control: &Control,
    call: &Call,
    (before, mut cluster, is_anew): (Option<&Cluster>, Cluster, bool),
    (text, is_new_secret): (Option<Secret>, bool),
    looked: look::Looked,
) -> Result<Cluster, Error> {
    let (owner, name) = (cluster.id.to_string(), cluster.name.to_string());
    let tx = control.store.begin().await?;
    match before {
        None => tx.insert_cluster(&cluster).await.map_err(|e| Error::about(e, NOUN, &name))?,
        Some(_) => {
            cluster.version = tx.update_cluster(&cluster).await.map_err(|e| Error::about(e, NOUN, &name))?;
        }
    }
    match &text {
        Some(text) => tx.put_secret(SecretKind::Cluster, &owner, text).await?,
        None => {
            tx.delete_secret(SecretKind::Cluster, &owner).await?;
        }
    }
    if is_anew {
        tx.retake_places(cluster.id, control.now()).await?;
    }
    let earlier = tx.cluster_standing(cluster.id).await?;
    tx.put_cluster_standing(cluster.id, &standing::after(earlier, looked)).await?;
    tx.schedule(Work::ClusterLook, &owner, looker::next(control, true)).await?;
    let mut note = Note::of(call, "cluster.saved", format!("cluster/{name}"))
        .fields(&before.map(fields).unwrap_or_default(), fields(&cluster));
    if is_new_secret {
        note = note.secret("kubeconfig");
    }
    note.write(control, &tx).await?;
    looker::hasten(&tx, cluster.id).await?;
    tx.commit().await?;
    control.clusters.forget(cluster.id);
    control.followed.forget_cluster(cluster.id);
    control.wake(crate::Worker::Releaser);
    control.publish(Topic::Cluster { name });
    Ok(cluster)
}

/// What the audit shows of a cluster.
fn fields(cluster: &Cluster) -> Vec<(&'static str, String)> {
    vec![
        ("source", cluster.source.as_str().to_owned()),
        ("server", cluster.server.clone()),
        ("context", cluster.context.clone().unwrap_or_default()),
        ("create_namespaces", cluster.creates_namespaces.to_string()),
        ("identity", cluster.identity.clone().unwrap_or_default()),
    ]
}

/// Looks at a cluster now, and keeps what was found.
pub async fn check(control: &Control, call: &Call, name: &str) -> Result<Cluster, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let cluster = named(control, name).await?;
    let tx = control.store.begin().await?;
    Note::of(call, "cluster.checked", format!("cluster/{name}")).write(control, &tx).await?;
    tx.commit().await?;
    standing::look_shown(control, &cluster).await?;
    Ok(cluster)
}

/// How far the look at a cluster is that somebody asked for and that goes on now; for administrators of the
/// installation.
pub fn look_under_way(control: &Control, call: &Call, cluster: ClusterId) -> Option<ClusterCheck> {
    call.require(Role::Administrator, Scope::Installation).ok()?;
    control.clusters.shown(cluster)
}

/// Deletes a cluster that no environment is in. What runs there goes on running.
///
/// # Errors
/// `in_use` with the environments.
pub async fn delete(control: &Control, call: &Call, name: &str, expected: Option<i64>) -> Result<(), Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let cluster = named(control, name).await?;
    if expected.is_some_and(|v| v != cluster.version) {
        return Err(Error::stale(NOUN, name));
    }
    let tx = control.store.begin().await?;
    tx.delete_cluster(cluster.id).await.map_err(|e| Error::about(e, NOUN, name))?;
    Note::of(call, "cluster.deleted", format!("cluster/{name}"))
        .change("server", Some(cluster.server), None)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.clusters.forget(cluster.id);
    control.followed.forget_cluster(cluster.id);
    control.publish(Topic::Cluster { name: name.to_owned() });
    Ok(())
}
