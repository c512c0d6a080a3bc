//! Runs the real control plane of the tests by hand: etcd, API server, controller manager, scheduler and kwok's node
//! and pods. Prints its address, its authority and kubeconfigs as one line of JSON, then serves until it is stopped,
//! or until its standard input ends. Nothing is left behind.

use std::io::BufRead as _;

use clap::Parser;
use serde::Deserialize;
use serde_json::json;
use testkit::control_plane::kubelet::{self, Node};
use testkit::control_plane::{self, ADMINISTRATOR, DEPLOYER, STRANGER};
use tokio::sync::mpsc::{Receiver, channel};

/// A real control plane for trials and the demo.
#[derive(Parser)]
struct Arguments {
    /// End when standard input ends: whoever started this need not live to say so.
    #[arg(long)]
    until_input_ends: bool,
    /// Add a node whose containers have logs. A line of standard input adds to one: `{"container":"web","text":"begun\n"}`,
    /// with `"before":true` to that of the container before it was started anew.
    #[arg(long)]
    logs: bool,
}

/// What a container writes.
#[derive(Deserialize)]
struct Written {
    container: String,
    text: String,
    #[serde(default)]
    before: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let server = control_plane::shared("real-kubernetes").await;
    let server = server.ok_or("the control plane was not built: cargo xtask tools")?;
    let node = if arguments.logs { Some(kubelet::start(&server.admin()).await) } else { None };
    let line = json!({
        "url": server.url(),
        "process": server.process(),
        "ca_pem": server.ca_pem(),
        "node": node.as_ref().map(|node| node.name.as_str()),
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
        () = input(node.as_ref(), arguments.until_input_ends), if arguments.logs || arguments.until_input_ends => {}
    }
    // Returning would wait for the thread that reads standard input.
    std::process::exit(0)
}

/// Hears standard input, which is what containers write, and waits for its end, or for ever.
async fn input(node: Option<&Node>, ends: bool) {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        match (node, serde_json::from_str::<Written>(&line)) {
            (Some(node), Ok(Written { container, text, before: true })) => {
                node.write_before(&container, &text)
            }
            (Some(node), Ok(Written { container, text, before: false })) => node.write(&container, &text),
            (Some(_), Err(error)) => eprintln!("{line:?} is nothing that a container writes: {error}"),
            (None, _) => {}
        }
    }
    if !ends {
        std::future::pending().await
    }
}

/// The lines of standard input, as they come.
fn lines() -> Receiver<String> {
    let (sender, lines) = channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
