//! A chart repository `acme` that a program knows, for stories that install from it.

use std::collections::BTreeMap;

use serde_json::json;
use testkit::chart_repository::{ChartRepository, packed};

use crate::client::Client;

/// Where it is in the API.
const ACME: &str = "/api/v1/chart-repositories/acme";

/// A running chart repository, added under the name `acme`.
pub(crate) struct Charts {
    repository: ChartRepository,
    admin: Client,
}

impl Charts {
    pub(crate) async fn start(admin: &Client) -> Self {
        let repository = ChartRepository::start().await;
        let creating = admin.clone().with("if-none-match", "*");
        creating.put(ACME, &json!({"url": repository.url()})).await.expect(201);
        Self { repository, admin: admin.clone() }
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
        self.repository.publish_archive(name, version, packed(name, version, &files));
        self.admin.post(&format!("{ACME}/refresh"), &json!({})).await.expect(200);
    }

    /// Takes it down; nothing tells the program.
    pub(crate) fn down(&self, down: bool) {
        self.repository.down(down);
    }

    /// Takes it down for good: the program forgets it as well.
    pub(crate) async fn gone(&self) {
        self.down(true);
        self.admin.delete(ACME).await.expect(204);
    }
}
