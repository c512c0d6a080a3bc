//! `trueline project`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a project.
    Create {
        /// Its name: lower-case letters, digits and hyphens.
        name: String,
        /// One line for people.
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List the projects that you see.
    List,
    /// Show one project.
    Show {
        /// Its name.
        name: String,
    },
    /// Delete a project that has no applications.
    Delete {
        /// Its name.
        name: String,
    },
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("applications", |i| member(i, "applications")),
    ("created", |i| member(i, "created_at")),
    ("description", |i| member(i, "description")),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Create { name, description } => {
            let body = json!({ "name": name, "description": description });
            let request = client.request(Method::POST, &["projects"]).json(&body);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::List => list(format, &client.all(&["projects"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            let request = client.request(Method::GET, &["projects", &name]);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::Delete { name } => {
            client.send(client.request(Method::DELETE, &["projects", &name])).await?;
            println!("Deleted project {name}.");
            Ok(())
        }
    }
}
