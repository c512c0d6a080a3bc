//! The built-in Git host: who may read and push which repository, and the process that does it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::Stream;
pub use git::serve::Service;
use git::serve::{GitProgram, Output};
use model::role::{Actor, Role, Scope};
use model::{Secret, Timestamp};
use tokio::sync::OnceCell;

use crate::audit::Note;
use crate::control::LOOPBACK_USER;
use crate::{Call, Control, Error};

/// How long a password that was right is not hashed again, in seconds: Git sends it with every request.
const RECOGNISED_SECONDS: i64 = 60;
/// Passwords kept in mind at once.
const RECOGNISED_LIMIT: usize = 1_000;

/// The time between two looks for what a crash has left.
const SWEEP_AGAIN: Duration = Duration::from_secs(5);

/// What this process keeps for the built-in host.
#[derive(Default)]
pub struct BuiltInHost {
    program: OnceCell<GitProgram>,
    /// Digests of names and passwords that were right, the hash that they fitted, and until when that counts.
    recognised: Mutex<HashMap<String, (String, Timestamp)>>,
}

/// A repository that the caller may use as it asked.
pub struct Open {
    program: GitProgram,
    folder: PathBuf,
    service: Service,
}

impl Open {
    /// What the repository can do and has; `protocol` is the header `Git-Protocol`.
    ///
    /// # Errors
    /// When the `git` program cannot be started.
    pub async fn advertise(&self, protocol: Option<&str>) -> Result<Output, Error> {
        Ok(self.program.advertise(&self.folder, self.service, protocol).await?)
    }

    /// Reads or pushes. The body may be compressed with gzip.
    ///
    /// # Errors
    /// When the `git` program cannot be started.
    pub async fn rpc<S, E>(&self, protocol: Option<&str>, body: S, gzip: bool) -> Result<Output, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        Ok(self.program.rpc(&self.folder, self.service, protocol, (body, gzip)).await?)
    }
}

/// The caller with this name and secret, if that can be told at once: Trueline itself, an API token (the name
/// does not matter then), or a password that was right a moment ago.
///
/// # Errors
/// [`Error::NotSignedIn`] for a token that is none.
pub async fn recognise(control: &Control, name: &str, secret: &Secret) -> Result<Option<Actor>, Error> {
    if name == LOOPBACK_USER && crate::random::same(secret.reveal(), control.loopback_token.reveal()) {
        return Ok(Some(Actor::system()));
    }
    if secret.reveal().starts_with(crate::token::PREFIX) {
        return crate::token::actor(control, secret.reveal()).await.map(Some);
    }
    let key = digest(control, name, secret);
    let known = lock(control).get(&key).cloned();
    let Some((hash, _)) = known.filter(|(_, until)| control.now() < *until) else { return Ok(None) };
    let user = control.store.user_by_name(name).await?;
    let Some(user) = user.filter(|user| user.enabled && user.password_hash == hash) else { return Ok(None) };
    let bindings = control.store.bindings(user.id).await?;
    Ok(Some(crate::session::person(&user, bindings)))
}

/// The caller with this name and password. Limit how often it is tried.
///
/// # Errors
/// [`Error::SignInFailed`], which is written down like a refused sign-in.
pub async fn sign_in(
    control: &Control,
    from: (&str, &str),
    name: &str,
    password: Secret,
) -> Result<Actor, Error> {
    let user = crate::session::known(control, from, name, password.clone()).await?;
    let until = control.now().plus_seconds(RECOGNISED_SECONDS);
    {
        let mut recognised = lock(control);
        let now = control.now();
        recognised.retain(|_, (_, until)| now < *until);
        if recognised.len() < RECOGNISED_LIMIT {
            recognised.insert(digest(control, name, &password), (user.password_hash.clone(), until));
        }
    }
    let bindings = control.store.bindings(user.id).await?;
    Ok(crate::session::person(&user, bindings))
}

/// Opens a repository for reading (needs viewer) or pushing (needs deployer) in the projects of all
/// applications that live in it. A repository of no application is open to administrators of the
/// installation alone. With `begins`, a push by anyone but Trueline itself is written down.
///
/// # Errors
/// [`Error::NotFound`] also when the caller may not see it, [`Error::Forbidden`], a refusal when the
/// repository is archived, [`git::Error::GitProgram`] when there is no `git` program.
pub async fn open(
    control: &Control,
    call: &Call,
    repository: &str,
    service: Service,
    begins: bool,
) -> Result<Open, Error> {
    let unknown = || Error::not_found("repository", repository);
    let Some(host) = &control.settings.hosts.built_in else { return Err(unknown()) };
    let folder = git::built_in::path_of(&host.folder, repository).map_err(|_| unknown())?;
    let applications = control.store.applications_by_repository_name(repository).await?;
    let mut scopes: Vec<_> = applications.iter().map(|a| Scope::Project(a.project)).collect();
    if scopes.is_empty() {
        scopes.push(Scope::Installation);
        if !call.actor.may(Role::Administrator, Scope::Installation) {
            return Err(unknown());
        }
    }
    if !scopes.iter().all(|scope| call.actor.may(Role::Viewer, *scope)) || !folder.is_dir() {
        return Err(unknown());
    }
    if service == Service::ReceivePack {
        for scope in &scopes {
            call.require(Role::Deployer, *scope)?;
        }
        if git::built_in::is_archived(&folder)? {
            let sentence = format!("The repository \"{repository}\" is archived: it takes no more pushes.");
            return Err(Error::conflict("repository_archived", sentence));
        }
        if begins && call.actor.user().is_some() {
            let note = Note::of(call, "repository.pushed", format!("repository/{repository}"));
            let note = match applications.first() {
                Some(application) => note.in_project(application.project),
                None => note,
            };
            let tx = control.store.begin().await?;
            note.write(control, &tx).await?;
            tx.commit().await?;
        }
    }
    let (path, limits) = (host.git.as_deref(), &control.settings.serve);
    let program = control.built_in_host.program.get_or_try_init(|| GitProgram::find(path, limits.clone()));
    Ok(Open { program: program.await?.clone(), folder, service })
}

/// Removes what a crash of the machine has left in the folder of the repositories; comes back for what is too
/// young to be told from what is in use. Only for the process that has locked the data folder.
pub async fn sweep(control: &Control) {
    let Some(folder) = control.settings.hosts.built_in.as_ref().map(|host| host.folder.clone()) else {
        return;
    };
    let time = || UNIX_EPOCH + Duration::from_micros(u64::try_from(control.now().0).unwrap_or(0));
    let start = time();
    loop {
        let (folder, now) = (folder.clone(), time());
        let swept = tokio::task::spawn_blocking(move || git::built_in::sweep(&folder, start, now)).await;
        match swept {
            Ok(Ok(swept)) if swept.young > 0 => tokio::time::sleep(SWEEP_AGAIN).await,
            Ok(Ok(_)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the folder of the built-in Git host was not swept");
                return;
            }
        }
    }
}

/// A key that tells nothing of the password to who does not know this process's secret.
fn digest(control: &Control, name: &str, secret: &Secret) -> String {
    let parts = [control.loopback_token.reveal(), name, secret.reveal()].map(str::as_bytes);
    crate::random::hash_parts(&parts)
}

fn lock(control: &Control) -> std::sync::MutexGuard<'_, HashMap<String, (String, Timestamp)>> {
    control.built_in_host.recognised.lock().unwrap_or_else(PoisonError::into_inner)
}
