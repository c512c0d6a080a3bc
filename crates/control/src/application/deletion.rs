//! The end of an application as people ask for it: what would become of what it runs in clusters, and asking. It is
//! carried out by the releaser in the clusters, then by the remover.

use deploy::apply::{Consent, Guard, Stays};
use deploy::remove::Preview;
use futures_util::future::try_join_all;
use model::application::Application;
use model::cluster::Place;
use model::gitops_config::Deletion;
use model::layout::ObjectKey;
use model::release::Confirmation;
use model::role::{Role, Scope};
use store::Tx;

use super::{publish, visible};
use crate::audit::Note;
use crate::check::candidate::unarchivable;
use crate::cluster::{Data, Leaving};
use crate::releaser::{self, Site};
use crate::workers::Worker;
use crate::{Call, Control, Error};

/// What becomes of an application that is deleted.
#[derive(Clone, Debug, Default)]
pub struct Deleting {
    /// What becomes of its repository; by the configuration's rule if left out.
    pub repository: Option<Deletion>,
    /// What becomes of what it runs in clusters.
    pub cluster: Leaving,
}

/// What would become of what an application runs in one environment.
#[derive(Debug, Default)]
pub struct Left {
    /// The environment's name.
    pub environment: String,
    /// The cluster's name; none if it is known no longer.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// Why the cluster cannot be asked now: then nothing else is known.
    pub away: Option<String>,
    /// What would be deleted, in this order.
    pub goes: Vec<ObjectKey>,
    /// What would stay, and why.
    pub stays: Vec<(ObjectKey, String)>,
    /// What nobody can say anything about now.
    pub unseen: Vec<ObjectKey>,
    /// What of it holds data: it goes only when that is said.
    pub data: Vec<ObjectKey>,
    /// What a person has to confirm first, if anything.
    pub waiting: Option<Confirmation>,
}

/// Looks what deleting an application would do in its clusters; nothing is written. With `keep_data` what holds data
/// stays.
///
/// # Errors
/// As [`delete`]. A cluster that cannot be asked is none.
pub async fn preview(
    control: &Control,
    call: &Call,
    name: &str,
    keep_data: bool,
) -> Result<Vec<Left>, Error> {
    let application = visible(control, call, name).await?;
    call.require(Role::Manager, Scope::Project(application.project))?;
    let places = control.store.places_of(application.id).await?;
    let mut found = try_join_all(places.into_iter().map(|place| left(control, place, keep_data))).await?;
    found.sort_by(|a, b| a.environment.cmp(&b.environment));
    Ok(found)
}

async fn left(control: &Control, place: Place, keep_data: bool) -> Result<Left, Error> {
    let environment = control.store.environment(place.environment).await?;
    let cluster = control.store.cluster(place.cluster).await?;
    let told = Left {
        environment: environment.map(|e| e.name.to_string()).unwrap_or_default(),
        cluster: cluster.as_ref().map(|cluster| cluster.name.to_string()),
        namespace: place.namespace.to_string(),
        ..Left::default()
    };
    let away = match &cluster {
        Some(cluster) => crate::cluster::kept_out(control, cluster).await?.map(|(_, why)| why),
        None => Some("The cluster is known no longer.".into()),
    };
    if away.is_some() {
        return Ok(Left { away, ..told });
    }
    let site = match Site::open(control, place).await {
        Ok(site) => site,
        Err(error) => return Ok(Left { away: Some(error.sentence()), ..told }),
    };
    let data = if keep_data { Consent::Stays } else { Consent::Ask };
    let source = Some(site.cluster.source);
    match deploy::remove::preview(&site.client, &site.release, &Guard { data, ..Guard::default() }).await {
        Ok(found) => Ok(seen(told, found)),
        Err(error) => Ok(Left { away: Some(crate::cluster::diagnosis_by(source, &error).sentence), ..told }),
    }
}

fn seen(told: Left, found: Preview) -> Left {
    let keys = |keys: &[deploy::Key]| keys.iter().map(releaser::key).collect::<Vec<_>>();
    let claims = found.claims.iter().map(|key| (releaser::key(key), Stays::HoldsData.to_string()));
    let stays = found.stays.iter().map(|(key, why)| (releaser::key(key), why.to_string())).chain(claims);
    Left {
        goes: keys(&found.goes),
        stays: stays.collect(),
        unseen: keys(&found.unseen),
        data: keys(&found.data),
        waiting: found.waiting.as_ref().map(releaser::confirmation),
        ..told
    }
}

/// Asks for an application's end: its deployments that have not ended fail, what it runs in clusters is taken away, and
/// the remover carries out what happens to its repository. Asked again with more said, one that waits goes on.
///
/// # Errors
/// Forbidden to all but managers of the project; fields that are wrong.
pub async fn delete(control: &Control, call: &Call, name: &str, deleting: &Deleting) -> Result<(), Error> {
    let application = visible(control, call, name).await?;
    call.require(Role::Manager, Scope::Project(application.project))?;
    if application.deleting_at.is_some() {
        return insist(control, call, &application, &deleting.cluster).await;
    }
    if let (Some(Deletion::Archive), Some(config)) = (deleting.repository, application.gitops_config) {
        let provider = control.store.gitops_config(config).await?.map(|c| c.account.provider);
        if let Some(provider) = provider.filter(|p| !p.describe().archives) {
            return Err(Error::Invalid(vec![unarchivable("repository", provider)]));
        }
    }
    let mut going = application.clone();
    going.deleting_at = Some(control.now());
    going.deletion = deleting.repository;
    let tx = control.store.begin().await?;
    tx.update_application(&going).await.map_err(|e| Error::about(e, "application", name))?;
    let repository = deleting.repository.map(|d| d.as_str().to_owned());
    note(control, call, &tx, &application, (repository, &deleting.cluster)).await?;
    crate::cluster::leave(control, &tx, call, &application, &deleting.cluster).await?;
    tx.commit().await?;
    publish(control, &application);
    control.wake(Worker::Releaser);
    control.wake(Worker::Remover);
    Ok(())
}

/// Says more of a deletion that is under way: what becomes of data, that exactly this goes, or that what runs in a
/// cluster is left to itself.
async fn insist(
    control: &Control,
    call: &Call,
    application: &Application,
    leaving: &Leaving,
) -> Result<(), Error> {
    if *leaving == Leaving::default() {
        return Ok(());
    }
    let tx = control.store.begin().await?;
    if crate::cluster::leave(control, &tx, call, application, leaving).await? {
        note(control, call, &tx, application, (None, leaving)).await?;
    }
    tx.commit().await?;
    control.wake(Worker::Releaser);
    Ok(())
}

async fn note(
    control: &Control,
    call: &Call,
    tx: &Tx,
    application: &Application,
    (repository, leaving): (Option<String>, &Leaving),
) -> Result<(), Error> {
    let data = leaving.data.map(|data| match data {
        Data::Goes => "goes".to_owned(),
        Data::Stays => "stays".to_owned(),
    });
    let confirmed: Vec<String> =
        leaving.confirmed.iter().map(|(environment, digest)| format!("{environment} {digest}")).collect();
    Note::of(call, "application.deleted", format!("application/{}", application.name))
        .in_project(application.project)
        .change("repository", None, repository)
        .change("data", None, data)
        .change("confirmed", None, Some(confirmed.join(", ")).filter(|c| !c.is_empty()))
        .change("abandon_cluster", None, leaving.abandon.then(|| "true".to_owned()))
        .change("skip_hooks", None, leaving.skip_hooks.then(|| "true".to_owned()))
        .write(control, tx)
        .await
}
