//! `trueline app`: applications.

use clap::Subcommand;

use super::deployment;
use super::http::Client;
use crate::failure::Failure;
use crate::output::Format;

#[derive(Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Deployment(deployment::Command),
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Deployment(command) => deployment::run(client, command, format).await,
    }
}
