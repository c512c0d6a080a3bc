//! `trueline token`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an API token of your own; it is shown only once.
    Create {
        /// What to call it.
        name: String,
        /// The most it may do.
        #[arg(long, value_parser = ["viewer", "deployer", "manager", "administrator"])]
        role: String,
        /// Limit it to one project.
        #[arg(long)]
        project: Option<String>,
        /// When it ends, in days from now, 1 to 366.
        #[arg(long, default_value_t = 90, value_name = "DAYS")]
        expires_in_days: u32,
    },
    /// List your tokens.
    List,
    /// End a token, by its id or its name.
    Delete {
        /// The token's id or name.
        token: String,
    },
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("role", |i| member(i, "role")),
    ("project", |i| member(i, "project")),
    ("ends with", |i| member(i, "hint")),
    ("expires", |i| member(i, "expires_at")),
    ("used", |i| member(i, "used_at")),
    ("id", |i| member(i, "id")),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Create { name, role, project, expires_in_days } => {
            let body =
                json!({ "name": name, "role": role, "project": project, "expires_in_days": expires_in_days });
            let made = client.send(client.request(Method::POST, &["tokens"]).json(&body)).await?.body;
            if format == Format::Table {
                // The token alone, so that it can be sent into a file.
                println!("{}", member(&made, "secret"));
                return Ok(());
            }
            one(format, &made, COLUMNS)
        }
        Command::List => list(format, &client.all(&["tokens"], &[]).await?, COLUMNS),
        Command::Delete { token } => {
            let all = client.all(&["tokens"], &[]).await?;
            let found = all.iter().find(|t| member(t, "id") == token || member(t, "name") == token);
            let id = found.map_or_else(|| token.clone(), |t| member(t, "id"));
            client.send(client.request(Method::DELETE, &["tokens", &id])).await?;
            println!("Deleted token {token}.");
            Ok(())
        }
    }
}
