//! `trueline app hold` and `trueline app release`: stops on an environment of an application.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Hold an environment of an application: nothing is deployed there until someone releases it.
    Hold {
        /// The application.
        name: String,
        /// The environment.
        #[arg(long)]
        environment: String,
        /// Why, in one line; everyone who is stopped reads it.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Release the hold on an environment of an application.
    Release {
        /// The application.
        name: String,
        /// The environment.
        #[arg(long)]
        environment: String,
    },
}

const DETAILS: &[Column] = &[
    ("by", |i| member(i, "by")),
    ("reason", |i| member(i, "reason")),
    ("deployment", |i| member(i, "deployment")),
    ("since", |i| member(i, "created_at")),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Hold { name, environment, reason } => {
            let path = ["applications", &name, "environments", &environment, "hold"];
            let request = client.request(Method::PUT, &path).json(&json!({ "reason": reason }));
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Release { name, environment } => {
            let path = ["applications", &name, "environments", &environment, "hold"];
            client.send(client.request(Method::DELETE, &path)).await?;
            println!("Released {environment} of application {name}.");
            Ok(())
        }
    }
}
