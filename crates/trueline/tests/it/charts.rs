//! A chart repository `acme` that a program knows, for stories that install from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use testkit::chart_repository::{ChartRepository, Settings, packed};
use testkit::registry::{self, Registry};

use crate::client::Client;

/// Where it is in the API.
const ACME: &str = "/api/v1/chart-repositories/acme";
/// The password of [`Charts::guarded`].
pub(crate) const PASSWORD: &str = "chart-Secret-4711";

/// What publishes the charts.
enum Publisher {
    /// A web server with an index.
    Http(ChartRepository),
    /// The real registry, to which the real `helm` pushes, until it is taken down.
    Registry(Mutex<Option<Registry>>, PathBuf),
}

/// A running chart repository, added under the name `acme`.
pub(crate) struct Charts {
    publisher: Publisher,
    admin: Client,
}

impl Charts {
    /// An HTTP repository that everybody may read.
    pub(crate) async fn start(admin: &Client) -> Self {
        let repository = ChartRepository::start().await;
        let account = json!({"url": repository.url()});
        Self::added(admin, Publisher::Http(repository), &account).await
    }

    /// An HTTP repository below a path, behind a user name and a password.
    pub(crate) async fn guarded(admin: &Client) -> Self {
        let user = Some(("ann".to_owned(), PASSWORD.to_owned()));
        let settings = Settings { prefix: "/team/charts".into(), user, ..Settings::default() };
        let repository = ChartRepository::with(settings).await;
        let account = json!({"url": repository.url(), "username": "ann", "secret": PASSWORD});
        Self::added(admin, Publisher::Http(repository), &account).await
    }

    /// The real registry, behind a private authority, a user name and a password; none where it or the real `helm`
    /// was not built.
    pub(crate) async fn registry(admin: &Client, test: &str) -> Option<Self> {
        let (Some(registry), Some(helm)) = (registry::start(true), testkit::tools::helm()) else {
            testkit::skip(test, "registry or helm was not built: cargo xtask tools");
            return None;
        };
        let account = json!({
            "url": registry.url("charts"), "username": registry::USER, "secret": registry::PASSWORD,
            "ca_pem": registry.ca_pem,
        });
        let publisher = Publisher::Registry(Mutex::new(Some(registry)), helm);
        Some(Self::added(admin, publisher, &account).await)
    }

    async fn added(admin: &Client, publisher: Publisher, account: &Value) -> Self {
        let creating = admin.clone().with("if-none-match", "*");
        creating.put(ACME, account).await.expect(201);
        Self { publisher, admin: admin.clone() }
    }

    /// Publishes a chart under the name and version of its `Chart.yaml`.
    pub(crate) async fn publish(&self, files: &BTreeMap<String, String>) {
        let head = files.get("Chart.yaml").expect("a chart has a head");
        let field = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.expect("the head says it").trim().to_owned()
        };
        self.publish_as(&field("name"), &field("version"), files).await;
    }

    /// Publishes a chart under a name and version, whatever it says of itself.
    pub(crate) async fn publish_as(&self, name: &str, version: &str, files: &BTreeMap<String, String>) {
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        self.publish_archive(name, version, packed(name, version, &files)).await;
    }

    /// Publishes these bytes as a chart.
    pub(crate) async fn publish_archive(&self, name: &str, version: &str, archive: Vec<u8>) {
        match &self.publisher {
            Publisher::Http(repository) => {
                repository.publish_archive(name, version, archive);
            }
            Publisher::Registry(registry, helm) => {
                let registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
                let registry = registry.as_ref().expect("it is up");
                let file = registry.folder().join(format!("{name}-{version}.tgz"));
                std::fs::write(&file, archive).expect("the folder can be written");
                registry.push(helm, &file, "charts");
            }
        }
        self.admin.post(&format!("{ACME}/refresh"), &json!({})).await.expect(200);
    }

    /// Takes it down; nothing tells the program. A registry does not come up again.
    pub(crate) fn down(&self, down: bool) {
        match &self.publisher {
            Publisher::Http(repository) => repository.down(down),
            Publisher::Registry(registry, _) => {
                assert!(down, "a registry stays down");
                drop(registry.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    }

    /// Takes it down for good: the program forgets it as well.
    pub(crate) async fn gone(&self) {
        self.down(true);
        self.admin.delete(ACME).await.expect(204);
    }
}
