//! What the API server is shown: the kubeconfig's own credential, or what a program gave, for as long as it holds.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use net::Credential;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::exec::{Plugin, Signed};
use crate::Error;

/// A credential is not used in its last moments: the API server's clock may be ahead.
const MARGIN: Duration = Duration::from_secs(10);

/// Who signs in.
pub(super) struct Signer {
    own: RwLock<Arc<Credential>>,
    plugin: Option<Plugin>,
    signed: Mutex<Option<(Arc<Credential>, Option<OffsetDateTime>)>>,
}

impl Signer {
    pub(super) fn new(own: Credential, plugin: Option<Plugin>) -> Self {
        Self { own: RwLock::new(Arc::new(own)), plugin, signed: Mutex::new(None) }
    }

    fn own(&self) -> Arc<Credential> {
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows another from now on.
    pub(super) fn renew(&self, own: Credential) {
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(own);
    }

    /// What to show. A program runs only when what it gave before holds no more; whoever comes meanwhile waits for it.
    pub(super) async fn credential(&self) -> Result<Arc<Credential>, Error> {
        let Some(plugin) = &self.plugin else { return Ok(self.own()) };
        let mut signed = self.signed.lock().await;
        if let Some((credential, until)) = signed.as_ref()
            && until.is_none_or(|until| OffsetDateTime::now_utc() + MARGIN < until)
        {
            return Ok(Arc::clone(credential));
        }
        let Signed { credential, until } = plugin.sign_in().await?;
        let credential = Arc::new(credential);
        *signed = Some((Arc::clone(&credential), until));
        Ok(credential)
    }

    /// Forgets what was refused; says whether there may be another.
    pub(super) async fn refused(&self, credential: &Arc<Credential>) -> bool {
        let mut signed = self.signed.lock().await;
        if signed.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, credential)) {
            *signed = None;
        }
        self.plugin.is_some()
    }
}
