//! Chart repositories: how one is reached, what it lists, and the archives that it serves.

mod address;
pub mod http;
pub mod oci;

use model::Secret;
use model::chart_repository::ChartRepositoryKind;
pub use net::{Error as NetError, PrivateAddresses, Trust};
use url::Url;

pub use address::address;

/// How far a look at what a repository lists has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It has begun.
    Begun,
    /// The server has let us in.
    Answered,
    /// So much of an index was read.
    Read {
        /// Bytes.
        bytes: u64,
        /// Bytes that were announced.
        of: Option<u64>,
    },
    /// So many charts of a registry were asked about.
    Listed {
        /// Those that were.
        charts: usize,
        /// All that there are.
        of: usize,
    },
}

/// Hears how far a look has come; called often, so it must not wait.
pub type Watch<'a> = &'a (dyn Fn(Step) + Send + Sync);

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
