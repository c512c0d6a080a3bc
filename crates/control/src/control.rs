//! What every use case works with.

use std::sync::Arc;

use model::{Secret, Timestamp};
use store::Store;

use crate::built_in_host::BuiltInHost;
use crate::check::credential::Standings;
use crate::hosts::Hosts;
use crate::password::Passwords;
use crate::workers::{Bells, Worker};
use crate::{Clock, Counts, Error, Events, Settings, Topic};

/// The user name with which the process itself comes to the built-in Git host.
pub const LOOPBACK_USER: &str = "trueline";

/// The state of one process: its database, clock, news, workers and settings. Shared as `Arc<Control>`.
pub struct Control {
    /// The database.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// News of changes.
    pub events: Events,
    /// How the process was started.
    pub settings: Settings,
    /// Counts of what was done since the start.
    pub counts: Counts,
    /// How stored credentials stand.
    pub standings: Standings,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Git hosts that are open.
    pub hosts: Hosts,
    /// Clients of clusters that are open.
    pub(crate) clusters: crate::cluster::Clusters,
    /// The health rules as this process has read them.
    pub(crate) health_rules: crate::health_rule::HealthRules,
    /// Which loops are at which cluster.
    pub(crate) seats: Arc<crate::releaser::Seats>,
    /// What runs and is followed.
    pub(crate) followed: crate::resources::Followed,
    /// What the built-in Git host needs.
    pub(crate) built_in_host: BuiltInHost,
    /// Which sealed files are known to hold which text: what is unchanged costs no cipher work.
    pub sealed: seal::Known,
    /// Which files the cleaner has looked at.
    pub(crate) cleaned: crate::cleaner::Cleaned,
    /// The queues in front of branches.
    pub writers: git::Writers,
    /// Wakes workers and knows how they are.
    pub bells: Arc<Bells>,
    /// With this token the process itself comes over loopback to the built-in Git host; made at each start.
    pub loopback_token: Secret,
}

impl Control {
    /// Joins the parts. Workers are started apart, by [`crate::workers::start`].
    pub fn new(store: Store, clock: Arc<dyn Clock>, mut settings: Settings) -> Self {
        let loopback_token = crate::random::secret();
        settings.hosts.built_in.get_or_insert_with(|| git::built_in::BuiltInHost {
            folder: settings.data.join("repositories"),
            git: settings.git.clone(),
            loopback_url: plain(&settings.loopback_url),
            public_url: plain(&settings.public_url),
            username: LOOPBACK_USER.into(),
            token: loopback_token.clone(),
        });
        Self {
            store,
            clock,
            events: Events::default(),
            settings,
            counts: Counts::default(),
            standings: Standings::default(),
            passwords: Passwords::default(),
            hosts: Hosts::default(),
            clusters: crate::cluster::Clusters::default(),
            health_rules: crate::health_rule::HealthRules::default(),
            seats: Arc::default(),
            followed: crate::resources::Followed::default(),
            built_in_host: BuiltInHost::default(),
            sealed: seal::Known::new(),
            cleaned: crate::cleaner::Cleaned::default(),
            writers: git::Writers::new(),
            bells: Arc::default(),
            loopback_token,
        }
    }

    /// The present point in time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The `helm` program, or what to do when there is none.
    pub fn helm(&self) -> Result<&render::Helm, Error> {
        self.settings.helm.as_ref().ok_or_else(|| {
            let looked = "looked for it when this process started".into();
            Error::Render(render::Error::HelmMissing { looked })
        })
    }

    /// Publishes news. Call it after the transaction was committed.
    pub fn publish(&self, topic: Topic) {
        self.events.publish(topic, self.now());
    }

    /// Wakes a worker. Call it after the transaction was committed.
    pub fn wake(&self, worker: Worker) {
        self.bells.ring(worker);
    }
}

/// An address without the slash at its end.
fn plain(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
