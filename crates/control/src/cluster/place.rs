//! What applications take in clusters: one release in one namespace is one application's, through one environment,
//! until what runs there was taken away.

use model::application::Application;
use model::cluster::Place;
use model::environment::Environment;
use model::role::{Role, Scope};
use model::{FieldError, PlaceId};
use store::{SecretKind, Tx, Work};

use crate::audit::Note;
use crate::workers::Worker;
use crate::{Call, Control, Error, application};

/// Within the transaction of a deployment: the place is the application's from now on.
///
/// # Errors
/// `place_taken` with who has it, `place_leaving` while what runs there is taken away.
pub(crate) async fn claim(
    control: &Control,
    tx: &Tx,
    application: &Application,
    environment: &Environment,
) -> Result<(), Error> {
    let Some(cluster) = environment.cluster else { return Ok(()) };
    if let Some(own) = tx.place_of(application.id, environment.id).await? {
        if own.leaving_at.is_none() {
            return Ok(());
        }
        let sentence = format!(
            "What {} runs in {} is being taken away: deploy again once that is done.",
            application.name, environment.name
        );
        return Err(Error::conflict("place_leaving", sentence));
    }
    let namespace = environment.namespace.as_str();
    if let Some(other) = tx.place_taken(cluster, namespace, application.name.as_str()).await? {
        let through = tx.environment(other.environment).await?.map(|e| e.name.to_string());
        let owner = tx.application(other.application).await?.map(|a| a.name.to_string());
        let sentence = format!(
            "The release {} in the namespace {namespace} of that cluster belongs to the application {} in the \
             environment {} already. Give {} another namespace, or take that one away first.",
            application.name,
            owner.unwrap_or_default(),
            through.unwrap_or_default(),
            environment.name
        );
        return Err(Error::conflict("place_taken", sentence));
    }
    let place = Place {
        id: PlaceId(crate::random::id()),
        cluster,
        namespace: environment.namespace.clone(),
        release: application.name.clone(),
        application: application.id,
        environment: environment.id,
        leaving_at: None,
        abandoned_by: None,
        note: String::new(),
        confirmed: None,
        created_at: control.now(),
        version: 1,
    };
    tx.insert_place(&place).await?;
    tx.put_secret(SecretKind::Place, &place.id.to_string(), &crate::random::secret()).await?;
    Ok(())
}

/// Within the transaction of a deletion: what an application runs in clusters is to be taken away, with its data or
/// without; or left to itself where the cluster is away. Says whether there is anything.
pub(crate) async fn leave(
    control: &Control,
    tx: &Tx,
    call: &Call,
    application: &Application,
    (with_data, abandon): (bool, bool),
) -> Result<bool, Error> {
    let places = tx.places_of(application.id).await?;
    for place in &places {
        let mut leaving = place.clone();
        leaving.leaving_at = place.leaving_at.or_else(|| Some(control.now()));
        if with_data {
            leaving.confirmed = Some(WITH_DATA.to_owned());
        }
        if abandon {
            leaving.abandoned_by = Some(call.actor.name.clone());
        }
        if leaving != *place {
            tx.update_place(&leaving)
                .await
                .map_err(|e| Error::about(e, "application", application.name.as_str()))?;
        }
        tx.hasten(Work::Release, &place.id.to_string()).await?;
    }
    Ok(!places.is_empty())
}

/// What a place has as its confirmation when even what holds data goes.
pub(crate) const WITH_DATA: &str = "with data";

/// Confirms the deletions that a deployment waits with: exactly those of the digest. The person types the name of
/// the application.
///
/// # Errors
/// `confirmation_outdated` when others would be deleted by now; a name that is not the application's.
pub async fn confirm(
    control: &Control,
    call: &Call,
    (name, number): (&str, i64),
    (digest, typed): (&str, &str),
) -> Result<model::deployment::Deployment, Error> {
    let application = application::changeable(control, call, name, Role::Deployer).await?;
    call.require(Role::Deployer, Scope::Project(application.project))?;
    if typed != application.name.as_str() {
        let message = format!("Type the name of the application, {name}, to confirm.");
        return Err(Error::Invalid(vec![FieldError::new("application", "wrong", message)]));
    }
    let found = control.store.deployment_by_number(application.id, number).await?;
    let mut deployment = found.ok_or_else(|| Error::not_found("deployment", number.to_string()))?;
    let asked = deployment.release.confirm.clone().filter(|c| deployment.end.is_none() && c.digest == digest);
    let Some(asked) = asked else {
        let sentence =
            "Nothing of this digest waits for a confirmation any more: look at the deployment again.";
        return Err(Error::conflict("confirmation_outdated", sentence));
    };
    deployment.release.confirmed = Some(asked.digest.clone());
    deployment.release.confirm = None;
    deployment.release.message = format!("{} confirmed {} deletions.", call.actor.name, asked.objects.len());
    let tx = control.store.begin().await?;
    deployment.version =
        tx.update_deployment(&deployment).await.map_err(|e| Error::about(e, "deployment", name))?;
    if let Some(place) = tx.place_of(application.id, deployment.environment).await? {
        tx.hasten(Work::Release, &place.id.to_string()).await?;
    }
    let objects: Vec<String> = asked.objects.iter().map(crate::releaser::said).collect();
    Note::of(call, "deployment.confirmed", format!("application/{name}"))
        .in_project(application.project)
        .set("number", number.to_string())
        .set("digest", digest)
        .set("deletes", objects.join(", "))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    crate::deployment::publish(control, &application, number);
    control.wake(Worker::Releaser);
    Ok(deployment)
}
