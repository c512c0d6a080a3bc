//! What applications take in clusters: one release in one namespace is one application's, through one environment,
//! until what runs there was taken away.

use model::application::Application;
use model::cluster::Place;
use model::environment::Environment;
use model::role::{Role, Scope};
use model::{EnvironmentId, FieldError, PlaceId};
use store::{SecretKind, Tx, Work};

use crate::audit::Note;
use crate::workers::Worker;
use crate::{Call, Control, Error, application};

/// Within the transaction of a deployment: the place is the application's from now on. What is released there next is
/// looked at soon.
///
/// # Errors
/// `place_taken` with who has it, `place_leaving` while what runs there is taken away.
pub(crate) async fn claim(
    control: &Control,
    tx: &Tx,
    application: &Application,
    environment: EnvironmentId,
) -> Result<(), Error> {
    // Its cluster may have changed since it was read.
    tx.lock_environment(environment).await?;
    let found = tx.environment(environment).await?;
    let Some(environment) = found else { return Err(Error::Store(store::Error::Stale)) };
    let Some(cluster) = environment.cluster else { return Ok(()) };
    if let Some(own) = tx.place_of(application.id, environment.id).await? {
        if own.leaving_at.is_none() {
            tx.hasten(Work::Release, &own.id.to_string()).await?;
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
        return Err(taken(tx, (application, &environment), &other).await?);
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
        note_code: String::new(),
        confirmed: None,
        corrected_at: None,
        corrections: 0,
        created_at: control.now(),
        version: 1,
    };
    tx.insert_place(&place).await?;
    tx.put_secret(SecretKind::Place, &place.id.to_string(), &crate::random::secret()).await?;
    Ok(())
}

/// The refusal of a place that another has.
async fn taken(
    tx: &Tx,
    (application, environment): (&Application, &Environment),
    other: &Place,
) -> Result<Error, Error> {
    let through = tx.environment(other.environment).await?.map(|e| e.name.to_string());
    let owner = tx.application(other.application).await?.map(|a| a.name.to_string());
    let sentence = format!(
        "The release {} in the namespace {} of that cluster belongs to the application {} in the environment {} \
         already. Give {} another namespace, or take that one away first.",
        application.name,
        environment.namespace,
        owner.unwrap_or_default(),
        through.unwrap_or_default(),
        environment.name
    );
    Ok(Error::conflict("place_taken", sentence))
}

/// What a person says of what an application runs in clusters, when it is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// What becomes of what holds data; it is waited for a word if nothing is said.
    pub data: Option<Data>,
    /// Whether what runs in clusters that are away is left to itself.
    pub abandon: bool,
    /// Whether no hook is run: one that fails would keep the application for ever.
    pub skip_hooks: bool,
    /// Environments with the digest of what is to be deleted there: exactly what a preview showed.
    pub confirmed: Vec<(String, String)>,
}

/// What becomes of what holds data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// It is deleted.
    Goes,
    /// It stays, and is nobody's from then on.
    Stays,
}

/// What was said of the deletions at a place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) data: Option<Data>,
    pub(crate) skips_hooks: bool,
    /// The digest of what goes.
    pub(crate) digest: Option<String>,
}

/// How a place says that even what holds data goes, and that it stays.
const DATA: [(Data, &str); 2] = [(Data::Goes, "with data"), (Data::Stays, "without data")];
/// How it says that no hook is run.
const SKIPS: &str = "without hooks";

impl Said {
    /// What was said at a place.
    pub(crate) fn at(place: &Place) -> Self {
        let text = place.confirmed.as_deref().unwrap_or_default();
        let found = DATA.iter().find(|(_, words)| text.starts_with(words));
        let rest = text[found.map_or(0, |(_, words)| words.len())..].trim();
        let (skips_hooks, rest) = match rest.strip_prefix(SKIPS) {
            Some(rest) => (true, rest.trim()),
            None => (false, rest),
        };
        Self {
            data: found.map(|(data, _)| *data),
            skips_hooks,
            digest: Some(rest.to_owned()).filter(|digest| !digest.is_empty()),
        }
    }

    fn text(&self) -> Option<String> {
        let words = DATA.iter().filter(|(data, _)| Some(*data) == self.data).map(|(_, words)| *words);
        let skips = self.skips_hooks.then_some(SKIPS);
        let all: Vec<&str> = words.chain(skips).chain(self.digest.as_deref()).collect();
        Some(all.join(" ")).filter(|text| !text.is_empty())
    }
}

/// Within the transaction of a deletion: what an application runs in clusters is to be taken away, or left to itself
/// where the cluster is away. Says whether there is anything.
///
/// # Errors
/// `confirmed` that names an environment where nothing of the application runs.
pub(crate) async fn leave(
    control: &Control,
    tx: &Tx,
    call: &Call,
    application: &Application,
    leaving: &Leaving,
) -> Result<bool, Error> {
    let places = tx.places_of(application.id).await?;
    let mut named = Vec::new();
    for place in &places {
        let environment = tx.environment(place.environment).await?;
        named.push((environment.map(|e| e.name.to_string()).unwrap_or_default(), place));
    }
    if let Some((wrong, _)) = leaving.confirmed.iter().find(|(name, _)| named.iter().all(|(n, _)| n != name))
    {
        let message = format!("{} runs nothing in the environment {wrong:?}.", application.name);
        return Err(Error::field("confirmed", "unknown", message));
    }
    for (environment, place) in named {
        let mut next = place.clone();
        next.leaving_at = place.leaving_at.or_else(|| Some(control.now()));
        let digest = leaving.confirmed.iter().find(|(name, _)| *name == environment).map(|(_, d)| d.clone());
        let before = Said::at(place);
        let said = Said {
            data: leaving.data.or(before.data),
            skips_hooks: leaving.skip_hooks || before.skips_hooks,
            digest: digest.or(before.digest),
        };
        next.confirmed = said.text();
        if leaving.abandon {
            next.abandoned_by = Some(call.actor.name.clone());
        }
        if next != *place {
            tx.update_place(&next)
                .await
                .map_err(|e| Error::about(e, "application", application.name.as_str()))?;
        }
        tx.hasten(Work::Release, &place.id.to_string()).await?;
    }
    Ok(!places.is_empty())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_as_it_was_written() {
        for (data, skips_hooks, digest, text) in [
            (None, false, None, None),
            (Some(Data::Goes), false, None, Some("with data")),
            (Some(Data::Stays), false, Some("ab12"), Some("without data ab12")),
            (None, false, Some("ab12"), Some("ab12")),
            (None, true, None, Some("without hooks")),
            (Some(Data::Stays), true, Some("ab12"), Some("without data without hooks ab12")),
        ] {
            let said = Said { data, skips_hooks, digest: digest.map(Into::into) };
            assert_eq!(said.text().as_deref(), text);
            let place = Place { confirmed: said.text(), ..place() };
            assert_eq!(Said::at(&place), said);
        }
    }

    fn place() -> Place {
        let id: model::PlaceId = "00000000-0000-0000-0000-000000000000".parse().unwrap();
        let name = model::Name::parse("name", "shop").unwrap();
        Place {
            id,
            cluster: id.to_string().parse().unwrap(),
            namespace: name.clone(),
            release: name,
            application: id.to_string().parse().unwrap(),
            environment: id.to_string().parse().unwrap(),
            leaving_at: None,
            abandoned_by: None,
            note: String::new(),
            note_code: String::new(),
            confirmed: None,
            corrected_at: None,
            corrections: 0,
            created_at: model::Timestamp(0),
            version: 1,
        }
    }
}
