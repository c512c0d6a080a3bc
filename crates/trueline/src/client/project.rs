//! `trueline project`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

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
    /// Change a project: its description, and what its applications may touch in clusters.
    Set(Set),
    /// Delete a project that has no applications.
    Delete {
        /// Its name.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Set {
    /// Its name.
    name: String,
    /// One line for people.
    #[arg(long)]
    description: Option<String>,
    /// Where its applications may run, instead of what was said before: a cluster and its namespaces, * for any
    /// characters, such as eu:shop-*,shop. May be repeated.
    #[arg(long = "destination", value_name = "CLUSTER:NAMESPACES", conflicts_with = "any_destination")]
    destinations: Vec<String>,
    /// Its applications may run anywhere.
    #[arg(long)]
    any_destination: bool,
    /// A kind of the whole cluster that its applications may write, instead of those before, such as Namespace or
    /// *.cert-manager.io. May be repeated.
    #[arg(long = "cluster-kind", value_name = "KIND", conflicts_with_all = ["any_cluster_kind", "no_cluster_kinds"])]
    cluster_kinds: Vec<String>,
    /// Its applications may write any kind of the whole cluster.
    #[arg(long, conflicts_with = "no_cluster_kinds")]
    any_cluster_kind: bool,
    /// Its applications may write no kind of the whole cluster.
    #[arg(long)]
    no_cluster_kinds: bool,
}

/// What is sent of a change: only what was said.
fn body(set: &Set) -> Result<Value, Failure> {
    let mut body = json!({});
    if let Some(description) = &set.description {
        body["description"] = json!(description);
    }
    if set.any_destination {
        body["destinations"] = Value::Null;
    } else if !set.destinations.is_empty() {
        let read = |text: &String| {
            let Some((cluster, namespaces)) = text.split_once(':') else {
                return Err(Failure::usage(format!("{text:?} names no cluster and namespaces."))
                    .detail("For example: --destination 'eu:shop-*,shop'"));
            };
            Ok(json!({ "cluster": cluster, "namespaces": namespaces.split(',').collect::<Vec<_>>() }))
        };
        body["destinations"] = Value::Array(set.destinations.iter().map(read).collect::<Result<_, _>>()?);
    }
    if set.any_cluster_kind {
        body["cluster_kinds"] = Value::Null;
    } else if set.no_cluster_kinds || !set.cluster_kinds.is_empty() {
        body["cluster_kinds"] = json!(set.cluster_kinds);
    }
    Ok(body)
}

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("applications", |i| member(i, "applications")),
    ("destinations", |i| match i["destinations"].as_array() {
        None => "any".into(),
        Some(all) => {
            let one = |to: &Value| {
                format!("{}:{}", member(to, "cluster"), member(to, "namespaces").replace(", ", ","))
            };
            all.iter().map(one).collect::<Vec<_>>().join(" ")
        }
    }),
    ("cluster_kinds", |i| match i["cluster_kinds"].as_array() {
        None => "any".into(),
        Some(none) if none.is_empty() => "none".into(),
        Some(_) => member(i, "cluster_kinds"),
    }),
    ("created", |i| member(i, "created_at")),
    ("description", |i| member(i, "description")),
];

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
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Set(set) => {
            let request = client.request(Method::PATCH, &["projects", &set.name]).json(&body(&set)?);
            one(format, &client.send(request).await?.body, DETAILS)
        }
        Command::Delete { name } => {
            client.send(client.request(Method::DELETE, &["projects", &name])).await?;
            println!("Deleted project {name}.");
            Ok(())
        }
    }
}
