//! The Git hosts of the configurations, opened once and kept, so that connections stay warm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use git::{Provider, Secrets};
use model::GitopsConfigId;
use model::gitops_config::{Account, GitopsConfig};
use store::SecretKind;

use crate::{Control, Error};

/// A configuration's version, and its host.
type Opened = (i64, Arc<dyn Provider>);

/// The hosts that this process has opened, one per configuration.
#[derive(Default)]
pub struct Hosts {
    opened: Mutex<HashMap<GitopsConfigId, Opened>>,
}

/// The host of a stored configuration. Nothing is sent to it yet.
pub async fn open(control: &Control, config: &GitopsConfig) -> Result<Arc<dyn Provider>, Error> {
    let opened = |hosts: &HashMap<GitopsConfigId, Opened>| hosts.get(&config.id).cloned();
    let lock = || control.hosts.opened.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((version, host)) = opened(&lock())
        && version == config.version
    {
        return Ok(host);
    }
    let secrets = secrets(control, config).await?;
    let host = candidate(control, &config.account, secrets)?;
    lock().insert(config.id, (config.version, Arc::clone(&host)));
    Ok(host)
}

/// The host of an account that is not stored (yet).
pub fn candidate(control: &Control, account: &Account, secrets: Secrets) -> Result<Arc<dyn Provider>, Error> {
    Ok(git::open(account, secrets, &control.settings.hosts)?)
}

/// The secrets that are stored for a configuration.
pub(crate) async fn secrets(control: &Control, config: &GitopsConfig) -> Result<Secrets, Error> {
    let owner = config.id.to_string();
    Ok(Secrets {
        token: control.store.secret(SecretKind::GitopsConfig, &owner).await?,
        client_key_pem: control.store.secret(SecretKind::ClientKey, &owner).await?,
        proxy_password: control.store.secret(SecretKind::ProxyPassword, &owner).await?,
    })
}
