//! Chart repositories: how one is reached, what it lists, and the archives that it serves.

mod address;
pub mod http;
pub mod oci;

use model::Secret;
use model::chart_repository::ChartRepositoryKind;
pub use net::{Error as NetError, PrivateAddresses, Trust};
use url::Url;

pub use address::address;

/// A chart repository and what it is shown.
#[derive(Clone)]
pub struct Source {
    /// What kind of server it is.
    pub kind: ChartRepositoryKind,
    /// Its address, without a slash at its end.
    pub url: Url,
    /// The user name; empty for none.
    pub username: String,
    /// The password or token.
    pub secret: Option<Secret>,
    /// What is trusted, what is shown in TLS, and the proxy in between.
    pub trust: Trust,
    /// The private networks that the operator lets addresses in answers lead to.
    pub private: PrivateAddresses,
}

impl Source {
    /// What the server is shown.
    pub fn credential(&self) -> net::Credential {
        match &self.secret {
            Some(secret) if self.username.is_empty() => net::Credential::Bearer(secret.clone()),
            Some(secret) => {
                net::Credential::Basic { username: self.username.clone(), password: secret.clone() }
            }
            None => net::Credential::None,
        }
    }

    /// What of the source cannot be used: certificates, key, proxy.
    pub fn problems(&self) -> Vec<net::Error> {
        self.trust.problems()
    }
}
