//! What the use cases have to know of how this process was started.

use std::path::PathBuf;

use url::Url;

/// How often a deployment is tried unless a setting says otherwise. With the waits between tries, which grow to
/// a minute, that is about half an hour.
pub const DEPLOYMENT_TRIES: u32 = 36;

/// Settings of the use cases. Reading them from files, environment and flags is left to the program.
#[derive(Clone)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    /// Where people reach the page, without a trailing slash in its path.
    pub public_url: Url,
    /// Where this process reaches itself, for Git over the built-in host.
    pub loopback_url: Url,
    /// How long sign-ins last.
    pub session: SessionRules,
    /// The point at which the process is to die: for tests of what survives it, nothing else.
    pub failpoint: Option<String>,
    /// The `helm` program; `None` when it was not found at the start.
    pub helm: Option<render::Helm>,
    /// The `git` program of the built-in Git host; looked for where programs usually lie when it is not named.
    pub git: Option<PathBuf>,
    /// Bounds on what Git may ask of the built-in Git host.
    pub serve: git::serve::ServeLimits,
    /// How often a deployment is tried before it fails, once what it waits for does not come.
    pub deployment_tries: u32,
    /// How Git hosts are reached.
    pub hosts: git::Options,
    /// The cluster that this process runs in, and the folder with its service account's files; `None` outside of one.
    pub in_cluster: Option<(Url, PathBuf)>,
    /// The programs that kubeconfigs may run to sign in.
    pub kubeconfig_programs: deploy::Programs,
    /// The private networks that answers of other servers may lead to.
    pub private_addresses: net::PrivateAddresses,
}

impl Settings {
    /// Settings with every default, for a process that people reach where it listens.
    pub fn new(data: impl Into<PathBuf>, url: Url) -> Self {
        Self {
            data: data.into(),
            public_url: url.clone(),
            loopback_url: url,
            session: SessionRules::default(),
            failpoint: None,
            helm: None,
            git: None,
            serve: git::serve::ServeLimits::default(),
            deployment_tries: DEPLOYMENT_TRIES,
            hosts: git::Options::default(),
            in_cluster: None,
            kubeconfig_programs: deploy::Programs::default(),
            private_addresses: net::PrivateAddresses::default(),
        }
    }
}

/// How long sign-ins last, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionRules {
    /// A session ends when it was not used for this long.
    pub idle_seconds: i64,
    /// A session ends after this long, whatever is done with it.
    pub absolute_seconds: i64,
    /// The cookie's secret is replaced after this long.
    pub rotate_seconds: i64,
    /// A replaced secret is still taken for this long, for requests that were under way.
    pub grace_seconds: i64,
}

impl Default for SessionRules {
    fn default() -> Self {
        Self { idle_seconds: 12 * 3600, absolute_seconds: 7 * 86_400, rotate_seconds: 900, grace_seconds: 60 }
    }
}
