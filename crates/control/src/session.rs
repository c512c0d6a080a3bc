//! Sign-in of people at the page: making, checking, rotating and ending sessions. Only hashes of their secrets
//! are kept.

use model::role::{Actor, Binding, Identity, Role, Scope};
use model::user::{Session, User};
use model::{Secret, SessionId};

use crate::audit::Note;
use crate::{Call, Control, Error};

/// How often a session's last use is written down, in seconds.
const SEEN_EVERY: i64 = 60;

/// A session just made: the only moment at which its secret is known.
pub struct Opened {
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The secret for the cookie.
    pub secret: Secret,
}

/// A session in force.
#[derive(Clone)]
pub struct Present {
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The user with the roles in force.
    pub actor: Actor,
    /// A new secret for the cookie, when the time to replace it had come.
    pub rotated: Option<Secret>,
}

/// Signs a person in. `origin` is the caller's address, `request` the request's id.
pub async fn sign_in(
    control: &Control,
    (origin, request): (&str, &str),
    name: &str,
    password: Secret,
) -> Result<Opened, Error> {
    let user = known(control, (origin, request), name, password).await?;
    let (session, secret) = fresh(control, &user);
    let tx = control.store.begin().await?;
    tx.insert_session(&session).await?;
    let actor = person(&user, Vec::new());
    let call = Call { actor, origin: origin.into(), request: request.into(), key: None };
    Note::of(&call, "session.created", format!("user/{}", user.name)).write(control, &tx).await?;
    tx.commit().await?;
    Ok(Opened { user, session, secret })
}

/// The user with this name and password. Each failure is written down.
pub(crate) async fn known(
    control: &Control,
    (origin, request): (&str, &str),
    name: &str,
    password: Secret,
) -> Result<User, Error> {
    let found = control.store.user_by_name(name).await?;
    let hash = found.as_ref().map(|u| u.password_hash.clone());
    let right = control.passwords.verify(password, hash).await?;
    match found {
        Some(user) if right && user.enabled => Ok(user),
        other => {
            let stranger = Actor { name: "anonymous".into(), roles: Vec::new(), ..Actor::system() };
            // Only names that exist are written down: people type passwords into the wrong field.
            let subject = other.map_or_else(|| "user".to_owned(), |u| format!("user/{}", u.name));
            let tx = control.store.begin().await?;
            let call = Call { actor: stranger, origin: origin.into(), request: request.into(), key: None };
            Note::of(&call, "session.refused", subject).write(control, &tx).await?;
            tx.commit().await?;
            Err(Error::SignInFailed)
        }
    }
}

/// Finds the session that a cookie's secret belongs to, and replaces the secret when its time has come.
///
/// The replaced secret stays good until the new one was seen: an answer lost on the way signs nobody out, and
/// a stolen cookie that is used beside its owner soon throws one of the two out.
pub async fn present(control: &Control, secret: &str) -> Result<Present, Error> {
    seen(control, secret, true).await
}

/// The same for clients that keep the secret of their sign-in for as long as the session lasts: it is not
/// replaced.
pub async fn steady(control: &Control, secret: &str) -> Result<Present, Error> {
    seen(control, secret, false).await
}

async fn seen(control: &Control, secret: &str, replace: bool) -> Result<Present, Error> {
    let hash = crate::random::hash(secret);
    let mut session = control.store.session_by_hash(&hash).await?.ok_or(Error::NotSignedIn)?;
    let (now, rules) = (control.now(), control.settings.session);
    let user = control.store.user(session.user).await?.filter(|u| u.enabled).ok_or(Error::NotSignedIn)?;
    if !lasts(control, &session) {
        return Err(Error::NotSignedIn);
    }
    let current = crate::random::same(&session.secret_hash, &hash);
    let settled = now >= session.rotated_at.plus_seconds(rules.grace_seconds);
    let due = replace && now >= session.rotated_at.plus_seconds(rules.rotate_seconds);
    let mut rotated = None;
    if due && current || replace && settled && !current {
        let secret = crate::random::secret();
        let replaced = std::mem::replace(&mut session.secret_hash, crate::random::hash(secret.reveal()));
        session.previous_hash = Some(hash);
        (session.rotated_at, session.seen_at) = (now, now);
        let tx = control.store.begin().await?;
        // Of two requests that come at once one rotates; the other goes on with what it has.
        if tx.rotate_session(&session, &replaced).await? {
            rotated = Some(secret);
        }
        tx.commit().await?;
    } else if now >= session.seen_at.plus_seconds(SEEN_EVERY) {
        session.seen_at = now;
        let tx = control.store.begin().await?;
        if current && settled && session.previous_hash.take().is_some() {
            tx.rotate_session(&session, &hash).await?;
        } else {
            tx.touch_session(session.id, now).await?;
        }
        tx.commit().await?;
    }
    let actor = person(&user, control.store.bindings(user.id).await?);
    Ok(Present { user, session, actor, rotated })
}

/// The actor of a session that is still in force, with the roles in force now; the session's secret need not
/// be known.
pub async fn actor(control: &Control, session: SessionId) -> Result<Actor, Error> {
    let session = control.store.session(session).await?.filter(|s| lasts(control, s));
    let session = session.ok_or(Error::NotSignedIn)?;
    let user = control.store.user(session.user).await?.filter(|u| u.enabled).ok_or(Error::NotSignedIn)?;
    Ok(person(&user, control.store.bindings(user.id).await?))
}

fn lasts(control: &Control, session: &Session) -> bool {
    let now = control.now();
    now < session.expires_at && now < session.seen_at.plus_seconds(control.settings.session.idle_seconds)
}

/// Ends a session.
pub async fn sign_out(control: &Control, call: &Call, session: SessionId) -> Result<(), Error> {
    let tx = control.store.begin().await?;
    tx.delete_session(session).await?;
    Note::of(call, "session.ended", format!("user/{}", call.actor.name)).write(control, &tx).await?;
    tx.commit().await?;
    Ok(())
}

/// A session for the user with a new secret.
fn fresh(control: &Control, user: &User) -> (Session, Secret) {
    let (now, secret) = (control.now(), crate::random::secret());
    let session = Session {
        id: SessionId(crate::random::id()),
        user: user.id,
        secret_hash: crate::random::hash(secret.reveal()),
        previous_hash: None,
        csrf: crate::random::secret().reveal().to_owned(),
        created_at: now,
        rotated_at: now,
        seen_at: now,
        expires_at: now.plus_seconds(control.settings.session.absolute_seconds),
    };
    (session, secret)
}

/// The user as actor, with its bindings.
pub(crate) fn person(user: &User, bindings: Vec<Binding>) -> Actor {
    Actor {
        identity: Identity::User(user.id),
        name: user.name.clone(),
        email: user.email.clone(),
        roles: bindings.into_iter().map(|b| (b.role, b.scope)).collect::<Vec<(Role, Scope)>>(),
    }
}

/// Compares a CSRF token in a time that does not depend on where the two differ.
pub fn same(given: &str, kept: &str) -> bool {
    crate::random::same(given, kept)
}
