//! A real Kubernetes control plane for tests, without containers: etcd, API server, controller manager, scheduler,
//! and kwok, which plays nodes and pods. All are ordinary processes on loopback.
//!
//! One is shared by the tests of a process, each in a namespace of its own ([`shared`]). A test that stops the API
//! server, or means the whole cluster, starts a [`Server`] of its own: an API server with the shared etcd and
//! without controllers. Everything stops when the test process ends, however it ends.

mod admin;
mod api_server;
mod callee;
mod controllers;
mod etcd;
mod front;
mod kubeconfig;
pub mod kubelet;
mod process;
mod users;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde_json::json;
use tokio::sync::OnceCell;

pub use admin::Admin;
pub use callee::{Say, Webhook};
pub use front::{Front, Held, instead};
pub use users::{ADMINISTRATOR, DEPLOYER, STRANGER};

use api_server::ApiServer;
use etcd::Etcd;
use kubeconfig::{Kubeconfig, base64};
use process::{Folder, Process, on_free_ports, unique};

/// All programs; the first two are an API server.
const PROGRAMS: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"];

static NEXT: AtomicU32 = AtomicU32::new(1);
static ETCD: OnceCell<Result<(Etcd, Folder), String>> = OnceCell::const_new();
static SHARED: OnceCell<Result<Server, String>> = OnceCell::const_new();

/// An API server with what belongs to it.
pub struct Server {
    api: ApiServer,
    controllers: Vec<Process>,
}

/// The control plane of this process, with controllers. Where it was not built the test `name` is skipped loudly,
/// and there is none.
///
/// # Panics
/// When it was built but does not start.
pub async fn shared(name: &str) -> Option<&'static Server> {
    built(name, &PROGRAMS)?;
    match SHARED.get_or_init(whole).await {
        Ok(server) => Some(server),
        Err(why) => panic!("the control plane does not start: {why}"),
    }
}

/// An API server of the test's own, without controllers. Skips as [`shared`] does.
///
/// # Panics
/// When it was built but does not start.
pub async fn server(name: &str) -> Option<Server> {
    built(name, &PROGRAMS[..2])?;
    let api = start(&[]).await;
    Some(Server { api: api.unwrap_or_else(|why| panic!("{why}")), controllers: Vec::new() })
}

fn built(name: &str, programs: &[&str]) -> Option<()> {
    let missing = programs.iter().find(|program| crate::tools::control_plane(program).is_none());
    let Some(missing) = missing else { return Some(()) };
    crate::skip(name, &format!("{missing} was not built (cargo xtask tools)"));
    None
}

async fn start(more: &[String]) -> Result<ApiServer, String> {
    let etcd = ETCD.get_or_init(|| async {
        let folder = Folder::make()?;
        Ok((Etcd::start(&folder).await?, folder))
    });
    let (etcd, _) = etcd.await.as_ref().map_err(String::clone)?;
    let started = on_free_ports(async || {
        // Another name each time: what one that did not start has written is not taken over.
        let name = unique(&format!("cluster-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        ApiServer::start(&etcd.url, &name, more).await
    })
    .await;
    started.map_err(|why| format!("{why}\netcd:\n{}", etcd.process.last_words()))
}

async fn whole() -> Result<Server, String> {
    let begun = Instant::now();
    let mut server = Server { api: start(&[]).await?, controllers: Vec::new() };
    let ready = begun.elapsed();
    server.controllers = controllers::start(&server.api, &server.kubeconfig(ADMINISTRATOR)).await?;
    eprintln!(
        "the API server was ready after {:.1} s, its controllers after {:.1} s; it takes {} MB",
        ready.as_secs_f32(),
        begun.elapsed().as_secs_f32(),
        server.api.megabytes()
    );
    Ok(server)
}

impl Server {
    /// Its address, `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.api.url()
    }

    /// The authority that its certificate is of, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.api.ca_pem
    }

    /// The token of a user.
    pub fn token(&self, user: &str) -> String {
        self.api.users.token(user)
    }

    /// A kubeconfig for a user, with its token.
    pub fn kubeconfig(&self, user: &str) -> String {
        self.config(json!({ "token": self.token(user) }))
    }

    /// A kubeconfig for whoever a client certificate with this name stands for.
    pub fn certificate_kubeconfig(&self, name: &str) -> String {
        let identity = self.api.clients.client(name);
        self.config(json!({
            "client-certificate-data": base64(&identity.certificate_pem),
            "client-key-data": base64(&identity.key_pem),
        }))
    }

    fn config(&self, user: serde_json::Value) -> String {
        Kubeconfig { server: &self.url(), ca_pem: &self.api.ca_pem, user }.text()
    }

    /// The administrator's calls.
    pub fn admin(&self) -> Admin {
        self.api.admin()
    }

    /// Makes a namespace that no other test has; its name begins with `prefix`.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn namespace(&self, prefix: &str) -> String {
        let name = format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.admin().must("POST", "/api/v1/namespaces", Some(&namespace)).await;
        name
    }

    /// Kills the API server; what it stored stays.
    pub fn kill(&mut self) {
        self.api.kill();
    }

    /// Starts it again at the same address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.api.run().await.unwrap_or_else(|why| panic!("{why}"));
    }

    /// The number of the API server's process, while it runs.
    pub fn process(&self) -> Option<&str> {
        self.api.number()
    }

    /// The memory of the API server and its controllers now, each with its name, in MB.
    pub fn megabytes(&self) -> Vec<(&'static str, u64)> {
        let names = ["kube-controller-manager", "kube-scheduler", "kwok"];
        let controllers = self.controllers.iter().map(Process::megabytes);
        [("kube-apiserver", self.api.megabytes())]
            .into_iter()
            .chain(names.into_iter().zip(controllers))
            .collect()
    }
}

#[cfg(test)]
mod tests;
