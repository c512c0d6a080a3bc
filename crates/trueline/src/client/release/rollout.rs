//! `trueline app rollout`: leads a Rollout of Argo Rollouts on, to its end, or back.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::{Workload, chosen};
use crate::client::http::Client;
use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Step {
    /// Go on where it waits.
    Promote {
        #[command(flatten)]
        of: Workload,
        /// Leave out all steps and analyses that are left.
        #[arg(long)]
        full: bool,
    },
    /// Give all requests to the version before again; Git goes on to say the new one.
    Abort {
        #[command(flatten)]
        of: Workload,
    },
    /// Try the version once more from which it went back.
    Retry {
        #[command(flatten)]
        of: Workload,
    },
}

pub(super) async fn run(client: &Client, step: Step) -> Result<(), Failure> {
    let (of, step, done) = match step {
        Step::Promote { of, full: false } => (of, "promote", "goes on"),
        Step::Promote { of, full: true } => {
            (of, "promote_fully", "goes to its end without the steps that are left")
        }
        Step::Abort { of } => (of, "abort", "goes back to the version before"),
        Step::Retry { of } => (of, "retry", "tries once more"),
    };
    let (kind, name) = chosen(client, &of, &["Rollout"]).await?;
    let body = json!({ "name": name, "step": step });
    client.send(client.request(Method::POST, &of.place.path("rollout")).json(&body)).await?;
    println!("{kind} {name} {done}.");
    if step == "abort" {
        println!("Git goes on to say the new version: roll back, so that it says what runs.");
    }
    Ok(())
}
