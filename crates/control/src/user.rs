//! People: the first administrator, and making, changing and deleting users by administrators of the
//! installation.

use model::role::{Binding, Identity, Role, Scope};
use model::user::User;
use model::{BindingId, FieldError, Secret, SessionId, UserId};
use store::Tx;

use crate::audit::Note;
use crate::{Call, Control, Error, idempotency};

/// The name of the first user.
pub const FIRST: &str = "admin";
/// Name of the file in the data folder that keeps the first password until it is changed.
pub const FIRST_PASSWORD_FILE: &str = "admin-password";
/// Most characters of a user's name.
pub const NAME_LIMIT: usize = 50;
/// Most role bindings of one user.
pub const ROLES_LIMIT: usize = 500;

/// A role by the name of its project; `None` stands for the installation.
pub type NamedRole = (Role, Option<String>);

/// What a new user is to be.
pub struct New {
    /// The sign-in name.
    pub name: String,
    /// The address for commits.
    pub email: String,
    /// The first password, which its owner is asked to change.
    pub password: Secret,
    /// The roles.
    pub roles: Vec<NamedRole>,
}

/// What to change of a user; `None` leaves it.
#[derive(Default)]
pub struct Change {
    /// The address for commits.
    pub email: Option<String>,
    /// Whether the user may sign in.
    pub enabled: Option<bool>,
    /// A new first password.
    pub password: Option<Secret>,
    /// All roles, instead of those held.
    pub roles: Option<Vec<NamedRole>>,
    /// Whether the user's API tokens end.
    pub revoke_tokens: bool,
    /// The version that the caller read, if it says so.
    pub expected: Option<i64>,
}

/// How the first administrator's password came to be.
pub enum First {
    /// There are users already.
    Exists,
    /// Made with the password that was given.
    Given,
    /// Made with a random password, to be printed once.
    Random(Secret),
}

/// Makes the first user, if there is none: an administrator of the installation. A random password is kept in
/// the file [`FIRST_PASSWORD_FILE`], mode 0600, until it is changed.
pub async fn first(control: &Control, given: Option<Secret>) -> Result<First, Error> {
    if control.store.user_count().await? > 0 {
        return Ok(First::Exists);
    }
    let password = match &given {
        Some(password) => {
            crate::password::acceptable("TRUELINE_ADMIN_PASSWORD", password)
                .map_err(|e| Error::Invalid(vec![e]))?;
            password.clone()
        }
        None => crate::random::password(),
    };
    if given.is_none() {
        // Before the user is stored: a password that nobody knows would lock everybody out.
        keep_first_password(control, &password)?;
    }
    let user = User {
        id: UserId(crate::random::id()),
        name: FIRST.into(),
        email: "admin@localhost".into(),
        password_hash: control.passwords.hash(password.clone()).await?,
        password_is_initial: given.is_none(),
        enabled: true,
        created_at: control.now(),
        version: 1,
    };
    let tx = control.store.begin().await?;
    tx.insert_user(&user).await?;
    bind(&tx, user.id, vec![(Role::Administrator, Scope::Installation)]).await?;
    Note::of(&Call::system(), "user.created", format!("user/{FIRST}"))
        .set("roles", "administrator")
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    Ok(if given.is_some() { First::Given } else { First::Random(password) })
}

/// The user of this name; administrators see all users, others themselves.
pub async fn visible(control: &Control, call: &Call, name: &str) -> Result<User, Error> {
    let administrator = call.actor.may(Role::Administrator, Scope::Installation);
    let found = control.store.user_by_name(name).await?;
    found
        .filter(|u| administrator || call.actor.user() == Some(u.id))
        .ok_or_else(|| Error::not_found("user", name))
}

/// Makes a user.
pub async fn create(control: &Control, call: &Call, new: New) -> Result<User, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    if let Some(name) = idempotency::earlier(control, call).await? {
        return visible(control, call, &name).await;
    }
    let mut errors = Vec::new();
    errors.extend(nameable(&new.name).err());
    errors.extend(addressable(&new.email).err());
    errors.extend(crate::password::acceptable("password", &new.password).err());
    let roles = resolved(control, &new.roles).await?.map_err(|e| errors.push(e)).unwrap_or_default();
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let user = User {
        id: UserId(crate::random::id()),
        name: new.name,
        email: new.email,
        password_hash: control.passwords.hash(new.password).await?,
        password_is_initial: true,
        enabled: true,
        created_at: control.now(),
        version: 1,
    };
    let tx = control.store.begin().await?;
    tx.insert_user(&user).await.map_err(|e| Error::about(e, "user", &user.name))?;
    bind(&tx, user.id, roles).await?;
    Note::of(call, "user.created", format!("user/{}", user.name))
        .set("email", &user.email)
        .set("roles", worded(&new.roles))
        .write(control, &tx)
        .await?;
    idempotency::note(control, &tx, call, &user.name).await?;
    tx.commit().await?;
    Ok(user)
}

/// Changes a user. A new password or the end of `enabled` ends the user's sessions; its API tokens end when that is said.
pub async fn change(control: &Control, call: &Call, name: &str, change: Change) -> Result<User, Error> {
    let before = visible(control, call, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    if change.expected.is_some_and(|v| v != before.version) {
        return Err(Error::stale("user", name));
    }
    let (after, roles) = changed(control, &before, &change).await?;
    let held = named(control, control.store.bindings(before.id).await?).await?;
    let tx = control.store.begin().await?;
    let version = tx.update_user(&after).await.map_err(|e| Error::about(e, "user", name))?;
    if let Some(roles) = roles {
        tx.delete_bindings(after.id).await?;
        bind(&tx, after.id, roles).await?;
    }
    keep_an_administrator(&tx).await?;
    if change.password.is_some() || !after.enabled {
        tx.delete_sessions_of(after.id, None).await?;
    }
    let revoked = if change.revoke_tokens { tx.delete_tokens_of(after.id, None).await? } else { 0 };
    let mut note = Note::of(call, "user.changed", format!("user/{name}"))
        .change("email", Some(before.email), Some(after.email.clone()))
        .change("enabled", Some(before.enabled.to_string()), Some(after.enabled.to_string()));
    if let Some(roles) = &change.roles {
        note = note.change("roles", Some(worded(&held)), Some(worded(roles)));
    }
    if change.password.is_some() {
        note = note.secret("password");
    }
    note = revocation(note, change.revoke_tokens, revoked);
    note.write(control, &tx).await?;
    tx.commit().await?;
    if change.password.is_some() {
        forget_first_password(control, name);
    }
    Ok(User { version, ..after })
}

/// Deletes a user with its sessions, tokens and roles. What it did stays in the audit under its name.
pub async fn delete(control: &Control, call: &Call, name: &str) -> Result<(), Error> {
    let user = visible(control, call, name).await?;
    call.require(Role::Administrator, Scope::Installation)?;
    let tx = control.store.begin().await?;
    tx.delete_user(user.id).await?;
    keep_an_administrator(&tx).await?;
    Note::of(call, "user.deleted", format!("user/{name}")).write(control, &tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Changes the caller's own password; all its sessions but the one at hand end, and all its API tokens but the one at hand
/// when `revoke_tokens` says so.
pub async fn change_own_password(
    control: &Control,
    call: &Call,
    session: Option<SessionId>,
    (current, new): (Secret, Secret),
    revoke_tokens: bool,
) -> Result<(), Error> {
    let id = call.actor.user().ok_or(Error::NotSignedIn)?;
    let mut user = control.store.user(id).await?.ok_or(Error::NotSignedIn)?;
    if !control.passwords.verify(current, Some(user.password_hash.clone())).await? {
        return Err(Error::field("current", "wrong", "This is not the present password."));
    }
    crate::password::acceptable("new", &new).map_err(|e| Error::Invalid(vec![e]))?;
    user.password_hash = control.passwords.hash(new).await?;
    user.password_is_initial = false;
    let tx = control.store.begin().await?;
    tx.update_user(&user).await.map_err(|e| Error::about(e, "user", &user.name))?;
    tx.delete_sessions_of(user.id, session).await?;
    let at_hand = match call.actor.identity {
        Identity::Token(_, token) => Some(token),
        Identity::User(_) | Identity::System => None,
    };
    let revoked = if revoke_tokens { tx.delete_tokens_of(user.id, at_hand).await? } else { 0 };
    let note = Note::of(call, "user.changed", format!("user/{}", user.name)).secret("password");
    revocation(note, revoke_tokens, revoked).write(control, &tx).await?;
    tx.commit().await?;
    forget_first_password(control, &user.name);
    Ok(())
}

/// Adds how many API tokens ended, where that was asked for.
fn revocation(note: Note<'_>, asked: bool, revoked: u64) -> Note<'_> {
    if asked { note.set("tokens_revoked", revoked.to_string()) } else { note }
}

/// The bindings with the names of their projects, for people.
pub async fn named(control: &Control, bindings: Vec<Binding>) -> Result<Vec<NamedRole>, Error> {
    named_roles(control, &bindings.into_iter().map(|b| (b.role, b.scope)).collect::<Vec<_>>()).await
}

/// The roles with the names of their projects, for people.
pub async fn named_roles(control: &Control, held: &[(Role, Scope)]) -> Result<Vec<NamedRole>, Error> {
    let mut roles = Vec::with_capacity(held.len());
    for (role, scope) in held {
        match scope {
            Scope::Installation => roles.push((*role, None)),
            Scope::Project(id) => {
                if let Some(project) = control.store.project(*id).await? {
                    roles.push((*role, Some(project.name.as_str().to_owned())));
                }
            }
        }
    }
    roles.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    Ok(roles)
}

/// The user after the change, and its new roles if they change.
async fn changed(
    control: &Control,
    before: &User,
    change: &Change,
) -> Result<(User, Option<Vec<(Role, Scope)>>), Error> {
    let mut after = before.clone();
    let mut errors = Vec::new();
    if let Some(email) = &change.email {
        errors.extend(addressable(email).err());
        after.email.clone_from(email);
    }
    if let Some(password) = &change.password {
        errors.extend(crate::password::acceptable("password", password).err());
    }
    let roles = match &change.roles {
        Some(roles) => resolved(control, roles).await?.map_err(|e| errors.push(e)).ok(),
        None => None,
    };
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    if let Some(password) = &change.password {
        after.password_hash = control.passwords.hash(password.clone()).await?;
        after.password_is_initial = true;
    }
    after.enabled = change.enabled.unwrap_or(after.enabled);
    Ok((after, roles))
}

/// Refuses, within the transaction, a change that leaves nobody who could undo it.
async fn keep_an_administrator(tx: &Tx) -> Result<(), Error> {
    if tx.administrators().await?.is_empty() {
        let sentence =
            "This would leave no enabled administrator on the installation. Make another one first.";
        return Err(Error::conflict("last_administrator", sentence));
    }
    Ok(())
}

async fn bind(tx: &Tx, user: UserId, roles: Vec<(Role, Scope)>) -> Result<(), Error> {
    for (role, scope) in roles {
        tx.insert_binding(&Binding { id: BindingId(crate::random::id()), user, role, scope }).await?;
    }
    Ok(())
}

/// Finds the projects of roles by name, without duplicates.
async fn resolved(
    control: &Control,
    roles: &[NamedRole],
) -> Result<Result<Vec<(Role, Scope)>, FieldError>, Error> {
    if roles.len() > ROLES_LIMIT {
        let message = format!("A user has at most {ROLES_LIMIT} roles.");
        return Ok(Err(FieldError::new("roles", "too_many", message)));
    }
    let mut found = Vec::new();
    for (i, (role, project)) in roles.iter().enumerate() {
        let scope = match project {
            None => Scope::Installation,
            Some(name) => match control.store.project_by_name(name).await? {
                Some(project) => Scope::Project(project.id),
                None => {
                    let message = format!("There is no project \"{name}\".");
                    return Ok(Err(FieldError::new(format!("roles.{i}.project"), "not_found", message)));
                }
            },
        };
        if !found.contains(&(*role, scope)) {
            found.push((*role, scope));
        }
    }
    Ok(Ok(found))
}

fn worded(roles: &[NamedRole]) -> String {
    let word = |(role, project): &NamedRole| match project {
        None => role.as_str().to_owned(),
        Some(project) => format!("{} in {project}", role.as_str()),
    };
    roles.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn keep_first_password(control: &Control, password: &Secret) -> Result<(), Error> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = control.settings.data.join(FIRST_PASSWORD_FILE);
    let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    opened
        .and_then(|mut file| {
            writeln!(file, "{}", password.reveal())?;
            file.sync_all()
        })
        .map_err(|source| Error::Store(store::Error::NotWritable { path, source }))
}

/// Removes the file with the first password once it is of no use.
fn forget_first_password(control: &Control, name: &str) {
    if name == FIRST {
        let path = control.settings.data.join(FIRST_PASSWORD_FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "the file with the first password could not be removed");
            }
            _ => {}
        }
    }
}

fn nameable(name: &str) -> Result<(), FieldError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let first = name.chars().next();
    if name.chars().count() <= NAME_LIMIT
        && first.is_some_and(|c| c.is_ascii_lowercase())
        && name.chars().all(allowed)
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        return Ok(());
    }
    let message = format!(
        "A user's name has 1 to {NAME_LIMIT} lower-case letters, digits, hyphens, dots and underscores, and starts with a letter."
    );
    Err(FieldError::new("name", "invalid", message))
}

/// Refuses what could not stand as an author's address in a commit.
fn addressable(email: &str) -> Result<(), FieldError> {
    let parts: Vec<&str> = email.split('@').collect();
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>,;".contains(c);
    if parts.len() == 2
        && parts.iter().all(|p| !p.is_empty())
        && email.len() <= 254
        && email.chars().all(plain)
    {
        return Ok(());
    }
    Err(FieldError::new("email", "invalid", "An e-mail address looks like ann@example.org."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_follow_their_rules() {
        for (name, good) in
            [("ann", true), ("ann.b_c-d", true), ("", false), ("Ann", false), ("1a", false), ("ann.", false)]
        {
            assert_eq!(nameable(name).is_ok(), good, "{name:?}");
        }
        let addresses = [
            ("ann@example.org", true),
            ("admin@localhost", true),
            ("ann", false),
            ("a@b@c", false),
            ("ann@ex ample", false),
            ("<ann@example.org>", false),
            ("@example.org", false),
        ];
        for (email, good) in addresses {
            assert_eq!(addressable(email).is_ok(), good, "{email:?}");
        }
    }
}
