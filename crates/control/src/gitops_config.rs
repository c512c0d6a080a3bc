//! GitOps configurations: saved only after a check, activated, deleted while nothing lives in them.

use std::collections::HashMap;

use model::check::Check;
use model::gitops_config::{Alias, GitopsConfig};
use model::role::{Role, Scope};
use model::{GitopsConfigId, Name};
use store::SecretKind;

use crate::audit::Note;
use crate::check::candidate::{Candidate, Input};
use crate::workers::Worker;
use crate::{Call, Control, Error, Topic, check};

/// On which state a save is meant to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The caller does not say: the state when the save began.
    Any,
    /// The configuration has this version.
    Version(i64),
    /// There is none of this name.
    Absent,
}

impl Expected {
    /// Demands it of the version that there is now; none where there is nothing.
    pub(crate) fn demand(self, now: Option<i64>, noun: &'static str, name: &str) -> Result<(), Error> {
        let holds = match self {
            Self::Any => true,
            Self::Version(version) => now == Some(version),
            Self::Absent => now.is_none(),
        };
        if holds { Ok(()) } else { Err(Error::stale(noun, name)) }
    }
}

/// How a save ended.
pub enum Saved {
    /// It is stored.
    Stored {
        /// The configuration.
        config: Box<GitopsConfig>,
        /// Whether there was none of this name before.
        created: bool,
    },
    /// A required stage failed; nothing was stored, and what was active still is.
    Refused(Box<Check>),
}

/// The configuration of this name; only administrators of the installation know of any.
pub async fn named(control: &Control, call: &Call, name: &str) -> Result<GitopsConfig, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let found = control.store.gitops_config_by_name(name).await?;
    found.ok_or_else(|| Error::not_found("GitOps configuration", name))
}

/// Checks an account and, if it works, stores it; activates it when asked to. Waits for the check.
pub async fn save(
    control: &Control,
    call: &Call,
    (name, input): (&str, Input),
    expected: Expected,
) -> Result<Saved, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let name = Name::parse("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let before = control.store.gitops_config_by_name(name.as_str()).await?;
    expected.demand(before.as_ref().map(|b| b.version), "GitOps configuration", name.as_str())?;
    let activate = input.activate;
    let new_secrets = [
        ("secret", input.secret.is_some()),
        ("client_key_pem", input.client_key_pem.is_some()),
        ("proxy_password", input.proxy_password.is_some()),
    ];
    let new_secrets =
        new_secrets.into_iter().filter(|(_, entered)| *entered).map(|(field, _)| field).collect();
    let candidate = Candidate::read(control, before.as_ref(), input).await?;
    let check = check::run(control, call, name.as_str(), &candidate).await?;
    if check.report.failed() {
        return Ok(Saved::Refused(Box::new(check)));
    }
    let config = GitopsConfig {
        id: before.as_ref().map_or_else(|| GitopsConfigId(crate::random::id()), |b| b.id),
        name: name.clone(),
        account: candidate.account.clone(),
        rules: candidate.rules.clone(),
        active: activate || before.as_ref().is_some_and(|b| b.active),
        check: Some(check.id),
        saved_by: call.actor.name.clone(),
        created_at: before.as_ref().map_or_else(|| control.now(), |b| b.created_at),
        saved_at: control.now(),
        version: before.as_ref().map_or(1, |b| b.version),
    };
    let stored = store(control, call, before.as_ref(), (config, candidate, new_secrets)).await?;
    Ok(Saved::Stored { config: Box::new(stored), created: before.is_none() })
}

async fn store(
    control: &Control,
    call: &Call,
    before: Option<&GitopsConfig>,
    (mut config, candidate, new_secrets): (GitopsConfig, Candidate, Vec<&'static str>),
) -> Result<GitopsConfig, Error> {
    let name = config.name.to_string();
    let tx = control.store.begin().await?;
    match before {
        // Two first saves at once: the second comes too late, like any other second save.
        None => tx.insert_gitops_config(&config).await.map_err(|e| match e {
            store::Error::Duplicate { .. } => Error::stale("GitOps configuration", &name),
            e => Error::about(e, "GitOps configuration", &name),
        })?,
        Some(_) => {
            let written = tx.update_gitops_config(&config).await;
            config.version = written.map_err(|e| Error::about(e, "GitOps configuration", &name))?;
        }
    }
    match &candidate.kept {
        Some(words) => tx.keep_for_gitops_config(config.id, words).await?,
        None => tx.number_gitops_config(config.id).await?,
    }
    put_secrets(&tx, &config, &candidate.secrets).await?;
    let earlier = before.map(fields).unwrap_or_default();
    let mut note = Note::of(call, "gitops_config.saved", format!("gitops-config/{name}"))
        .fields(&earlier, fields(&config));
    for field in new_secrets {
        note = note.secret(field);
    }
    note.write(control, &tx).await?;
    tx.commit().await?;
    control.publish(Topic::GitopsConfig { name });
    control.publish(Topic::Gate);
    control.wake(Worker::Rechecker);
    Ok(config)
}

/// Seals what is there, and deletes what is not.
async fn put_secrets(tx: &store::Tx, config: &GitopsConfig, secrets: &git::Secrets) -> Result<(), Error> {
    let owner = config.id.to_string();
    for (kind, secret) in [
        (SecretKind::GitopsConfig, &secrets.token),
        (SecretKind::ClientKey, &secrets.client_key_pem),
        (SecretKind::ProxyPassword, &secrets.proxy_password),
    ] {
        match secret {
            Some(secret) => tx.put_secret(kind, &owner, secret).await?,
            None => {
                tx.delete_secret(kind, &owner).await?;
            }
        }
    }
    Ok(())
}

/// What the audit shows of a configuration.
fn fields(config: &GitopsConfig) -> Vec<(&'static str, String)> {
    let (account, rules) = (&config.account, &config.rules);
    vec![
        ("provider", account.provider.as_str().into()),
        ("host", account.host.clone()),
        ("scope", account.scope.clone()),
        ("project_key", account.project_key.clone().unwrap_or_default()),
        ("credential", account.credential.as_str().into()),
        ("username", account.username.clone()),
        ("ca_pem", account.ca_pem.clone().unwrap_or_default()),
        ("client_certificate_pem", account.client_certificate_pem.clone().unwrap_or_default()),
        ("proxy", account.proxy.clone().unwrap_or_default()),
        ("repositories.source", rules.source.as_str().into()),
        ("repositories.prefix", rules.prefix.clone()),
        ("repositories.default_branch", rules.default_branch.clone().unwrap_or_default()),
        ("repositories.visibility", rules.visibility.as_str().into()),
        ("repositories.deletion", rules.deletion.as_str().into()),
        ("repositories.committer_name", rules.committer_name.clone()),
        ("repositories.committer_email", rules.committer_email.clone()),
        ("active", if config.active { "true" } else { "false" }.into()),
    ]
}

/// Gives what clients of another system know configurations by. What an older release saved gets its number
/// now.
pub async fn aliases(control: &Control, call: &Call) -> Result<HashMap<GitopsConfigId, Alias>, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let mut page = store::Page::first();
    let known = control.store.gitops_config_aliases().await?;
    let mut without = Vec::new();
    loop {
        let listed = control.store.gitops_configs(&page).await?;
        without.extend(listed.items.into_iter().filter(|c| !known.contains_key(&c.id)));
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    if without.is_empty() {
        return Ok(known);
    }
    without.sort_by_key(|config| (config.created_at, config.id));
    let tx = control.store.begin().await?;
    for config in &without {
        tx.number_gitops_config(config.id).await?;
    }
    tx.commit().await?;
    Ok(control.store.gitops_config_aliases().await?)
}

/// Checks what is given, or the stored configuration as it is, without saving anything. Waits for the check.
pub async fn try_out(
    control: &Control,
    call: &Call,
    name: &str,
    input: Option<Input>,
) -> Result<Check, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let name = Name::parse("name", name).map_err(|e| Error::Invalid(vec![e]))?;
    let before = control.store.gitops_config_by_name(name.as_str()).await?;
    let candidate = match (input, &before) {
        (Some(input), _) => Candidate::read(control, before.as_ref(), input).await?,
        (None, Some(config)) => Candidate::stored(control, config).await?,
        (None, None) => return Err(Error::not_found("GitOps configuration", name.as_str())),
    };
    check::run(control, call, name.as_str(), &candidate).await
}

/// Lets new applications use the configuration, and no other.
pub async fn activate(
    control: &Control,
    call: &Call,
    name: &str,
    expected: Option<i64>,
) -> Result<GitopsConfig, Error> {
    let mut config = named(control, call, name).await?;
    if expected.is_some_and(|v| v != config.version) {
        return Err(Error::stale("GitOps configuration", name));
    }
    if config.active {
        return Ok(config);
    }
    config.active = true;
    let tx = control.store.begin().await?;
    let stepped_down = tx.active_gitops_config().await?.map(|c| c.name.to_string());
    config.version =
        tx.update_gitops_config(&config).await.map_err(|e| Error::about(e, "GitOps configuration", name))?;
    Note::of(call, "gitops_config.activated", format!("gitops-config/{name}"))
        .change("active", stepped_down.clone(), Some(name.to_owned()))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    for name in stepped_down.into_iter().chain([name.to_owned()]) {
        control.publish(Topic::GitopsConfig { name });
    }
    control.publish(Topic::Gate);
    Ok(config)
}

/// Deletes a configuration that no application lives in.
pub async fn delete(control: &Control, call: &Call, name: &str, expected: Option<i64>) -> Result<(), Error> {
    let config = named(control, call, name).await?;
    if expected.is_some_and(|v| v != config.version) {
        return Err(Error::stale("GitOps configuration", name));
    }
    let tx = control.store.begin().await?;
    tx.delete_gitops_config(config.id).await.map_err(|e| Error::about(e, "GitOps configuration", name))?;
    Note::of(call, "gitops_config.deleted", format!("gitops-config/{name}"))
        .change("provider", Some(config.account.provider.as_str().into()), None)
        .change("scope", Some(config.account.scope.clone()), None)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.hosts.forget(config.id);
    control.publish(Topic::GitopsConfig { name: name.to_owned() });
    control.publish(Topic::Gate);
    control.wake(Worker::Rechecker);
    Ok(())
}

/// Whether deploying is possible, and who can make it so.
pub struct Gate {
    /// The active configuration; without one the gate is closed.
    pub active: Option<String>,
    /// What to do while it is closed.
    pub sentence: Option<String>,
    /// The names of those who can.
    pub administrators: Vec<String>,
}

/// Looks at the gate; everyone signed in may.
pub async fn gate(control: &Control, call: &Call) -> Result<Gate, Error> {
    let active = control.store.active_gitops_config().await?.map(|c| c.name.to_string());
    let administrators: Vec<String> =
        control.store.administrators().await?.into_iter().map(|user| user.name).collect();
    let sentence = active.is_none().then(|| {
        if call.actor.may(Role::Administrator, Scope::Installation) {
            "Connect a Git account to deploy.".to_owned()
        } else {
            format!("Ask an administrator to connect a Git account: {}.", administrators.join(", "))
        }
    });
    Ok(Gate { active, sentence, administrators })
}
