//! The age identity of the installation: made when it is first needed, exported by administrators, replaced.
//! What seals and opens files in Git asks here for its keys.

use model::age_identity::AgeIdentity;
use model::environment::Environment;
use model::role::{Role, Scope};
use model::{AgeIdentityId, Secret};
use seal::{Identity, Keys, Recipient};
use store::SecretKind;
use zeroize::Zeroizing;

use crate::audit::Note;
use crate::{Call, Control, Error};

/// The most identities that are taken in at once.
const IMPORT_LIMIT: usize = 100;

/// All identities, the newest first; those that were taken in come last. Makes the first one where there is none.
pub async fn all(control: &Control) -> Result<Vec<AgeIdentity>, Error> {
    let found = control.store.age_identities().await?;
    if !found.is_empty() {
        return Ok(found);
    }
    match add(control, &Call::system(), 1).await {
        // Another process was first.
        Ok(_) | Err(Error::Stale { .. }) => Ok(control.store.age_identities().await?),
        Err(error) => Err(error),
    }
}

async fn add(control: &Control, call: &Call, generation: i64) -> Result<AgeIdentity, Error> {
    let made = Identity::generate();
    let identity = AgeIdentity {
        id: AgeIdentityId(crate::random::id()),
        generation,
        recipient: made.recipient().to_string(),
        created_at: control.now(),
        exported_at: None,
    };
    let tx = control.store.begin().await?;
    let inserted = tx.insert_age_identity(&identity, &made.export()).await;
    inserted.map_err(|e| Error::about(e, "age identity", &identity.recipient))?;
    let action = if generation == 1 { "age_identity.created" } else { "age_identity.rotated" };
    Note::of(call, action, "age-identity").set("recipient", &identity.recipient).write(control, &tx).await?;
    tx.commit().await?;
    Ok(identity)
}

/// The identities that open sealed files, the newest first. Earlier ones that were lost are passed over: what only
/// they open says so by itself.
///
/// # Errors
/// `age_identity_lost` when the newest was lost, and when the database does not answer or holds what does not open.
pub async fn identities(control: &Control) -> Result<Vec<Identity>, Error> {
    let mut identities = Vec::new();
    for known in all(control).await? {
        match opened(control, &known).await? {
            Some(identity) => identities.push(identity),
            // Everything new would be sealed to one that nobody is told of.
            None if identities.is_empty() => return Err(lost(&known)),
            None => {}
        }
    }
    Ok(identities)
}

/// An identity; `None` when what opens is lost, as after a restore of a part of the database.
async fn opened(control: &Control, known: &AgeIdentity) -> Result<Option<Identity>, Error> {
    let secret = control.store.secret(SecretKind::AgeIdentity, &known.id.to_string()).await?;
    let identity = secret.map(|secret| Identity::parse(&secret)).transpose()?;
    Ok(identity.filter(|identity| identity.recipient().as_str() == known.recipient))
}

fn lost(known: &AgeIdentity) -> Error {
    let sentence = format!(
        "The age identity {} of this installation is lost: its public half is known here, what opens is not. Import it \
         from its export (trueline identity import --identity-stdin < FILE), or make a new one (trueline identity \
         rotate); without it, what was sealed for it opens no more.",
        known.recipient
    );
    Error::conflict("age_identity_lost", sentence)
}

/// What opens and whom to seal to in an environment: the installation itself, and the environment's further
/// recipients.
///
/// # Errors
/// [`seal::Error::InvalidRecipient`] when the environment names one that is none.
pub async fn seal_keys(control: &Control, environment: &Environment) -> Result<Keys, Error> {
    let identities = identities(control).await?;
    let mut recipients: Vec<Recipient> = identities.first().map(Identity::recipient).into_iter().collect();
    for text in &environment.recipients {
        recipients.push(Recipient::parse(text)?);
    }
    Ok(Keys { identities, recipients })
}

/// Gives the identities, the newest first, in the form of `age-keygen`, to an administrator who says the
/// password once more; notes that the newest is safe with people now.
///
/// # Errors
/// The password is wrong.
pub async fn export(control: &Control, call: &Call, password: Secret) -> Result<Secret, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let id = call.actor.user().ok_or(Error::NotSignedIn)?;
    let user = control.store.user(id).await?.ok_or(Error::NotSignedIn)?;
    if !control.passwords.verify(password, Some(user.password_hash)).await? {
        return Err(Error::field("password", "wrong", "This is not your password."));
    }
    let known = all(control).await?;
    let newest = known.first().ok_or_else(|| Error::Bug("no age identity".into()))?;
    let mut text = Zeroizing::new(String::new());
    for identity in &known {
        let Some(secret) = opened(control, identity).await?.map(|identity| identity.export()) else {
            text.push_str(&format!(
                "# public key: {}\n# lost: this installation does not have it\n",
                identity.recipient
            ));
            continue;
        };
        text.push_str(&format!("# public key: {}\n{}\n", identity.recipient, secret.reveal()));
    }
    let tx = control.store.begin().await?;
    tx.note_age_export(newest.id, control.now()).await?;
    Note::of(call, "age_identity.exported", "age-identity")
        .set("recipient", &newest.recipient)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(Secret::new(text.as_str()))
}

/// Puts a new identity in the place of the newest. Earlier ones still open what was sealed before: that is sealed
/// for the new one by [`crate::reseal`] when somebody asks for it, else in each environment by its next deployment.
pub async fn rotate(control: &Control, call: &Call) -> Result<Vec<AgeIdentity>, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let newest = all(control).await?.first().map_or(0, |identity| identity.generation);
    add(control, call, newest + 1).await?;
    all(control).await
}

/// Takes in identities that open what was sealed elsewhere, such as an export of an installation that was lost. They
/// only open: nothing is sealed to them. Those that are known already change nothing, unless they were lost: then they
/// are what they were.
///
/// # Errors
/// A field error unless each line is an age identity or a comment.
pub async fn import(control: &Control, call: &Call, text: &Secret) -> Result<Vec<AgeIdentity>, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let given = Identity::parse_all(text).map_err(|error| {
        let code = error.code();
        Error::field("identity", code, Error::Seal(error).sentence())
    })?;
    if given.len() > IMPORT_LIMIT {
        let message = format!("At most {IMPORT_LIMIT} identities are taken in at once.");
        return Err(Error::field("identity", "too_many", message));
    }
    let known = all(control).await?;
    let mut oldest = known.last().map_or(1, |identity| identity.generation);
    let mut recipients: Vec<String> = known.iter().map(|identity| identity.recipient.clone()).collect();
    let mut missing = Vec::new();
    for identity in known {
        if opened(control, &identity).await?.is_none() {
            missing.push(identity);
        }
    }
    let tx = control.store.begin().await?;
    for made in given {
        let recipient = made.recipient().to_string();
        if let Some(at) = missing.iter().position(|identity| identity.recipient == recipient) {
            let identity = missing.swap_remove(at);
            tx.put_secret(SecretKind::AgeIdentity, &identity.id.to_string(), &made.export()).await?;
            Note::of(call, "age_identity.imported", "age-identity")
                .set("recipient", &recipient)
                .write(control, &tx)
                .await?;
            continue;
        }
        if recipients.contains(&recipient) {
            continue;
        }
        oldest -= 1;
        let identity = AgeIdentity {
            id: AgeIdentityId(crate::random::id()),
            // Below all that are sealed to.
            generation: oldest.min(0),
            recipient,
            created_at: control.now(),
            exported_at: None,
        };
        let inserted = tx.insert_age_identity(&identity, &made.export()).await;
        inserted.map_err(|e| Error::about(e, "age identity", &identity.recipient))?;
        Note::of(call, "age_identity.imported", "age-identity")
            .set("recipient", &identity.recipient)
            .write(control, &tx)
            .await?;
        recipients.push(identity.recipient);
    }
    tx.commit().await?;
    all(control).await
}
