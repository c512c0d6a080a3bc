//! Kubeconfigs, as people paste them.

use base64::Engine as _;
use serde_json::{Value, json};

/// What a kubeconfig says of one cluster and one user.
pub(super) struct Kubeconfig<'a> {
    pub(super) server: &'a str,
    pub(super) ca_pem: &'a str,
    pub(super) user: Value,
}

impl Kubeconfig<'_> {
    /// Its text; JSON is YAML.
    pub(super) fn text(&self) -> String {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{ "name": "test", "cluster": {
                "server": self.server, "certificate-authority-data": base64(self.ca_pem),
            }}],
            "users": [{ "name": "test", "user": self.user }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
        });
        format!("{config:#}\n")
    }
}

/// Bytes as kubeconfigs carry them.
pub(super) fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}
