//! `trueline app`: applications.

mod deletion;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use super::release::confirmation;
use super::{deployment, hold, release, secret_values, values};
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an application.
    Create(Create),
    /// List the applications that you see.
    List {
        /// Those of this project alone.
        #[arg(long)]
        project: Option<String>,
        /// Those whose name contains this.
        #[arg(long)]
        search: Option<String>,
        /// Those deployed from this: chart or template.
        #[arg(long)]
        source: Option<String>,
    },
    /// Show one application.
    Show {
        /// Its name.
        name: String,
    },
    /// Show the values of an application, or save them.
    Values(values::ValuesOf),
    /// Show which secret values an application has in an environment, or change them.
    Secrets(secret_values::SecretsOf),
    /// Show what a deployment would change, or what is different between two.
    Diff(values::Diff),
    /// Change the deployment template, or its version, that new deployments take.
    Template {
        /// The application.
        name: String,
        /// The template, NAME or NAME@VERSION; without a version the one that the server ships.
        #[arg(long)]
        template: String,
    },
    /// Delete an application, with what it runs in clusters.
    Delete(deletion::Delete),
    #[command(flatten)]
    Deployment(deployment::Command),
    /// Show which deletions in a cluster wait for a person, and confirm them by typing the application's name.
    Confirm(confirmation::Confirm),
    #[command(flatten)]
    Release(release::Command),
    #[command(flatten)]
    Hold(hold::Command),
}

#[derive(Args)]
pub(crate) struct Create {
    /// Its name: lower-case letters, digits and hyphens.
    name: String,
    /// The project that it belongs to.
    #[arg(long)]
    project: String,
    /// The deployment template, NAME or NAME@VERSION.
    #[arg(long)]
    template: Option<String>,
    /// A repository that exists; Trueline makes one without it.
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// The folder in that repository.
    #[arg(long, requires = "repository")]
    path: Option<String>,
}

/// As people write it: `deployment@0.1.0`, or `bitnami/redis`.
fn source(item: &Value) -> String {
    let (repository, name, version) =
        (member(item, "source.repository"), member(item, "source.name"), member(item, "source.version"));
    if repository.is_empty() { format!("{name}@{version}") } else { format!("{repository}/{name}") }
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("project", |i| member(i, "project")),
    ("source", source),
    ("environments", |i| {
        let states = i["environments"].as_array().into_iter().flatten();
        let one = |s: &Value| {
            let held = if s["hold"].is_object() { " (held)" } else { "" };
            let what = deployment::what(&s["current"]);
            let what = if what.is_empty() { "nothing yet" } else { what.as_str() };
            format!("{}: {what}{held}", member(s, "environment"))
        };
        states.map(one).collect::<Vec<_>>().join(", ")
    }),
    ("repository", |i| member(i, "clone_url")),
];

/// Why it is still there although it is to go, with the word for programs; empty where nothing holds it up.
fn not_yet(item: &Value) -> String {
    match (member(item, "deletion_failure"), member(item, "deletion_failure_code")) {
        (why, code) if why.is_empty() || code.is_empty() => why,
        (why, code) => format!("{why} ({code})"),
    }
}

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("project", |i| member(i, "project")),
    ("source", source),
    ("gitops", |i| member(i, "gitops_config")),
    ("clone_url", |i| member(i, "clone_url")),
    ("web_url", |i| member(i, "repository.web_url")),
    ("path", |i| member(i, "path")),
    ("created", |i| member(i, "created_at")),
    ("deleting", |i| member(i, "deleting_at")),
    ("not_yet", not_yet),
    ("environments", |i| COLUMNS[3].1(i)),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Create(create) => {
            let Create { name, project, template, repository, path } = create;
            let body = json!({
                "name": name, "project": project, "template": template, "repository": repository, "path": path,
            });
            let request = client.request(Method::POST, &["applications"]).json(&body);
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::List { project, search, source } => {
            let query: Vec<(&str, &str)> = [("project", &project), ("search", &search), ("source", &source)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_deref()?)))
                .collect();
            list(format, &client.all(&["applications"], &query).await?, COLUMNS)
        }
        Command::Show { name } => {
            let request = client.request(Method::GET, &["applications", &name]);
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Values(wanted) => values::values(client, wanted, format).await,
        Command::Secrets(wanted) => secret_values::run(client, wanted, format).await,
        Command::Diff(wanted) => values::diff(client, wanted, format).await,
        Command::Template { name, template } => {
            let request = client.request(Method::PATCH, &["applications", &name]);
            let changed = client.send(request.json(&json!({ "template": template }))).await?.body;
            for unfit in changed["unfit"].as_array().into_iter().flatten() {
                let place = match member(unfit, "environment") {
                    base if base.is_empty() => "base values".to_owned(),
                    environment => format!("override of {environment}"),
                };
                eprintln!("The {place} do not fit: {}", member(unfit, "message"));
            }
            one(format, &changed["application"], DETAILS)
        }
        Command::Delete(delete) => deletion::run(client, delete, format).await,
        Command::Deployment(command) => deployment::run(client, command, format).await,
        Command::Confirm(confirm) => confirmation::run(client, confirm, format).await,
        Command::Release(command) => release::run(client, command, format).await,
        Command::Hold(command) => hold::run(client, command, format).await,
    }
}
