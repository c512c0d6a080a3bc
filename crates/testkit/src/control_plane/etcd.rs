//! The etcd that API servers keep their objects in: without waiting for disks.

use std::time::{Duration, Instant};

use super::process::{Folder, Process, free_port, on_free_ports, unique};
use crate::tls::Authority;
use crate::tools;

/// From nothing on a machine that does something else as well.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// A running etcd.
pub(super) struct Etcd {
    /// Its address, as API servers want it.
    pub(super) url: String,
    pub(super) process: Process,
}

impl Etcd {
    /// Starts one, and waits until it answers as itself.
    pub(super) async fn start(folder: &Folder) -> Result<Self, String> {
        on_free_ports(async || Self::started(folder).await).await
    }

    async fn started(folder: &Folder) -> Result<Self, String> {
        let program = tools::control_plane("etcd").ok_or("etcd was not built")?;
        let (clients, peers) = (format!("http://{}", free_port()?), format!("http://{}", free_port()?));
        let name = unique("etcd");
        let arguments = [
            format!("--name={name}"),
            format!("--data-dir={}", folder.path.join(&name).display()),
            format!("--listen-client-urls={clients}"),
            format!("--advertise-client-urls={clients}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster={name}={peers}"),
            format!("--initial-cluster-token={name}"),
            "--unsafe-no-fsync".into(),
            "--log-level=warn".into(),
        ];
        let process = Process::start(&folder.path, &program, &arguments)?;
        let started = Self { url: clients, process };
        started.ready(&name).await?;
        Ok(started)
    }

    /// Waits until the etcd of this name answers: on a port that others took, another one may.
    async fn ready(&self, name: &str) -> Result<(), String> {
        // It speaks plain HTTP; a client wants some TLS all the same.
        let tls = (*crate::tls::client(&Authority::new("Acme Nobody").ca_pem)).clone();
        let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls);
        let client = builder.timeout(Duration::from_secs(5)).build();
        let client = client.map_err(|e| e.to_string())?;
        let begun = Instant::now();
        while begun.elapsed() < READY_LIMIT {
            let list = client.post(format!("{}/v3/cluster/member/list", self.url)).body("{}");
            if let Ok(answer) = list.send().await
                && answer.text().await.is_ok_and(|text| text.contains(name))
            {
                return Ok(());
            }
            if !self.process.runs() {
                return Err(format!("etcd ended:\n{}", self.process.last_words()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("etcd is not ready:\n{}", self.process.last_words()))
    }
}
