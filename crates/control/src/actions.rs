//! What a person does with what runs of an application: restart, scale, read logs and events, look at its drift. Only
//! with objects of its own release and what those made: nothing else in the cluster is reached by their names.

use std::sync::Arc;
use std::time::Duration;

use deploy::Object;
use deploy::actions;
pub use deploy::actions::{Happening, Logs};
use deploy::apply::Guard;
pub use deploy::drift::{Difference, Drift};
use deploy::watch::{Node, Tree};
pub use deploy::{Key, Lines};
use model::application::Application;
use model::deployment::Stage;
use model::environment::{DriftRule, Environment};
use model::role::Role;
use model::{FieldError, Outcome};
use tokio_util::sync::CancellationToken;

use crate::audit::Note;
use crate::deployer::{Job, Stop};
use crate::releaser::{Site, bounds, lease, objects};
use crate::{Call, Control, Error, Refusal, application, environment, resources};

/// The longest that an action waits until every kind was looked at.
const FIRST_LOOK: Duration = Duration::from_secs(5);
/// The most pods that a workload is scaled to by hand.
const MOST_REPLICAS: u32 = 1_000;

/// What runs of an application in an environment, and the way to it.
pub(crate) struct Running {
    environment: Environment,
    pub(crate) site: Site,
    tree: Tree,
}

/// A workload as a person points at it: by its kind and name, and by more where that is several.
pub struct Workload<'a> {
    /// Its kind, such as `Deployment`.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The group of its kind; any if left out.
    pub group: Option<&'a str>,
    /// Its namespace; any if left out.
    pub namespace: Option<&'a str>,
}

/// Starts the pods of a workload anew; Git stays as it is.
///
/// # Errors
/// Not found when nothing of this name lies in Git for the place, or it does not run there.
pub async fn restart(
    control: &Control,
    call: &Call,
    (name, place): (&str, &str),
    workload: &Workload<'_>,
) -> Result<(), Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    let running = Running::find(control, &application, place).await?;
    let key = running.workload(workload)?;
    write(control, running.note(call, &application, "workload.restarted", &key)).await?;
    Ok(actions::restart(&running.site.client, &key, control.now()).await?)
}

/// Gives a workload another number of pods, until the next deployment.
///
/// # Errors
/// As [`restart`]; `replicas` too many; `drift_corrected` where the environment would undo it at once.
pub async fn scale(
    control: &Arc<Control>,
    call: &Call,
    (name, place): (&str, &str),
    workload: &Workload<'_>,
    replicas: u32,
) -> Result<(), Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    if replicas > MOST_REPLICAS {
        let message = format!("At most {MOST_REPLICAS} pods; more are set by values.");
        return Err(Error::Invalid(vec![FieldError::new("replicas", "too_many", message)]));
    }
    let running = Running::find(control, &application, place).await?;
    let key = running.workload(workload)?;
    running.demand_free(control, &application, &key).await?;
    let note = running.note(call, &application, "workload.scaled", &key);
    write(control, note.set("replicas", replicas.to_string())).await?;
    Ok(actions::scale(&running.site.client, &key, replicas).await?)
}

/// The log of a pod of the application.
///
/// # Errors
/// Not found when the pod is not the application's, or gone; a conflict while its container has not started.
pub async fn logs(
    control: &Control,
    call: &Call,
    (name, place): (&str, &str),
    (pod, namespace): (&str, Option<&str>),
    which: &Logs,
) -> Result<Lines, Error> {
    let application = application::visible(control, call, name).await?;
    let running = Running::find(control, &application, place).await?;
    let pods = running.there().filter(|n| n.key.kind == "Pod" && n.key.group.is_empty());
    let fits = |key: &&Key| key.name == pod && namespace.is_none_or(|namespace| key.namespace == namespace);
    let key = one(pods.map(|node| &node.key).filter(fits), "pod", pod)?;
    let lines = actions::logs(&running.site.client, &key.namespace, pod, which).await;
    lines.map_err(|error| unread(error, pod, which))
}

/// Why there is no log, in words for people: most often it is only not there yet, or not there any more.
fn unread(error: deploy::Error, pod: &str, which: &Logs) -> Error {
    let deploy::Error::Answered { status, message, .. } = &error else { return error.into() };
    match status {
        400 if which.previous && message.contains("previous terminated") => {
            let sentence =
                format!("The container of {pod} was not started anew: there is no log of one before.");
            Error::conflict("no_container_before", sentence)
        }
        400 if message.contains("waiting to start") => {
            let why = message.rsplit(": ").next().unwrap_or_default().trim_end_matches('.');
            let sentence =
                format!("The container of {pod} has not started yet ({why}). It has no log before that.");
            Error::conflict("container_not_started", sentence)
        }
        404 => Error::not_found("pod", pod),
        500.. => Error::Refused(Box::new(Refusal {
            outcome: Outcome::RetryLater { after: None },
            code: "log_unavailable",
            sentence: format!(
                "The node of {pod} does not give its log now: {}.",
                message.trim_end_matches('.')
            ),
            link: None,
        })),
        _ => error.into(),
    }
}

/// What happened to the objects of the application, the newest first.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn events(
    control: &Control,
    call: &Call,
    (name, place): (&str, &str),
) -> Result<Vec<Happening>, Error> {
    let application = application::visible(control, call, name).await?;
    let running = Running::find(control, &application, place).await?;
    Ok(actions::events(&running.site.client, &running.tree).await?)
}

/// What a look at drift found.
#[derive(Default)]
pub struct Drifted {
    /// The number of the last deployment in Git; none where nothing of the application came into Git for the place, and
    /// nothing of it can run there.
    pub deployment: Option<i64>,
    /// The objects that differ from it.
    pub objects: Vec<Drift>,
}

/// Where the cluster is no longer as the last deployment in Git says.
///
/// # Errors
/// When the cluster cannot be asked, or the committed files cannot be read.
pub async fn drift(
    control: &Arc<Control>,
    call: &Call,
    (name, place): (&str, &str),
) -> Result<Drifted, Error> {
    let application = application::visible(control, call, name).await?;
    let running = Running::find(control, &application, place).await?;
    let Some((job, objects)) = running.committed(control, &application).await? else {
        return Ok(Drifted::default());
    };
    let objects = deploy::drift::look(&running.site.client, &running.site.release, objects).await?;
    Ok(Drifted { deployment: Some(job.deployment.number), objects })
}

/// Puts objects right that are not as the last deployment in Git says: those of `wanted`, or all where it is empty.
/// Gives what still differs. No hook runs, and nothing is deleted.
///
/// # Errors
/// As [`drift`]; a conflict while a deployment is applied there, or where the last one was not applied to its end; when
/// the cluster refuses an object.
pub async fn correct(
    control: &Arc<Control>,
    call: &Call,
    (name, place): (&str, &str),
    wanted: &[Key],
) -> Result<Drifted, Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    let running = Running::find(control, &application, place).await?;
    let Some((job, objects)) = running.committed(control, &application).await? else {
        return Ok(Drifted::default());
    };
    let deployment = Some(job.deployment.number);
    let Site { client, release, place, .. } = &running.site;
    let found = deploy::drift::look(client, release, objects.clone()).await?;
    let keys = found.iter().map(|drift| drift.object.clone());
    let these: Vec<Key> = keys.filter(|key| wanted.is_empty() || wanted.contains(key)).collect();
    if these.is_empty() {
        return Ok(Drifted { deployment, objects: found });
    }
    if job.deployment.passed_at(Stage::Released).is_none() {
        let sentence = format!(
            "Deployment {} was not applied to its end: what differs is what it did not bring. Deploy again.",
            job.deployment.number
        );
        return Err(Error::conflict("not_released", sentence));
    }
    let said = these.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let bounds = bounds::guard(&job, &running.site, &CancellationToken::new()).await.map_err(unusable)?;
    let work = {
        let (client, release, objects) = (client.clone(), release.clone(), objects.clone());
        move |stop| async move {
            // What cannot be changed is not made anew for this.
            let guard = Guard { stop, recreate: false, ..bounds };
            deploy::drift::correct((&client, &release), objects, &these, &guard, &|_| {}).await
        }
    };
    let Some(corrected) = lease::alone(control, place, job.deployment.id, work).await? else {
        let sentence = "Something else is being done there: a deployment, which sets right what it brings, or a \
                        deletion. Look again after it.";
        return Err(Error::conflict("deployment_running", sentence));
    };
    // Written down is what was tried: one object may be set right though another was refused.
    let outcome = if corrected.is_ok() { "corrected" } else { "refused" };
    let note = Note::of(call, "drift.corrected", format!("application/{}", application.name))
        .in_project(application.project)
        .set("environment", running.environment.name.as_str())
        .set("objects", said)
        .set("outcome", outcome);
    write(control, note).await?;
    drop(corrected?);
    Ok(Drifted { deployment, objects: deploy::drift::look(client, release, objects).await? })
}

impl Running {
    pub(crate) async fn find(
        control: &Control,
        application: &Application,
        place: &str,
    ) -> Result<Self, Error> {
        let environment = environment::named(control, place).await?;
        let found = control.store.place_of(application.id, environment.id).await?;
        let place = found.ok_or_else(|| resources::nowhere(application, &environment))?;
        let site = Site::open(control, place.clone()).await?;
        // Another cluster at its address has nothing of this application: nothing is read or written there.
        if let Some((_, why)) = crate::cluster::kept_out(control, &site.cluster).await? {
            let sentence = format!("The cluster {} is not used now: {why}", site.cluster.name);
            return Err(Error::conflict("cluster_away", sentence));
        }
        let names = (application.name.as_str(), environment.name.as_str());
        let mut trees = resources::follow(control, &site, &place, names).await?;
        let looked = trees.wait_for(|tree| tree.complete || tree.away.is_some());
        drop(tokio::time::timeout(FIRST_LOOK, looked).await);
        let tree = trees.borrow().clone();
        Ok(Self { environment, site, tree })
    }

    /// What Git has for the place, with the deployment that wrote it; none where nothing was committed.
    async fn committed(
        &self,
        control: &Arc<Control>,
        application: &Application,
    ) -> Result<Option<(Job, Vec<Object>)>, Error> {
        let place = (application.id, Some(self.environment.id));
        let Some(last) = control.store.last_committed_deployment(place.0, place.1).await? else {
            return Ok(None);
        };
        let Some(job) = Job::load(control, last.id, 1).await.map_err(unusable)? else { return Ok(None) };
        let objects = objects::read(&job).await.map_err(unusable)?;
        Ok(Some((job, objects)))
    }

    /// Refuses a number of pods where Git says one and the environment puts right what differs from it.
    async fn demand_free(
        &self,
        control: &Arc<Control>,
        application: &Application,
        key: &Key,
    ) -> Result<(), Error> {
        if self.environment.drift != DriftRule::Correct {
            return Ok(());
        }
        let objects = self.committed(control, application).await?.map(|(_, objects)| objects);
        let own = |object: &&Object| object.key_in(&key.namespace) == *key;
        let said = objects.iter().flatten().find(own).map(|o| &o.value()["spec"]["replicas"]);
        // An autoscaler, or nobody, says it: that is no drift.
        if said.is_none_or(serde_json::Value::is_null) {
            return Ok(());
        }
        let sentence = format!(
            "{} puts right whatever differs from Git, and Git says how many pods {key} has: another number would be \
             undone at once. Change it in the values and deploy.",
            self.environment.name
        );
        Err(Error::conflict("drift_corrected", sentence))
    }

    /// What is there of the application. What is not may be another's of the same name by now.
    fn there(&self) -> impl Iterator<Item = &Node> {
        self.tree.nodes.iter().filter(|node| !node.uid.is_empty())
    }

    /// A workload that lies in Git.
    pub(crate) fn workload(&self, wanted: &Workload<'_>) -> Result<Key, Error> {
        let ours = self.there().filter(|node| node.parent.is_none()).map(|node| &node.key);
        let fits = |given: Option<&str>, own: &str| given.is_none_or(|given| given == own);
        let is_meant = |key: &&Key| {
            key.kind == wanted.kind
                && key.name == wanted.name
                && fits(wanted.group, &key.group)
                && fits(wanted.namespace, &key.namespace)
        };
        one(ours.filter(is_meant), "workload", &format!("{} {}", wanted.kind, wanted.name))
    }

    /// What is written down of what is about to be done: the cluster is asked once that is stored.
    pub(crate) fn note<'a>(
        &self,
        call: &'a Call,
        application: &Application,
        action: &'static str,
        key: &Key,
    ) -> Note<'a> {
        Note::of(call, action, format!("application/{}", application.name))
            .in_project(application.project)
            .set("environment", self.environment.name.as_str())
            .set("object", key.to_string())
    }
}

/// The only one; what could be several is to be told apart.
fn one<'a>(mut found: impl Iterator<Item = &'a Key>, noun: &'static str, said: &str) -> Result<Key, Error> {
    let first = found.next().ok_or_else(|| Error::not_found(noun, said))?;
    match found.next() {
        None => Ok(first.clone()),
        Some(second) => {
            let sentence = format!("{said} may be {first} or {second}: say its namespace and group as well.");
            Err(Error::conflict("ambiguous", sentence))
        }
    }
}

/// Why what was committed cannot be had.
fn unusable(stop: Stop) -> Error {
    match stop {
        Stop::Failed(failure) | Stop::Later { cause: failure, .. } => {
            Error::conflict("committed_files_unread", failure.sentence)
        }
        Stop::Changed => Error::Bug("a look at drift changes nothing".into()),
    }
}

pub(crate) async fn write(control: &Control, note: Note<'_>) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    note.write(control, &tx).await?;
    Ok(tx.commit().await?)
}
