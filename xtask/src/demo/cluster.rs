//! The cluster that the demo deploys to: a real control plane beside Trueline, built from its source, with nodes and
//! pods that are played.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::program::memory_of;
use crate::run::{cargo, target};
use crate::{Error, go_tools, tools};

const PROGRAM: &str = "real-kubernetes";

/// A running control plane. It ends with its standard input: when this is dropped, and when this process ends.
pub(crate) struct KubernetesCluster {
    child: Child,
    line: Value,
}

impl KubernetesCluster {
    /// Builds and starts it.
    ///
    /// # Errors
    /// When a part of it cannot be built, or it does not start; the text says what is missing.
    pub(crate) fn start() -> Result<Self, Error> {
        go_tools::control_plane().map_err(|why| format!("the cluster's programs are not there: {why}"))?;
        if !cargo(&["build", "--package", "testkit", "--bin", PROGRAM]).status()?.success() {
            return Err(format!("{PROGRAM} does not build").into());
        }
        let mut command = Command::new(target().join("debug").join(PROGRAM));
        command.arg("--until-input-ends").env("TRUELINE_TOOLS", tools::cache());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().map_err(|e| format!("cannot start {PROGRAM}: {e}"))?;
        let mut cluster = Self { child, line: Value::Null };
        let said = cluster.child.stdout.take().ok_or("a child without output")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        if line.trim().is_empty() {
            return Err("the control plane does not start; what it said stands above".into());
        }
        cluster.line = serde_json::from_str(&line).map_err(|e| format!("{PROGRAM} said: {e}"))?;
        Ok(cluster)
    }

    /// The API server's address.
    pub(crate) fn url(&self) -> &str {
        self.line["url"].as_str().unwrap_or_default()
    }

    /// The memory that the API server holds now, in bytes.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn memory(&self) -> Result<u64, Error> {
        let process = self.line["process"].as_str().ok_or("the control plane says no number")?;
        memory_of(process, "VmRSS")
    }

    /// Writes a kubeconfig of its administrator that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_kubeconfig(&self, file: &Path) -> Result<(), Error> {
        let text = self.line.pointer("/kubeconfigs/administrator").and_then(Value::as_str);
        std::fs::write(file, "")?;
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        std::fs::write(file, text.ok_or("it gives no kubeconfig")?)?;
        Ok(())
    }
}

impl Drop for KubernetesCluster {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
