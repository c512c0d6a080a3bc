//! The four simulated hosts under one form, for stories that hold for every provider.

use serde_json::{Value, json};
use testkit::simulated::host::Dialect;
use testkit::simulated::{AzureDevOps, BitbucketCloud, Fault, GitHub, GitLab, Simulated};

use crate::program::{Database, Program};

/// What a story does at a host, whichever it is.
pub(crate) trait Host: Send + Sync {
    /// Lets the next calls that begin so meet a fault.
    fn fault(&self, on: &str, fault: Fault, times: usize);
    /// Takes all faults back.
    fn clear_faults(&self);
    /// Waits this long before every answer.
    fn latency(&self, latency: std::time::Duration);
    /// The names of all repositories.
    fn repositories(&self) -> Vec<String>;
    /// The names of what was deleted and is kept all the same.
    fn kept(&self) -> Vec<String>;
    /// How many calls were seen.
    fn calls(&self) -> usize;
    /// Fails if a request or an answer broke the official description.
    fn assert_contract(&self);
}

impl<D: Dialect> Host for Simulated<D> {
    fn fault(&self, on: &str, fault: Fault, times: usize) {
        Simulated::fault(self, on, fault, times);
    }

    fn clear_faults(&self) {
        Simulated::clear_faults(self);
    }

    fn latency(&self, latency: std::time::Duration) {
        Simulated::latency(self, latency);
    }

    fn repositories(&self) -> Vec<String> {
        Simulated::repositories(self)
    }

    fn kept(&self) -> Vec<String> {
        Simulated::kept(self)
    }

    fn calls(&self) -> usize {
        self.seen().len()
    }

    fn assert_contract(&self) {
        Simulated::assert_contract(self);
    }
}

/// A host with the scope `acme` and a token that may do everything in it.
pub(crate) struct Furnished {
    /// Our word for the provider.
    pub(crate) provider: &'static str,
    /// A token that works.
    pub(crate) token: &'static str,
    /// The account as it is entered.
    pub(crate) account: Value,
    /// The call that signs in.
    pub(crate) signs_in: &'static str,
    /// The host.
    pub(crate) host: Box<dyn Host>,
    settings: Vec<(&'static str, String)>,
}

impl Furnished {
    async fn new<D: Dialect>(provider: &'static str, token: &'static str, signs_in: &'static str) -> Self {
        let host = Simulated::<D>::acme(token).await;
        let account = json!({
            "provider": provider, "host": host.entered(), D::SCOPE_FIELD: "acme",
            "username": D::entered_username("acme-bot"), "secret": token,
        });
        let settings = D::settings(&host.url);
        Self { provider, token, account, signs_in, host: Box::new(host), settings }
    }
}

/// One host of each kind.
pub(crate) async fn all() -> Vec<Furnished> {
    type State<S> = <S as Dialected>::Dialect;
    vec![
        Furnished::new::<State<GitHub>>("github", "ghp_hosts0123456789abcdefghijklmnopqrst", "GET /user")
            .await,
        Furnished::new::<State<GitLab>>("gitlab", "glpat-hosts0123456789abcde", "GET /user").await,
        Furnished::new::<State<AzureDevOps>>(
            "azure-devops",
            "hosts0123456789abcdefghijklmnopqrstuvwxyz0123456789a",
            "GET /acme/_apis/connectionData",
        )
        .await,
        Furnished::new::<State<BitbucketCloud>>(
            "bitbucket-cloud",
            "ATATT3xHosts0123456789abcdefghijklmnop",
            "GET /user",
        )
        .await,
    ]
}

/// The dialect of a simulated host.
pub(crate) trait Dialected {
    /// It.
    type Dialect: Dialect;
}

impl<D: Dialect> Dialected for Simulated<D> {
    type Dialect = D;
}

/// Starts the program so that it asks these hosts.
pub(crate) async fn program(database: Database, hosts: &[Furnished]) -> Program {
    let settings: Vec<(&str, &str)> =
        hosts.iter().flat_map(|h| &h.settings).map(|(name, value)| (*name, value.as_str())).collect();
    Program::start_with(database, &settings).await
}
