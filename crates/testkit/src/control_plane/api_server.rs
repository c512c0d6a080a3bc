//! One API server: certificates, users, flags, and that it is ready.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::admin::Admin;
use super::process::{Folder, Process, free_port};
use super::users::{ADMINISTRATOR, Users};
use crate::tls::{Authority, Identity};
use crate::tools;

/// From nothing on a machine that does something else as well; six seconds on a quiet one.
const READY_LIMIT: Duration = Duration::from_secs(180);

/// An API server, which may be stopped and started again with what it had stored.
pub(super) struct ApiServer {
    pub(super) address: SocketAddr,
    /// The authority that its certificate is of, PEM.
    pub(super) ca_pem: String,
    /// Who may come with a certificate: the authority of clients.
    pub(super) clients: Authority,
    pub(super) users: Users,
    pub(super) folder: Folder,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl ApiServer {
    /// Starts one that keeps its objects in this etcd, below `/NAME`.
    pub(super) async fn start(etcd: &str, name: &str, more: &[String]) -> Result<Self, String> {
        let folder = Folder::make()?;
        let (own, clients) = (Authority::new("Acme Clusters"), Authority::new("Acme Cluster Clients"));
        let (server, accounts) = (own.identity("kubernetes.acme.test"), own.identity("accounts"));
        let address = free_port()?;
        let users = Users::new();
        let mut arguments = flags(&folder, (&server, &accounts), &clients.ca_pem, &users)?;
        folder.write("ca.crt", &own.ca_pem)?;
        arguments.extend([
            format!("--etcd-servers={etcd}"),
            format!("--etcd-prefix=/{name}"),
            format!("--secure-port={}", address.port()),
        ]);
        arguments.extend_from_slice(more);
        let ca_pem = own.ca_pem.clone();
        let mut made = Self { address, ca_pem, clients, users, folder, arguments, process: None };
        made.run().await?;
        Ok(made)
    }

    /// Starts it again where it was, and waits until it is ready.
    pub(super) async fn run(&mut self) -> Result<(), String> {
        let program = tools::control_plane("kube-apiserver").ok_or("kube-apiserver was not built")?;
        let process = Process::start(&self.folder.path, &program, &self.arguments)?;
        let admin = self.admin();
        let begun = Instant::now();
        while begun.elapsed() < READY_LIMIT {
            if admin.text("/readyz").await.is_some_and(|text| text == "ok") {
                self.process = Some(process);
                return Ok(());
            }
            if !process.runs() {
                return Err(format!("kube-apiserver ended:\n{}", process.last_words()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("kube-apiserver is not ready:\n{}", process.last_words()))
    }

    /// Kills it, as a machine that is gone would.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(super) fn admin(&self) -> Admin {
        Admin::new(&self.url(), &self.ca_pem, &self.users.token(ADMINISTRATOR))
    }

    pub(super) fn number(&self) -> Option<&str> {
        self.process.as_ref().map(Process::number)
    }

    pub(super) fn megabytes(&self) -> u64 {
        self.process.as_ref().map_or(0, Process::megabytes)
    }
}

fn flags(
    folder: &Folder,
    (server, accounts): (&Identity, &Identity),
    clients: &str,
    users: &Users,
) -> Result<Vec<String>, String> {
    let key = folder.write("accounts.key", &accounts.key_pem)?;
    Ok(vec![
        "--bind-address=127.0.0.1".into(),
        format!("--cert-dir={}", folder.path.join("certificates").display()),
        format!("--tls-cert-file={}", folder.write("server.crt", &server.certificate_pem)?),
        format!("--tls-private-key-file={}", folder.write("server.key", &server.key_pem)?),
        format!("--client-ca-file={}", folder.write("clients.crt", clients)?),
        format!("--token-auth-file={}", folder.write("tokens.csv", &users.file())?),
        "--authorization-mode=RBAC".into(),
        format!("--service-account-key-file={}", folder.write("accounts.crt", &accounts.certificate_pem)?),
        format!("--service-account-signing-key-file={key}"),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        // A /24 holds 254 services.
        "--service-cluster-ip-range=10.0.0.0/12".into(),
        "--allow-privileged=true".into(),
        // Pods need no account of their namespace: one is there only where the controllers run. The taint of new
        // nodes is taken away by the controller of nodes, which does not run: kwok plays the nodes.
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition".into(),
        "--v=0".into(),
    ])
}
