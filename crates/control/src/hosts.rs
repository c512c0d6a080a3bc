//! The Git hosts of the configurations, opened once and kept, so that connections stay warm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use git::http::Budget;
use git::http::Tally;
use git::{Provider, Secrets};
use model::GitopsConfigId;
use model::gitops_config::{Account, GitopsConfig};

use crate::{Control, Error};

/// The host of a configuration, as of a version.
#[derive(Clone)]
struct Opened {
    name: String,
    version: i64,
    host: Arc<dyn Provider>,
    /// Calls of hosts that were opened for earlier versions.
    before: Tally,
}

/// What this process knows of its calls to the host of a configuration.
pub struct Usage {
    /// The configuration's name.
    pub config: String,
    /// What is left of the credential's rate budget.
    pub budget: Option<Budget>,
    /// The calls since the process started.
    pub calls: Tally,
    /// Bytes of answers that are kept because they can be asked for again.
    pub remembered: usize,
}

/// The hosts that this process has opened, one per configuration.
#[derive(Default)]
pub struct Hosts {
    opened: Mutex<HashMap<GitopsConfigId, Opened>>,
}

impl Hosts {
    /// What is known of the calls, by configuration.
    pub fn usage(&self) -> Vec<Usage> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.values().map(Opened::usage).collect()
    }

    /// Forgets a configuration that is gone.
    pub(crate) fn forget(&self, config: GitopsConfigId) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(&config);
    }
}

impl Opened {
    fn calls(&self) -> Tally {
        self.before + self.host.line().map(|line| line.http.tally()).unwrap_or_default()
    }

    fn usage(&self) -> Usage {
        let remembered = self.host.line().map(|line| line.http.remembered()).unwrap_or_default();
        Usage { config: self.name.clone(), budget: self.host.budget(), calls: self.calls(), remembered }
    }
}

/// The host of a stored configuration. Nothing is sent to it yet.
pub async fn open(control: &Control, config: &GitopsConfig) -> Result<Arc<dyn Provider>, Error> {
    let opened = |hosts: &HashMap<GitopsConfigId, Opened>| hosts.get(&config.id).cloned();
    let lock = || control.hosts.opened.lock().unwrap_or_else(PoisonError::into_inner);
    let known = opened(&lock());
    if let Some(known) = &known
        && known.version == config.version
    {
        return Ok(Arc::clone(&known.host));
    }
    let secrets = secrets(control, config).await.map_err(|error| match error {
        store::Error::Stale => Error::saved_meanwhile("GitOps configuration", config.name.as_str()),
        error => error.into(),
    })?;
    let host = candidate(control, &config.account, secrets)?;
    let (name, version) = (config.name.to_string(), config.version);
    let before = known.map(|known| known.calls()).unwrap_or_default();
    lock().insert(config.id, Opened { name, version, host: Arc::clone(&host), before });
    Ok(host)
}

/// What is left of the rate budget of a configuration's credential, whatever in this process used it: checks count too.
pub async fn budget(control: &Control, config: &GitopsConfig) -> Option<Budget> {
    match open(control, config).await {
        Ok(host) => host.budget(),
        Err(error) => {
            tracing::warn!(config = config.name.as_str(), error = %error, "the rate budget cannot be told");
            None
        }
    }
}

/// The host of an account that is not stored (yet).
pub fn candidate(control: &Control, account: &Account, secrets: Secrets) -> Result<Arc<dyn Provider>, Error> {
    Ok(git::open(account, secrets, &control.settings.hosts)?)
}

/// The secrets that are stored for a configuration as it was read.
///
/// # Errors
/// [`store::Error::Stale`] when it was saved since: newer secrets never go to an older address.
pub(crate) async fn secrets(control: &Control, config: &GitopsConfig) -> Result<Secrets, store::Error> {
    let [token, client_key_pem, proxy_password] = control.store.gitops_config_secrets(config).await?;
    Ok(Secrets { token, client_key_pem, proxy_password })
}
