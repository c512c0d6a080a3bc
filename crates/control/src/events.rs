//! News of changes, for whoever watches: what changed, never the content. Who listens reads the content
//! itself, with its own rights, so nothing leaks through here; a listener that is too slow loses news and is
//! told so.

use model::{ProjectId, Timestamp};
use tokio::sync::broadcast;

/// The most news that a slow listener may be behind.
pub(crate) const CAPACITY: usize = 1024;

/// What changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Topic {
    /// A deployment was requested, went on or ended.
    Deployment {
        /// The application's name.
        application: String,
        /// The application's project.
        project: ProjectId,
        /// The deployment's number.
        number: i64,
    },
    /// An application was created, changed or deleted.
    Application {
        /// Its name.
        name: String,
        /// Its project.
        project: ProjectId,
    },
    /// A stage of a check began or ended.
    Check {
        /// Name of the GitOps configuration under check.
        config: String,
    },
    /// A GitOps configuration was saved, activated or deleted.
    GitopsConfig {
        /// Its name.
        name: String,
    },
    /// A chart repository was saved, looked at or deleted.
    ChartRepository {
        /// Its name.
        name: String,
    },
    /// A stage of a check of a chart repository began, went on or ended.
    ChartRepositoryCheck {
        /// The chart repository's name.
        name: String,
    },
    /// A cluster was saved, looked at or deleted.
    Cluster {
        /// Its name.
        name: String,
    },
    /// What runs of an application in an environment changed.
    Resources {
        /// The application's name.
        application: String,
        /// The environment's name.
        environment: String,
    },
    /// Deploying became possible or impossible.
    Gate,
}

impl Topic {
    /// The name of the event for listeners, such as `deployment`.
    pub fn event(&self) -> &'static str {
        match self {
            Self::Deployment { .. } => "deployment",
            Self::Application { .. } => "application",
            Self::Check { .. } => "check",
            Self::GitopsConfig { .. } => "gitops-config",
            Self::ChartRepository { .. } => "chart-repository",
            Self::ChartRepositoryCheck { .. } => "chart-repository-check",
            Self::Cluster { .. } => "cluster",
            Self::Resources { .. } => "resources",
            Self::Gate => "gate",
        }
    }

    /// What a listener subscribes to in order to hear of this, such as `application:shop`.
    pub fn subscription(&self) -> String {
        match self {
            Self::Deployment { application: name, .. } | Self::Application { name, .. } => {
                format!("application:{name}")
            }
            Self::Check { config: name } | Self::GitopsConfig { name } => format!("gitops-config:{name}"),
            Self::ChartRepository { name } | Self::ChartRepositoryCheck { name } => {
                format!("chart-repository:{name}")
            }
            Self::Resources { application, .. } => format!("application:{application}"),
            Self::Cluster { name } => format!("cluster:{name}"),
            Self::Gate => "gate".into(),
        }
    }
}

/// The news of one process.
#[derive(Clone, Debug)]
pub struct Events {
    sender: broadcast::Sender<(Topic, Timestamp)>,
}

impl Default for Events {
    fn default() -> Self {
        Self { sender: broadcast::channel(CAPACITY).0 }
    }
}

impl Events {
    /// Tells all listeners; nobody listening is fine. Call it after the transaction was committed.
    pub fn publish(&self, topic: Topic, at: Timestamp) {
        let _nobody_listens = self.sender.send((topic, at));
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<(Topic, Timestamp)> {
        self.sender.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_is_told_that_it_missed_news() {
        let events = Events::default();
        let mut slow = events.listen();
        for _ in 0..CAPACITY + 5 {
            events.publish(Topic::Gate, Timestamp(0));
        }
        assert!(matches!(slow.recv().await, Err(broadcast::error::RecvError::Lagged(5))));
    }

    #[test]
    fn subscriptions_name_the_noun() {
        let topic = Topic::Deployment {
            application: "shop".into(),
            project: ProjectId("00000000-0000-0000-0000-000000000000".parse().unwrap()),
            number: 4,
        };
        assert_eq!((topic.event(), topic.subscription().as_str()), ("deployment", "application:shop"));
    }
}
