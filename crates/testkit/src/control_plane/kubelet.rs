//! A node whose kubelet has logs and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

use super::admin::Admin;
use super::callee::{Asked, Callee};

/// A node that is in the cluster as long as this is there.
pub struct Node {
    /// Its name, for `nodeName`.
    pub name: String,
    logs: watch::Sender<HashMap<String, String>>,
    asked: Arc<Mutex<String>>,
    _callee: Callee,
}

/// Adds one to a cluster.
///
/// # Panics
/// When the cluster refuses it.
pub async fn start(admin: &Admin) -> Node {
    let logs = watch::Sender::new(HashMap::new());
    let asked: Arc<Mutex<String>> = Arc::default();
    let (source, note) = (logs.clone(), Arc::clone(&asked));
    let callee = Callee::start(move |request| {
        note.lock().expect("not poisoned").clone_from(&request.path);
        serve(request, source.subscribe())
    });
    let callee = callee.await;
    let name = format!("node-with-logs-{}", callee.port);
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name } },
        "status": {
            // kwok, where it plays this node as well, leaves an address of each type as it is.
            "addresses": [
                { "type": "InternalIP", "address": "127.0.0.1" }, { "type": "Hostname", "address": "127.0.0.1" },
            ],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": callee.port } },
        },
    });
    admin.must("POST", "/api/v1/nodes", Some(&node)).await;
    Node { name, logs, asked, _callee: callee }
}

impl Node {
    /// Adds to the log of a container.
    pub fn write(&self, container: &str, text: &str) {
        self.logs.send_modify(|logs| logs.entry(container.to_owned()).or_default().push_str(text));
    }

    /// Adds to the log of the container that ran before one was started anew.
    pub fn write_before(&self, container: &str, text: &str) {
        self.write(&before(container), text);
    }

    /// What was asked last, path and query.
    pub fn asked(&self) -> String {
        self.asked.lock().expect("not poisoned").clone()
    }
}

/// What the log of the container before another one is kept as.
fn before(container: &str) -> String {
    format!("{container} before")
}

async fn serve(
    mut request: Asked,
    mut logs: watch::Receiver<HashMap<String, String>>,
) -> std::io::Result<()> {
    let path = request.path.split('?').next().unwrap_or_default();
    let mut parts = path.rsplit('/');
    let (mut container, pod) =
        (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
    let mut follow = request.path.contains("follow=true");
    if request.path.contains("previous=true") {
        let wanted = before(&container);
        if !logs.borrow().contains_key(&wanted) {
            // As a kubelet of 1.36 says it.
            let why = format!("previous terminated container {container:?} in pod {pod:?} not found");
            return request.refuse("400 Bad Request", &why).await;
        }
        // It has ended: nothing more comes.
        (container, follow) = (wanted, false);
    }
    request.head("text/plain", "").await?;
    let mut sent = 0;
    loop {
        let text = logs.borrow_and_update().get(&container).cloned().unwrap_or_default();
        request.stream.write_all(&text.as_bytes()[sent..]).await?;
        request.stream.flush().await?;
        sent = text.len();
        if !follow || logs.changed().await.is_err() {
            return request.stream.shutdown().await;
        }
    }
}
