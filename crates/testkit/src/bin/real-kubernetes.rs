//! Runs the real control plane of the tests by hand: etcd, API server, controller manager, scheduler and kwok's node
//! and pods. Prints its address, its authority and kubeconfigs as one line of JSON, then serves until it is stopped.
//! Nothing is left behind.

use serde_json::json;
use testkit::control_plane::{self, ADMINISTRATOR, DEPLOYER, STRANGER};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = control_plane::shared("real-kubernetes").await;
    let server = server.ok_or("the control plane was not built: cargo xtask tools")?;
    let line = json!({
        "url": server.url(),
        "ca_pem": server.ca_pem(),
        "token": server.token(ADMINISTRATOR),
        "kubeconfigs": {
            "administrator": server.kubeconfig(ADMINISTRATOR),
            "deployer": server.kubeconfig(DEPLOYER),
            "stranger": server.kubeconfig(STRANGER),
        },
    });
    println!("{line}");
    let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped?,
        _ = ended.recv() => {}
    }
    Ok(())
}
