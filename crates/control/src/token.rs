//! API tokens: made once shown, kept as hashes, cut down to what their owner may do at each use.

use model::role::{Actor, Identity, Role, Scope};
use model::token::Token;
use model::{FieldError, Secret, TokenId};

use crate::audit::Note;
use crate::{Call, Control, Error, idempotency};

/// What every API token begins with, so that scanners recognise a leaked one.
pub const PREFIX: &str = "tlt_";
/// The longest life of a token, in days.
pub const MAXIMUM_DAYS: u32 = 366;
/// How often a token's last use is written down, in seconds.
const USED_EVERY: i64 = 60;

/// What a new token is to be.
pub struct New {
    /// What its owner calls it.
    pub name: String,
    /// The most it may do.
    pub role: Role,
    /// Name of the project that it is limited to; `None` for the whole installation.
    pub project: Option<String>,
    /// When it ends, in days from now.
    pub expires_in_days: u32,
}

/// Makes a token for the caller. The second value is the token itself, which is not kept.
pub async fn create(control: &Control, call: &Call, new: New) -> Result<(Token, Secret), Error> {
    let user = call.actor.user().ok_or(Error::NotSignedIn)?;
    if idempotency::earlier(control, call).await?.is_some() {
        let sentence = "This token was made by the request sent before. It is shown only once: delete it and make another.";
        return Err(Error::conflict("already_created", sentence));
    }
    let mut errors = Vec::new();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        errors.push(FieldError::new("name", "length", "A token's name has 1 to 100 characters."));
    }
    if !(1..=MAXIMUM_DAYS).contains(&new.expires_in_days) {
        let message = format!("A token lasts 1 to {MAXIMUM_DAYS} days.");
        errors.push(FieldError::new("expires_in_days", "range", message));
    }
    let scope = match &new.project {
        None => Scope::Installation,
        Some(name) => Scope::Project(crate::project::visible(control, call, name).await?.id),
    };
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let now = control.now();
    let secret = Secret::new(format!("{PREFIX}{}", crate::random::secret().reveal()));
    let token = Token {
        id: TokenId(crate::random::id()),
        user,
        name: name.to_owned(),
        secret_hash: crate::random::hash(secret.reveal()),
        hint: secret.reveal()[secret.reveal().len() - 4..].to_owned(),
        role: new.role,
        scope,
        created_at: now,
        expires_at: now.plus_seconds(i64::from(new.expires_in_days) * 86_400),
        used_at: None,
    };
    // A token made with a token keeps within it: its own role and scope are the most it can pass on.
    if let Identity::Token(..) = call.actor.identity {
        call.require(new.role, scope)?;
    }
    let tx = control.store.begin().await?;
    tx.insert_token(&token).await.map_err(|e| Error::about(e, "token", name))?;
    let note = Note::of(call, "token.created", format!("token/{name}"))
        .set("role", token.role.as_str())
        .set("expires_in_days", new.expires_in_days.to_string());
    let note = match (scope, new.project) {
        (Scope::Project(id), Some(project)) => note.set("project", project).in_project(id),
        _ => note,
    };
    note.write(control, &tx).await?;
    idempotency::note(control, &tx, call, &token.id.to_string()).await?;
    tx.commit().await?;
    Ok((token, secret))
}

/// Ends one of the caller's own tokens; administrators of the installation may end anyone's.
pub async fn delete(control: &Control, call: &Call, id: TokenId) -> Result<(), Error> {
    let user = call.actor.user();
    let token = control
        .store
        .token(id)
        .await?
        .filter(|t| Some(t.user) == user || call.actor.may(Role::Administrator, Scope::Installation))
        .ok_or_else(|| Error::not_found("token", id.to_string()))?;
    let tx = control.store.begin().await?;
    tx.delete_token(id).await?;
    Note::of(call, "token.deleted", format!("token/{}", token.name)).write(control, &tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a token by its secret, also one that lets nobody in any more: its owner may be disabled, and it may have ended by
/// time. `from` are the address that the request came from, and its id.
///
/// # Errors
/// [`Error::NotSignedIn`] for what is no secret of a token, or the secret of another one.
pub async fn end(
    control: &Control,
    (id, secret): (TokenId, &str),
    (origin, request): (String, String),
) -> Result<(), Error> {
    let found = control.store.token_by_hash(&crate::random::hash(secret)).await?;
    let token = found.filter(|token| token.id == id).ok_or(Error::NotSignedIn)?;
    let user = control.store.user(token.user).await?.ok_or(Error::NotSignedIn)?;
    let owner = crate::session::person(&user, Vec::new());
    let actor = Actor { identity: Identity::Token(user.id, token.id), ..owner };
    delete(control, &Call { actor, origin, request, key: None }, id).await
}

/// The actor that a token stands for: its owner's roles, cut down to the token's.
pub async fn actor(control: &Control, secret: &str) -> Result<Actor, Error> {
    if !secret.starts_with(PREFIX) {
        return Err(Error::NotSignedIn);
    }
    let found = control.store.token_by_hash(&crate::random::hash(secret)).await?;
    let now = control.now();
    let token = found.filter(|t| now < t.expires_at).ok_or(Error::NotSignedIn)?;
    let user = control.store.user(token.user).await?.filter(|u| u.enabled).ok_or(Error::NotSignedIn)?;
    if token.used_at.is_none_or(|at| now >= at.plus_seconds(USED_EVERY)) {
        let tx = control.store.begin().await?;
        tx.touch_token(token.id, now).await?;
        tx.commit().await?;
    }
    let owner = crate::session::person(&user, control.store.bindings(user.id).await?);
    let roles = cut(&owner.roles, token.role, token.scope);
    Ok(Actor { identity: Identity::Token(user.id, token.id), roles, ..owner })
}

/// What is left of `roles` for a token with `role` in `scope`.
fn cut(roles: &[(Role, Scope)], role: Role, scope: Scope) -> Vec<(Role, Scope)> {
    let place = |held: Scope| match (held, scope) {
        (held, Scope::Installation) => Some(held),
        (Scope::Installation, inner) => Some(inner),
        (held, inner) => (held == inner).then_some(inner),
    };
    roles.iter().filter_map(|(held, at)| place(*at).map(|at| ((*held).min(role), at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Administrator, Deployer, Viewer};
    use Scope::{Installation, Project};
    use model::ProjectId;

    #[test]
    fn a_token_never_has_more_than_its_owner_and_never_more_than_itself() {
        let a = Project(ProjectId("00000000-0000-0000-0000-00000000000a".parse().unwrap()));
        let b = Project(ProjectId("00000000-0000-0000-0000-00000000000b".parse().unwrap()));
        let cases = [
            (vec![(Administrator, Installation)], Viewer, Installation, vec![(Viewer, Installation)]),
            (vec![(Administrator, Installation)], Deployer, a, vec![(Deployer, a)]),
            (vec![(Viewer, a), (Deployer, b)], Administrator, Installation, vec![(Viewer, a), (Deployer, b)]),
            (vec![(Viewer, a), (Deployer, b)], Administrator, b, vec![(Deployer, b)]),
            (vec![(Viewer, a)], Deployer, b, vec![]),
        ];
        for (owned, role, scope, want) in cases {
            assert_eq!(cut(&owned, role, scope), want);
        }
    }
}
