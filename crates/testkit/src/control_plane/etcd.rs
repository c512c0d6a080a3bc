//! The etcd that API servers keep their objects in: without waiting for disks.

use super::process::{Folder, Process, free_port};
use crate::tools;

/// A running etcd.
pub(super) struct Etcd {
    /// Its address, as API servers want it.
    pub(super) url: String,
    pub(super) process: Process,
}

impl Etcd {
    pub(super) fn start(folder: &Folder) -> Result<Self, String> {
        let program = tools::control_plane("etcd").ok_or("etcd was not built")?;
        let (clients, peers) = (format!("http://{}", free_port()?), format!("http://{}", free_port()?));
        let arguments = [
            format!("--data-dir={}", folder.path.join("etcd").display()),
            format!("--listen-client-urls={clients}"),
            format!("--advertise-client-urls={clients}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            "--unsafe-no-fsync".into(),
            "--log-level=warn".into(),
        ];
        let process = Process::start(&folder.path, &program, &arguments)?;
        Ok(Self { url: clients, process })
    }
}
