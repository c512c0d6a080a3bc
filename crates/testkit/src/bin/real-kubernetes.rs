//! Runs the real control plane of the tests by hand: etcd, API server, controller manager, scheduler and kwok's node
//! and pods. Prints its address, its authority and kubeconfigs as one line of JSON, then serves until it is stopped,
//! or until its standard input ends. Nothing is left behind.

use clap::Parser;
use serde_json::json;
use testkit::control_plane::{self, ADMINISTRATOR, DEPLOYER, STRANGER};

/// A real control plane for trials and the demo.
#[derive(Parser)]
struct Arguments {
    /// End when standard input ends: whoever started this need not live to say so.
    #[arg(long)]
    until_input_ends: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let server = control_plane::shared("real-kubernetes").await;
    let server = server.ok_or("the control plane was not built: cargo xtask tools")?;
    let line = json!({
        "url": server.url(),
        "process": server.process(),
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
        () = input_ends(), if arguments.until_input_ends => {}
    }
    // Returning would wait for the thread that reads standard input.
    std::process::exit(0)
}

/// Waits for the end of standard input.
async fn input_ends() {
    let read = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    let _whatever_it_was = tokio::task::spawn_blocking(read).await;
}
