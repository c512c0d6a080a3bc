//! `trueline gitops`: the Git accounts that everything deployed is kept in.

pub(crate) mod report;
mod save;

use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;

pub(crate) use self::report::report;
use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the kinds of Git hosts.
    Providers,
    /// List the GitOps configurations.
    List,
    /// Show one GitOps configuration.
    Show {
        /// Its name.
        name: String,
    },
    /// Check an account and save it if it works; what is left out stays as it is.
    Save(Box<save::Save>),
    /// Check a stored configuration; nothing is changed.
    Check {
        /// Its name.
        name: String,
    },
    /// Let new applications use a configuration.
    Activate {
        /// Its name.
        name: String,
    },
    /// Delete a configuration that no application lives in.
    Delete {
        /// Its name.
        name: String,
    },
}

/// What owns the repositories: the one of the four that the kind of host knows.
fn owner(config: &Value) -> String {
    let words = ["organization", "group", "project", "workspace"];
    words.into_iter().map(|word| member(config, word)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// How many calls of the host's budget are left, as its last check saw it.
fn calls_left(config: &Value) -> String {
    match &config["check"]["facts"]["rate_left"] {
        Value::Null => String::new(),
        rate => format!("{} of {}", rate["left"], rate["limit"]),
    }
}

/// The project key; in brackets the one that an empty key means.
fn project_key(config: &Value) -> String {
    let (entered, used) = (member(config, "project_key"), member(config, "check.facts.project"));
    if entered.is_empty() && !used.is_empty() { format!("({used})") } else { entered }
}

fn last_check(config: &Value) -> String {
    let check = &config["check"];
    let at = member(check, "finished_at");
    match check["failed"] == true {
        _ if at.is_empty() => String::new(),
        true => format!("{at}, failed"),
        false => format!("{at}, passed"),
    }
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("owner", owner),
    ("active", |i| if i["active"] == true { "✓".into() } else { String::new() }),
    ("applications", |i| member(i, "applications")),
    ("saved", |i| member(i, "saved_at")),
];

const DETAILS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("provider", |i| member(i, "provider")),
    ("host", |i| member(i, "host")),
    ("owner", owner),
    ("username", |i| member(i, "username")),
    ("project key", project_key),
    ("credential", |i| member(i, "credential")),
    ("secret", |i| if i["has_secret"] == true { "stored".into() } else { "none".into() }),
    ("repositories", |i| member(i, "repositories.source")),
    ("prefix", |i| member(i, "repositories.prefix")),
    ("branch", |i| member(i, "repositories.default_branch")),
    ("visibility", |i| member(i, "repositories.visibility")),
    ("deletion", |i| member(i, "repositories.deletion")),
    ("active", |i| member(i, "active")),
    ("applications", |i| member(i, "applications")),
    ("proxy", |i| member(i, "proxy")),
    ("last check", last_check),
    ("signed in as", |i| member(i, "check.facts.identity")),
    ("token ends", |i| member(i, "check.facts.expires_at")),
    ("calls left", calls_left),
    ("saved by", |i| member(i, "saved_by")),
    ("saved", |i| member(i, "saved_at")),
];

const KINDS: &[Column] = &[
    ("kind", |i| member(i, "kind")),
    ("label", |i| member(i, "label")),
    ("owner", |i| {
        let scope = i["fields"].as_array().into_iter().flatten().find(|f| f["scope"] == true);
        scope.map(|f| format!("--{}", member(f, "name"))).unwrap_or_default()
    }),
    ("host", |i| member(i, "host.default")),
    ("credentials", |i| {
        let kinds = i["credentials"].as_array().into_iter().flatten();
        kinds.map(|c| member(c, "kind")).collect::<Vec<_>>().join(", ")
    }),
];

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    let config = |name: &str, below: &[&str], method: Method| {
        let path: Vec<&str> = ["gitops-configs", name].iter().chain(below).copied().collect();
        client.request(method, &path)
    };
    match command {
        Command::Providers => list(format, &client.all(&["providers"], &[]).await?, KINDS),
        Command::List => list(format, &client.all(&["gitops-configs"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            one(format, &client.send(config(&name, &[], Method::GET)).await?.body, DETAILS)
        }
        Command::Save(save) => save::run(client, *save, format).await,
        Command::Check { name } => {
            let answer = report::following(
                client,
                &format!("gitops-config:{name}"),
                client.send(config(&name, &["check"], Method::POST)),
            )
            .await?;
            report::print(format, &answer.body)?;
            match answer.body["failed"] == true {
                true => Err(Failure::new(format!("The check of {name} failed."))),
                false => Ok(()),
            }
        }
        Command::Activate { name } => {
            client.send(config(&name, &["activate"], Method::POST)).await?;
            println!("New applications use {name}.");
            Ok(())
        }
        Command::Delete { name } => {
            client.send(config(&name, &[], Method::DELETE)).await?;
            println!("Deleted GitOps configuration {name}.");
            Ok(())
        }
    }
}
