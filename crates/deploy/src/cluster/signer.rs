//! As whom calls come: with the kubeconfig's own credential, or what a program gave, for as long as it holds.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use net::{Client, Credential, Limits, Trust};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::exec::{Plugin, Signed};
use crate::Error;

/// A credential is not used in its last moments: the API server's clock may be ahead.
const MARGIN: Duration = Duration::from_secs(10);

/// What the API server is shown, and over which connections: a client certificate is shown by these.
pub(super) struct Shown {
    pub(super) credential: Credential,
    pub(super) client: Client,
}

/// Who signs in.
pub(super) struct Signer {
    client: Client,
    trust: Trust,
    own: RwLock<Arc<Shown>>,
    plugin: Option<Plugin>,
    signed: Mutex<Option<(Arc<Shown>, Option<OffsetDateTime>)>>,
}

impl Signer {
    /// # Errors
    /// [`Error::Net`] for a certificate, key or proxy that cannot be used.
    pub(super) fn new(
        (trust, limits): (Trust, Limits),
        credential: Credential,
        plugin: Option<Plugin>,
    ) -> Result<Self, Error> {
        let client = Client::new(&trust, limits)?;
        let own = RwLock::new(Arc::new(Shown { credential, client: client.clone() }));
        Ok(Self { client, trust, own, plugin, signed: Mutex::new(None) })
    }

    /// The bounds of each call.
    pub(super) fn limits(&self) -> &Limits {
        self.client.limits()
    }

    /// Whether these are the ways of a kubeconfig as well.
    pub(super) fn trusts(&self, trust: &Trust) -> bool {
        self.trust.ca_pem == trust.ca_pem && self.trust.alias == trust.alias
    }

    fn own(&self) -> Arc<Shown> {
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows another from now on.
    pub(super) fn renew(&self, credential: Credential) {
        let own = Shown { credential, client: self.client.clone() };
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(own);
    }

    /// What to show. A program runs only when what it gave before holds no more; whoever comes meanwhile waits for it.
    pub(super) async fn shown(&self) -> Result<Arc<Shown>, Error> {
        let Some(plugin) = &self.plugin else { return Ok(self.own()) };
        let mut signed = self.signed.lock().await;
        if let Some((shown, until)) = signed.as_ref()
            && until.is_none_or(|until| OffsetDateTime::now_utc() + MARGIN < until)
        {
            return Ok(Arc::clone(shown));
        }
        let Signed { credential, certificate, until } = plugin.sign_in().await?;
        let client = match certificate {
            None => self.client.clone(),
            Some((certificate, key)) => {
                let (certificate, key) = (Some(certificate), Some(key));
                let trust =
                    Trust { client_certificate_pem: certificate, client_key_pem: key, ..self.trust.clone() };
                Client::new(&trust, self.limits().clone()).map_err(|error| plugin.failed(error))?
            }
        };
        let shown = Arc::new(Shown { credential, client });
        *signed = Some((Arc::clone(&shown), until));
        Ok(shown)
    }

    /// Forgets what was refused; says whether there may be another.
    pub(super) async fn refused(&self, shown: &Arc<Shown>) -> bool {
        let mut signed = self.signed.lock().await;
        if signed.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, shown)) {
            *signed = None;
        }
        self.plugin.is_some()
    }
}
